namespace OptiRs.Native;

/// <summary>Narrowing in two steps without rounding twice.</summary>
internal static class RoundToOdd
{
    /// <summary>
    /// The binary32 next to <paramref name="value"/> towards zero, with its last bit set if anything was lost. Rounding that
    /// to nearest-even at 21 bits of significand or fewer gives what rounding <paramref name="value"/> itself would: the odd
    /// bit remembers on which side of a tie it was.
    /// </summary>
    public static float ToSingle(double value)
    {
        float single = (float)value;
        if ((double)single == value || double.IsNaN(value)) return single;
        uint bits = BitConverter.SingleToUInt32Bits(single);
        if (Math.Abs((double)single) > Math.Abs(value)) bits--;
        return BitConverter.UInt32BitsToSingle(bits | 1);
    }
}
