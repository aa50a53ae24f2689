using OptiRs.Native.Interop;
using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Casts to 8-bit floats and back, and the upkeep of their scales.</content>
public static partial class Kernels
{
    /// <summary>The largest magnitude: NaN if there is a NaN, 0 for nothing.</summary>
    /// <param name="x">f32, bf16 or f16, any shape.</param>
    /// <param name="amax">Receives f32[1].</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Amax(
        ReadOnlyKernelTensor x, KernelTensor amax, DeviceStream? stream = null) =>
        optirs_amax(default, stream?.Handle, x: x.View, amax: amax.View);

    /// <summary><c>output = x scale</c> as an 8-bit float: rounded to nearest, ties to even, saturated; a NaN stays one.</summary>
    /// <param name="x">f32, bf16 or f16, any shape.</param>
    /// <param name="output">Receives f8E4M3FN or f8E5M2, shape of x.</param>
    /// <param name="scale">f32[1]; 1 if left out.</param>
    /// <param name="amax">Receives f32[1], the largest magnitude of x; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Quantize(
        ReadOnlyKernelTensor x, KernelTensor output, ReadOnlyKernelTensor scale = default, KernelTensor amax = default,
        DeviceStream? stream = null) =>
        optirs_quantize(default, stream?.Handle, x: x.View, scale: scale.View, @out: output.View, amax: amax.View);

    /// <summary><c>output = x scaleInverse</c>, rounded to the type of the output; without a scale this is exact.</summary>
    /// <param name="x">f8E4M3FN or f8E5M2, any shape.</param>
    /// <param name="output">Receives f32, bf16 or f16, shape of x.</param>
    /// <param name="scaleInverse">f32[1]; 1 if left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Dequantize(
        ReadOnlyKernelTensor x, KernelTensor output, ReadOnlyKernelTensor scaleInverse = default, DeviceStream? stream = null) =>
        optirs_dequantize(default, stream?.Handle, x: x.View, scale_inv: scaleInverse.View, @out: output.View);

    /// <summary>
    /// The cast of x, or of an activation of it, and its transpose in one pass, as FP8 products need both: each operand lies along the summed
    /// dimension. Activations are computed in f32 and rounded once.
    /// </summary>
    /// <param name="x">f32, bf16 or f16 [m, n].</param>
    /// <param name="transposed">Receives f8E4M3FN or f8E5M2 [n, m].</param>
    /// <param name="output">Receives the same [m, n]; may be left out.</param>
    /// <param name="scale">f32[1]; 1 if left out.</param>
    /// <param name="amax">Receives f32[1], the largest magnitude of what is cast; may be left out.</param>
    /// <param name="biasGradient">Receives f32[n]: sums over m of what is cast; may be left out.</param>
    /// <param name="activation">What is cast: x, its GELU, or x times the derivative of GELU at <paramref name="aux"/>.</param>
    /// <param name="aux">Of <see cref="CastActivation.GeluBackward"/> alone: what GELU was of, of the type and shape of x.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void CastTranspose(
        ReadOnlyKernelTensor x, KernelTensor transposed, KernelTensor output = default, ReadOnlyKernelTensor scale = default,
        KernelTensor amax = default, KernelTensor biasGradient = default, CastActivation activation = CastActivation.None,
        ReadOnlyKernelTensor aux = default, DeviceStream? stream = null) =>
        optirs_cast_transpose(
            new optirs_cast_transpose_args { activation = (int)activation }, stream?.Handle, x: x.View, scale: scale.View, @out: output.View,
            out_transposed: transposed.View, amax: amax.View, dbias: biasGradient.View, aux: aux.View);

    /// <summary>Casts each block with a scale of its own, which brings its largest magnitude to the largest value of the type (DeepSeek-V3). A block of zeros, or with NaN or infinity, has scale 1.</summary>
    /// <param name="x">f32, bf16 or f16 [m, n].</param>
    /// <param name="output">Receives f8E4M3FN or f8E5M2 [m, n].</param>
    /// <param name="scaleInverse">Receives f32 [ceil(m/blockRows), ceil(n/blockColumns)]: what to multiply by to get x back.</param>
    /// <param name="blockRows">1 or 128 are usual.</param>
    /// <param name="blockColumns">128 is usual. Blocks at the edges may be smaller.</param>
    /// <param name="powerOfTwo">Whether scales are rounded down to a power of two.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void QuantizeBlocks(
        ReadOnlyKernelTensor x, KernelTensor output, KernelTensor scaleInverse, long blockRows, long blockColumns,
        bool powerOfTwo = false, DeviceStream? stream = null) =>
        optirs_quantize_blocks(
            new optirs_quantize_blocks_args { block_rows = blockRows, block_columns = blockColumns, power_of_two = powerOfTwo ? 1 : 0 },
            stream?.Handle,
            x: x.View, @out: output.View, scale_inv: scaleInverse.View);

    /// <summary><c>output = x scaleInverse</c> of its block, rounded to the type of the output.</summary>
    /// <param name="x">f8E4M3FN or f8E5M2 [m, n].</param>
    /// <param name="scaleInverse">f32 [ceil(m/blockRows), ceil(n/blockColumns)].</param>
    /// <param name="output">Receives f32, bf16 or f16 [m, n].</param>
    /// <param name="blockRows">Rows of a block.</param>
    /// <param name="blockColumns">Columns of a block.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void DequantizeBlocks(
        ReadOnlyKernelTensor x, ReadOnlyKernelTensor scaleInverse, KernelTensor output, long blockRows, long blockColumns,
        DeviceStream? stream = null) =>
        optirs_dequantize_blocks(
            new optirs_dequantize_blocks_args { block_rows = blockRows, block_columns = blockColumns }, stream?.Handle, x: x.View,
            scale_inv: scaleInverse.View, @out: output.View);

    /// <summary>Delayed scaling, between steps (Transformer Engine): the scale comes from the largest amax of the history, or of this step, and the history moves on by one row.</summary>
    /// <param name="amaxHistory">f32 [length, n], updated in place: row 0 holds the amax of this step.</param>
    /// <param name="scale">f32 [n], updated in place; kept where the amax is 0, infinite or NaN.</param>
    /// <param name="fp8Max">Largest finite value of the type: 448 or 57344.</param>
    /// <param name="scaleInverse">Receives f32 [n]: 1 / scale; may be left out.</param>
    /// <param name="margin">Powers of two to stay below it.</param>
    /// <param name="mostRecent">Whether only the amax of this step counts.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void DelayedScaling(
        KernelTensor amaxHistory, KernelTensor scale, double fp8Max, KernelTensor scaleInverse = default, double margin = 0,
        bool mostRecent = false, DeviceStream? stream = null) =>
        optirs_delayed_scaling(
            new optirs_delayed_scaling_args { fp8_max = fp8Max, margin = margin, algorithm = mostRecent ? OPTIRS_AMAX_MOST_RECENT : OPTIRS_AMAX_MAX },
            stream?.Handle,
            amax_history: amaxHistory.View, scale: scale.View, scale_inv: scaleInverse.View);
}
