namespace OptiRs.Native.Tests;

/// <summary>Both 8-bit floats, all 256 codes, against their definition.</summary>
public sealed class Float8Tests
{
    private sealed record Format(
        Reference Reference, Func<byte, double> Decode, Func<float, bool, byte> FromSingle, Func<double, byte> FromDouble,
        Func<byte, bool> IsNaN, byte MaxCode, byte Overflow, Func<byte, byte> ThroughHalf, Func<byte, byte> ThroughBFloat16);

    private static readonly Dictionary<string, Format> Formats = new()
    {
        ["E4M3"] = new(
            Reference.E4M3, b => (double)Float8E4M3.FromBits(b), (v, s) => Float8E4M3.FromSingle(v, s).Bits,
            v => ((Float8E4M3)v).Bits, b => Float8E4M3.IsNaN(Float8E4M3.FromBits(b)), 0x7E, 0x7F,
            b => ((Float8E4M3)(Half)Float8E4M3.FromBits(b)).Bits, b => ((Float8E4M3)(BFloat16)Float8E4M3.FromBits(b)).Bits),
        ["E5M2"] = new(
            Reference.E5M2, b => (double)Float8E5M2.FromBits(b), (v, s) => Float8E5M2.FromSingle(v, s).Bits,
            v => ((Float8E5M2)v).Bits, b => Float8E5M2.IsNaN(Float8E5M2.FromBits(b)), 0x7B, 0x7C,
            b => ((Float8E5M2)(Half)Float8E5M2.FromBits(b)).Bits, b => ((Float8E5M2)(BFloat16)Float8E5M2.FromBits(b)).Bits),
    };

    [Test]
    public void EveryCodeHasItsValue([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        for (int bits = 0; bits < 256; bits++)
        {
            int code = bits & 0x7F;
            double expected = code < format.Reference.FiniteCodes ? format.Reference.Value(code)
                : name == "E5M2" && code == 0x7C ? double.PositiveInfinity : double.NaN;
            if (bits >= 0x80) expected = -expected;
            double actual = format.Decode((byte)bits);
            Assert.That(actual, Is.EqualTo(expected), $"0x{bits:X2}");
            Assert.That(double.IsNegative(actual) || double.IsNaN(actual), Is.EqualTo(bits >= 0x80 || double.IsNaN(expected)));
            Assert.That(format.IsNaN((byte)bits), Is.EqualTo(double.IsNaN(expected)), $"0x{bits:X2}");
        }
    }

    [Test]
    public void EveryFiniteCodeSurvivesTheRoundTrip([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        for (int bits = 0; bits < 256; bits++)
        {
            if ((bits & 0x7F) >= format.Reference.FiniteCodes) continue;
            double value = format.Decode((byte)bits);
            Assert.That(format.FromSingle((float)value, true), Is.EqualTo(bits));
            Assert.That(format.FromSingle((float)value, false), Is.EqualTo(bits));
            Assert.That(format.FromDouble(value), Is.EqualTo(bits));
            Assert.That(format.ThroughHalf((byte)bits), Is.EqualTo(bits));
            Assert.That(format.ThroughBFloat16((byte)bits), Is.EqualTo(bits));
        }
    }

    [Test]
    public void EveryCriticalPointIsRoundedToNearestEven([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        foreach (double point in format.Reference.CriticalPoints())
            foreach (double signed in (double[])[point, -point])
            {
                Check(format, signed, format.FromDouble(signed), saturate: true);
                Check(format, (float)signed, format.FromSingle((float)signed, true), saturate: true);
                Check(format, (float)signed, format.FromSingle((float)signed, false), saturate: false);
            }
    }

    [Test]
    public void EveryHalfIsRoundedToNearestEven([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        for (int bits = 0; bits <= 0xFFFF; bits++)
        {
            double value = (double)BitConverter.UInt16BitsToHalf((ushort)bits);
            if (double.IsNaN(value)) continue;
            Check(format, value, format.FromSingle((float)value, true), saturate: true);
            Check(format, value, format.FromSingle((float)value, false), saturate: false);
        }
    }

    [Test]
    public void EveryBFloat16IsRoundedToNearestEven([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        for (int bits = 0; bits <= 0xFFFF; bits++)
        {
            double value = (double)BFloat16.FromBits((ushort)bits);
            if (!double.IsNaN(value)) Check(format, value, format.FromSingle((float)value, true), saturate: true);
        }
    }

    [Test]
    public void RandomSinglesAreRoundedToNearestEven([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        var random = new Random(2);
        for (int i = 0; i < 200_000; i++)
        {
            // Exponents around the format's own range; everything beyond is saturation.
            float value = MathF.ScaleB((float)((random.NextDouble() * 2) - 1), random.Next(-22, 20));
            Check(format, value, format.FromSingle(value, true), saturate: true);
        }
    }

    [Test]
    public void WhatIsTooLargeSaturatesOrOverflows([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        foreach (float value in (float[])[1e6f, float.MaxValue, float.PositiveInfinity])
        {
            Assert.That(format.FromSingle(value, true), Is.EqualTo(format.MaxCode));
            Assert.That(format.FromSingle(-value, true), Is.EqualTo(format.MaxCode | 0x80));
            Assert.That(format.FromSingle(value, false), Is.EqualTo(format.Overflow));
            Assert.That(format.FromSingle(-value, false), Is.EqualTo(format.Overflow | 0x80));
            Assert.That(format.FromDouble(value), Is.EqualTo(format.MaxCode));
        }

        Assert.That(format.FromDouble(double.MaxValue), Is.EqualTo(format.MaxCode));
        Assert.That(format.FromDouble(double.Epsilon), Is.Zero);
    }

    [Test]
    public void NaNStaysNaNOfItsSign([Values("E4M3", "E5M2")] string name)
    {
        Format format = Formats[name];
        foreach (bool saturate in (bool[])[true, false])
        {
            Assert.That(format.IsNaN(format.FromSingle(float.NaN, saturate)), Is.True);
            byte plus = format.FromSingle(BitConverter.UInt32BitsToSingle(0x7FC00000), saturate);
            byte minus = format.FromSingle(BitConverter.UInt32BitsToSingle(0xFF800001), saturate);
            Assert.That((plus & 0x80, minus & 0x80), Is.EqualTo((0, 0x80)));
            Assert.That(format.IsNaN(minus), Is.True);
        }
    }

    [Test]
    public void TheLimitsAreTheFormats()
    {
        Assert.Multiple(() =>
        {
            Assert.That((float)Float8E4M3.MaxValue, Is.EqualTo(448));
            Assert.That((float)Float8E4M3.MinValue, Is.EqualTo(-448));
            Assert.That((float)Float8E4M3.Epsilon, Is.EqualTo(MathF.ScaleB(1, -9)));
            Assert.That((float)Float8E5M2.MaxValue, Is.EqualTo(57344));
            Assert.That((float)Float8E5M2.Epsilon, Is.EqualTo(MathF.ScaleB(1, -16)));
            Assert.That(float.IsPositiveInfinity((float)Float8E5M2.PositiveInfinity), Is.True);
            Assert.That(float.IsNaN((float)Float8E4M3.NaN) && float.IsNaN((float)Float8E5M2.NaN), Is.True);
        });
    }

    [Test]
    public void NumbersAreComparedAsNumbers()
    {
        Float8E4M3 zero = Float8E4M3.FromBits(0), minusZero = Float8E4M3.FromBits(0x80), one = (Float8E4M3)1f;
        Assert.That(zero == minusZero && zero.Equals(minusZero) && zero < one && one >= zero && zero != one, Is.True);
        Assert.That(Float8E4M3.NaN != Float8E4M3.FromBits(0x7F) && Float8E4M3.NaN.Equals(Float8E4M3.NaN), Is.True);
        Float8E5M2 two = (Float8E5M2)2.0;
        Assert.That(two > (Float8E5M2)1f && two.CompareTo((Float8E5M2)4f) < 0 && two.ToString() == "2", Is.True);
    }

    private static void Check(Format format, double value, byte actual, bool saturate)
    {
        int code = double.IsInfinity(value) ? format.Reference.FiniteCodes : format.Reference.Nearest(Math.Abs(value));
        if (code == format.Reference.FiniteCodes) code = saturate ? format.MaxCode : format.Overflow;
        int expected = code | (double.IsNegative(value) ? 0x80 : 0);
        if (actual != expected) Assert.Fail($"{value:R} became 0x{actual:X2}, not 0x{expected:X2} (saturate: {saturate})");
    }
}
