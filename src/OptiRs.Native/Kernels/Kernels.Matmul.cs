using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Matrix products.</content>
public static partial class Kernels
{
    /// <summary>
    /// <c>output = epilogue(alpha a b + bias) + beta output</c>. Leading dimensions are batches; b may have none, and is then that
    /// of all. Sums are f32; products of 16-bit operands, and of 8-bit ones without block scales, are exact.
    /// </summary>
    /// <param name="a">[..., m, k], or [..., k, m] if transposed: f32, bf16, f16 or an 8-bit float.</param>
    /// <param name="b">[..., k, n], or [..., n, k] if transposed: the type of a, or the other 8-bit float.</param>
    /// <param name="output">Receives [..., m, n]: f32, bf16, f16 or an 8-bit float.</param>
    /// <param name="options">Transposes, scales and epilogue.</param>
    /// <param name="workspace">Memory for the operands as f32, where they are not: <see cref="MatmulWorkspace"/> bytes.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    /// <exception cref="OptiRsException">There is no oneDNN.</exception>
    public static void Matmul(
        ReadOnlyKernelTensor a, ReadOnlyKernelTensor b, KernelTensor output, MatmulOptions options, Span<byte> workspace = default,
        DeviceStream? stream = null) =>
        optirs_matmul(
            options.Arguments, stream?.Handle, a: a.View, b: b.View, bias: options.Bias.View, aux: options.Aux.View, scale_a: options.ScaleA.View,
            scale_b: options.ScaleB.View, scale_out: options.ScaleOutput.View, amax_out: options.AmaxOutput.View, @out: output.View,
            workspace: workspace);

    /// <summary><c>output = a b</c>, of f32 tensors.</summary>
    /// <param name="a">[..., m, k].</param>
    /// <param name="b">[..., k, n].</param>
    /// <param name="output">Receives [..., m, n].</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    /// <exception cref="OptiRsException">There is no oneDNN.</exception>
    public static void Matmul(ReadOnlyKernelTensor a, ReadOnlyKernelTensor b, KernelTensor output, DeviceStream? stream = null) =>
        Matmul(a, b, output, new MatmulOptions(), default, stream);

    /// <summary>Bytes of workspace that such a product needs.</summary>
    /// <inheritdoc cref="Matmul(ReadOnlyKernelTensor, ReadOnlyKernelTensor, KernelTensor, MatmulOptions, Span{byte}, DeviceStream)"/>
    public static long MatmulWorkspace(ReadOnlyKernelTensor a, ReadOnlyKernelTensor b, KernelTensor output, MatmulOptions options) =>
        optirs_matmul_workspace(
            options.Arguments, a: a.View, b: b.View, bias: options.Bias.View, aux: options.Aux.View, scale_a: options.ScaleA.View,
            scale_b: options.ScaleB.View, scale_out: options.ScaleOutput.View, amax_out: options.AmaxOutput.View, @out: output.View);
}
