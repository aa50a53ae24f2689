using System.Globalization;

namespace OptiRs.Native;

/// <summary>A power of two in 8 bits, the scale of a microscaled block (OCP Microscaling Formats 1.0): 2^(bits - 127); 255 is NaN.</summary>
/// <remarks>There is neither sign nor zero. Conversion to <see cref="float"/> is exact.</remarks>
public readonly struct Float8E8M0 : IEquatable<Float8E8M0>
{
    private const byte NaNCode = 255;
    private const int Bias = 127;

    private Float8E8M0(byte bits) => Bits = bits;

    /// <summary>The exponent, plus 127.</summary>
    public byte Bits { get; }

    /// <summary>1.</summary>
    public static Float8E8M0 One => new(Bias);

    /// <summary>Not a number.</summary>
    public static Float8E8M0 NaN => new(NaNCode);

    /// <summary>The value with these bits.</summary>
    public static Float8E8M0 FromBits(byte bits) => new(bits);

    /// <summary>2 to this power.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below -127 or above 127.</exception>
    public static Float8E8M0 FromExponent(int exponent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exponent, -Bias);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exponent, Bias);
        return new Float8E8M0((byte)(exponent + Bias));
    }

    /// <summary>Whether this is no number.</summary>
    public static bool IsNaN(Float8E8M0 value) => value.Bits == NaNCode;

    /// <summary>Exact.</summary>
    public static explicit operator float(Float8E8M0 value) => IsNaN(value) ? float.NaN : MathF.ScaleB(1, value.Bits - Bias);

    /// <summary>Exact.</summary>
    public static explicit operator double(Float8E8M0 value) => (float)value;

    /// <inheritdoc/>
    public bool Equals(Float8E8M0 other) => Bits == other.Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E8M0 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bits;

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);

    /// <summary>Equality of numbers: false if either is a NaN.</summary>
    public static bool operator ==(Float8E8M0 left, Float8E8M0 right) => left.Bits == right.Bits && !IsNaN(left);

    /// <summary>The opposite of equality of numbers.</summary>
    public static bool operator !=(Float8E8M0 left, Float8E8M0 right) => !(left == right);
}
