namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Norms, softmax and cross entropy against binary64, their gradients against finite differences.</summary>
[TestFixture]
internal sealed class NormKernelTests
{
    private const double Epsilon = 1e-5;

    private static readonly int[] Widths = [1, 7, 8, 33, 1024];

    [Test]
    public void LayerNorm([ValueSource(nameof(Widths))] int width, [Values(0, 1, 5)] int rows)
    {
        float[] x = Compare.Numbers(rows * width, width), gamma = Compare.Numbers(width, 1), beta = Compare.Numbers(width, 2);
        float[] y = new float[x.Length], mean = new float[rows], rstd = new float[rows];
        Kernels.LayerNorm(
            In(x, rows, width), Out(y, rows, width), In(gamma, width), In(beta, width), Epsilon, Out(mean, rows), Out(rstd, rows));
        for (int r = 0; r < rows; r++)
        {
            double[] row = Row(x, r, width);
            Compare.Close(y.AsSpan(r * width, width), Normalize(row, gamma, beta, centers: true), 2e-5, $"row {r}");
            Compare.Close([mean[r]], [row.Average()], 1e-5, "mean");
        }
    }

    [Test]
    public void RmsNormOfBf16InPlaceAndWithoutGamma([ValueSource(nameof(Widths))] int width)
    {
        float[] x = Compare.Numbers(3 * width, width);
        BFloat16[] narrow = Array.ConvertAll(x, v => (BFloat16)v);
        x = Array.ConvertAll(narrow, v => (float)v);
        KernelTensor both = KernelTensor.Of<BFloat16>(narrow, 3, width);
        Kernels.RmsNorm(both, both, epsilon: Epsilon);
        for (int r = 0; r < 3; r++)
            Compare.Close(narrow.AsSpan(r * width, width), Normalize(Row(x, r, width), null, null, centers: false), 0.005, $"row {r}");
    }

    [Test]
    public void RmsNormWithEightBitOutput()
    {
        float[] x = Compare.Numbers(3 * 100, 4), plain = new float[300], scale = [20], amax = [0];
        var codes = new Float8E4M3[300];
        Kernels.RmsNorm(In(x, 3, 100), Out(plain, 3, 100));
        Kernels.RmsNorm(In(x, 3, 100), KernelTensor.Of<Float8E4M3>(codes, 3, 100), scale: In(scale, 1), amax: Out(amax, 1));
        Assert.That(amax[0], Is.EqualTo(plain.Max(MathF.Abs)));
        for (int i = 0; i < 300; i++) Assert.That(codes[i].Bits, Is.EqualTo(((Float8E4M3)Math.Clamp(plain[i] * 20, -448, 448)).Bits));
    }

    [Test]
    public void GradientsOfNormsAreThoseOfFiniteDifferences([Values] bool centers, [Values(1, 7, 33)] int width)
    {
        const int rows = 4;
        float[] x = Small(rows * width, 3), dy = Small(rows * width, 4), gamma = Small(width, 5);
        float[] y = new float[x.Length], mean = new float[rows], rstd = new float[rows];
        float[] dx = new float[x.Length], dgamma = new float[width], dbeta = new float[width];
        if (centers)
        {
            Kernels.LayerNorm(In(x, rows, width), Out(y, rows, width), In(gamma, width), default, 0.1, Out(mean, rows), Out(rstd, rows));
            Kernels.LayerNormBackward(
                In(dy, rows, width), In(x, rows, width), In(gamma, width), In(mean, rows), In(rstd, rows), Out(dx, rows, width),
                Out(dgamma, width), Out(dbeta, width));
        }
        else
        {
            Kernels.RmsNorm(In(x, rows, width), Out(y, rows, width), In(gamma, width), 0.1, Out(rstd, rows));
            Kernels.RmsNormBackward(
                In(dy, rows, width), In(x, rows, width), In(gamma, width), In(rstd, rows), Out(dx, rows, width), Out(dgamma, width));
        }

        double Loss(double[] values, double[] scales)
        {
            double sum = 0;
            for (int r = 0; r < rows; r++)
            {
                double[] row = Normalize(values[(r * width)..((r + 1) * width)], scales, null, centers, 0.1);
                for (int c = 0; c < width; c++) sum += row[c] * dy[(r * width) + c];
            }

            return sum;
        }

        double[] wide = Wide(x), wideGamma = Wide(gamma);
        Compare.Close(dx, Differences(wide, v => Loss(v, wideGamma)), 1e-4, "dx");
        Compare.Close(dgamma, Differences(wideGamma, g => Loss(wide, g)), 1e-4, "dgamma");
        if (centers) Compare.Close(dbeta, [.. Enumerable.Range(0, width).Select(c => Enumerable.Range(0, rows).Sum(r => (double)dy[(r * width) + c]))], 1e-5, "dbeta");
    }

    [Test]
    public void SumsOverManyRowsAreRight()
    {
        const int rows = 3000, width = 40;
        float[] x = Small(rows * width, 3), dy = Small(rows * width, 4), rstd = new float[rows], y = new float[x.Length];
        float[] dx = new float[x.Length], dgamma = new float[width];
        Kernels.RmsNorm(In(x, rows, width), Out(y, rows, width), default, Epsilon, Out(rstd, rows));
        Kernels.RmsNormBackward(In(dy, rows, width), In(x, rows, width), default, In(rstd, rows), Out(dx, rows, width), Out(dgamma, width));
        var expected = new double[width];
        for (int i = 0; i < x.Length; i++) expected[i % width] += (double)dy[i] * x[i] * rstd[i / width];
        Compare.Close(dgamma, expected, 1e-4, "dgamma");
    }

    [Test]
    public void SoftmaxAndItsGradient([ValueSource(nameof(Widths))] int width)
    {
        float[] x = Compare.Numbers(3 * width, 8), y = new float[x.Length], dy = Small(x.Length, 9), dx = new float[x.Length];
        Kernels.Softmax(In(x, 3, width), Out(y, 3, width), 0.7);
        Kernels.SoftmaxBackward(In(dy, 3, width), In(y, 3, width), Out(dx, 3, width), 0.7);
        for (int r = 0; r < 3; r++)
        {
            double[] expected = Softmax(Row(x, r, width), 0.7);
            Compare.Close(y.AsSpan(r * width, width), expected, 2e-6, $"row {r}");
            double dot = expected.Select((p, i) => p * dy[(r * width) + i]).Sum();
            Compare.Close(
                dx.AsSpan(r * width, width), [.. expected.Select((p, i) => 0.7 * p * (dy[(r * width) + i] - dot))], 2e-6, $"gradient {r}");
        }
    }

    [Test]
    public void MaskedRowsOfASoftmax()
    {
        const float none = float.NegativeInfinity;
        float[] x = [none, none, none, 1, none, 1, float.NaN, 0, 0, 88, -88, 1e30f], y = new float[12];
        Kernels.Softmax(In(x, 4, 3), Out(y, 4, 3));
        Assert.That(y[..3], Is.EqualTo(new float[3]), "fully masked");
        Assert.That(y[3..6], Is.EqualTo(new[] { 0.5f, 0, 0.5f }), "partly masked");
        Assert.That(y[6..9], Is.EqualTo(new[] { float.NaN, float.NaN, float.NaN }), "NaN");
        Assert.That(y[9..], Is.EqualTo(new float[] { 0, 0, 1 }), "one huge outlier");
        Kernels.Softmax(In(x, 4, 3), Out(y, 4, 3), 0.7);
        Assert.That(y[9..], Is.EqualTo(new float[] { 0, 0, 1 }), "one huge outlier whose product with the scale is rounded");
    }

    [Test]
    public void CrossEntropyAndItsGradient([Values(2, 7, 65, 1000)] int classes, [Values(0, 0.1)] double smoothing, [Values] bool inPlace)
    {
        const int rows = 4;
        float[] x = Compare.Numbers(rows * classes, 8), loss = new float[rows], scale = [0.25f];
        int[] targets = [0, classes - 1, -100, 1];
        float[] dx = inPlace ? (float[])x.Clone() : new float[x.Length];
        Kernels.CrossEntropy(
            inPlace ? In(dx, rows, classes) : In(x, rows, classes), ReadOnlyKernelTensor.Of<int>(targets, rows), Out(loss, rows),
            Out(dx, rows, classes), In(scale, 1), smoothing);
        for (int r = 0; r < rows; r++)
        {
            double[] row = Row(x, r, classes), p = Softmax(row, 1);
            double lse = row.Max() + Math.Log(row.Sum(v => Math.Exp(v - row.Max())));
            bool ignored = targets[r] < 0;
            double expected = ignored ? 0 : lse - ((1 - smoothing) * row[targets[r]]) - (smoothing * row.Average());
            Compare.Close([loss[r]], [expected], 1e-5, $"loss {r}");
            Compare.Close(
                dx.AsSpan(r * classes, classes),
                [.. p.Select((v, i) => ignored ? 0 : 0.25 * (v - (i == targets[r] ? 1 - smoothing : 0) - (smoothing / classes)))], 2e-6,
                $"gradient {r}");
        }
    }

    [Test]
    public void ATargetOutOfRangeIsNamed()
    {
        float[] x = new float[6], loss = [-1, -1];
        long[] targets = [2, 3];
        Assert.That(
            () => Kernels.CrossEntropy(In(x, 2, 3), ReadOnlyKernelTensor.Of<long>(targets, 2), Out(loss, 2)),
            Throws.Exception.With.Message.Contains("targets[1] is 3; there are 3 classes"));
        Assert.That(loss, Is.EqualTo(new float[] { -1, -1 }), "nothing is written");
    }

    [Test]
    public void WrongFormsAreNamed()
    {
        float[] x = new float[6], y = new float[6], gamma = new float[2];
        Assert.That(
            () => Kernels.RmsNorm(In(x, 2, 3), Out(y, 2, 3), In(gamma, 2)),
            Throws.InstanceOf<ArgumentException>().With.Message.StartsWith("rms_norm: gamma f32[2] must have the shape [3]"));
        Assert.That(
            () => Kernels.RmsNorm(In(x, 6), Out(x.AsSpan(0, 5), 5)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("out f32[5] must have the shape [6]"));
        Assert.That(
            () => Kernels.Softmax(In(x.AsSpan(0, 4), 4), Out(x.AsSpan(1, 4), 4)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("out f32[4] shares memory with x f32[4]"));
        Assert.That(() => Kernels.Softmax(In(x, 6), Out(y, 6), 0), Throws.InstanceOf<ArgumentException>().With.Message.Contains("scale is 0"));
    }

    private static ReadOnlyKernelTensor In(ReadOnlySpan<float> x, params ReadOnlySpan<long> shape) => ReadOnlyKernelTensor.Of(x, shape);

    private static KernelTensor Out(Span<float> x, params ReadOnlySpan<long> shape) => KernelTensor.Of(x, shape);

    private static double[] Wide(float[] x) => Array.ConvertAll(x, v => (double)v);

    internal static double[] Row(float[] x, int row, int width) => Array.ConvertAll(x[(row * width)..((row + 1) * width)], v => (double)v);

    private static float[] Small(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float)((2 * random.NextDouble()) - 1);
        return numbers;
    }

    internal static double[] Normalize(double[] x, float[]? gamma, float[]? beta, bool centers) =>
        Normalize(x, gamma is null ? null : Wide(gamma), beta is null ? null : Wide(beta), centers, Epsilon);

    internal static double[] Normalize(double[] x, double[]? gamma, double[]? beta, bool centers, double epsilon)
    {
        double mean = centers ? x.Average() : 0;
        double variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select((v, i) => ((v - mean) / Math.Sqrt(variance + epsilon) * (gamma?[i] ?? 1)) + (beta?[i] ?? 0))];
    }

    internal static double[] Softmax(double[] x, double scale)
    {
        double top = x.Max(v => scale * v);
        double[] powers = [.. x.Select(v => Math.Exp((scale * v) - top))];
        double sum = powers.Sum();
        return [.. powers.Select(p => p / sum)];
    }

    private static double[] Differences(double[] x, Func<double[], double> loss)
    {
        const double step = 1e-5;
        var slopes = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double kept = x[i];
            x[i] = kept + step;
            double up = loss(x);
            x[i] = kept - step;
            slopes[i] = (up - loss(x)) / (2 * step);
            x[i] = kept;
        }

        return slopes;
    }
}
