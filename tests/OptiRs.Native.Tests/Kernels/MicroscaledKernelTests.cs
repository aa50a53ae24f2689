namespace OptiRs.Native.Tests.KernelTests;

/// <summary>MXFP8, MXFP4 and NVFP4 against their definitions.</summary>
[TestFixture]
internal sealed class MicroscaledKernelTests
{
    [Test]
    public void Mxfp8HasAPowerOfTwoForEachBlock(
        [Values(1, 3)] int rows, [Values(1, 31, 32, 33, 200)] int columns, [Values] bool roundUp, [Values] bool transpose)
    {
        float[] x = Awkward(rows * columns);
        int blocks = (columns + 31) / 32;
        var codes = new Float8E4M3[x.Length];
        var scales = new Float8E8M0[rows * blocks];
        float[] given = transpose ? Transposed(x, rows, columns) : x;
        Kernels.QuantizeMicroscaled(
            ReadOnlyKernelTensor.Of<float>(given, transpose ? columns : rows, transpose ? rows : columns), KernelTensor.Of<Float8E4M3>(codes, rows, columns),
            KernelTensor.Of<Float8E8M0>(scales, rows, blocks), transpose: transpose, roundUp: roundUp);
        for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
        {
            float[] block = x[((r * columns) + (c / 32 * 32))..((r * columns) + Math.Min(columns, (c / 32 * 32) + 32))];
            int exponent = Exponent(block.Max(MathF.Abs), 8, 1.75, roundUp);
            Assert.That(scales[(r * blocks) + (c / 32)].Bits, Is.EqualTo(exponent + 127), $"scale {r}, {c / 32}");
            var expected = (Float8E4M3)(x[(r * columns) + c] * Math.Pow(2, -exponent));
            Assert.That(codes[(r * columns) + c].Bits, Is.EqualTo(expected.Bits), $"{r}, {c}");
            if (roundUp) Assert.That(Math.Abs(x[(r * columns) + c]) * Math.Pow(2, -exponent), Is.LessThanOrEqualTo(448));
        }

        float[] back = new float[x.Length];
        Kernels.DequantizeMicroscaled(
            ReadOnlyKernelTensor.Of<Float8E4M3>(codes, rows, columns), ReadOnlyKernelTensor.Of<Float8E8M0>(scales, rows, blocks),
            KernelTensor.Of<float>(back, rows, columns));
        for (int i = 0; i < back.Length; i++)
            Assert.That(back[i], Is.EqualTo((float)codes[i] * (float)scales[(i / columns * blocks) + (i % columns / 32)]));
    }

    [Test]
    public void Mxfp8InE5M2AndMxfp4([Values] bool roundUp)
    {
        const int columns = 64;
        float[] x = Awkward(columns);
        var codes = new Float8E5M2[columns];
        var packed = new byte[columns / 2];
        var scales = new Float8E8M0[2];
        Kernels.QuantizeMicroscaled(
            ReadOnlyKernelTensor.Of<float>(x, 1, columns), KernelTensor.Of<Float8E5M2>(codes, 1, columns), KernelTensor.Of<Float8E8M0>(scales, 1, 2),
            roundUp: roundUp);
        for (int i = 0; i < columns; i++)
        {
            int exponent = Exponent(x[(i / 32 * 32)..((i / 32 * 32) + 32)].Max(MathF.Abs), 15, 1.75, roundUp);
            Assert.That(scales[i / 32].Bits, Is.EqualTo(exponent + 127));
            Assert.That(codes[i].Bits, Is.EqualTo(((Float8E5M2)(x[i] * Math.Pow(2, -exponent))).Bits), $"{i}");
        }

        Kernels.QuantizeMicroscaled(
            ReadOnlyKernelTensor.Of<float>(x, 1, columns), KernelTensor.Of<byte>(packed, 1, columns / 2), KernelTensor.Of<Float8E8M0>(scales, 1, 2),
            roundUp: roundUp);
        for (int i = 0; i < columns; i++)
        {
            int exponent = Exponent(x[(i / 32 * 32)..((i / 32 * 32) + 32)].Max(MathF.Abs), 2, 1.5, roundUp);
            Assert.That(scales[i / 32].Bits, Is.EqualTo(exponent + 127));
            Assert.That(Float4E2M1.Get(packed, i).Bits, Is.EqualTo(((Float4E2M1)(float)(x[i] * Math.Pow(2, -exponent))).Bits), $"{i}");
        }
    }

    [Test]
    public void Nvfp4HasTwoLevelsOfScales([Values(1, 3)] int rows, [Values(2, 16, 18, 64)] int columns, [Values] bool givenAmax, [Values] bool transpose)
    {
        float[] x = Awkward(rows * columns);
        int blocks = (columns + 15) / 16;
        var codes = new byte[rows * columns / 2];
        var scales = new Float8E4M3[rows * blocks];
        float[] tensorScale = new float[1], amax = [1e5f];
        float[] given = transpose ? Transposed(x, rows, columns) : x;
        Kernels.QuantizeMicroscaled(
            ReadOnlyKernelTensor.Of<float>(given, transpose ? columns : rows, transpose ? rows : columns), KernelTensor.Of<byte>(codes, rows, columns / 2),
            KernelTensor.Of<Float8E4M3>(scales, rows, blocks), KernelTensor.Of<float>(tensorScale, 1),
            givenAmax ? ReadOnlyKernelTensor.Of<float>(amax, 1) : default, transpose);
        Assert.That(tensorScale[0], Is.EqualTo((givenAmax ? amax[0] : x.Max(MathF.Abs)) / 2688));
        float[] back = new float[x.Length];
        Kernels.DequantizeMicroscaled(
            ReadOnlyKernelTensor.Of<byte>(codes, rows, columns / 2), ReadOnlyKernelTensor.Of<Float8E4M3>(scales, rows, blocks),
            KernelTensor.Of<float>(back, rows, columns), ReadOnlyKernelTensor.Of<float>(tensorScale, 1));
        for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
        {
            float largest = x[((r * columns) + (c / 16 * 16))..((r * columns) + Math.Min(columns, (c / 16 * 16) + 16))].Max(MathF.Abs);
            Float8E4M3 scale = scales[(r * blocks) + (c / 16)];
            Assert.That(scale.Bits, Is.EqualTo(((Float8E4M3)(largest / 6 / tensorScale[0])).Bits), $"scale {r}, {c / 16}");
            float all = (float)scale * tensorScale[0];
            var expected = all > 0 ? (Float4E2M1)(x[(r * columns) + c] / all) : Float4E2M1.FromBits(0);
            Assert.That(Float4E2M1.Get(codes, (r * columns) + c).Bits, Is.EqualTo(expected.Bits), $"{r}, {c}");
            Assert.That(back[(r * columns) + c], Is.EqualTo((float)expected * all));
        }
    }

    [Test]
    public void ZerosInfinitiesAndNaN()
    {
        float[] x = new float[128];
        x[32] = float.NaN;
        x[33] = 1;
        (x[64], x[65]) = (float.NegativeInfinity, 3);
        (x[96], x[97]) = (float.MaxValue, float.Epsilon);
        var codes = new Float8E4M3[128];
        var scales = new Float8E8M0[4];
        Kernels.QuantizeMicroscaled(
            ReadOnlyKernelTensor.Of<float>(x, 1, 128), KernelTensor.Of<Float8E4M3>(codes, 1, 128), KernelTensor.Of<Float8E8M0>(scales, 1, 4));
        Assert.That(scales.Select(s => s.Bits), Is.EqualTo(new byte[] { 0, 255, 254, 127 + 127 - 8 }));
        Assert.That(codes[..32].All(c => c.Bits == 0));
        Assert.That(codes[64].Bits, Is.EqualTo(0xFE), "minus 448");
        float[] back = new float[128];
        Kernels.DequantizeMicroscaled(
            ReadOnlyKernelTensor.Of<Float8E4M3>(codes, 1, 128), ReadOnlyKernelTensor.Of<Float8E8M0>(scales, 1, 4), KernelTensor.Of<float>(back, 1, 128));
        Assert.That(back[..32], Is.All.Zero);
        Assert.That(back[32..64], Is.All.NaN);
        Assert.That(back[96], Is.EqualTo(448 * MathF.Pow(2, 119)));

        // NVFP4: a tensor of zeros, and one with a NaN, whose block alone is spoiled.
        var packed = new byte[64];
        var blockScales = new Float8E4M3[8];
        float[] tensorScale = [0];
        x.AsSpan().Clear();
        Quantize();
        Assert.That(tensorScale[0], Is.EqualTo(1));
        Assert.That(packed, Is.All.Zero);
        (x[0], x[1], x[16]) = (float.NaN, 5, 2);
        Quantize();
        Assert.That(Float8E4M3.IsNaN(blockScales[0]));
        Kernels.DequantizeMicroscaled(
            ReadOnlyKernelTensor.Of<byte>(packed, 1, 64), ReadOnlyKernelTensor.Of<Float8E4M3>(blockScales, 1, 8), KernelTensor.Of<float>(back, 1, 128),
            ReadOnlyKernelTensor.Of<float>(tensorScale, 1));
        Assert.That(back[..16], Is.All.NaN);
        Assert.That(back[16], Is.EqualTo(2).Within(0.1));
        Assert.That(back[17..], Is.All.Zero);

        void Quantize() => Kernels.QuantizeMicroscaled(
            ReadOnlyKernelTensor.Of<float>(x, 1, 128), KernelTensor.Of<byte>(packed, 1, 64), KernelTensor.Of<Float8E4M3>(blockScales, 1, 8),
            KernelTensor.Of<float>(tensorScale, 1));
    }

    [Test]
    public void ProductsAreThoseOfTheDecodedOperands([Values] bool nvfp4, [Values(1, 20)] int m)
    {
        const int n = 13, k = 70;
        float[] a = Compare.Numbers(m * k, 1), b = Compare.Numbers(n * k, 2), bias = Compare.Numbers(n, 3), c = Compare.Numbers(m * n, 4);
        double[] expected = [.. c.Select((x, i) => (0.5 * x) + bias[i % n])];
        var workspace = new byte[(4 * k * (m + n)) + 128];
        float[] wideA = new float[a.Length], wideB = new float[b.Length];
        var output = KernelTensor.Of<float>(c, m, n);
        if (nvfp4)
        {
            byte[] codesA = new byte[a.Length / 2], codesB = new byte[b.Length / 2];
            Float8E4M3[] scalesA = new Float8E4M3[m * 5], scalesB = new Float8E4M3[n * 5];
            float[] scaleA = [0], scaleB = [0];
            Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(a, m, k), KernelTensor.Of<byte>(codesA, m, k / 2), KernelTensor.Of<Float8E4M3>(scalesA, m, 5), KernelTensor.Of<float>(scaleA, 1));
            Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(b, n, k), KernelTensor.Of<byte>(codesB, n, k / 2), KernelTensor.Of<Float8E4M3>(scalesB, n, 5), KernelTensor.Of<float>(scaleB, 1));
            var left = ReadOnlyKernelTensor.Of<byte>(codesA, m, k / 2);
            var right = ReadOnlyKernelTensor.Of<byte>(codesB, n, k / 2);
            ReadOnlyKernelTensor ofA = ReadOnlyKernelTensor.Of<float>(scaleA, 1), ofB = ReadOnlyKernelTensor.Of<float>(scaleB, 1);
            Kernels.DequantizeMicroscaled(left, ReadOnlyKernelTensor.Of<Float8E4M3>(scalesA, m, 5), KernelTensor.Of<float>(wideA, m, k), ofA);
            Kernels.DequantizeMicroscaled(right, ReadOnlyKernelTensor.Of<Float8E4M3>(scalesB, n, 5), KernelTensor.Of<float>(wideB, n, k), ofB);
            Kernels.MatmulMicroscaled(
                left, ReadOnlyKernelTensor.Of<Float8E4M3>(scalesA, m, 5), right, ReadOnlyKernelTensor.Of<Float8E4M3>(scalesB, n, 5), output, workspace, ofA,
                ofB, ReadOnlyKernelTensor.Of<float>(bias, n), alpha: 2, beta: 0.5);
        }
        else
        {
            Float8E4M3[] codesA = new Float8E4M3[a.Length];
            Float8E5M2[] codesB = new Float8E5M2[b.Length];
            Float8E8M0[] scalesA = new Float8E8M0[m * 3], scalesB = new Float8E8M0[n * 3];
            Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(a, m, k), KernelTensor.Of<Float8E4M3>(codesA, m, k), KernelTensor.Of<Float8E8M0>(scalesA, m, 3));
            Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(b, n, k), KernelTensor.Of<Float8E5M2>(codesB, n, k), KernelTensor.Of<Float8E8M0>(scalesB, n, 3));
            var left = ReadOnlyKernelTensor.Of<Float8E4M3>(codesA, m, k);
            var right = ReadOnlyKernelTensor.Of<Float8E5M2>(codesB, n, k);
            Kernels.DequantizeMicroscaled(left, ReadOnlyKernelTensor.Of<Float8E8M0>(scalesA, m, 3), KernelTensor.Of<float>(wideA, m, k));
            Kernels.DequantizeMicroscaled(right, ReadOnlyKernelTensor.Of<Float8E8M0>(scalesB, n, 3), KernelTensor.Of<float>(wideB, n, k));
            Kernels.MatmulMicroscaled(
                left, ReadOnlyKernelTensor.Of<Float8E8M0>(scalesA, m, 3), right, ReadOnlyKernelTensor.Of<Float8E8M0>(scalesB, n, 3), output, workspace,
                bias: ReadOnlyKernelTensor.Of<float>(bias, n), alpha: 2, beta: 0.5);
        }

        for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
        for (int l = 0; l < k; l++)
            expected[(i * n) + j] += 2.0 * wideA[(i * k) + l] * wideB[(j * k) + l];
        Compare.Close(c, expected, k * 2e-5, "product");
    }

    [Test]
    public void WhatIsNoFormatIsRefused()
    {
        float[] x = new float[64];
        Assert.That(
            () => Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(x, 2, 32), KernelTensor.Of<Float8E4M3>(new Float8E4M3[64], 2, 32),
                KernelTensor.Of<Float8E4M3>(new Float8E4M3[4], 2, 2)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("scales f8E4M3FN[2,2] has scales of NVFP4, but out f8E4M3FN[2,32] are not codes of 4 bits"));
        Assert.That(
            () => Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(x, 2, 32), KernelTensor.Of<Float8E4M3>(new Float8E4M3[64], 2, 32),
                KernelTensor.Of<Float8E8M0>(new Float8E8M0[4], 2, 2)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("scales f8E8M0FNU[2,2] must have the shape [2,1]"));
        Assert.That(
            () => Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(x.AsSpan(0, 63), 1, 63), KernelTensor.Of<byte>(new byte[31], 1, 31), KernelTensor.Of<Float8E8M0>(new Float8E8M0[2], 1, 2)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("x f32[1,63] has rows of 63 elements as quantized; codes of 4 bits need an even number"));
        Assert.That(
            () => Kernels.QuantizeMicroscaled(
                ReadOnlyKernelTensor.Of<float>(x, 1, 64), KernelTensor.Of<byte>(new byte[32], 1, 32), KernelTensor.Of<Float8E4M3>(new Float8E4M3[4], 1, 4)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("the tensor tensor_scale is NULL"));
    }

    [Test]
    public void FourBitFloatsRoundToNearestEven()
    {
        float[] magnitudes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];
        for (int i = 0; i < 16; i++)
        {
            var value = Float4E2M1.FromBits((byte)i);
            Assert.That((float)value, Is.EqualTo(i < 8 ? magnitudes[i] : -magnitudes[i - 8]));
            Assert.That(((Float4E2M1)(float)value).Bits, Is.EqualTo(i));
        }

        for (int i = 0; i < 7; i++)
        {
            float middle = (magnitudes[i] + magnitudes[i + 1]) / 2;
            Assert.That(((Float4E2M1)middle).Bits, Is.EqualTo(i % 2 == 0 ? i : i + 1));
            Assert.That(((Float4E2M1)(-MathF.BitIncrement(middle))).Bits, Is.EqualTo(i + 9));
            Assert.That(((Float4E2M1)MathF.BitDecrement(middle)).Bits, Is.EqualTo(i));
        }

        Assert.That((float)(Float4E2M1)float.PositiveInfinity, Is.EqualTo(6));
        Assert.That((float)(Float4E2M1)float.NaN, Is.Zero);
        byte[] packed = [0, 0];
        Float4E2M1.Set(packed, 1, Float4E2M1.MaxValue);
        Float4E2M1.Set(packed, 2, Float4E2M1.FromBits(9));
        Assert.That(packed, Is.EqualTo(new byte[] { 0x70, 0x09 }));
        Assert.That((float)Float8E8M0.FromExponent(-127), Is.EqualTo(MathF.Pow(2, -127)));
        Assert.That((float)Float8E8M0.NaN, Is.NaN);
        Assert.That(Float8E8M0.One, Is.EqualTo(Float8E8M0.FromBits(127)));
    }

    // Magnitudes over many powers of two, exact powers, and a block of zeros.
    private static float[] Awkward(int count)
    {
        float[] x = Compare.Numbers(count, count);
        for (int i = 0; i < count; i++)
        {
            if (i % 50 == 7) x[i] = 448 * MathF.Pow(2, (i % 9) - 4);
            if (i % 50 == 8) x[i] = 512;
            if (i is >= 64 and < 100) x[i] = i < 96 ? 0 : 1e-30f;
        }

        return x;
    }

    private static int Exponent(float largest, int exponent, double top, bool roundUp)
    {
        if (largest == 0) return -127;
        int power = (int)Math.Floor(Math.Log2(largest));
        while (Math.Pow(2, power) > largest) power--;
        while (Math.Pow(2, power + 1) <= largest) power++;
        return Math.Clamp(power - exponent + (roundUp && largest > top * Math.Pow(2, power) ? 1 : 0), -127, 127);
    }

    private static float[] Transposed(float[] x, int rows, int columns) =>
        [.. Enumerable.Range(0, x.Length).Select(i => x[(i % rows * columns) + (i / rows)])];
}
