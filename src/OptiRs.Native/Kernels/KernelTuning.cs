using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>What a candidate of <see cref="KernelTuning"/> is of.</summary>
public enum TuningCandidate
{
    /// <summary>An algorithm of cuBLASLt.</summary>
    CublasLt = 0,

    /// <summary>cuDNN's engine for the shape.</summary>
    Cudnn = 1,

    /// <summary>This library's kernels.</summary>
    Own = 2,
}

/// <summary>What was measured of one candidate.</summary>
/// <param name="Candidate">What it is of.</param>
/// <param name="Rank">Of its kind, 0 is what a call would take unmeasured.</param>
/// <param name="Milliseconds">Of one call, by the device's clock; infinite if it failed.</param>
/// <param name="IsChosen">Whether it is the fastest, which calls take from then on.</param>
public readonly record struct TuningResult(TuningCandidate Candidate, int Rank, float Milliseconds, bool IsChosen);

/// <summary>A product of dense tensors, as <c>Kernels.Matmul</c> computes it.</summary>
/// <param name="M">Rows of the output.</param>
/// <param name="N">Columns of the output.</param>
/// <param name="K">Length of the sums.</param>
/// <param name="DType">Of both operands: f32, bf16, f16 or an 8-bit float.</param>
public sealed record MatmulShape(long M, long N, long K, DType DType)
{
    /// <summary>Products of a batch; above 1 every tensor has such a dimension.</summary>
    public long Batch { get; init; } = 1;

    /// <summary>Of the output and a bias; bf16 for 8-bit operands, else that of the operands, if not set.</summary>
    public DType OutputDType { get; init; } = DType is DType.F8E4M3FN or DType.F8E5M2 ? DType.BF16 : DType;

    /// <summary>Whether a is given as [k, m].</summary>
    public bool TransposeA { get; init; }

    /// <summary>Whether b is given as [n, k].</summary>
    public bool TransposeB { get; init; }

    /// <summary>Without an auxiliary tensor.</summary>
    public MatmulEpilogue Epilogue { get; init; }

    /// <summary>Whether a bias is added.</summary>
    public bool HasBias { get; init; }

    /// <summary>8-bit operands may be summed with fewer bits.</summary>
    public bool FastAccumulation { get; init; }
}

/// <summary>Attention of dense tensors, as <c>Kernels.Attention</c> computes it.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Rows">Of queries.</param>
/// <param name="Columns">Of keys and values.</param>
/// <param name="Heads">Of queries.</param>
/// <param name="KeyHeads">Of keys and values; divides <paramref name="Heads"/>.</param>
/// <param name="Width">Elements of a head.</param>
/// <param name="DType">f32, bf16 or f16.</param>
public sealed record AttentionShape(long Batch, long Rows, long Columns, long Heads, long KeyHeads, long Width, DType DType)
{
    /// <summary>Causal or not.</summary>
    public AttentionMask Mask { get; init; }

    /// <summary>Whether it is the gradients that are measured.</summary>
    public bool IsBackward { get; init; }
}

/// <summary>
/// Measures which of several ways computes a shape fastest on a device, once, so that later calls of the shape take it: products
/// by the algorithms of cuBLASLt (8-bit ones on Hopper by an own kernel too), attention by cuDNN or the own kernels. What is found holds for this process, and is kept in
/// <see cref="File"/> for later ones. Operands are made for it, with random numbers. Unverified on hardware.
/// </summary>
public static class KernelTuning
{
    /// <summary>Where results are kept: <c>tuning/cuda.txt</c> beside the caches of programs.</summary>
    public static string File => Path.Combine(Path.GetDirectoryName(PjrtCompilationCache.DefaultFolder)!, "tuning", "cuda.txt");

    /// <summary>Measures a product. Waits for the stream.</summary>
    /// <returns>Every candidate, in the order of the heuristic.</returns>
    /// <exception cref="ArgumentException">A kernel does not take the shape.</exception>
    /// <exception cref="OptiRsOutOfMemoryException">The operands do not fit.</exception>
    /// <exception cref="OptiRsException">There is no cuBLASLt and only that computes it, or the file cannot be written: what was found holds for this process then.</exception>
    public static IReadOnlyList<TuningResult> Measure(DeviceStream stream, MatmulShape shape)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(shape);
        return Results(TuningNative.Matmul(stream.Handle, new optirs_matmul_shape
        {
            batch = shape.Batch, m = shape.M, n = shape.N, k = shape.K, type = (int)shape.DType, out_type = (int)shape.OutputDType,
            transpose_a = shape.TransposeA ? 1 : 0, transpose_b = shape.TransposeB ? 1 : 0, epilogue = (int)shape.Epilogue,
            has_bias = shape.HasBias ? 1 : 0, fast_accumulation = shape.FastAccumulation ? 1 : 0,
        }));
    }

    /// <summary>Measures attention. Waits for the stream.</summary>
    /// <returns>Every candidate: the own kernels, and cuDNN where it takes the shape.</returns>
    /// <exception cref="ArgumentException">A kernel does not take the shape.</exception>
    /// <exception cref="OptiRsOutOfMemoryException">The operands do not fit.</exception>
    /// <exception cref="OptiRsException">The file cannot be written: what was found holds for this process then.</exception>
    public static IReadOnlyList<TuningResult> Measure(DeviceStream stream, AttentionShape shape)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(shape);
        return Results(TuningNative.Attention(stream.Handle, new optirs_attention_shape
        {
            batch = shape.Batch, rows = shape.Rows, columns = shape.Columns, heads = shape.Heads, kv_heads = shape.KeyHeads,
            width = shape.Width, type = (int)shape.DType, mask = (int)shape.Mask, is_backward = shape.IsBackward ? 1 : 0,
        }));
    }

    private static TuningResult[] Results(optirs_timing[] timings) =>
        [.. timings.Select(t => new TuningResult((TuningCandidate)t.candidate, t.rank, t.milliseconds, t.is_chosen != 0))];
}
