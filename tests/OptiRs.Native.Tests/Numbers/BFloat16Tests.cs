namespace OptiRs.Native.Tests;

/// <summary>bfloat16, all 65,536 codes, against its definition.</summary>
public sealed class BFloat16Tests
{
    [Test]
    public void EveryCodeHasItsValue()
    {
        for (int bits = 0; bits <= 0xFFFF; bits++)
        {
            BFloat16 number = BFloat16.FromBits((ushort)bits);
            int code = bits & 0x7FFF;
            double expected = code < Reference.BF16.FiniteCodes ? Reference.BF16.Value(code)
                : code == 0x7F80 ? double.PositiveInfinity : double.NaN;
            if (bits >= 0x8000) expected = -expected;
            if ((double)number != expected && !(double.IsNaN(expected) && double.IsNaN((double)number)))
                Assert.Fail($"0x{bits:X4} is {(double)number}, not {expected}");
            if (BFloat16.IsNaN(number) != double.IsNaN(expected) || BFloat16.IsInfinity(number) != double.IsInfinity(expected))
                Assert.Fail($"0x{bits:X4}: IsNaN {BFloat16.IsNaN(number)}, IsInfinity {BFloat16.IsInfinity(number)}");
        }
    }

    [Test]
    public void EveryCodeSurvivesTheRoundTrip()
    {
        for (int bits = 0; bits <= 0xFFFF; bits++)
        {
            BFloat16 number = BFloat16.FromBits((ushort)bits);
            // A NaN comes back quiet, with its sign and payload.
            int expected = BFloat16.IsNaN(number) ? bits | 0x0040 : bits;
            if (((BFloat16)(float)number).Bits != expected || ((BFloat16)(double)number).Bits != expected)
                Assert.Fail($"0x{bits:X4} came back as 0x{((BFloat16)(float)number).Bits:X4}");
        }
    }

    [Test]
    public void EveryCriticalPointIsRoundedToNearestEven()
    {
        foreach (double point in Reference.BF16.CriticalPoints())
            foreach (double signed in (double[])[point, -point])
            {
                int expected = Reference.BF16.Nearest(point) | (double.IsNegative(signed) ? 0x8000 : 0);
                Check((BFloat16)signed, expected, signed);
                float single = (float)signed;
                Check((BFloat16)single, Reference.BF16.Nearest(Math.Abs((double)single)) | (expected & 0x8000), single);
            }
    }

    [Test]
    public void RandomSinglesAreRoundedToNearestEven()
    {
        var random = new Random(1);
        for (int i = 0; i < 200_000; i++)
        {
            float value = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32));
            if (float.IsNaN(value)) continue;
            int expected = float.IsInfinity(value) ? 0x7F80 : Reference.BF16.Nearest(Math.Abs((double)value));
            Check((BFloat16)value, expected | (float.IsNegative(value) ? 0x8000 : 0), value);
        }
    }

    [Test]
    public void WhatIsTooLargeBecomesInfinite()
    {
        Assert.That((BFloat16)float.MaxValue, Is.EqualTo(BFloat16.PositiveInfinity));
        Assert.That((BFloat16)double.MaxValue, Is.EqualTo(BFloat16.PositiveInfinity));
        Assert.That((BFloat16)double.NegativeInfinity, Is.EqualTo(BFloat16.NegativeInfinity));
    }

    [Test]
    public void ADoubleIsRoundedOnce()
    {
        // Just above the middle of 1 and its successor; as a binary32 it would be that middle, and go to even.
        double value = 1 + (1.0 / 256) + Math.Pow(2, -40);
        Assert.That(((BFloat16)value).Bits, Is.EqualTo(0x3F81));
        Assert.That(((BFloat16)(float)value).Bits, Is.EqualTo(0x3F80));
    }

    [Test]
    public void NumbersAreComparedAsNumbers()
    {
        BFloat16 zero = BFloat16.FromBits(0), minusZero = BFloat16.FromBits(0x8000), one = (BFloat16)1f, nan = BFloat16.NaN;
        Assert.Multiple(() =>
        {
            Assert.That(zero == minusZero, Is.True);
            Assert.That(zero.Equals(minusZero) && zero.GetHashCode() == minusZero.GetHashCode(), Is.True);
            Assert.That(zero < one && one > zero && zero <= one && one >= zero && zero != one, Is.True);
            Assert.That(nan != BFloat16.FromBits(nan.Bits), Is.True);
            Assert.That(nan.Equals(BFloat16.NaN), Is.True);
            Assert.That(one.CompareTo(zero), Is.Positive);
            Assert.That(((BFloat16)1.5f).ToString(), Is.EqualTo("1.5"));
            Assert.That((Half)one, Is.EqualTo((Half)1));
            Assert.That((BFloat16)(Half)2, Is.EqualTo((BFloat16)2f));
            Assert.That((float)BFloat16.Epsilon, Is.EqualTo(MathF.ScaleB(1, -133)));
        });
    }

    private static void Check(BFloat16 actual, int expected, double value)
    {
        if (actual.Bits != expected) Assert.Fail($"{value:R} became 0x{actual.Bits:X4}, not 0x{expected:X4}");
    }
}
