namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Activations, rotary embedding, dropout and embedding against binary64.</summary>
[TestFixture]
internal sealed class PointwiseKernelTests
{
    [Test]
    public void GeluAndItsGradient([Values] bool tanh)
    {
        float[] x = Grid(), y = new float[x.Length], ones = new float[x.Length], dx = new float[x.Length];
        Array.Fill(ones, 2);
        Kernels.Gelu(In(x, x.Length), Out(y, x.Length), tanh);
        Kernels.GeluBackward(In(ones, x.Length), In(x, x.Length), Out(dx, x.Length), tanh);
        Compare.Close(y, [.. x.Select(v => Gelu(v, tanh))], 1e-6, "gelu");
        Compare.Close(dx, [.. x.Select(v => (Gelu(v + 1e-4, tanh) - Gelu(v - 1e-4, tanh)) / 1e-4)], 5e-6, "gradient");
    }

    [Test]
    public void ActivationsOfExtremes()
    {
        float[] x = [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 3e38f, -3e38f, 0, 1e-40f], y = new float[7];
        foreach (bool tanh in (bool[])[false, true])
        {
            Kernels.Gelu(In(x, 7), Out(y, 7), tanh);
            Assert.That(y[0], Is.EqualTo(float.PositiveInfinity));
            Assert.That(y[1], Is.Zero);
            Assert.That(y[2], Is.NaN);
            Assert.That(y[3], Is.EqualTo(3e38f));
            Assert.That(y[4], Is.Zero);
            Kernels.GeluBackward(In([1, 1, 1, 1, 1, 1, 1], 7), In(x, 7), Out(y, 7), tanh);
            Assert.That(y[..2], Is.EqualTo(new float[] { 1, 0 }));
            Assert.That(y[2], Is.NaN);
        }

        float[] gates = [float.PositiveInfinity, float.NegativeInfinity, -3e38f, 1, 1, 1];
        Kernels.SwiGlu(In(gates, 6), Out(y.AsSpan(0, 3), 3));
        Assert.That(y[..3], Is.EqualTo(new float[] { float.PositiveInfinity, 0, 0 }));
    }

    [Test]
    public void NarrowActivations([Values(1, 1023, 40000)] int count)
    {
        BFloat16[] x = Array.ConvertAll(Compare.Numbers(count, 3), v => (BFloat16)v), y = new BFloat16[count];
        Kernels.Gelu(ReadOnlyKernelTensor.Of<BFloat16>(x, count), KernelTensor.Of<BFloat16>(y, count));
        Compare.Close(y, [.. x.Select(v => Gelu((float)v, true))], 0.004, "gelu");
    }

    [Test]
    public void SwiGluAndItsGradient([Values(1, 7, 64, 100)] int width)
    {
        float[] x = Compare.Numbers(3 * 2 * width, width), y = new float[3 * width], dy = Compare.Numbers(3 * width, 4), dx = new float[x.Length];
        Kernels.SwiGlu(In(x, 3, 2 * width), Out(y, 3, width));
        Kernels.SwiGluBackward(In(dy, 3, width), In(x, 3, 2 * width), Out(dx, 3, 2 * width));
        double[] expected = new double[y.Length], gradient = new double[x.Length];
        for (int r = 0; r < 3; r++)
        for (int c = 0; c < width; c++)
        {
            int gate = (r * 2 * width) + c, up = gate + width, at = (r * width) + c;
            double s = 1 / (1 + Math.Exp(-x[gate]));
            expected[at] = x[gate] * s * x[up];
            gradient[gate] = (double)dy[at] * x[up] * s * (1 + (x[gate] * (1 - s)));
            gradient[up] = (double)dy[at] * x[gate] * s;
        }

        Compare.Close(y, expected, 3e-6, "swiglu");
        Compare.Close(dx, gradient, 5e-6, "gradient");
    }

    [Test]
    public void RotaryEmbeddingTurnsPairsAndBack([Values] bool interleaved, [Values(2, 10, 64)] int width)
    {
        const int batch = 2, length = 3, heads = 2, positions = 9;
        float[] x = Compare.Numbers(batch * length * heads * width, 6), y = new float[x.Length], back = new float[x.Length];
        float[] cosine = new float[positions * width / 2], sine = new float[cosine.Length];
        for (int i = 0; i < cosine.Length; i++)
        {
            double angle = (i / (width / 2)) * Math.Pow(10000, -2.0 * (i % (width / 2)) / width);
            (cosine[i], sine[i]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        }

        int[] at = [0, 5, 8, 1, 1, 2];
        var places = ReadOnlyKernelTensor.Of<int>(at, batch, length);
        Kernels.RotaryEmbedding(
            In(x, batch, length, heads, width), In(cosine, positions, width / 2), In(sine, positions, width / 2),
            Out(y, batch, length, heads, width), places, interleaved);
        for (int i = 0; i < x.Length; i++)
        {
            int row = i / width * width, c = i % width, half = width / 2;
            int pair = interleaved ? c / 2 : c % half;
            int first = row + (interleaved ? 2 * pair : pair), second = row + (interleaved ? (2 * pair) + 1 : pair + half);
            double cos = cosine[(at[i / width / heads] * half) + pair], sin = sine[(at[i / width / heads] * half) + pair];
            double expected = i == first ? (x[first] * cos) - (x[second] * sin) : (x[second] * cos) + (x[first] * sin);
            Compare.Close([y[i]], [expected], 2e-6, $"element {i}");
        }

        Kernels.RotaryEmbedding(
            In(y, batch, length, heads, width), In(cosine, positions, width / 2), In(sine, positions, width / 2),
            Out(back, batch, length, heads, width), places, interleaved, inverse: true);
        Compare.Close(back, Array.ConvertAll(x, v => (double)v), 3e-6, "back");
        at[3] = 9;
        Assert.That(
            () => Kernels.RotaryEmbedding(
                In(x, batch, length, heads, width), In(cosine, positions, width / 2), In(sine, positions, width / 2),
                Out(y, batch, length, heads, width), ReadOnlyKernelTensor.Of<int>(at, batch, length)),
            Throws.Exception.With.Message.Contains("positions[3] is 9; it must be at least 0 and below 9"));
    }

    [Test]
    public void DropoutHasTheWordsOfPhilox()
    {
        // Random123's known answer for key and counter 0.
        uint[] words = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8];
        float[] x = [1, 1, 1, 1], y = new float[4];
        foreach (uint word in words)
        {
            double p = word / 4294967296.0;
            Kernels.Dropout(In(x, 4), Out(y, 4), p, seed: 0);
            for (int i = 0; i < 4; i++) Assert.That(y[i] != 0, Is.EqualTo(words[i] >= word), $"p {p}, element {i}");
        }
    }

    [Test]
    public void DropoutKeepsItsShareAndItsSum()
    {
        const int count = 100001;
        float[] x = new float[count], y = new float[count], again = new float[count];
        Array.Fill(x, 3);
        Kernels.Dropout(In(x, count), Out(y, count), 0.3, 77, 5);
        Assert.That(y.Count(v => v == 0) / (double)count, Is.EqualTo(0.3).Within(0.01));
        Assert.That(y.Where(v => v != 0), Is.All.EqualTo(3 / 0.7f).Within(2).Ulps);
        Kernels.Dropout(In(x, count), Out(again, count), 0.3, 77, 5);
        Assert.That(again, Is.EqualTo(y), "the same numbers again");
        Kernels.Dropout(In(x.AsSpan(8), count - 8), Out(again.AsSpan(8), count - 8), 0.3, 77, 7);
        Assert.That(again, Is.EqualTo(y), "the same numbers from a later block on");
    }

    [Test]
    public void EmbeddingAndItsGradient([Values(1, 3, 130)] int width)
    {
        float[] table = Compare.Numbers(5 * width, 2), found = new float[6 * width], sums = new float[5 * width];
        long[] indices = [4, 0, 4, 4, 2, 0];
        Kernels.Embedding(In(table, 5, width), ReadOnlyKernelTensor.Of<long>(indices, 2, 3), Out(found, 2, 3, width));
        Kernels.EmbeddingBackward(In(found, 2, 3, width), ReadOnlyKernelTensor.Of<long>(indices, 2, 3), Out(sums, 5, width));
        float[] times = [2, 0, 1, 0, 3];
        for (int i = 0; i < found.Length; i++) Assert.That(found[i], Is.EqualTo(table[(indices[i / width] * width) + (i % width)]));
        Compare.Close(sums, [.. table.Select((v, i) => (double)v * times[i / width])], 1e-6, "gradient");
        indices[5] = -1;
        Assert.That(
            () => Kernels.Embedding(In(table, 5, width), ReadOnlyKernelTensor.Of<long>(indices, 2, 3), Out(found, 2, 3, width)),
            Throws.Exception.With.Message.Contains("indices[5] is -1"));
    }

    private static ReadOnlyKernelTensor In(ReadOnlySpan<float> x, params ReadOnlySpan<long> shape) => ReadOnlyKernelTensor.Of(x, shape);

    private static KernelTensor Out(Span<float> x, params ReadOnlySpan<long> shape) => KernelTensor.Of(x, shape);

    private static float[] Grid() => [.. Enumerable.Range(-4000, 8003).Select(i => i / 200f)];

    internal static double Gelu(double x, bool tanh) =>
        tanh ? x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) : x * NormalDistribution(x);

    // The series of the error function, and its continued fraction where that is slow.
    private static double NormalDistribution(double x)
    {
        double a = Math.Abs(x);
        if (a > 4)
        {
            double fraction = 0;
            for (int k = 60; k > 0; k--) fraction = k / (a + fraction);
            double tail = Math.Exp(-a * a / 2) / Math.Sqrt(2 * Math.PI) / (a + fraction);
            return x < 0 ? tail : 1 - tail;
        }

        double term = x, sum = x;
        for (int k = 1; k < 80; k++) sum += term *= x * x / ((2 * k) + 1);
        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
