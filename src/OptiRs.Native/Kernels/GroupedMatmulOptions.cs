using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>How <c>Kernels.GroupedMatmul</c> multiplies.</summary>
public readonly ref struct GroupedMatmulOptions
{
    /// <summary>Options with their defaults.</summary>
    public GroupedMatmulOptions()
    {
    }

    /// <summary>Whether rows are what is summed: the output then has a matrix for each group.</summary>
    public bool TransposeA { get; init; }

    /// <summary>Whether the matrices of b are given transposed.</summary>
    public bool TransposeB { get; init; }

    /// <summary>Factor of the products.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Factor of what the output holds already; 0: it is not read.</summary>
    public double Beta { get; init; }

    /// <summary>[groups, n], f32 or the type of the output; not together with <see cref="TransposeA"/>.</summary>
    public ReadOnlyKernelTensor Bias { get; init; }

    /// <summary>f32 [1] or [groups], of an 8-bit a.</summary>
    public ReadOnlyKernelTensor ScaleA { get; init; }

    /// <summary>f32 [1] or [groups], of an 8-bit b.</summary>
    public ReadOnlyKernelTensor ScaleB { get; init; }

    internal optirs_grouped_matmul_args Arguments => new()
    {
        transpose_a = TransposeA ? 1 : 0, transpose_b = TransposeB ? 1 : 0, alpha = Alpha, beta = Beta,
    };
}
