using System.Globalization;

namespace OptiRs.Native;

/// <summary>
/// 4-bit float with 2 exponent bits and 1 mantissa bit, the element of MXFP4 and NVFP4: a sign and the magnitudes 0, 0.5, 1, 1.5, 2, 3,
/// 4 and 6. There is neither infinity nor NaN.
/// </summary>
/// <remarks>
/// Kernels keep two in a byte, the first in its low half: <see cref="Get"/> and <see cref="Set"/>. Conversion to it rounds to nearest,
/// ties to even, and saturates; a NaN becomes 0. Equality is that of numbers: 0 equals -0.
/// </remarks>
public readonly struct Float4E2M1 : IEquatable<Float4E2M1>
{
    private static readonly float[] Magnitudes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];

    private Float4E2M1(byte bits) => Bits = bits;

    /// <summary>The 4 bits: sign, exponent, mantissa.</summary>
    public byte Bits { get; }

    /// <summary>Largest value, 6.</summary>
    public static Float4E2M1 MaxValue => new(7);

    /// <summary>The value with these bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more than 4.</exception>
    public static Float4E2M1 FromBits(byte bits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 15);
        return new Float4E2M1(bits);
    }

    /// <summary>The element with this index of a packed run.</summary>
    public static Float4E2M1 Get(ReadOnlySpan<byte> packed, int index) => new((byte)((packed[index / 2] >> (index % 2 * 4)) & 15));

    /// <summary>Sets the element with this index of a packed run.</summary>
    public static void Set(Span<byte> packed, int index, Float4E2M1 value)
    {
        int shift = index % 2 * 4;
        packed[index / 2] = (byte)((packed[index / 2] & ~(15 << shift)) | (value.Bits << shift));
    }

    /// <summary>Rounds to nearest, ties to even; saturates.</summary>
    public static explicit operator Float4E2M1(float value)
    {
        // With neighbours a and b the tie belongs to the even code.
        float magnitude = MathF.Abs(value);
        int code = 0;
        for (int i = 1; i < Magnitudes.Length; i++)
        {
            float middle = (Magnitudes[i - 1] + Magnitudes[i]) / 2;
            if (magnitude > middle || (magnitude == middle && i % 2 == 0)) code = i;
        }

        return new Float4E2M1((byte)(code | (float.IsNegative(value) ? 8 : 0)));
    }

    /// <summary>Exact.</summary>
    public static explicit operator float(Float4E2M1 value) => (value.Bits & 8) != 0 ? -Magnitudes[value.Bits & 7] : Magnitudes[value.Bits];

    /// <inheritdoc/>
    public bool Equals(Float4E2M1 other) => (float)this == (float)other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float4E2M1 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);

    /// <summary>Equality of numbers.</summary>
    public static bool operator ==(Float4E2M1 left, Float4E2M1 right) => left.Equals(right);

    /// <summary>The opposite of equality of numbers.</summary>
    public static bool operator !=(Float4E2M1 left, Float4E2M1 right) => !left.Equals(right);
}
