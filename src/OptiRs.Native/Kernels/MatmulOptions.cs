using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>What happens to a product before it is stored.</summary>
public enum MatmulEpilogue
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>GELU in its tanh form; the auxiliary tensor, if given, receives its argument.</summary>
    Gelu = 1,

    /// <summary>Multiplied by the derivative of that GELU at the auxiliary tensor.</summary>
    GeluBackward = 2,
}

/// <summary>How <c>Kernels.Matmul</c> multiplies.</summary>
public readonly ref struct MatmulOptions
{
    /// <summary>Options with their defaults.</summary>
    public MatmulOptions()
    {
    }

    /// <summary>Whether a is given transposed.</summary>
    public bool TransposeA { get; init; }

    /// <summary>Whether b is given transposed.</summary>
    public bool TransposeB { get; init; }

    /// <summary>Factor of the product.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Factor of what the output holds already; 0: it is not read.</summary>
    public double Beta { get; init; }

    /// <summary>[n], f32 or the type of the output, added before the epilogue.</summary>
    public ReadOnlyKernelTensor Bias { get; init; }

    /// <summary>What follows.</summary>
    public MatmulEpilogue Epilogue { get; init; }

    /// <summary>[..., m, n], f32 or the type of the output: see <see cref="Epilogue"/>.</summary>
    public KernelTensor Aux { get; init; }

    /// <summary>f32 scales of an 8-bit a, one for each block of it as it is stored.</summary>
    public ReadOnlyKernelTensor ScaleA { get; init; }

    /// <summary>f32 scales of an 8-bit b.</summary>
    public ReadOnlyKernelTensor ScaleB { get; init; }

    /// <summary>Rows and columns of a block of a; 0, 0: one scale for all.</summary>
    public (long Rows, long Columns) ScaleABlock { get; init; }

    /// <summary>Rows and columns of a block of b; 0, 0: one scale for all.</summary>
    public (long Rows, long Columns) ScaleBBlock { get; init; }

    /// <summary>f32[1], what an 8-bit output is multiplied by.</summary>
    public ReadOnlyKernelTensor ScaleOutput { get; init; }

    /// <summary>Receives f32[1], the largest magnitude of an 8-bit output before scaling.</summary>
    public KernelTensor AmaxOutput { get; init; }

    internal optirs_matmul_args Arguments => new()
    {
        transpose_a = TransposeA ? 1 : 0, transpose_b = TransposeB ? 1 : 0, alpha = Alpha, beta = Beta, epilogue = (int)Epilogue,
        scale_a_rows = ScaleABlock.Rows, scale_a_columns = ScaleABlock.Columns, scale_b_rows = ScaleBBlock.Rows,
        scale_b_columns = ScaleBBlock.Columns,
    };
}
