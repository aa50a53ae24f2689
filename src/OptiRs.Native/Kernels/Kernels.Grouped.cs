using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Products of groups of rows.</content>
public static partial class Kernels
{
    /// <summary>
    /// Products of consecutive groups of rows, as mixtures of experts need them: <c>output_g = alpha a_g b_g + bias_g + beta output_g</c>
    /// with the rows of group g; the rows behind all groups are 0 (beta times what they are with a beta). With
    /// <see cref="GroupedMatmulOptions.TransposeA"/> <c>output_g = alpha a_gᵀ b_g + beta output_g</c>, where b has rows too. So of
    /// <c>y = grouped(a, w)</c> the gradients are <c>da = grouped(dy, w, transposeB)</c> and <c>dw = grouped(a, dy, transposeA)</c>. Sums
    /// are f32.
    /// </summary>
    /// <param name="a">[rows, k]: f32, bf16, f16 or an 8-bit float.</param>
    /// <param name="b">[groups, k, n], [groups, n, k] if transposed, [rows, n] if a is: the type of a, or the other 8-bit float.</param>
    /// <param name="groupSizes">
    /// s32 [groups]: rows of each group, one after the other; together at most <c>rows</c>, which a device does not check.
    /// </param>
    /// <param name="output">Receives [rows, n], or [groups, k, n] if a is transposed: f32, bf16 or f16.</param>
    /// <param name="options">Transposes, scales and more.</param>
    /// <param name="workspace">Memory for the operands as f32, where they are not: <see cref="GroupedMatmulWorkspace"/> bytes.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    /// <exception cref="OptiRsException">There is no oneDNN.</exception>
    public static void GroupedMatmul(
        ReadOnlyKernelTensor a, ReadOnlyKernelTensor b, ReadOnlyKernelTensor groupSizes, KernelTensor output, GroupedMatmulOptions options,
        Span<byte> workspace = default, DeviceStream? stream = null) =>
        optirs_grouped_matmul(
            options.Arguments,
            stream?.Handle, a: a.View, b: b.View, group_sizes: groupSizes.View, bias: options.Bias.View, scale_a: options.ScaleA.View,
            scale_b: options.ScaleB.View, @out: output.View, workspace: workspace);

    /// <summary>Bytes of workspace that such products need.</summary>
    /// <inheritdoc cref="GroupedMatmul"/>
    public static long GroupedMatmulWorkspace(
        ReadOnlyKernelTensor a, ReadOnlyKernelTensor b, ReadOnlyKernelTensor groupSizes, KernelTensor output, GroupedMatmulOptions options) =>
        optirs_grouped_matmul_workspace(
            options.Arguments, a: a.View, b: b.View, group_sizes: groupSizes.View, bias: options.Bias.View, scale_a: options.ScaleA.View,
            scale_b: options.ScaleB.View, @out: output.View);
}
