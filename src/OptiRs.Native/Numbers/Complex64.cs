using System.Numerics;

namespace OptiRs.Native;

/// <summary>
/// A complex number of two binary32, as <see cref="DType.C64"/> has. Storage: arithmetic is done in <see cref="Complex"/>.
/// </summary>
/// <param name="Real">The real part.</param>
/// <param name="Imaginary">The imaginary part.</param>
/// <remarks>Conversion to it rounds each part to nearest, ties to even. Conversion from it is exact.</remarks>
public readonly record struct Complex64(float Real, float Imaginary)
{
    /// <summary>Rounds each part to nearest, ties to even.</summary>
    public static explicit operator Complex64(Complex value) => new((float)value.Real, (float)value.Imaginary);

    /// <summary>Exact.</summary>
    public static implicit operator Complex(Complex64 value) => new(value.Real, value.Imaginary);

    /// <summary>As <see cref="Complex"/> is written: <c>&lt;1; -2&gt;</c>.</summary>
    public override string ToString() => ((Complex)this).ToString();
}
