namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Matrix products against binary64.</summary>
[TestFixture]
internal sealed class MatmulKernelTests
{
    [Test]
    public void ProductsOfEveryOrientation(
        [Values(1, 5, 64, 130)] int m, [Values(1, 33)] int n, [Values(0, 1, 40)] int k, [Values] bool transposeA, [Values] bool transposeB)
    {
        float[] a = Compare.Numbers(m * k, 1), b = Compare.Numbers(k * n, 2), c = Compare.Numbers(m * n, 3);
        double[] expected = new double[m * n];
        for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
        {
            double sum = 0;
            for (int l = 0; l < k; l++)
                sum += (double)a[transposeA ? (l * m) + i : (i * k) + l] * b[transposeB ? (j * k) + l : (l * n) + j];
            expected[(i * n) + j] = (0.5 * sum) + (2 * c[(i * n) + j]);
        }

        Kernels.Matmul(
            ReadOnlyKernelTensor.Of<float>(a, transposeA ? k : m, transposeA ? m : k),
            ReadOnlyKernelTensor.Of<float>(b, transposeB ? n : k, transposeB ? k : n), KernelTensor.Of<float>(c, m, n),
            new MatmulOptions { TransposeA = transposeA, TransposeB = transposeB, Alpha = 0.5, Beta = 2 });
        CloseOverSums(c, expected, k);
    }

    [Test]
    public void BatchesAndASharedRightSide([Values] bool shared)
    {
        const int batches = 6, m = 5, n = 7, k = 11;
        float[] a = Compare.Numbers(batches * m * k, 1), b = Compare.Numbers((shared ? 1 : batches) * k * n, 2), c = new float[batches * m * n];
        Kernels.Matmul(
            ReadOnlyKernelTensor.Of<float>(a, 2, 3, m, k),
            shared ? ReadOnlyKernelTensor.Of<float>(b, k, n) : ReadOnlyKernelTensor.Of<float>(b, 2, 3, k, n),
            KernelTensor.Of<float>(c, 2, 3, m, n));
        for (int batch = 0; batch < batches; batch++)
            CloseOverSums(
                c.AsSpan(batch * m * n, m * n), Product(a[(batch * m * k)..], b[(shared ? 0 : batch * k * n)..], m, n, k), k);
    }

    // By blocks of rows, by columns, transposed, and with more columns than are packed at a time; each fourth element is compared.
    [Test]
    public void LargeProductsAndWhatFollowsThem(
        [Values("1,260,130,300", "1,100,300,200", "1,31,500,784", "1,193,770,2800", "2,250,251,252")] string shape,
        [Values] bool transposeA, [Values] bool transposeB)
    {
        int[] sizes = [.. shape.Split(',').Select(int.Parse)];
        (int batches, int m, int n, int k) = (sizes[0], sizes[1], sizes[2], sizes[3]);
        float[] a = Compare.Numbers(batches * m * k, 1), b = Compare.Numbers(batches * k * n, 2), bias = Compare.Numbers(n, 3);
        float[] plain = new float[batches * m * n], output = Compare.Numbers(plain.Length, 4), aux = new float[plain.Length];
        var former = (float[])output.Clone();
        var left = ReadOnlyKernelTensor.Of<float>(a, batches, transposeA ? k : m, transposeA ? m : k);
        var right = ReadOnlyKernelTensor.Of<float>(b, batches, transposeB ? n : k, transposeB ? k : n);
        Kernels.Matmul(
            left, right, KernelTensor.Of<float>(plain, batches, m, n), new MatmulOptions { TransposeA = transposeA, TransposeB = transposeB });
        Kernels.Matmul(
            left, right, KernelTensor.Of<float>(output, batches, m, n),
            new MatmulOptions
            {
                TransposeA = transposeA, TransposeB = transposeB, Alpha = 0.05, Beta = 2, Bias = ReadOnlyKernelTensor.Of<float>(bias, n),
                Epilogue = MatmulEpilogue.Gelu, Aux = KernelTensor.Of<float>(aux, batches, m, n),
            });
        for (int at = 0; at < plain.Length; at += 4 - (at % 3))
        {
            (int batch, int i, int j) = (at / (m * n), at / n % m, at % n);
            double sum = 0, size = 1;
            for (int l = 0; l < k; l++)
            {
                double term = (double)a[(batch * m * k) + (transposeA ? (l * m) + i : (i * k) + l)]
                    * b[(batch * k * n) + (transposeB ? (j * k) + l : (l * n) + j)];
                sum += term;
                size += Math.Abs(term);
            }

            double tolerance = 3e-6 * size;
            if (!(Math.Abs(plain[at] - sum) <= tolerance)) Assert.Fail($"{at}: {plain[at]}, not {sum}");
            double before = (0.05 * sum) + bias[j];
            if (!(Math.Abs(aux[at] - before) <= tolerance)) Assert.Fail($"{at}: {aux[at]}, not {before}");
            double after = Gelu(before) + (2 * former[at]);
            if (!(Math.Abs(output[at] - after) <= tolerance)) Assert.Fail($"{at}: {output[at]}, not {after}");
        }
    }

    [Test]
    public void LargeProductsInEightBits()
    {
        const int m = 260, n = 130, k = 300;
        Float8E4M3[] a = Array.ConvertAll(Compare.Numbers(m * k, 1), x => (Float8E4M3)x), b = Array.ConvertAll(Compare.Numbers(k * n, 2), x => (Float8E4M3)x);
        float[] c = new float[m * n], amax = [0], scale = [0.5f];
        var narrow = new Float8E4M3[m * n];
        var left = ReadOnlyKernelTensor.Of<Float8E4M3>(a, m, k);
        var right = ReadOnlyKernelTensor.Of<Float8E4M3>(b, k, n);
        var scales = new MatmulOptions { ScaleA = ReadOnlyKernelTensor.Of<float>(scale, 1), ScaleB = ReadOnlyKernelTensor.Of<float>(scale, 1) };
        var workspace = new byte[(4 * k * (m + n)) + 128];
        Kernels.Matmul(left, right, KernelTensor.Of<float>(c, m, n), scales, workspace);
        CloseOverSums(c, [.. Product(Array.ConvertAll(a, x => (float)x), Array.ConvertAll(b, x => (float)x), m, n, k).Select(x => 0.25 * x)], k);
        Kernels.Matmul(left, right, KernelTensor.Of<Float8E4M3>(narrow, m, n), scales with { AmaxOutput = KernelTensor.Of<float>(amax, 1) }, workspace);
        Assert.That(amax[0], Is.EqualTo(c.Max(MathF.Abs)));
        for (int i = 0; i < c.Length; i++) Assert.That(narrow[i].Bits, Is.EqualTo(((Float8E4M3)Math.Clamp(c[i], -448, 448)).Bits), $"{i}");
    }

    [Test]
    public void Bf16WithBiasAndGelu()
    {
        const int m = 70, n = 50, k = 30;
        BFloat16[] a = Narrow(m * k, 1), b = Narrow(k * n, 2), c = new BFloat16[m * n];
        float[] bias = Compare.Numbers(n, 3), aux = new float[m * n], back = new float[m * n];
        var left = ReadOnlyKernelTensor.Of<BFloat16>(a, m, k);
        var right = ReadOnlyKernelTensor.Of<BFloat16>(b, k, n);
        var options = new MatmulOptions
        {
            Bias = ReadOnlyKernelTensor.Of<float>(bias, n), Epilogue = MatmulEpilogue.Gelu, Aux = KernelTensor.Of<float>(aux, m, n),
        };
        var output = KernelTensor.Of<BFloat16>(c, m, n);
        var workspace = new byte[Kernels.MatmulWorkspace(left, right, output, options)];
        Assert.That(workspace, Has.Length.GreaterThanOrEqualTo(4 * k * (m + n)));
        Kernels.Matmul(left, right, output, options, workspace);
        double[] sums = Product(Wide(a), Wide(b), m, n, k);
        for (int i = 0; i < sums.Length; i++) sums[i] += bias[i % n];
        CloseOverSums(aux, sums, k);
        Compare.Close(c, [.. aux.Select(x => Gelu(x))], 0.005, "gelu");
        Kernels.Matmul(
            left, right, KernelTensor.Of<float>(back, m, n),
            new MatmulOptions { Epilogue = MatmulEpilogue.GeluBackward, Aux = KernelTensor.Of<float>(aux, m, n) }, workspace);
        double[] plain = Product(Wide(a), Wide(b), m, n, k);
        for (int i = 0; i < plain.Length; i++) plain[i] *= (Gelu(aux[i] + 1e-4) - Gelu(aux[i] - 1e-4)) / 2e-4;
        CloseOverSums(back, plain, k);
        Assert.That(
            () => Kernels.Matmul(
                ReadOnlyKernelTensor.Of<BFloat16>(a, m, k), ReadOnlyKernelTensor.Of<BFloat16>(b, k, n), KernelTensor.Of<BFloat16>(c, m, n),
                new MatmulOptions()),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("ask optirs_kernel_workspace"));
    }

    [Test]
    public void EightBitOperandsWithScales([Values(0, 1, 2)] int mode)
    {
        const int m = 30, n = 20, k = 200;
        var a = new Float8E4M3[m * k];
        var b = new Float8E5M2[n * k];
        var random = new Random(4);
        for (int i = 0; i < a.Length; i++) a[i] = (Float8E4M3)(float)((random.NextDouble() * 16) - 8);
        for (int i = 0; i < b.Length; i++) b[i] = (Float8E5M2)(float)((random.NextDouble() * 16) - 8);
        (long Rows, long Columns) blockA = mode switch { 0 => (0, 0), 1 => (1, k), _ => (1, 128) };
        (long Rows, long Columns) blockB = mode switch { 0 => (0, 0), 1 => (1, k), _ => (128, 128) };
        int rowsA = mode == 0 ? 1 : m, columnsA = mode == 2 ? 2 : 1, rowsB = mode == 1 ? n : 1, columnsB = mode == 2 ? 2 : 1;
        float[] scaleA = [.. Enumerable.Range(1, rowsA * columnsA).Select(i => 0.1f * i)];
        float[] scaleB = [.. Enumerable.Range(1, rowsB * columnsB).Select(i => 0.2f * i)];
        float[] c = new float[m * n];
        ReadOnlyKernelTensor scalesA = mode == 0 ? ReadOnlyKernelTensor.Of<float>(scaleA, 1) : ReadOnlyKernelTensor.Of<float>(scaleA, rowsA, columnsA);
        ReadOnlyKernelTensor scalesB = mode == 0 ? ReadOnlyKernelTensor.Of<float>(scaleB, 1) : ReadOnlyKernelTensor.Of<float>(scaleB, rowsB, columnsB);
        var workspace = new byte[(4 * k * (m + n)) + 128];
        Kernels.Matmul(
            ReadOnlyKernelTensor.Of<Float8E4M3>(a, m, k), ReadOnlyKernelTensor.Of<Float8E5M2>(b, n, k), KernelTensor.Of<float>(c, m, n),
            new MatmulOptions { TransposeB = true, ScaleA = scalesA, ScaleB = scalesB, ScaleABlock = blockA, ScaleBBlock = blockB }, workspace);
        double[] expected = new double[m * n];
        for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
        for (int l = 0; l < k; l++)
        {
            double sa = mode switch { 0 => scaleA[0], 1 => scaleA[i], _ => scaleA[(i * 2) + (l / 128)] };
            double sb = mode switch { 0 => scaleB[0], 1 => scaleB[j], _ => scaleB[l / 128] };
            expected[(i * n) + j] += (float)a[(i * k) + l] * sa * (float)b[(j * k) + l] * sb;
        }

        CloseOverSums(c, expected, k);
        var narrow = new Float8E4M3[m * n];
        float[] scaleOut = [0.25f], amax = [0];
        Kernels.Matmul(
            ReadOnlyKernelTensor.Of<Float8E4M3>(a, m, k), ReadOnlyKernelTensor.Of<Float8E5M2>(b, n, k), KernelTensor.Of<Float8E4M3>(narrow, m, n),
            new MatmulOptions
            {
                TransposeB = true, ScaleA = scalesA, ScaleB = scalesB, ScaleABlock = blockA, ScaleBBlock = blockB,
                ScaleOutput = ReadOnlyKernelTensor.Of<float>(scaleOut, 1), AmaxOutput = KernelTensor.Of<float>(amax, 1),
            },
            workspace);
        Assert.That(amax[0], Is.EqualTo(c.Max(MathF.Abs)));
        for (int i = 0; i < c.Length; i++)
            Assert.That(narrow[i].Bits, Is.EqualTo(((Float8E4M3)Math.Clamp(c[i] * 0.25f, -448, 448)).Bits), $"{i}");
    }

    [Test]
    public void WrongShapesAreNamed()
    {
        float[] a = new float[6], b = new float[8], c = new float[8];
        Assert.That(
            () => Kernels.Matmul(ReadOnlyKernelTensor.Of<float>(a, 2, 3), ReadOnlyKernelTensor.Of<float>(b, 2, 4), KernelTensor.Of<float>(c, 2, 4)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("b f32[2,4] has 2 rows as multiplied; a f32[2,3] has 3 columns"));
    }

    // The error of a sum in f32 grows with its length and the size of its terms.
    private static void CloseOverSums(ReadOnlySpan<float> actual, double[] expected, int k) =>
        Compare.Close(actual, expected, Math.Max(k, 1) * 2e-7 * 100, "product");

    private static double[] Product(float[] a, float[] b, int m, int n, int k)
    {
        var c = new double[m * n];
        for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
        for (int l = 0; l < k; l++)
            c[(i * n) + j] += (double)a[(i * k) + l] * b[(l * n) + j];
        return c;
    }

    private static BFloat16[] Narrow(int count, int seed) => Array.ConvertAll(Compare.Numbers(count, seed), x => (BFloat16)Math.Clamp(x, -3, 3));

    private static float[] Wide(BFloat16[] x) => Array.ConvertAll(x, v => (float)v);

    private static double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
