namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Rows of 16 bits, which are worked on as they are: each result is the binary64 one, rounded once.</summary>
[TestFixture]
internal sealed class NarrowKernelTests
{
    private const int Rows = 3;

    /// <summary>Below, at and above what is taken at a time: pairs of vectors, two pairs, and rests.</summary>
    private static readonly int[] Widths = [1, 7, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 1024];

    [Test]
    public void LayerNormAndItsGradients([ValueSource(nameof(Widths))] int width, [Values] bool narrowGamma)
    {
        BFloat16[] x = Narrow(Compare.Numbers(Rows * width, width)), dout = Narrow(Compare.Numbers(Rows * width, width + 1));
        BFloat16[] gamma = Narrow(Compare.Numbers(width, 1)), beta = Narrow(Compare.Numbers(width, 2));
        float[] wideGamma = Wide(gamma), wideBeta = Wide(beta), wideX = Wide(x), wideDout = Wide(dout);
        BFloat16[] y = new BFloat16[x.Length], dx = new BFloat16[x.Length], dgamma = new BFloat16[width];
        float[] mean = new float[Rows], rstd = new float[Rows], dbeta = new float[width];
        ReadOnlyKernelTensor gammaIn = narrowGamma ? In(gamma, width) : ReadOnlyKernelTensor.Of<float>(wideGamma, width);
        ReadOnlyKernelTensor betaIn = narrowGamma ? In(beta, width) : ReadOnlyKernelTensor.Of<float>(wideBeta, width);
        Kernels.LayerNorm(
            In(x, Rows, width), Out(y, Rows, width), gammaIn, betaIn, 1e-2, KernelTensor.Of<float>(mean, Rows), KernelTensor.Of<float>(rstd, Rows));
        Kernels.LayerNormBackward(
            In(dout, Rows, width), In(x, Rows, width), gammaIn, ReadOnlyKernelTensor.Of<float>(mean, Rows), ReadOnlyKernelTensor.Of<float>(rstd, Rows),
            Out(dx, Rows, width), narrowGamma ? Out(dgamma, width) : KernelTensor.Of<float>(wideGamma.ToArray(), width), KernelTensor.Of<float>(dbeta, width));

        double[] dgammaExpected = new double[width], dbetaExpected = new double[width];
        for (int r = 0; r < Rows; r++)
        {
            double[] row = NormKernelTests.Row(wideX, r, width), change = NormKernelTests.Row(wideDout, r, width);
            double[] normal = NormKernelTests.Normalize(row, null, null, centers: true, 1e-2);
            double scale = 1 / Math.Sqrt(row.Average(v => Math.Pow(v - row.Average(), 2)) + 1e-2);
            double[] scaled = [.. change.Select((g, i) => g * wideGamma[i])];
            double shift = scaled.Average(), tilt = scaled.Select((g, i) => g * normal[i]).Average();
            Rounded(y.AsSpan(r * width, width), [.. normal.Select((v, i) => (v * wideGamma[i]) + wideBeta[i])], 1e-4, $"row {r}");
            Rounded(dx.AsSpan(r * width, width), [.. scaled.Select((g, i) => scale * (g - shift - (normal[i] * tilt)))], 2e-3, $"dx {r}");
            for (int i = 0; i < width; i++)
            {
                dgammaExpected[i] += change[i] * normal[i];
                dbetaExpected[i] += change[i];
            }
        }

        Compare.Close(dbeta, dbetaExpected, 1e-5, "dbeta");
        if (narrowGamma) Rounded(dgamma, dgammaExpected, 1e-3, "dgamma");
    }

    [Test]
    public void SoftmaxAndItsGradient([ValueSource(nameof(Widths))] int width)
    {
        BFloat16[] x = Narrow(Compare.Numbers(Rows * width, 8)), y = new BFloat16[x.Length];
        BFloat16[] dy = Narrow(Compare.Numbers(x.Length, 9)), dx = new BFloat16[x.Length];
        Half[] half = Array.ConvertAll(x, v => (Half)(float)v), halfOut = new Half[x.Length];
        Kernels.Softmax(In(x, Rows, width), Out(y, Rows, width), 0.7);
        Kernels.Softmax(ReadOnlyKernelTensor.Of<Half>(half, Rows, width), KernelTensor.Of<Half>(halfOut, Rows, width), 0.7);
        Kernels.SoftmaxBackward(In(dy, Rows, width), In(y, Rows, width), Out(dx, Rows, width), 0.7);
        for (int r = 0; r < Rows; r++)
        {
            double[] expected = NormKernelTests.Softmax(NormKernelTests.Row(Wide(x), r, width), 0.7);
            double[] share = NormKernelTests.Row(Wide(y), r, width), change = NormKernelTests.Row(Wide(dy), r, width);
            double dot = share.Select((p, i) => p * change[i]).Sum();
            Rounded(y.AsSpan(r * width, width), expected, 1.2e-38, $"row {r}");
            Rounded(dx.AsSpan(r * width, width), [.. share.Select((p, i) => 0.7 * p * (change[i] - dot))], 1e-5, $"gradient {r}");
            for (int i = 0; i < width; i++)
                Assert.That((double)halfOut[(r * width) + i], Is.EqualTo(expected[i]).Within(0.0006 * expected[i] + 3.1e-8), $"f16, {r}, {i}");
        }
    }

    [Test]
    public void ExtremeRowsOfASoftmax()
    {
        const float none = float.NegativeInfinity;
        BFloat16[] x = Narrow([none, none, none, 1, none, 1, float.NaN, 0, 0, float.PositiveInfinity, 0, none, 88, -88, 1e30f, 0, -80, -95]);
        var y = new BFloat16[x.Length];
        Kernels.Softmax(In(x, 6, 3), Out(y, 6, 3));
        float[] wide = Wide(y);
        Assert.That(wide[..3], Is.EqualTo(new float[3]), "fully masked");
        Assert.That(wide[3..6], Is.EqualTo(new[] { 0.5f, 0, 0.5f }), "partly masked");
        Assert.That(wide[6..12], Is.All.NaN, "NaN and infinity");
        Assert.That(wide[12..15], Is.EqualTo(new float[] { 0, 0, 1 }), "one huge outlier");
        Assert.That(wide[15..], Is.EqualTo(new[] { 1, (float)(BFloat16)(float)Math.Exp(-80), 0 }), "below the smallest normal number is 0");
    }

    [Test]
    public void GeluAndItsGradientOfEveryNumber([Values] bool tanh)
    {
        BFloat16[] x = [.. Enumerable.Range(0, 65536).Select(i => BFloat16.FromBits((ushort)i))], y = new BFloat16[x.Length], dx = new BFloat16[x.Length];
        BFloat16[] ones = Narrow([.. Enumerable.Repeat(1f, x.Length)]);
        Kernels.Gelu(In(x, x.Length), Out(y, x.Length), tanh);
        Kernels.GeluBackward(In(ones, x.Length), In(x, x.Length), Out(dx, x.Length), tanh);
        double[] values = Array.ConvertAll(x, v => (double)(float)v);
        Rounded(y, [.. values.Select(v => double.IsNegativeInfinity(v) ? 0 : PointwiseKernelTests.Gelu(v, tanh))], 3e-37, "gelu");
        // Where the slope is not 0 or 1: central differences.
        int[] within = [.. Enumerable.Range(0, x.Length).Where(i => Math.Abs(values[i]) < 20)];
        double Slope(double v) => (PointwiseKernelTests.Gelu(v + 1e-5, tanh) - PointwiseKernelTests.Gelu(v - 1e-5, tanh)) / 2e-5;
        Rounded([.. within.Select(i => dx[i])], [.. within.Select(i => Slope(values[i]))], 2e-5, "slope");
        for (int i = 0; i < x.Length; i++)
            if (!(Math.Abs(values[i]) < 20)) Assert.That((float)dx[i], Is.EqualTo(double.IsNaN(values[i]) ? float.NaN : values[i] > 0 ? 1f : 0f), $"slope at {values[i]}");
    }

    private static ReadOnlyKernelTensor In(ReadOnlySpan<BFloat16> x, params ReadOnlySpan<long> shape) => ReadOnlyKernelTensor.Of(x, shape);

    private static KernelTensor Out(Span<BFloat16> x, params ReadOnlySpan<long> shape) => KernelTensor.Of(x, shape);

    private static BFloat16[] Narrow(float[] x) => Array.ConvertAll(x, v => (BFloat16)v);

    private static float[] Wide(BFloat16[] x) => Array.ConvertAll(x, v => (float)v);

    /// <summary>Fails unless each element is at most 0.52 of a unit in the last place from what is expected, or `absolute` more.</summary>
    private static void Rounded(ReadOnlySpan<BFloat16> actual, double[] expected, double absolute, string what)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            double value = (float)actual[i], wanted = expected[i];
            double unit = Math.ScaleB(1, Math.Max(Math.ILogB(wanted), -126) - 7);
            if (wanted != value && !(double.IsNaN(wanted) && double.IsNaN(value)) && !(Math.Abs(value - wanted) <= (0.52 * unit) + absolute))
                Assert.Fail($"{what}, element {i} of {actual.Length}: {value} instead of {wanted}");
        }
    }
}
