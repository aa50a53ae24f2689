using System.Globalization;

namespace OptiRs.Native;

/// <summary>
/// 8-bit float with 5 exponent and 2 mantissa bits, bias 15: the upper half of a binary16, with infinities (0x7C, 0xFC) and NaNs
/// (0x7D to 0x7F, 0xFD to 0xFF).
/// </summary>
/// <remarks>
/// Conversion to it rounds to nearest, ties to even, and saturates: what is larger than 57344, infinity included,
/// becomes ±57344; a NaN stays a NaN of the same sign. That is what FP8 hardware does. <see cref="FromSingle"/> can also
/// convert as StableHLO does, where what is too large becomes infinite. Conversion from it is exact.
/// Equality is that of numbers: 0 equals -0, and <see cref="Equals(Float8E5M2)"/>, unlike <c>==</c>, has NaN equal NaN.
/// </remarks>
public readonly struct Float8E5M2 : IEquatable<Float8E5M2>, IComparable<Float8E5M2>
{
    private const int MantissaBits = 2;
    private const int Bias = 15;
    private const byte MaxCode = 0x7B;
    private const byte OverflowCode = 0x7C;
    private const byte NaNCode = 0x7F;

    private static readonly float[] Values = Float8Codec.Table(Decode);

    private Float8E5M2(byte bits) => Bits = bits;

    /// <summary>The 8 bits: sign, exponent, mantissa.</summary>
    public byte Bits { get; }

    /// <summary>Largest finite value, 57344.</summary>
    public static Float8E5M2 MaxValue => new(MaxCode);

    /// <summary>Lowest finite value, -57344.</summary>
    public static Float8E5M2 MinValue => new(MaxCode | 0x80);

    /// <summary>Smallest value above zero, 2^-16.</summary>
    public static Float8E5M2 Epsilon => new(0x01);

    /// <summary>Not a number.</summary>
    public static Float8E5M2 NaN => new(NaNCode);

    /// <summary>Infinity.</summary>
    public static Float8E5M2 PositiveInfinity => new(OverflowCode);

    /// <summary>Minus infinity.</summary>
    public static Float8E5M2 NegativeInfinity => new(OverflowCode | 0x80);

    /// <summary>Whether this is infinite, of either sign.</summary>
    public static bool IsInfinity(Float8E5M2 value) => (value.Bits & 0x7F) == OverflowCode;

    /// <summary>The value with these bits.</summary>
    public static Float8E5M2 FromBits(byte bits) => new(bits);

    /// <summary>Rounds to nearest, ties to even.</summary>
    /// <param name="value">What to convert.</param>
    /// <param name="saturate">Whether what is too large becomes ±57344 (the default, and the operators) or infinite.</param>
    public static Float8E5M2 FromSingle(float value, bool saturate = true)
    {
        byte sign = (byte)((BitConverter.SingleToUInt32Bits(value) >> 24) & 0x80);
        if (float.IsNaN(value)) return new Float8E5M2((byte)(sign | NaNCode));
        uint code = float.IsInfinity(value) ? uint.MaxValue : Float8Codec.EncodeMagnitude(MathF.Abs(value), MantissaBits, Bias);
        if (code > MaxCode) code = saturate ? MaxCode : OverflowCode;
        return new Float8E5M2((byte)(sign | code));
    }

    /// <summary>Whether this is no number.</summary>
    public static bool IsNaN(Float8E5M2 value) => (value.Bits & 0x7F) > OverflowCode;

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E5M2(float value) => FromSingle(value);

    /// <summary>Rounds once, to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E5M2(double value) => FromSingle(RoundToOdd.ToSingle(value));

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E5M2(Half value) => FromSingle((float)value);

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E5M2(BFloat16 value) => FromSingle((float)value);

    /// <summary>Exact.</summary>
    public static explicit operator float(Float8E5M2 value) => Values[value.Bits];

    /// <summary>Exact.</summary>
    public static explicit operator double(Float8E5M2 value) => Values[value.Bits];

    /// <summary>Exact.</summary>
    public static explicit operator Half(Float8E5M2 value) => (Half)Values[value.Bits];

    /// <summary>Exact.</summary>
    public static explicit operator BFloat16(Float8E5M2 value) => (BFloat16)Values[value.Bits];

    /// <inheritdoc/>
    public bool Equals(Float8E5M2 other) => ((float)this).Equals((float)other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E5M2 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(Float8E5M2 other) => ((float)this).CompareTo((float)other);

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);

    /// <summary>Equality of numbers: false if either is a NaN.</summary>
    public static bool operator ==(Float8E5M2 left, Float8E5M2 right) => (float)left == (float)right;

    /// <summary>The opposite of equality of numbers.</summary>
    public static bool operator !=(Float8E5M2 left, Float8E5M2 right) => (float)left != (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator <(Float8E5M2 left, Float8E5M2 right) => (float)left < (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator >(Float8E5M2 left, Float8E5M2 right) => (float)left > (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator <=(Float8E5M2 left, Float8E5M2 right) => (float)left <= (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator >=(Float8E5M2 left, Float8E5M2 right) => (float)left >= (float)right;

    private static float Decode(byte bits)
    {
        int code = bits & 0x7F;
        float magnitude = code > OverflowCode ? float.NaN : code == OverflowCode ? float.PositiveInfinity : Float8Codec.DecodeMagnitude(code, MantissaBits, Bias);
        return bits >= 0x80 ? -magnitude : magnitude;
    }
}
