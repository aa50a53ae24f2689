using System.Numerics.Tensors;

namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Casts against the number types, which have exhaustive tests of their own.</summary>
[TestFixture]
internal sealed class QuantizeKernelTests
{
    [Test]
    public void EveryBf16IsCastAsTheNumberTypesDo()
    {
        var x = new BFloat16[65536];
        for (int i = 0; i < x.Length; i++) x[i] = BFloat16.FromBits((ushort)i);
        var e4m3 = new Float8E4M3[x.Length];
        var e5m2 = new Float8E5M2[x.Length];
        Kernels.Quantize(ReadOnlyKernelTensor.Of<BFloat16>(x, x.Length), KernelTensor.Of<Float8E4M3>(e4m3, x.Length));
        Kernels.Quantize(ReadOnlyKernelTensor.Of<BFloat16>(x, x.Length), KernelTensor.Of<Float8E5M2>(e5m2, x.Length));
        for (int i = 0; i < x.Length; i++)
        {
            Assert.That(e4m3[i].Bits, Is.EqualTo(Cast4((float)x[i])), $"{(float)x[i]}");
            Assert.That(e5m2[i].Bits, Is.EqualTo(Cast5((float)x[i])), $"{(float)x[i]}");
        }
    }

    [Test]
    public void TiesAndTheirNeighboursAreRoundedToEven([Values(3, 2)] int mantissaBits)
    {
        // Midpoints between neighbouring codes, and the floats next to them.
        var x = new List<float>();
        for (int code = 0; code < 0x7F; code++)
        {
            float low = mantissaBits == 3 ? (float)Float8E4M3.FromBits((byte)code) : (float)Float8E5M2.FromBits((byte)code);
            float high = mantissaBits == 3 ? (float)Float8E4M3.FromBits((byte)(code + 1)) : (float)Float8E5M2.FromBits((byte)(code + 1));
            if (!float.IsFinite(high)) continue;
            float middle = (low + high) / 2;
            x.AddRange([middle, float.BitIncrement(middle), float.BitDecrement(middle), -middle, low, -low]);
        }

        x.AddRange([float.MaxValue, float.Epsilon, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 464, 480, 61440, 65536]);
        float[] from = [.. x];
        var codes = new byte[from.Length];
        if (mantissaBits == 3)
        {
            var to = new Float8E4M3[from.Length];
            Kernels.Quantize(ReadOnlyKernelTensor.Of<float>(from, from.Length), KernelTensor.Of<Float8E4M3>(to, to.Length));
            for (int i = 0; i < codes.Length; i++) Assert.That(to[i].Bits, Is.EqualTo(Cast4(from[i])), $"{from[i]}");
        }
        else
        {
            var to = new Float8E5M2[from.Length];
            Kernels.Quantize(ReadOnlyKernelTensor.Of<float>(from, from.Length), KernelTensor.Of<Float8E5M2>(to, to.Length));
            for (int i = 0; i < codes.Length; i++) Assert.That(to[i].Bits, Is.EqualTo(Cast5(from[i])), $"{from[i]}");
        }
    }

    [Test]
    public void EveryCodeIsDecodedExactly()
    {
        var e4m3 = new Float8E4M3[256];
        var e5m2 = new Float8E5M2[256];
        for (int i = 0; i < 256; i++) (e4m3[i], e5m2[i]) = (Float8E4M3.FromBits((byte)i), Float8E5M2.FromBits((byte)i));
        var wide = new float[256];
        var half = new Half[256];
        var brain = new BFloat16[256];
        Kernels.Dequantize(ReadOnlyKernelTensor.Of<Float8E4M3>(e4m3, 256), KernelTensor.Of<float>(wide, 256));
        for (int i = 0; i < 256; i++) Assert.That(wide[i], Is.EqualTo((float)e4m3[i]), $"{i}");
        Kernels.Dequantize(ReadOnlyKernelTensor.Of<Float8E5M2>(e5m2, 256), KernelTensor.Of<Half>(half, 256));
        for (int i = 0; i < 256; i++) Assert.That((float)half[i], Is.EqualTo((float)e5m2[i]), $"{i}");
        Kernels.Dequantize(ReadOnlyKernelTensor.Of<Float8E5M2>(e5m2, 256), KernelTensor.Of<BFloat16>(brain, 256));
        for (int i = 0; i < 256; i++) Assert.That((float)brain[i], Is.EqualTo((float)e5m2[i]), $"{i}");
    }

    [Test]
    public void EveryHalfIsDecodedExactly()
    {
        var x = new Half[65536];
        for (int i = 0; i < x.Length; i++) x[i] = BitConverter.UInt16BitsToHalf((ushort)i);
        var to = new Float8E5M2[x.Length];
        Kernels.Quantize(ReadOnlyKernelTensor.Of<Half>(x, x.Length), KernelTensor.Of<Float8E5M2>(to, x.Length));
        for (int i = 0; i < x.Length; i++) Assert.That(to[i].Bits, Is.EqualTo(Cast5((float)x[i])), $"{x[i]}");
    }

    [Test]
    public void ScalesAndAmaxAndOddSizesAndOffsets([Values(0, 1, 7, 8, 9, 1000, 70001)] int count, [Values(0, 1, 3)] int offset)
    {
        float[] memory = Compare.Numbers(count + offset, count);
        var codes = new Float8E4M3[count + offset];
        float[] scale = [3.7f], amax = [-1];
        ReadOnlySpan<float> x = memory.AsSpan(offset);
        Kernels.Quantize(
            ReadOnlyKernelTensor.Of(x, count), KernelTensor.Of(codes.AsSpan(offset), count), ReadOnlyKernelTensor.Of<float>(scale, 1),
            KernelTensor.Of<float>(amax, 1));
        float largest = 0;
        for (int i = 0; i < count; i++)
        {
            Assert.That(codes[offset + i].Bits, Is.EqualTo(Cast4(x[i] * 3.7f)));
            largest = MathF.Max(largest, MathF.Abs(x[i]));
        }

        Assert.That(amax[0], Is.EqualTo(largest));
        Kernels.Amax(ReadOnlyKernelTensor.Of(x, count), KernelTensor.Of<float>(scale, 1));
        Assert.That(scale[0], Is.EqualTo(largest));
    }

    [Test]
    public void TheAmaxOfANaNIsNaN()
    {
        float[] x = [1, float.NaN, 3], amax = [0];
        Kernels.Amax(ReadOnlyKernelTensor.Of<float>(x, 3), KernelTensor.Of<float>(amax, 1));
        Assert.That(amax[0], Is.NaN);
    }

    [Test]
    public void CastTransposeIsCastAndTranspose([Values(1, 16, 63, 130)] int rows, [Values(1, 16, 100, 600)] int columns)
    {
        float[] x = Compare.Numbers(rows * columns, rows), scale = [2], amax = [0], bias = new float[columns];
        Float8E4M3[] plain = new Float8E4M3[x.Length], transposed = new Float8E4M3[x.Length], expected = new Float8E4M3[x.Length];
        Kernels.CastTranspose(
            ReadOnlyKernelTensor.Of<float>(x, rows, columns), KernelTensor.Of<Float8E4M3>(transposed, columns, rows),
            KernelTensor.Of<Float8E4M3>(plain, rows, columns), ReadOnlyKernelTensor.Of<float>(scale, 1), KernelTensor.Of<float>(amax, 1),
            KernelTensor.Of<float>(bias, columns));
        Kernels.Quantize(
            ReadOnlyKernelTensor.Of<float>(x, x.Length), KernelTensor.Of<Float8E4M3>(expected, x.Length), ReadOnlyKernelTensor.Of<float>(scale, 1));
        Assert.That(plain, Is.EqualTo(expected));
        for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            Assert.That(transposed[(c * rows) + r].Bits, Is.EqualTo(expected[(r * columns) + c].Bits));
        Assert.That(amax[0], Is.EqualTo(x.Max(MathF.Abs)));
        var sums = new double[columns];
        for (int i = 0; i < x.Length; i++) sums[i % columns] += x[i];
        Compare.Close(bias, sums, 1e-4, "dbias");
    }

    [Test]
    public void CastTransposeOfAnActivation(
        [Values(1, 63, 130)] int rows, [Values(1, 100, 600)] int columns, [Values(CastActivation.Gelu, CastActivation.GeluBackward)] CastActivation activation)
    {
        float[] x = Compare.Numbers(rows * columns, rows), aux = Compare.Numbers(rows * columns, columns + 1), amax = [0], bias = new float[columns];
        Float8E4M3[] plain = new Float8E4M3[x.Length], transposed = new Float8E4M3[x.Length];
        bool isBackward = activation == CastActivation.GeluBackward;
        Kernels.CastTranspose(
            ReadOnlyKernelTensor.Of<float>(x, rows, columns), KernelTensor.Of<Float8E4M3>(transposed, columns, rows),
            KernelTensor.Of<Float8E4M3>(plain, rows, columns), amax: KernelTensor.Of<float>(amax, 1), biasGradient: KernelTensor.Of<float>(bias, columns),
            activation: activation, aux: isBackward ? ReadOnlyKernelTensor.Of<float>(aux, rows, columns) : default);
        var expected = new double[x.Length];
        var sums = new double[columns];
        double largest = 0;
        for (int i = 0; i < x.Length; i++)
        {
            expected[i] = isBackward ? x[i] * GeluSlope(aux[i]) : x[i] * GeluLogistic(x[i]);
            sums[i % columns] += expected[i];
            largest = Math.Max(largest, Math.Abs(expected[i]));
            // Half a step of e4m3, of normal numbers and of those below them.
            Assert.That((float)plain[i], Is.EqualTo(expected[i]).Within(Math.Max(Math.Abs(expected[i]) / 15.9, 0.00098)), $"{i}");
        }
        for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            Assert.That(transposed[(c * rows) + r].Bits, Is.EqualTo(plain[(r * columns) + c].Bits));
        Assert.That(amax[0], Is.EqualTo(largest).Within(1e-5 * largest));
        Compare.Close(bias, sums, 1e-4, "dbias");
    }

    [Test]
    public void CastTransposeTellsWhatAnActivationNeeds()
    {
        float[] x = new float[6], aux = new float[6];
        var codes = new Float8E4M3[6];
        void Cast(CastActivation activation, ReadOnlyKernelTensor aux) => Kernels.CastTranspose(
            ReadOnlyKernelTensor.Of<float>(x, 2, 3), KernelTensor.Of<Float8E4M3>(codes, 3, 2), activation: activation, aux: aux);
        Assert.That(() => Cast(CastActivation.GeluBackward, default), Throws.InstanceOf<ArgumentException>().With.Message.Contains("aux"));
        Assert.That(
            () => Cast(CastActivation.Gelu, ReadOnlyKernelTensor.Of<float>(aux, 2, 3)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("aux is given"));
        Assert.That(
            () => Cast(CastActivation.GeluBackward, ReadOnlyKernelTensor.Of<float>(aux, 3, 2)), Throws.InstanceOf<ArgumentException>().With.Message.Contains("aux"));
        Assert.That(() => Cast((CastActivation)7, default), Throws.InstanceOf<ArgumentException>().With.Message.Contains("activation is 7"));
    }

    private static double GeluLogistic(double x) => 1 / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    private static double GeluSlope(double x)
    {
        double s = GeluLogistic(x);
        return s + (x * s * (1 - s) * 2 * Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x)));
    }

    [Test]
    public void BlocksHaveScalesOfTheirOwn(
        [Values(1, 128)] int blockRows, [Values(128)] int blockColumns, [Values(1, 130)] int rows, [Values(100, 300)] int columns,
        [Values] bool powerOfTwo)
    {
        float[] x = Compare.Numbers(rows * columns, 5);
        x.AsSpan(0, Math.Min(128, columns)).Clear();
        int across = (columns + blockColumns - 1) / blockColumns, down = (rows + blockRows - 1) / blockRows;
        var codes = new Float8E4M3[x.Length];
        float[] scaleInverse = new float[across * down], back = new float[x.Length];
        Kernels.QuantizeBlocks(
            ReadOnlyKernelTensor.Of<float>(x, rows, columns), KernelTensor.Of<Float8E4M3>(codes, rows, columns),
            KernelTensor.Of<float>(scaleInverse, down, across), blockRows, blockColumns, powerOfTwo);
        Kernels.DequantizeBlocks(
            ReadOnlyKernelTensor.Of<Float8E4M3>(codes, rows, columns), ReadOnlyKernelTensor.Of<float>(scaleInverse, down, across),
            KernelTensor.Of<float>(back, rows, columns), blockRows, blockColumns);
        for (int block = 0; block < scaleInverse.Length; block++)
        {
            float amax = 0;
            for (int r = block / across * blockRows; r < Math.Min(rows, (block / across * blockRows) + blockRows); r++)
            for (int c = block % across * blockColumns; c < Math.Min(columns, (block % across * blockColumns) + blockColumns); c++)
                amax = MathF.Max(amax, MathF.Abs(x[(r * columns) + c]));
            float scale = amax > 0 ? 448 / amax : 1;
            if (powerOfTwo) scale = (float)Math.Pow(2, Math.Floor(Math.Log2(scale)));
            Assert.That(scaleInverse[block], Is.EqualTo(1 / scale));
            Assert.That(amax * scale, Is.LessThanOrEqualTo(448.0001f));
        }

        for (int i = 0; i < x.Length; i++)
        {
            float scale = scaleInverse[(i / columns / blockRows * across) + (i % columns / blockColumns)];
            Assert.That(back[i], Is.EqualTo((float)codes[i] * scale));
            Assert.That(Math.Abs(back[i] - x[i]), Is.LessThanOrEqualTo(Math.Max(Math.Abs(x[i]) / 16, scale * 0.001)));
        }
    }

    [Test]
    public void DelayedScalingMovesTheHistoryOn()
    {
        // Rows are steps: row 0 is this one. Columns: a larger old amax, nothing yet, a NaN, one so small that the scale would overflow.
        float[] history = [2, 0, float.NaN, 1e-38f, 5, 0, 1, 0, 3, 0, 1, 0], scale = [1, 7, 9, 1], inverse = new float[4];
        Kernels.DelayedScaling(KernelTensor.Of<float>(history, 3, 4), KernelTensor.Of<float>(scale, 4), 448, KernelTensor.Of<float>(inverse, 4), margin: 1);
        Assert.That(scale, Is.EqualTo(new[] { 448f / 5 / 2, 7, 9, float.MaxValue }));
        Assert.That(inverse[0], Is.EqualTo(1 / scale[0]));
        Assert.That(history[..4], Is.EqualTo(new float[4]), "row 0 is ready for the next step");
        Assert.That(history[4..8], Is.EqualTo(new float[] { 3, 0, 1, 0 }), "row 1 takes row 2");
        Assert.That(history[8], Is.EqualTo(2), "the last row takes this step's");
        Kernels.DelayedScaling(KernelTensor.Of<float>(history, 3, 4), KernelTensor.Of<float>(scale, 4), 448, mostRecent: true);
        Assert.That(scale[0], Is.EqualTo(448f / 5 / 2), "this step's amax is 0, so the scale stays");
    }

    [Test]
    public void StridesAndWrongArgumentsAreRefused()
    {
        float[] x = new float[6], y = new float[5];
        var codes = new Float8E4M3[6];
        Assert.That(
            () => Kernels.Quantize(ReadOnlyKernelTensor.Of<float>(x, 2, 3), KernelTensor.Of<Float8E4M3>(codes, 6)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("out f8E4M3FN[6] must have the shape [2,3]"));
        Assert.That(
            () => Kernels.Quantize(ReadOnlyKernelTensor.Of<float>(x, 6), KernelTensor.Of<float>(y, 5)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("out f32[5] has an element type that is not allowed here; allowed: f8E4M3FN, f8E5M2"));
        Assert.That(
            () => Kernels.Quantize(default, KernelTensor.Of<Float8E4M3>(codes, 6)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("the tensor x is NULL"));
        Assert.That(
            () =>
            {
                var matrix = new ReadOnlyTensorSpan<float>(x, [3, 2], [1, 3]);
                Kernels.Quantize(ReadOnlyKernelTensor.Of(matrix), KernelTensor.Of<Float8E4M3>(codes, 3, 2));
            },
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("x f32[3,2] is not dense and row-major"));
        Assert.That(() => ReadOnlyKernelTensor.Of<float>(x, 4), Throws.ArgumentException.With.Message.Contains("6 elements do not fill the shape [4]"));
        Assert.That(() => KernelTensor.Of<float>(y, 4), Throws.ArgumentException.With.Message.Contains("elements do not fill the shape [4]"));
        Assert.That(() => ReadOnlyKernelTensor.Of<float>(x, -2, -3), Throws.ArgumentException.With.Message.Contains("extent -2 is negative"));
        Assert.That(() => ReadOnlyKernelTensor.Of<float>(x, 1L << 32, 1L << 32), Throws.ArgumentException.With.Message.Contains("63 bits"));
        Assert.That(() => ReadOnlyKernelTensor.Of<float>([], 1L << 32, 1L << 32, 0), Throws.Nothing);
    }

    // The number types saturate finite values; kernels saturate infinity too.
    private static byte Cast4(float x) => ((Float8E4M3)Math.Clamp(x, -448, 448)).Bits;

    private static byte Cast5(float x) => float.IsNaN(x) ? (byte)(0x7F | (BitConverter.SingleToInt32Bits(x) < 0 ? 0x80 : 0)) : ((Float8E5M2)Math.Clamp(x, -57344, 57344)).Bits;
}
