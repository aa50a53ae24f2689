using static OptiRs.Xla.Tests.GradientCheck;

namespace OptiRs.Xla.Tests;

/// <summary>Every differentiation rule against finite differences.</summary>
[TestFixture]
internal sealed class GradientTests
{
    private static readonly (string Name, Func<Value, Value> Function, double Low, double High)[] UnaryCases =
    [
        ("abs", x => Op.Abs(x), -1, 1),
        ("cbrt", x => Op.Cbrt(x), 0.2, 2),
        ("cos", x => Op.Cos(x), -2, 2),
        ("exp", x => Op.Exp(x), -2, 2),
        ("expm1", x => Op.Expm1(x), -2, 2),
        ("log", x => Op.Log(x), 0.2, 2),
        ("log1p", x => Op.Log1p(x), -0.5, 2),
        ("logistic", x => Op.Logistic(x), -3, 3),
        ("negate", x => -x, -1, 1),
        ("rsqrt", x => Op.Rsqrt(x), 0.2, 2),
        ("sin", x => Op.Sin(x), -2, 2),
        ("sqrt", x => Op.Sqrt(x), 0.2, 2),
        ("tan", x => Op.Tan(x), -1, 1),
        ("tanh", x => Op.Tanh(x), -2, 2),
        ("floor", x => Op.Floor(x) + x, 0.1, 0.9),
        ("clamp", x => Op.Clamp(-0.4, x, 0.5), -1, 1),
        ("relu", x => Op.Relu(x), -1, 1),
        ("silu", x => Op.Silu(x), -3, 3),
        ("gelu tanh", x => Op.Gelu(x), -3, 3),
        ("gelu erf", x => Op.Gelu(x, approximate: false), -3, 3),
        ("softmax", x => Op.Softmax(x), -3, 3),
        ("softmax axis 0", x => Op.Softmax(x, 0), -3, 3),
        ("log softmax", x => Op.LogSoftmax(x), -3, 3),
        ("log sum exp", x => Op.LogSumExp(x, 0), -3, 3),
        ("sum", x => Op.Sum(x, 0), -1, 1),
        ("mean", x => Op.Mean(x, 1, keepDims: true), -1, 1),
        ("max", x => Op.ReduceMax(x, 1), -1, 1),
        ("min", x => Op.ReduceMin(x), -1, 1),
        ("product", x => Op.Product(x, [1]), -1, 1),
        ("cumulative sum", x => Op.CumulativeSum(x), -1, 1),
        ("reshape", x => Op.Reshape(x, [5, 3]) * 2.0, -1, 1),
        ("transpose", x => Op.Transpose(x), -1, 1),
        ("broadcast", x => Op.BroadcastTo(Op.ExpandDims(x, 1), new Shape(3, 4, 5)), -1, 1),
        ("broadcast in dim", x => Op.BroadcastInDim(Op.ExpandDims(x, 0), new Shape(5, 2, 2, 3), [2, 3, 0]), -1, 1),
        ("slice", x => Op.Slice(x, [0, 1], [3, 5], [2, 3]), -1, 1),
        ("pad", x => Op.Pad(x, Op.Sum(x), [1, -1], [2, 1], [2, 1]), -1, 1),
        ("pad cut", x => Op.Pad(x, Op.Constant(0.0, DType.F64), [-1, 0], [0, -2], [0, 3]), -1, 1),
        ("reverse", x => Op.Reverse(x, [0, 1]), -1, 1),
        ("concatenate", x => Op.Concatenate([x, x * x, Op.Sin(x)], 1), -1, 1),
        ("sort", x => Op.Sort(x), -1, 1),
        ("sort axis 0", x => Op.Sort(x, 0, descending: true), -1, 1),
        ("stop gradient", x => x + Op.StopGradient(Op.Floor(x * 100.0)) * 0.0, 0.1, 1),
        ("sum window", x => Op.SumWindow(x, [2, 3], [1, 2], [(1, 0), (2, 1)]), -1, 1),
        ("sum window dilated", x => Op.SumWindow(x, [2, 2], [2, 1], [(1, 1), (0, 2)], [2, 1], [1, 2]), -1, 1),
        ("max window", x => Op.MaxWindow(x, [2, 2], [1, 2], [(0, 1), (1, 0)]), -1, 1),
        ("min window", x => Op.MinWindow(x, [2, 2], [2, 1], [(0, 0), (1, 1)], [1, 2], [1, 1]), -1, 1),
        ("take", x => Op.Take(x, Op.Constant<int>([2, 0, 2, 1], new Shape(2, 2))), -1, 1),
        ("take clamped", x => Op.Take(x, Op.Convert(Op.Constant<double>([7, -3, 2]), DType.S32), 1), -1, 1),
        ("take along axis", x => Op.TakeAlongAxis(x, Op.Constant<int>([1, 0, 4, 4, 2, 3], new Shape(3, 2)), 1), -1, 1),
        ("dynamic slice", x => Op.DynamicSlice(x, [Op.Constant(1L, DType.S32), Op.Constant(9L, DType.S32)], [2, 3]), -1, 1),
        ("convert", x => Op.Convert(Op.Convert(x, DType.F64), DType.F64) * x, -1, 1),
        ("for", x => Op.For(4, [x], (i, c) => [Op.Sin(c[0]) * x + Op.Convert(i, DType.F64)])[0], -1, 1),
        ("for two", x => Op.For(3, [x, Op.Ones(DType.F64, Shape.Scalar)], (_, c) => [c[0] * c[1], c[1] + Op.Mean(c[0])])[1], -1, 1),
        ("nested for", x => Op.For(2, [x], (_, outer) => [Op.For(3, [outer[0]], (_, inner) => [inner[0] * inner[0] * 0.5 + x])[0]])[0], -1, 1),
        ("softmax in for", x => Op.For(2, [x], (_, c) => [Op.Softmax(c[0] * 2.0) + Op.Erf(x)])[0], -1, 1),
        ("if", x => Op.If(Op.Sum(x) > 100.0, () => [x * x], () => [Op.Exp(x)])[0], -1, 1),
        ("case", x => Op.Case(Op.Constant(1L, DType.S32), [() => [x], () => [x * x * x], () => [-x]])[0], -1, 1),
        ("if in for", x => Op.For(3, [x], (i, c) => Op.If(Op.Equal(i, 1), () => [c[0] * x], () => [Op.Cos(c[0])]))[0], -1, 1),
        ("custom gradient", x => Op.CustomGradient([x], x * x, [x], (saved, g) => [saved[0] * g * 2.0]), -1, 1),
        ("while down", x => Op.While([Op.Constant(6L, DType.S32), x], c => c[0] > 0L, c => [c[0] - 2L, c[1] * c[1] + x])[1], -1, 1),
    ];

    public static IEnumerable<TestCaseData> Unary => UnaryCases.Select(c => new TestCaseData(c.Function, c.Low, c.High).SetName($"Gradient({c.Name})"));

    [TestCaseSource(nameof(Unary))]
    public void OfOneArgument(Func<Value, Value> function, double low, double high) =>
        Run(x => [function(x[0])], [Values([3, 5], low, high)]);

    private static readonly (string Name, Func<Value, Value, Value> Function)[] BinaryCases =
    [
        ("add", (x, y) => x + y),
        ("subtract", (x, y) => x - y),
        ("multiply", (x, y) => x * y),
        ("divide", (x, y) => x / (y + 2.0)),
        ("power", (x, y) => Op.Power(x + 1.5, y)),
        ("atan2", (x, y) => Op.Atan2(x, y)),
        ("max", (x, y) => Op.Max(x, y)),
        ("min", (x, y) => Op.Min(x, y)),
        ("remainder", (x, y) => Op.Remainder(x * 5.0, y + 1.7)),
        ("select", (x, y) => Op.Select(x > y, x * x, y)),
        ("broadcast row", (x, y) => x * Op.Slice(y, [1, 0], [2, 4])),
        ("broadcast vector", (x, y) => x + Op.Reshape(Op.Slice(y, [1, 0], [2, 4]), [4]) * 2.0),
        ("clamp bounds", (x, y) => Op.Clamp(Op.Reshape(Op.Slice(y, [0, 0], [1, 1]), Shape.Scalar) - 0.5, x, y + 0.3)),
        ("matmul", (x, y) => Op.MatMul(x, Op.Transpose(y))),
        ("dot two contracted", (x, y) => Op.DotGeneral(x, Op.Transpose(y), [(0, 1), (1, 0)])),
        ("dot batch", (x, y) => Op.DotGeneral(Op.Reshape(x, [2, 3, 2]), Op.Reshape(y, [3, 2, 2]), [(1, 0)], [(0, 2)])),
        ("dot no contraction", (x, y) => Op.DotGeneral(x, y, [], [(1, 1)])),
        ("dynamic update slice", (x, y) => Op.DynamicUpdateSlice(x, Op.Slice(y, [0, 0], [2, 2]), [Op.Constant(1L, DType.S32), Op.Constant(1L, DType.S32)])),
        ("scatter add", (x, y) => Op.ScatterAdd(x, Op.Constant<int>([2, 0, 2]), y, new() { UpdateWindowDims = [1], InsertedWindowDims = [0], ScatterDimsToOperandDims = [0], IndexVectorDim = 1 })),
        ("scatter add outside", (x, y) => Op.ScatterAdd(x, Op.Constant<int>([2, -1, 3]), y, new() { UpdateWindowDims = [1], InsertedWindowDims = [0], ScatterDimsToOperandDims = [0], IndexVectorDim = 1 })),
        ("scatter set", (x, y) => Op.ScatterSet(x, Op.Constant<int>([2, 0, 2]), y, new() { UpdateWindowDims = [1], InsertedWindowDims = [0], ScatterDimsToOperandDims = [0], IndexVectorDim = 1 })),
        ("sort together", (x, y) => Op.Sort([x, y], (l, r) => l[0] < r[0])[1]),
        ("cross entropy", (x, y) => Op.CrossEntropyWithLogits(x * y, Op.Constant<int>([3, 0, 2]))),
        ("captured by for", (x, y) => Op.For(3, [x], (_, c) => [Op.Tanh(c[0]) + y * y])[0]),
        ("captured by if", (x, y) => Op.If(Op.Sum(x) < 100.0, () => [x * y], () => [y])[0]),
    ];

    public static IEnumerable<TestCaseData> Binary => BinaryCases.Select(c => new TestCaseData(c.Function).SetName($"Gradient({c.Name})"));

    [TestCaseSource(nameof(Binary))]
    public void OfTwoArguments(Func<Value, Value, Value> function) =>
        Run(x => [function(x[0], x[1])], [Values([3, 4]), Values([3, 4], seed: 5)]);

    [TestCase(1, 1, 1, 1, 0, 0, false)]
    [TestCase(2, 1, 1, 1, 1, 0, false)]
    [TestCase(1, 2, 1, 1, 1, 2, false)]
    [TestCase(2, 1, 2, 1, 1, 1, true)]
    [TestCase(1, 1, 1, 2, 2, 1, false)]
    [TestCase(3, 2, 2, 2, 1, 2, true)]
    public void OfConvolution(long stride, long inputDilation, long kernelDilation, long groups, long low, long high, bool reversal)
    {
        Value Convolve(Value x, Value k, bool batchGroups) => Op.Convolution(x, k, null, [stride, 1], [(low, high), (1, 0)], [inputDilation, 1], [kernelDilation, 1],
            [reversal, false], featureGroups: batchGroups ? 1 : groups, batchGroups: batchGroups ? groups : 1);
        Run(v => [Convolve(v[0], v[1], false)], [Values([2, 2 * groups, 5, 3]), Values([2 * groups, 2, 2, 2], seed: 3)]);
        Run(v => [Convolve(v[0], v[1], true)], [Values([2 * groups, 2, 5, 3]), Values([2 * groups, 2, 2, 2], seed: 3)]);
    }

    [Test]
    public void OfConvolutionWithChannelsLast() =>
        Run(v => [Op.Convolution(v[0], v[1], ConvolutionDimensions.ChannelsLast(1), [2], [(1, 1)])], [Values([2, 6, 3]), Values([3, 3, 2], seed: 3)]);

    [Test]
    public void OfGatherWithSlicesOfTwoAxes() => Run(v =>
        [Op.Gather(v[0], Op.Constant<int>([0, 1, 2, 3, 1, 0], new Shape(3, 2)), new() { OffsetDims = [1, 2], StartIndexMap = [1, 0], IndexVectorDim = 1 }, [2, 2])],
        [Values([3, 4])]);

    [Test]
    public void OfGradientIsTheSecondDerivative() => Run(
        v => Gradient.Of(Op.Sum(Op.Sin(v[0]) * Op.Softmax(v[0]) + Op.Product(v[0], [1], keepDims: true)), v[0]), [Values([2, 3])], 1e-5);

    [Test]
    public void OfGradientOfLoopIsTheSecondDerivative() => Run(
        v => Gradient.Of(Op.Sum(Op.For(3, [v[0]], (_, c) => [Op.Sin(c[0]) * v[0]])[0]), v[0]), [Values([2])], 1e-5);

    [Test]
    public void ReductionSharesGradientBetweenEqualElements()
    {
        Graph graph = Graph.Trace(v => Gradient.Of(Op.ReduceMax(v[0]), v[0]), [(DType.F64, new Shape(4))]);
        Assert.That(Interpreter.Run(graph, new NdArray([4], [1, 3, 3, 2]))[0].Data, Is.EqualTo([0, 0.5, 0.5, 0]));
    }

    [Test]
    public void UnusedArgumentHasZeroGradient()
    {
        Graph graph = Graph.Trace(v => Gradient.Of(Op.Sum(v[0]), v[0], v[1]), [(DType.F64, new Shape(2)), (DType.F64, new Shape(3))]);
        Assert.That(Interpreter.Run(graph, Values([2]), Values([3]))[1].Data, Is.EqualTo([0, 0, 0]));
    }

    [Test]
    public void IsLinearInTheSizeOfTheProgram()
    {
        int Count(int length)
        {
            Graph graph = Graph.Trace(v =>
            {
                Value x = v[0];
                for (int i = 0; i < length; i++)
                    x = Op.Sin(x) * x;
                return Gradient.Of(Op.Sum(x), v[0]);
            }, [(DType.F64, new Shape(2))]);
            return graph.ToStableHlo().Count(c => c == '\n');
        }
        Assert.That(Count(400) - Count(200), Is.EqualTo(Count(200) - Count(0)).Within(20));
    }

    [Test]
    public void LoopWithUnknownTripCountIsRefused()
    {
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => Gradient.Of(
            Op.While([v[0]], c => c[0] < 10.0, c => [c[0] * 2.0])[0], v[0]), [(DType.F64, Shape.Scalar)]))!;
        Assert.That(error.Message, Does.Contain("Gradient of Op.While").And.Contain("Op.For").And.Contain(nameof(GradientTests)));
    }

    [Test]
    public void IntegerLossIsRefused()
    {
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => Gradient.Of(Op.Sum(v[0]), v[0]), [(DType.S32, new Shape(2))]))!;
        Assert.That(error.Message, Does.Contain("floating type"));
    }

    [Test]
    public void CustomCallWithoutRuleIsRefused()
    {
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => Gradient.Of(
            Op.Sum(Op.CustomCall("mine", [v[0]], [(DType.F64, new Shape(2))])[0]), v[0]), [(DType.F64, new Shape(2))]))!;
        Assert.That(error.Message, Does.Contain("Op.CustomCall").And.Contain("Op.CustomGradient"));
    }
}
