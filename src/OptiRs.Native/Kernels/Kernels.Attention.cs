using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Attention.</content>
public static partial class Kernels
{
    /// <summary>
    /// <c>output = softmax(mask(scale q kᵀ)) v</c>, without ever holding all scores (FlashAttention, Dao et al., 2022). Scores and sums
    /// are f32. A row that attends to nothing is 0, and has the log-sum-exp -infinity. Strides are free, as long as the last is 1. Sequences
    /// of different lengths may be packed, k and v paged, and all three 8-bit floats with scales: see <see cref="AttentionOptions"/>. The
    /// result does not depend on the number of threads.
    /// </summary>
    /// <param name="q">f32, bf16, f16 or an 8-bit float [batch, sq, heads, d]; packed: [1, all rows, heads, d].</param>
    /// <param name="k">
    /// The type of q or an 8-bit float [batch, skv, kvHeads, d]; kvHeads divides heads, and each serves heads / kvHeads in turn. Packed:
    /// [1, all columns, kvHeads, d]. Paged: [blocks, block size, kvHeads, d].
    /// </param>
    /// <param name="v">The type of q or an 8-bit float [batch, skv, kvHeads, dv].</param>
    /// <param name="output">Receives the type of q [batch, sq, heads, dv]; f32, bf16 or f16 if q has 8 bits.</param>
    /// <param name="options">Scale, mask and more.</param>
    /// <param name="lse">Receives f32 [batch, heads, sq], for the backward pass; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Attention(
        ReadOnlyKernelTensor q, ReadOnlyKernelTensor k, ReadOnlyKernelTensor v, KernelTensor output, AttentionOptions options,
        KernelTensor lse = default, DeviceStream? stream = null) =>
        optirs_attention(
            options.Forward, stream?.Handle, q: q.View, k: k.View, v: v.View, bias: options.Bias.View, alibi_slopes: options.AlibiSlopes.View,
            q_lengths: options.QueryLengths.View, kv_lengths: options.KeyLengths.View, @out: output.View, lse: lse.View,
            q_starts: options.QueryStarts.View, kv_starts: options.KeyStarts.View, block_table: options.BlockTable.View,
            q_scale: options.QueryScale.View, k_scale: options.KeyScale.View, v_scale: options.ValueScale.View);

    /// <summary>
    /// Gradients of <see cref="Attention"/> with respect to q, k and v as numbers (codes times scales), the same each time: the order of
    /// all sums is fixed.
    /// </summary>
    /// <param name="outputGradient">The type of the output, or an 8-bit float: [batch, sq, heads, dv].</param>
    /// <param name="q">As in the forward pass.</param>
    /// <param name="k">As in the forward pass.</param>
    /// <param name="v">As in the forward pass.</param>
    /// <param name="output">Result of the forward pass.</param>
    /// <param name="lse">f32 [batch, heads, sq], of the forward pass.</param>
    /// <param name="queryGradient">Receives the shape of q, and its type; that of the output if q has 8 bits.</param>
    /// <param name="keyGradient">Receives the shape of k, of the type of <paramref name="queryGradient"/>.</param>
    /// <param name="valueGradient">Receives the shape of v, of the type of <paramref name="queryGradient"/>.</param>
    /// <param name="options">As in the forward pass.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void AttentionBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor q, ReadOnlyKernelTensor k, ReadOnlyKernelTensor v,
        ReadOnlyKernelTensor output, ReadOnlyKernelTensor lse, KernelTensor queryGradient, KernelTensor keyGradient,
        KernelTensor valueGradient, AttentionOptions options, DeviceStream? stream = null) =>
        optirs_attention_backward(
            options.Backward, stream?.Handle, dout: outputGradient.View, q: q.View, k: k.View, v: v.View, @out: output.View, lse: lse.View,
            bias: options.Bias.View, alibi_slopes: options.AlibiSlopes.View, q_lengths: options.QueryLengths.View,
            kv_lengths: options.KeyLengths.View, dq: queryGradient.View, dk: keyGradient.View, dv: valueGradient.View,
            q_starts: options.QueryStarts.View, kv_starts: options.KeyStarts.View, q_scale: options.QueryScale.View,
            k_scale: options.KeyScale.View, v_scale: options.ValueScale.View, dout_scale: options.OutputGradientScale.View);
}
