using System.Globalization;

namespace OptiRs.Native;

/// <summary>
/// 8-bit float with 4 exponent and 3 mantissa bits, bias 7, the variant called FN: it has no infinity, and one NaN of each
/// sign (0x7F, 0xFF), which leaves room up to 448.
/// </summary>
/// <remarks>
/// Conversion to it rounds to nearest, ties to even, and saturates: what is larger than 448, infinity included,
/// becomes ±448; a NaN stays a NaN of the same sign. That is what FP8 hardware does. <see cref="FromSingle"/> can also
/// convert as StableHLO does, where what is too large becomes NaN. Conversion from it is exact.
/// Equality is that of numbers: 0 equals -0, and <see cref="Equals(Float8E4M3)"/>, unlike <c>==</c>, has NaN equal NaN.
/// </remarks>
public readonly struct Float8E4M3 : IEquatable<Float8E4M3>, IComparable<Float8E4M3>
{
    private const int MantissaBits = 3;
    private const int Bias = 7;
    private const byte MaxCode = 0x7E;
    private const byte OverflowCode = 0x7F;
    private const byte NaNCode = 0x7F;

    private static readonly float[] Values = Float8Codec.Table(Decode);

    private Float8E4M3(byte bits) => Bits = bits;

    /// <summary>The 8 bits: sign, exponent, mantissa.</summary>
    public byte Bits { get; }

    /// <summary>Largest finite value, 448.</summary>
    public static Float8E4M3 MaxValue => new(MaxCode);

    /// <summary>Lowest finite value, -448.</summary>
    public static Float8E4M3 MinValue => new(MaxCode | 0x80);

    /// <summary>Smallest value above zero, 2^-9.</summary>
    public static Float8E4M3 Epsilon => new(0x01);

    /// <summary>Not a number.</summary>
    public static Float8E4M3 NaN => new(NaNCode);

    /// <summary>The value with these bits.</summary>
    public static Float8E4M3 FromBits(byte bits) => new(bits);

    /// <summary>Rounds to nearest, ties to even.</summary>
    /// <param name="value">What to convert.</param>
    /// <param name="saturate">Whether what is too large becomes ±448 (the default, and the operators) or NaN.</param>
    public static Float8E4M3 FromSingle(float value, bool saturate = true)
    {
        byte sign = (byte)((BitConverter.SingleToUInt32Bits(value) >> 24) & 0x80);
        if (float.IsNaN(value)) return new Float8E4M3((byte)(sign | NaNCode));
        uint code = float.IsInfinity(value) ? uint.MaxValue : Float8Codec.EncodeMagnitude(MathF.Abs(value), MantissaBits, Bias);
        if (code > MaxCode) code = saturate ? MaxCode : OverflowCode;
        return new Float8E4M3((byte)(sign | code));
    }

    /// <summary>Whether this is no number.</summary>
    public static bool IsNaN(Float8E4M3 value) => (value.Bits & 0x7F) == NaNCode;

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E4M3(float value) => FromSingle(value);

    /// <summary>Rounds once, to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E4M3(double value) => FromSingle(RoundToOdd.ToSingle(value));

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E4M3(Half value) => FromSingle((float)value);

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float8E4M3(BFloat16 value) => FromSingle((float)value);

    /// <summary>Exact.</summary>
    public static explicit operator float(Float8E4M3 value) => Values[value.Bits];

    /// <summary>Exact.</summary>
    public static explicit operator double(Float8E4M3 value) => Values[value.Bits];

    /// <summary>Exact.</summary>
    public static explicit operator Half(Float8E4M3 value) => (Half)Values[value.Bits];

    /// <summary>Exact.</summary>
    public static explicit operator BFloat16(Float8E4M3 value) => (BFloat16)Values[value.Bits];

    /// <inheritdoc/>
    public bool Equals(Float8E4M3 other) => ((float)this).Equals((float)other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E4M3 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(Float8E4M3 other) => ((float)this).CompareTo((float)other);

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);

    /// <summary>Equality of numbers: false if either is a NaN.</summary>
    public static bool operator ==(Float8E4M3 left, Float8E4M3 right) => (float)left == (float)right;

    /// <summary>The opposite of equality of numbers.</summary>
    public static bool operator !=(Float8E4M3 left, Float8E4M3 right) => (float)left != (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator <(Float8E4M3 left, Float8E4M3 right) => (float)left < (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator >(Float8E4M3 left, Float8E4M3 right) => (float)left > (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator <=(Float8E4M3 left, Float8E4M3 right) => (float)left <= (float)right;

    /// <summary>Order of numbers: false if either is a NaN.</summary>
    public static bool operator >=(Float8E4M3 left, Float8E4M3 right) => (float)left >= (float)right;

    private static float Decode(byte bits)
    {
        int code = bits & 0x7F;
        float magnitude = code == NaNCode ? float.NaN : Float8Codec.DecodeMagnitude(code, MantissaBits, Bias);
        return bits >= 0x80 ? -magnitude : magnitude;
    }
}
