namespace OptiRs.Xla.Tests;

/// <summary>Programs on the embedded plugin against the reference.</summary>
[TestFixture]
internal sealed class DeviceTests
{
    // CustomCall has no such target; the others of these hold element types that the reference does not.
    private static readonly string[] NotCompared = ["custom_call", "rng_bit_generator"];

    public static IEnumerable<TestCaseData> Texts =>
        TextCases.All.Where(c => !NotCompared.Contains(c.Name)).Select(c => new TestCaseData(c.Arguments, c.Function).SetName($"Device({c.Name})"));

    [TestCaseSource(nameof(Texts))]
    public void CompilesEveryOperation((DType DType, Shape Shape)[] arguments, Func<Value[], Value[]> function)
    {
        using Session session = PluginSession.Open();
        Graph graph = Graph.Trace(function, arguments);
        if (arguments.Concat(graph.Outputs).Any(t => t.DType is DType.C64 or DType.BF16 or DType.F16 or DType.U16 or DType.S16))
        {
            using PjrtExecutable program = session.Client.Compile(graph.ToStableHlo());
            Assert.That(program.Outputs, Is.EqualTo(graph.Outputs));
            return;
        }
        NdArray[] values = [.. arguments.Select((t, i) => t.DType switch
        {
            DType.Pred => new NdArray(t.Shape.Dimensions.ToArray(), [.. Enumerable.Range(0, (int)t.Shape.ElementCount).Select(k => (double)((k + i) % 2))]),
            DType.F32 => GradientCheck.Values(t.Shape.Dimensions.ToArray(), 0.1, 2, i),
            _ => new NdArray(t.Shape.Dimensions.ToArray(), [.. Enumerable.Range(0, (int)t.Shape.ElementCount).Select(k => (double)((k * 7 + i) % 5 + (t.Shape.Rank > 0 ? 1 : 0)))]),
        })];
        AssertClose(PluginSession.Run(session, graph, values), Interpreter.Run(graph, values), 1e-5);
    }

    public static IEnumerable<TestCaseData> Unary => GradientTests.Unary.Select(c => new TestCaseData(c.Arguments).SetName("Device" + c.TestName));

    [TestCaseSource(nameof(Unary))]
    public void AgreesOnGradientsOfOneArgument(Func<Value, Value> function, double low, double high) =>
        CompareGradient(v => Op.Sum(Op.Sin(function(v[0]))), GradientCheck.Values([3, 5], low, high));

    public static IEnumerable<TestCaseData> Complex =>
    [
        new TestCaseData((Func<Value, Value>)(x => Op.Real(Op.Sign(Op.Complex(x, x * x + 0.5))))).SetName("Gradient(real part of a sign)"),
        new TestCaseData((Func<Value, Value>)(x => Op.Imag(Op.Sign(Op.Complex(x, Op.Exp(x)))))).SetName("Gradient(imaginary part of a sign)"),
        new TestCaseData((Func<Value, Value>)(x => Gradient.Of(Op.Sum(Op.Abs(Op.Complex(x, x * x + 0.5))), x)[0])).SetName("Gradient(slope of an absolute value)"),
    ];

    // The reference knows no complex numbers: finite differences on the device.
    [TestCaseSource(nameof(Complex))]
    public void DifferentiatesThroughComplexNumbers(Func<Value, Value> function)
    {
        using Session session = PluginSession.Open();
        double[] at = [-0.9, -0.2, 0.4, 3];
        const double Step = 1e-6;
        double[] high = Run(function, [.. at.Select(x => x + Step)]), low = Run(function, [.. at.Select(x => x - Step)]);
        double[] gradient = Run(x => Gradient.Of(Op.Sum(function(x)), x)[0], at);
        for (int i = 0; i < at.Length; i++) Assert.That(gradient[i], Is.EqualTo((high[i] - low[i]) / (2 * Step)).Within(1e-8), $"at {at[i]}");

        double[] Run(Func<Value, Value> of, double[] values)
        {
            using PjrtBuffer argument = session.Put<double>(values, new Shape(values.Length));
            using PjrtBuffer result = session.Jit(of).Call(argument)[0];
            return result.ToArray<double>();
        }
    }

    public static IEnumerable<TestCaseData> Binary => GradientTests.Binary.Select(c => new TestCaseData(c.Arguments).SetName("Device" + c.TestName));

    [TestCaseSource(nameof(Binary))]
    public void AgreesOnGradientsOfTwoArguments(Func<Value, Value, Value> function) =>
        CompareGradient(v => Op.Sum(Op.Sin(function(v[0], v[1]))), GradientCheck.Values([3, 4]), GradientCheck.Values([3, 4], seed: 5));

    [Test]
    public void AgreesOnGradientsOfConvolutions([Values(1, 2)] int stride, [Values(1, 2)] int groups) => CompareGradient(
        v => Op.Sum(Op.Sin(Op.Convolution(v[0], v[1], null, [stride, 1], [(1, 0), (1, 1)], [1, stride], [1, 2], featureGroups: groups))),
        GradientCheck.Values([2, 2 * groups, 5, 6]), GradientCheck.Values([2 * groups, 2, 2, 2], seed: 3));

    [Test]
    public void DrawsTheReferencesRandomNumbers()
    {
        using Session session = PluginSession.Open();
        Graph graph = Graph.Trace(_ =>
        {
            Value[] keys = Rng.Split(Rng.Key(42), 3);
            return [Rng.Bits(keys[0], new Shape(5)), Rng.Uniform(keys[1], new Shape(5)), Rng.Normal(keys[2], new Shape(5))];
        }, []);
        NdArray[] expected = Interpreter.Run(graph);
        NdArray[] actual = PluginSession.Run(session, graph);
        Assert.That(actual[0].Data, Is.EqualTo(expected[0].Data));
        Assert.That(actual[1].Data, Is.EqualTo(expected[1].Data));
        AssertClose([actual[2]], [expected[2]], 1e-5);
    }

    [Test]
    public void ComplexResultsAreRead()
    {
        using Session session = PluginSession.Open();
        using PjrtBuffer narrow = session.Put<Complex64>([new(1, 2), new(-3, 0.5f)], new Shape(2));
        using PjrtBuffer wide = session.Put<System.Numerics.Complex>([new(1, 2), new(-3, 0.5)], new Shape(2));
        JittedFunction square = session.Jit(v => v * v);
        using PjrtBuffer narrowSquare = square.Call(narrow)[0], wideSquare = square.Call(wide)[0];
        Assert.That(narrowSquare.ToArray<Complex64>(), Is.EqualTo(new Complex64[] { new(-3, 4), new(8.75f, -3) }));
        Assert.That(wideSquare.ToArray<System.Numerics.Complex>(), Is.EqualTo(new System.Numerics.Complex[] { new(-3, 4), new(8.75, -3) }));
    }

    [Test]
    public void ErfIsExactToTheLastDigits()
    {
        using Session session = PluginSession.Open();
        // Abramowitz and Stegun, table 7.1 (and erf(-x) = -erf(x)).
        double[] points = [0, 0.1, 0.46, 0.5, 1, 2, -1, 7, double.NaN];
        double[] expected = [0, 0.1124629160182849, 0.4846553900016797, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527, -0.8427007929497149, 1, double.NaN];
        Graph graph = Graph.Trace(v => [Op.Erf(v[0])], [(DType.F64, new Shape(points.Length))]);
        Assert.That(Interpreter.Run(graph, new NdArray([points.Length], points))[0].Data, Is.EqualTo(expected).Within(1e-15));
        Assert.That(PluginSession.Run(session, graph, new NdArray([points.Length], points))[0].Data, Is.EqualTo(expected).Within(1e-15));
    }

    [Test]
    public void ErfOfFloatsIsThatOfDoublesToThreeUnits()
    {
        using Session session = PluginSession.Open();
        float[] points = [.. Enumerable.Range(-30000, 60001).Select(i => i * 1.5e-4f), 1e-30f, -1e-30f, float.PositiveInfinity, float.NegativeInfinity];
        Shape shape = new(points.Length);
        Graph graph = Graph.Trace(v => [Op.Convert(Op.Erf(Op.Convert(v[0], DType.F32)), DType.F64), Op.Erf(v[0])], [(DType.F64, shape)]);
        NdArray[] results = PluginSession.Run(session, graph, new NdArray([points.Length], [.. points.Select(x => (double)x)]));
        for (int i = 0; i < points.Length; i++)
        {
            float magnitude = (float)Math.Abs(results[1].Data[i]);
            double exact = results[1].Data[i], unit = (double)MathF.BitIncrement(magnitude) - magnitude;
            Assert.That(results[0].Data[i], Is.EqualTo(exact).Within(3 * unit), $"erf({points[i]})");
        }
    }

    [Test]
    public void AgreesWithDifferencesOnGradientsThroughComplexNumbers()
    {
        using Session session = PluginSession.Open();
        static Value Loss(Value[] v)
        {
            Value z = Op.Complex(v[0], v[1]);
            Value w = Op.Exp(z) * z / (z + Op.Constant(new System.Numerics.Complex(3, 1), DType.C128, z.Shape)) + Op.Sin(z);
            return Op.Sum(Op.Abs(w) + Op.Real(Op.Sqrt(z)) * Op.Imag(w * w));
        }
        NdArray[] arguments = [GradientCheck.Values([4], 0.2, 1), GradientCheck.Values([4], 0.3, 1.5, 4)];
        (DType, Shape)[] types = [(DType.F64, new Shape(4)), (DType.F64, new Shape(4))];
        NdArray[] gradients = PluginSession.Run(session, Graph.Trace(v => Gradient.Of(Loss(v), v), types), arguments);
        Graph forward = Graph.Trace(v => [Loss(v)], types);
        for (int a = 0; a < 2; a++)
        {
            for (int i = 0; i < 4; i++)
            {
                double At(double step)
                {
                    NdArray[] moved = [.. arguments.Select(x => new NdArray(x.Shape, [.. x.Data]))];
                    moved[a].Data[i] += step;
                    return PluginSession.Run(session, forward, moved)[0].Data[0];
                }
                Assert.That(gradients[a].Data[i], Is.EqualTo((At(1e-5) - At(-1e-5)) / 2e-5).Within(1e-6), $"part {a}, element {i}");
            }
        }
    }

    private static void CompareGradient(Func<Value[], Value> loss, params NdArray[] arguments)
    {
        using Session session = PluginSession.Open();
        Graph graph = Graph.Trace(v => [loss(v), .. Gradient.Of(loss(v), v)], [.. arguments.Select(a => (DType.F64, new Shape(a.Shape)))]);
        AssertClose(PluginSession.Run(session, graph, arguments), Interpreter.Run(graph, arguments), 1e-9);
    }

    private static void AssertClose(NdArray[] actual, NdArray[] expected, double tolerance)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.That(actual[i].Shape, Is.EqualTo(expected[i].Shape));
            for (int k = 0; k < actual[i].Data.Length; k++)
                Assert.That(actual[i].Data[k], Is.EqualTo(expected[i].Data[k]).Within(tolerance * Math.Max(1, Math.Abs(expected[i].Data[k]))), $"result {i}, element {k}");
        }
    }
}
