using System.Globalization;

namespace OptiRs.Native;

/// <summary>
/// bfloat16: the upper half of a binary32 (8 exponent bits, 7 mantissa bits). Storage: arithmetic is done in binary32.
/// </summary>
/// <remarks>
/// Conversion to it rounds to nearest, ties to even; what is too large becomes infinite, as in IEEE arithmetic; a NaN stays a
/// NaN of the same sign, made quiet. Conversion from it is exact. Equality is that of numbers: 0 equals -0, and
/// <see cref="Equals(BFloat16)"/>, unlike <c>==</c>, has NaN equal NaN.
/// </remarks>
public readonly struct BFloat16 : IEquatable<BFloat16>, IComparable<BFloat16>
{
    private BFloat16(ushort bits) => Bits = bits;

    /// <summary>The 16 bits: sign, 8 of exponent, 7 of mantissa.</summary>
    public ushort Bits { get; }

    /// <summary>Largest finite value, about 3.39e38.</summary>
    public static BFloat16 MaxValue => new(0x7F7F);

    /// <summary>Lowest finite value.</summary>
    public static BFloat16 MinValue => new(0xFF7F);

    /// <summary>Smallest value above zero, 2^-133.</summary>
    public static BFloat16 Epsilon => new(0x0001);

    /// <summary>Infinity.</summary>
    public static BFloat16 PositiveInfinity => new(0x7F80);

    /// <summary>Minus infinity.</summary>
    public static BFloat16 NegativeInfinity => new(0xFF80);

    /// <summary>Not a number.</summary>
    public static BFloat16 NaN => new(0x7FC0);

    /// <summary>The value with these bits.</summary>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>Whether this is no number.</summary>
    public static bool IsNaN(BFloat16 value) => (value.Bits & 0x7FFF) > 0x7F80;

    /// <summary>Whether this is infinite, of either sign.</summary>
    public static bool IsInfinity(BFloat16 value) => (value.Bits & 0x7FFF) == 0x7F80;

    /// <summary>Rounds to nearest, ties to even.</summary>
    public static explicit operator BFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return new BFloat16((ushort)((bits >> 16) | 0x0040));
        return new BFloat16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>Rounds once, to nearest, ties to even.</summary>
    public static explicit operator BFloat16(double value) => (BFloat16)RoundToOdd.ToSingle(value);

    /// <summary>Rounds to nearest, ties to even.</summary>
    public static explicit operator BFloat16(Half value) => (BFloat16)(float)value;

    /// <summary>Exact.</summary>
    public static explicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value.Bits << 16);

    /// <summary>Exact.</summary>
    public static explicit operator double(BFloat16 value) => (float)value;

    /// <summary>Rounds to nearest, ties to even.</summary>
    public static explicit operator Half(BFloat16 value) => (Half)(float)value;

    /// <inheritdoc/>
    public bool Equals(BFloat16 other) => ((float)this).Equals((float)other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(BFloat16 other) => ((float)this).CompareTo((float)other);

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);

    /// <summary>Equality of numbers: false if either is a NaN.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => (float)left == (float)right;

    /// <summary>The opposite of equality of numbers.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => (float)left != (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator <(BFloat16 left, BFloat16 right) => (float)left < (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator >(BFloat16 left, BFloat16 right) => (float)left > (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator <=(BFloat16 left, BFloat16 right) => (float)left <= (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator >=(BFloat16 left, BFloat16 right) => (float)left >= (float)right;
}
