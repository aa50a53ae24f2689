namespace OptiRs.Xla.Tests;

/// <summary>The generator against the vectors published with Random123, and the statistics of its distributions.</summary>
[TestFixture]
internal sealed class RngTests
{
    [TestCase(0u, 0u, 0u, 0u, 0x6b200159u, 0x99ba4efeu)]
    [TestCase(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x1cb996fcu, 0xbb002be7u)]
    [TestCase(0x13198a2eu, 0x03707344u, 0x243f6a88u, 0x85a308d3u, 0xc4923a9cu, 0x483df7a0u)]
    public void ThreefryMatchesThePublishedVectors(uint k0, uint k1, uint x0, uint x1, uint y0, uint y1)
    {
        Graph graph = Graph.Trace(v =>
        {
            (Value first, Value second) = Threefry.Hash(v[0], v[1], v[2], v[3]);
            return [first, second];
        }, [.. Enumerable.Repeat((DType.U32, Shape.Scalar), 4)]);
        NdArray[] results = Interpreter.Run(graph, NdArray.Scalar(k0), NdArray.Scalar(k1), NdArray.Scalar(x0), NdArray.Scalar(x1));
        Assert.That(results.Select(r => (uint)r.Data[0]), Is.EqualTo(new[] { y0, y1 }));
    }

    [Test]
    public void BitsAreTheHashOfTheElementsIndex()
    {
        double[] bits = Run(key => Rng.Bits(key, new Shape(2, 3)));
        double[] flat = Run(key => Rng.Bits(key, new Shape(6)));
        Assert.That(bits, Is.EqualTo(flat));
        Assert.That(Run(key => Rng.Bits(key, new Shape(4))), Is.EqualTo(flat[..4]), "a longer draw begins like a shorter one");
    }

    [Test]
    public void UniformLiesBelowOneAndIsUniform()
    {
        double[] draws = Run(key => Rng.Uniform(key, new Shape(4000)));
        Assert.That(draws, Is.All.InRange(0, 1 - 1e-7));
        Assert.That(draws.Average(), Is.EqualTo(0.5).Within(0.02));
        Assert.That(draws.Count(d => d < 0.25), Is.EqualTo(1000).Within(120));
    }

    [Test]
    public void UniformTakesBounds() =>
        Assert.That(Run(key => Rng.Uniform(key, new Shape(200), DType.F32, -3, 5)), Is.All.InRange(-3, 5).And.Some.LessThan(-2).And.Some.GreaterThan(4));

    public static IEnumerable<(double Low, double High)> Bounds =>
        [(0, 1), (0, 0.1), (1, 2), (2, 3), (-3.3, 5.1), (0.7, 0.9), (100, 101), (-1, -0.3), (-1, 0), (1e-3, 1000)];

    /// <summary>All words that differ in the bits that count or, of wide types, those at both ends.</summary>
    [Test]
    public void UniformNeverReachesHigh([Values(DType.F16, DType.BF16, DType.F32, DType.F64)] DType dtype, [ValueSource(nameof(Bounds))] (double Low, double High) bounds)
    {
        int bits = dtype switch { DType.BF16 => 7, DType.F16 => 10, DType.F32 => 23, _ => 52 };
        double Rounded(double bound) => dtype switch { DType.BF16 => (double)(BFloat16)bound, DType.F16 => (double)(Half)bound, DType.F32 => (float)bound, _ => bound };
        long count = 1L << bits, half = Math.Min(count / 2, 1000);
        long[] steps = [.. Enumerable.Range(0, (int)half), .. Enumerable.Range(1, (int)half).Select(i => count - i)];
        var shape = new Shape(steps.Length);
        using Session session = PluginSession.Open();
        using PjrtBuffer words = dtype == DType.F64
            ? session.Put<ulong>([.. steps.Select(step => (ulong)step << (64 - bits))], shape)
            : session.Put<uint>([.. steps.Select(step => (uint)step << (32 - bits))], shape);
        using PjrtBuffer numbers = session.Jit(v => Op.Convert(Rng.Between(v, dtype, bounds.Low, bounds.High, default), DType.F64)).Call(words)[0];
        double[] values = numbers.ToArray<double>();
        Assert.That(values, Is.All.GreaterThanOrEqualTo(Rounded(bounds.Low)).And.All.LessThan(Rounded(bounds.High)));
        double step = (bounds.High - bounds.Low) / count, unit = Math.Pow(2, -bits) * 2 * Math.Max(Math.Abs(bounds.Low), Math.Abs(bounds.High));
        Assert.That(values, Is.EqualTo(steps.Select(k => bounds.Low + k * step)).AsCollection.Within(3 * unit));
    }

    [Test]
    public void NormalHasMeanAndDeviation()
    {
        double[] draws = Run(key => Rng.Normal(key, new Shape(4000), DType.F32, mean: 2, deviation: 3));
        double mean = draws.Average();
        Assert.That(mean, Is.EqualTo(2).Within(0.2));
        Assert.That(Math.Sqrt(draws.Average(d => (d - mean) * (d - mean))), Is.EqualTo(3).Within(0.15));
        Assert.That(draws.Count(d => Math.Abs(d - 2) > 6), Is.EqualTo(4000 * 0.0455).Within(50));
    }

    [TestCase(0.0, 0)]
    [TestCase(0.3, 600)]
    [TestCase(1.0, 2000)]
    public void BernoulliHasItsProbability(double probability, int expected) =>
        Assert.That(Run(key => Rng.Bernoulli(key, probability, new Shape(2000))).Sum(), Is.EqualTo(expected).Within(probability is 0 or 1 ? 0 : 80));

    [Test]
    public void KeysOfASplitDiffer()
    {
        double[] words = Run(key => Op.Concatenate([key, .. Rng.Split(key, 3), Rng.FoldIn(key, 0), Rng.FoldIn(key, 1)]));
        (double, double)[] keys = [.. words.Chunk(2).Select(w => (w[0], w[1]))];
        Assert.That(keys[..4], Is.Unique);
        Assert.That(keys[4..], Is.EqualTo(keys[1..3]), "a split folds in 0, 1, 2, ...");
    }

    [Test]
    public void FoldInOfAValueIsThatOfTheNumber() =>
        Assert.That(Run(key => Rng.FoldIn(key, Op.Constant(1234L, DType.S32))), Is.EqualTo(Run(key => Rng.FoldIn(key, 1234))));

    private static double[] Run(Func<Value, Value> draw) =>
        Interpreter.Run(Graph.Trace(_ => [draw(Rng.Key(0x123456789abcdef0))], []))[0].Data;
}
