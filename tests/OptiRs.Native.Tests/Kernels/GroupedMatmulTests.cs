namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Products of groups of rows against binary64.</summary>
[TestFixture]
internal sealed class GroupedMatmulTests
{
    [Test]
    public void RowsOfEachGroupMeetItsMatrix([ValueSource(nameof(Sizes))] int[] sizes, [Values] bool transposeB, [Values] bool withBias)
    {
        const int k = 19, n = 23;
        int rows = sizes.Sum() + 3;
        float[] a = Compare.Numbers(rows * k, 1), b = Compare.Numbers(sizes.Length * k * n, 2), c = Compare.Numbers(rows * n, 3);
        float[] bias = Compare.Numbers(sizes.Length * n, 4);
        var expected = new double[rows * n];
        for (int i = 0; i < expected.Length; i++) expected[i] = -0.5 * c[i];
        ForRows(sizes, (group, row) =>
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int l = 0; l < k; l++)
                    sum += (double)a[(row * k) + l] * b[(group * k * n) + (transposeB ? (j * k) + l : (l * n) + j)];
                expected[(row * n) + j] += (2 * sum) + (withBias ? bias[(group * n) + j] : 0);
            }
        });
        Kernels.GroupedMatmul(
            ReadOnlyKernelTensor.Of<float>(a, rows, k), ReadOnlyKernelTensor.Of<float>(b, sizes.Length, transposeB ? n : k, transposeB ? k : n),
            ReadOnlyKernelTensor.Of<int>(sizes, sizes.Length), KernelTensor.Of<float>(c, rows, n),
            new GroupedMatmulOptions
            {
                TransposeB = transposeB, Alpha = 2, Beta = -0.5,
                Bias = withBias ? ReadOnlyKernelTensor.Of<float>(bias, sizes.Length, n) : default,
            });
        CloseOverSums(c, expected, k);
    }

    [Test]
    public void SumsOverTheRowsOfEachGroup([ValueSource(nameof(Sizes))] int[] sizes, [Values(0, 1)] double beta)
    {
        const int k = 600, n = 5;
        int rows = sizes.Sum() + 2;
        float[] a = Compare.Numbers(rows * k, 1), b = Compare.Numbers(rows * n, 2), c = Compare.Numbers(sizes.Length * k * n, 3);
        var expected = new double[c.Length];
        for (int i = 0; i < expected.Length && beta != 0; i++) expected[i] = c[i];
        if (beta == 0) Array.Fill(c, float.NaN);
        ForRows(sizes, (group, row) =>
        {
            for (int i = 0; i < k; i++)
            for (int j = 0; j < n; j++)
                expected[(((group * k) + i) * n) + j] += (double)a[(row * k) + i] * b[(row * n) + j];
        });
        Kernels.GroupedMatmul(
            ReadOnlyKernelTensor.Of<float>(a, rows, k), ReadOnlyKernelTensor.Of<float>(b, rows, n), ReadOnlyKernelTensor.Of<int>(sizes, sizes.Length),
            KernelTensor.Of<float>(c, sizes.Length, k, n), new GroupedMatmulOptions { TransposeA = true, Beta = beta });
        CloseOverSums(c, expected, sizes.DefaultIfEmpty().Max());
    }

    [Test]
    public void EightBitOperandsHaveAScaleForEachGroup([Values] bool perGroup)
    {
        const int k = 16, n = 8;
        int[] sizes = [3, 0, 5];
        Float8E4M3[] a = Array.ConvertAll(Compare.Numbers(8 * k, 1), x => (Float8E4M3)x);
        Float8E5M2[] b = Array.ConvertAll(Compare.Numbers(3 * k * n, 2), x => (Float8E5M2)x);
        float[] scaleA = perGroup ? [2, 3, 5] : [2], scaleB = perGroup ? [0.5f, 1, 0.25f] : [0.5f];
        var c = new BFloat16[8 * n];
        var left = ReadOnlyKernelTensor.Of<Float8E4M3>(a, 8, k);
        var right = ReadOnlyKernelTensor.Of<Float8E5M2>(b, 3, k, n);
        var groups = ReadOnlyKernelTensor.Of<int>(sizes, 3);
        var options = new GroupedMatmulOptions
        {
            ScaleA = ReadOnlyKernelTensor.Of<float>(scaleA, scaleA.Length), ScaleB = ReadOnlyKernelTensor.Of<float>(scaleB, scaleB.Length),
        };
        var output = KernelTensor.Of<BFloat16>(c, 8, n);
        var workspace = new byte[Kernels.GroupedMatmulWorkspace(left, right, groups, output, options)];
        Assert.That(workspace, Has.Length.GreaterThanOrEqualTo(4 * ((8 * k) + (3 * k * n))));
        Kernels.GroupedMatmul(left, right, groups, output, options, workspace);
        var expected = new double[8 * n];
        ForRows(sizes, (group, row) =>
        {
            for (int j = 0; j < n; j++)
            for (int l = 0; l < k; l++)
                expected[(row * n) + j] += (double)(float)a[(row * k) + l] * (float)b[(group * k * n) + (l * n) + j]
                    * scaleA[perGroup ? group : 0] * scaleB[perGroup ? group : 0];
        });
        Compare.Close(c, expected, 0.01, "product");
    }

    [Test]
    public void WrongSizesAreNamed()
    {
        Assert.That(() => Run([2, -1]), Throws.InstanceOf<ArgumentException>().With.Message.Contains("group_sizes[1] is -1; it must be at least 0"));
        Assert.That(() => Run([2, 3]), Throws.InstanceOf<ArgumentException>().With.Message.Contains("group_sizes add up to 5; a has 4 rows"));
        Assert.That(() => Run([2]), Throws.InstanceOf<ArgumentException>().With.Message.Contains("b f32[2,3,2] must have the shape [1,3,2]"));

        static void Run(int[] sizes) => Kernels.GroupedMatmul(
            ReadOnlyKernelTensor.Of<float>(new float[12], 4, 3), ReadOnlyKernelTensor.Of<float>(new float[12], 2, 3, 2),
            ReadOnlyKernelTensor.Of<int>(sizes, sizes.Length), KernelTensor.Of<float>(new float[8], 4, 2), new GroupedMatmulOptions());
    }

    private static IEnumerable<int[]> Sizes() => [[4, 1, 0, 7], [0, 0], [600], [513, 2, 512]];

    private static void ForRows(int[] sizes, Action<int, int> body)
    {
        int row = 0;
        for (int group = 0; group < sizes.Length; group++)
        for (int i = 0; i < sizes[group]; i++)
            body(group, row++);
    }

    // The error of a sum in f32 grows with its length and the size of its terms.
    private static void CloseOverSums(ReadOnlySpan<float> actual, double[] expected, int k) =>
        Compare.Close(actual, expected, Math.Max(k, 1) * 2e-7 * 100, "product");
}
