using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <content>Casts to 8-bit floats and back, and the upkeep of their scales.</content>
public static partial class Kernels
{
    /// <summary>The largest magnitude: NaN if there is a NaN, 0 for nothing.</summary>
    /// <param name="x">f32, bf16 or f16, any shape.</param>
    /// <param name="amax">Receives f32[1].</param>
    public static void Amax(
        ReadOnlyKernelTensor x, KernelTensor amax) =>
        QuantizeKernels.Amax(x.View, amax.View);

    /// <summary><c>output = x scale</c> as an 8-bit float: rounded to nearest, ties to even, saturated; a NaN stays one.</summary>
    /// <param name="x">f32, bf16 or f16, any shape.</param>
    /// <param name="output">Receives f8E4M3FN or f8E5M2, shape of x.</param>
    /// <param name="scale">f32[1]; 1 if left out.</param>
    /// <param name="amax">Receives f32[1], the largest magnitude of x; may be left out.</param>
    public static void Quantize(
        ReadOnlyKernelTensor x, KernelTensor output, ReadOnlyKernelTensor scale = default, KernelTensor amax = default) =>
        QuantizeKernels.Quantize(x.View, output.View, scale.View, amax.View);

    /// <summary><c>output = x scaleInverse</c>, rounded to the type of the output; without a scale this is exact.</summary>
    /// <param name="x">f8E4M3FN or f8E5M2, any shape.</param>
    /// <param name="output">Receives f32, bf16 or f16, shape of x.</param>
    /// <param name="scaleInverse">f32[1]; 1 if left out.</param>
    public static void Dequantize(
        ReadOnlyKernelTensor x, KernelTensor output, ReadOnlyKernelTensor scaleInverse = default) =>
        QuantizeKernels.Dequantize(x.View, output.View, scaleInverse.View);

    /// <summary>The cast of x and its transpose in one pass, as FP8 products need both: each operand lies along the summed dimension.</summary>
    /// <param name="x">f32, bf16 or f16 [m, n].</param>
    /// <param name="transposed">Receives f8E4M3FN or f8E5M2 [n, m].</param>
    /// <param name="output">Receives the same [m, n]; may be left out.</param>
    /// <param name="scale">f32[1]; 1 if left out.</param>
    /// <param name="amax">Receives f32[1], the largest magnitude of x; may be left out.</param>
    /// <param name="biasGradient">Receives f32[n]: sums of x over m; may be left out.</param>
    public static void CastTranspose(
        ReadOnlyKernelTensor x, KernelTensor transposed, KernelTensor output = default, ReadOnlyKernelTensor scale = default,
        KernelTensor amax = default, KernelTensor biasGradient = default) =>
        QuantizeKernels.CastTranspose(x.View, transposed.View, output.View, scale.View, amax.View, biasGradient.View);

    /// <summary>Casts each block with a scale of its own, which brings its largest magnitude to the largest value of the type (DeepSeek-V3). A block of zeros, or with NaN or infinity, has scale 1.</summary>
    /// <param name="x">f32, bf16 or f16 [m, n].</param>
    /// <param name="output">Receives f8E4M3FN or f8E5M2 [m, n].</param>
    /// <param name="scaleInverse">Receives f32 [ceil(m/blockRows), ceil(n/blockColumns)]: what to multiply by to get x back.</param>
    /// <param name="blockRows">1 or 128 are usual.</param>
    /// <param name="blockColumns">128 is usual. Blocks at the edges may be smaller.</param>
    /// <param name="powerOfTwo">Whether scales are rounded down to a power of two.</param>
    public static void QuantizeBlocks(
        ReadOnlyKernelTensor x, KernelTensor output, KernelTensor scaleInverse, long blockRows, long blockColumns,
        bool powerOfTwo = false) =>
        QuantizeKernels.QuantizeBlocks(x.View, output.View, scaleInverse.View, blockRows, blockColumns, powerOfTwo);

    /// <summary><c>output = x scaleInverse</c> of its block, rounded to the type of the output.</summary>
    /// <param name="x">f8E4M3FN or f8E5M2 [m, n].</param>
    /// <param name="scaleInverse">f32 [ceil(m/blockRows), ceil(n/blockColumns)].</param>
    /// <param name="output">Receives f32, bf16 or f16 [m, n].</param>
    /// <param name="blockRows">Rows of a block.</param>
    /// <param name="blockColumns">Columns of a block.</param>
    public static void DequantizeBlocks(
        ReadOnlyKernelTensor x, ReadOnlyKernelTensor scaleInverse, KernelTensor output, long blockRows, long blockColumns) =>
        QuantizeKernels.DequantizeBlocks(x.View, scaleInverse.View, output.View, blockRows, blockColumns);

    /// <summary>Delayed scaling, between steps (Transformer Engine): the scale comes from the largest amax of the history, or of this step, and the history moves on by one row.</summary>
    /// <param name="amaxHistory">f32 [length, n], updated in place: row 0 holds the amax of this step.</param>
    /// <param name="scale">f32 [n], updated in place; kept where the amax is 0, infinite or NaN.</param>
    /// <param name="fp8Max">Largest finite value of the type: 448 or 57344.</param>
    /// <param name="scaleInverse">Receives f32 [n]: 1 / scale; may be left out.</param>
    /// <param name="margin">Powers of two to stay below it.</param>
    /// <param name="mostRecent">Whether only the amax of this step counts.</param>
    public static void DelayedScaling(
        KernelTensor amaxHistory, KernelTensor scale, double fp8Max, KernelTensor scaleInverse = default, double margin = 0,
        bool mostRecent = false) =>
        QuantizeKernels.DelayedScaling(amaxHistory.View, scale.View, fp8Max, scaleInverse.View, margin, mostRecent);
}
