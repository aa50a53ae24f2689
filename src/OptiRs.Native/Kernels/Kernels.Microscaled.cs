using OptiRs.Native.Interop;
using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Microscaled numbers: MXFP8, MXFP4 and NVFP4.</content>
public static partial class Kernels
{
    /// <summary>
    /// Quantizes a matrix in short blocks along its rows (OCP Microscaling Formats 1.0, 2023; NVFP4 of Blackwell). The types of
    /// <paramref name="codes"/> and <paramref name="scales"/> say which format: 8-bit floats with <see cref="Float8E8M0"/> are MXFP8, codes
    /// of 4 bits (<see cref="Float4E2M1"/>, two a byte) with <see cref="Float8E8M0"/> MXFP4, with <see cref="Float8E4M3"/> NVFP4. Blocks have
    /// 32 elements, those of NVFP4 16.
    /// </summary>
    /// <param name="x">f32, bf16 or f16 [m, n].</param>
    /// <param name="codes">Receives f8E4M3FN or f8E5M2 [m, n], or bytes [m, n / 2], n even.</param>
    /// <param name="scales">Receives [m, ceil(n / block)].</param>
    /// <param name="tensorScale">Receives f32[1], NVFP4: largest magnitude / (448 * 6).</param>
    /// <param name="amax">f32[1], NVFP4: the largest magnitude; that of x if left out.</param>
    /// <param name="transpose">Whether what is quantized, in blocks along m, is the transpose: shapes of [n, m].</param>
    /// <param name="roundUp">Whether E8M0 scales are rounded up, so that nothing saturates; OCP rounds down.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void QuantizeMicroscaled(
        ReadOnlyKernelTensor x, KernelTensor codes, KernelTensor scales, KernelTensor tensorScale = default,
        ReadOnlyKernelTensor amax = default, bool transpose = false, bool roundUp = false, DeviceStream? stream = null) =>
        optirs_quantize_mx(
            new optirs_quantize_mx_args { transpose = transpose ? 1 : 0, round_up = roundUp ? 1 : 0 }, stream?.Handle, x: x.View, amax: amax.View,
            @out: codes.View, scales: scales.View, tensor_scale: tensorScale.View);

    /// <summary><c>output = code * scale of its block * scale of the tensor</c>, rounded to the type of the output.</summary>
    /// <param name="codes">As of <see cref="QuantizeMicroscaled"/>.</param>
    /// <param name="scales">Of the blocks.</param>
    /// <param name="output">Receives f32, bf16 or f16 [m, n].</param>
    /// <param name="tensorScale">f32[1], NVFP4; 1 if left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void DequantizeMicroscaled(
        ReadOnlyKernelTensor codes, ReadOnlyKernelTensor scales, KernelTensor output, ReadOnlyKernelTensor tensorScale = default,
        DeviceStream? stream = null) =>
        optirs_dequantize_mx(default, stream?.Handle, x: codes.View, scales: scales.View, tensor_scale: tensorScale.View, @out: output.View);

    /// <summary>
    /// <c>output = alpha a bᵀ + bias + beta output</c> of microscaled operands, which are decoded; sums are f32. On the CPU a reference.
    /// </summary>
    /// <param name="a">Codes of [m, k].</param>
    /// <param name="aScales">Scales of the blocks of a.</param>
    /// <param name="b">Codes of [n, k]: both have their blocks along what is summed.</param>
    /// <param name="bScales">Scales of the blocks of b.</param>
    /// <param name="output">Receives [m, n]: f32, bf16 or, on the CPU, f16.</param>
    /// <param name="workspace">Memory for both operands as f32: 4 k (m + n) bytes, each rounded up to 64.</param>
    /// <param name="aTensorScale">f32[1], NVFP4: the scale of a; 1 if left out.</param>
    /// <param name="bTensorScale">f32[1], NVFP4: the scale of b; 1 if left out.</param>
    /// <param name="bias">[n], f32 or the type of the output.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what the output holds already; 0: it is not read.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    /// <exception cref="OptiRsException">There is no oneDNN.</exception>
    public static void MatmulMicroscaled(
        ReadOnlyKernelTensor a, ReadOnlyKernelTensor aScales, ReadOnlyKernelTensor b, ReadOnlyKernelTensor bScales, KernelTensor output,
        Span<byte> workspace, ReadOnlyKernelTensor aTensorScale = default, ReadOnlyKernelTensor bTensorScale = default,
        ReadOnlyKernelTensor bias = default, double alpha = 1, double beta = 0, DeviceStream? stream = null) =>
        optirs_matmul_mx(
            new optirs_matmul_mx_args { alpha = alpha, beta = beta },
            stream?.Handle, a: a.View, a_scales: aScales.View, a_tensor_scale: aTensorScale.View,
            b: b.View, b_scales: bScales.View, b_tensor_scale: bTensorScale.View, bias: bias.View, @out: output.View, workspace: workspace);
}
