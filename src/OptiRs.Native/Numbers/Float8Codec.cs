namespace OptiRs.Native;

/// <summary>What the 8-bit floats have in common: rounding a binary32 to a few mantissa bits, and back.</summary>
internal static class Float8Codec
{
    private const int SingleBias = 127;
    private const int SingleMantissaBits = 23;

    /// <summary>
    /// Magnitude of a finite, non-negative value as sign-less code, rounded to nearest, ties to even. May exceed the
    /// largest finite code: what that means is the format's affair.
    /// </summary>
    public static uint EncodeMagnitude(float magnitude, int mantissaBits, int bias)
    {
        uint bits = BitConverter.SingleToUInt32Bits(magnitude);
        uint smallestNormal = (uint)(SingleBias - bias + 1) << SingleMantissaBits;
        if (bits < smallestNormal)
        {
            // A sum with 2^(24-bias-mantissaBits) has the unit of the subnormals as its last place: the addition rounds,
            // and leaves the code in the last bits.
            uint shifter = (uint)(SingleBias + SingleMantissaBits + 1 - bias - mantissaBits) << SingleMantissaBits;
            float sum = magnitude + BitConverter.UInt32BitsToSingle(shifter);
            return BitConverter.SingleToUInt32Bits(sum) - shifter;
        }

        int dropped = SingleMantissaBits - mantissaBits;
        uint rebiased = bits - ((uint)(SingleBias - bias) << SingleMantissaBits);
        return (rebiased + ((1u << (dropped - 1)) - 1) + ((rebiased >> dropped) & 1)) >> dropped;
    }

    /// <summary>The value of a finite sign-less code. Exact.</summary>
    public static float DecodeMagnitude(int code, int mantissaBits, int bias)
    {
        int exponent = code >> mantissaBits;
        int mantissa = code & ((1 << mantissaBits) - 1);
        return exponent == 0
            ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
            : MathF.ScaleB((1 << mantissaBits) | mantissa, exponent - bias - mantissaBits);
    }

    public static float[] Table(Func<byte, float> decode) => [.. Enumerable.Range(0, 256).Select(code => decode((byte)code))];
}
