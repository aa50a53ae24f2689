using System.Reflection;
using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;

namespace OptiRs.Xla.Tests;

/// <summary>Shapes that are inferred, and errors: each names the operation, the shapes, the offending value and this file's line.</summary>
[TestFixture]
internal sealed class InferenceTests
{
    private static readonly (DType, Shape)[] Arguments = [(DType.F32, new Shape(2, 3)), (DType.F32, new Shape(4, 5)), (DType.S32, new Shape(7)), (DType.Pred, Shape.Scalar)];

    private static readonly (string Name, Func<Value[], Value> Function, string[] Parts)[] Refused =
    [
        ("add shapes", v => Op.Add(v[0], v[1]), ["Op.Add", "f32[2,3]", "f32[4,5]", "do not broadcast"]),
        ("operator shapes", v => v[0] + v[1], ["Op.Add", "f32[2,3]", "f32[4,5]"]),
        ("types", v => v[0] * v[2], ["Op.Multiply", "f32", "i32", "Op.Convert"]),
        ("exp of integers", v => Op.Exp(v[2]), ["Op.Exponential", "i32[7]", "floating"]),
        ("fraction as integer", v => v[2] + 0.5, ["0.5", "i32"]),
        ("constant out of range", v => Op.Constant(300L, DType.U8) + v[2], ["300", "0..255", "ui8"]),
        ("constant count", v => Op.Constant<float>([1, 2, 3], new Shape(2, 2)), ["Op.Constant", "3 elements", "f32[2,2]"]),
        ("reshape", v => Op.Reshape(v[0], [4, 2]), ["Op.Reshape", "f32[2,3]", "6 elements", "[4,2]"]),
        ("transpose", v => Op.Transpose(v[0], [0, 0]), ["Op.Transpose", "[0,0]", "permutation"]),
        ("axis", v => Op.Sum(v[0], 2), ["Op.Sum", "axis 2", "-2..1"]),
        ("axis of a scalar", v => Op.Sum(Op.Mean(v[0]), 0), ["Op.Sum(f32[])", "no axis 0", "a scalar has no axes"]),
        ("axis of a scalar iota", _ => Op.Iota(DType.S32, Shape.Scalar, -1), ["Op.Iota", "no axis -1", "a scalar has no axes", "i32[]"]),
        ("slice", v => Op.Slice(v[0], [0, 0], [2, 4]), ["Op.Slice", "dimension 1", "[0:4:1]", "0..3"]),
        ("concatenate", v => Op.Concatenate([v[0], v[1]]), ["Op.Concatenate", "f32[4,5]", "f32[2,3]"]),
        ("pad", v => Op.Pad(v[0], v[1], [0, 0], [0, 0]), ["Op.Pad", "scalar"]),
        ("matmul", v => Op.MatMul(v[0], v[1]), ["Op.MatMul", "3 on the left", "4 on the right", "Op.Transpose"]),
        ("dot", v => Op.DotGeneral(v[0], v[1], [(0, 0)]), ["Op.DotGeneral", "axis 0 of the left side is 2", "4"]),
        ("select", v => Op.Select(v[0], v[0], v[0]), ["Op.Select", "predicate"]),
        ("clamp", v => Op.Clamp(v[1], v[0], v[1]), ["Op.Clamp", "f32[4,5]"]),
        ("take", v => Op.Take(v[0], v[1]), ["Op.Gather", "not integers"]),
        ("take a negative constant", v => Op.Take(v[0], Op.Constant<int>([0, -1])), ["Op.Take", "index -1", "2 parts along axis 0", "count from 0"]),
        ("take past the end", v => Op.Take(v[0], Op.Constant(3L, DType.U64), -1), ["Op.Take", "index 3", "3 parts along axis 1"]),
        ("take along an axis a negative constant", v => Op.TakeAlongAxis(v[0], Op.Constant<long>([0, -2], new Shape(2, 1)), 1), ["Op.TakeAlongAxis", "index -2", "3 parts along axis 1"]),
        ("dynamic slice", v => Op.DynamicSlice(v[0], [v[2], v[2]], [1, 1]), ["Op.DynamicSlice", "i32[7]", "integer scalar"]),
        ("while body", v => Op.While([v[0]], c => v[3], c => [c[0], c[0]])[0], ["Op.While", "the body of Op.While", "f32[2,3], f32[2,3]"]),
        ("if branches", v => Op.If(v[3], () => [v[0]], () => [v[1]])[0], ["Op.If", "branch 1", "f32[4,5]", "f32[2,3]"]),
        ("if predicate", v => Op.If(v[0], () => [v[0]], () => [v[0]])[0], ["Op.If", "pred"]),
        ("reducer", v => Op.Reduce([v[0]], [Op.Constant(0.0, DType.F32)], [0], (a, x) => [a[0] < x[0]])[0], ["Op.Reduce", "(i1[])", "(f32[])"]),
        ("reducer captures", v => Op.Reduce([v[0]], [Op.Constant(0.0, DType.F32)], [0], (a, x) => [a[0] + Op.Sum(v[1])])[0], ["f32[4,5]", "its own arguments"]),
        ("convolution", v => Op.Convolution(Op.Reshape(v[0], [1, 2, 3]), Op.Reshape(v[1], [4, 5, 1])), ["Op.Convolution", "2 channels", "takes 5"]),
        ("sort", v => Op.Sort([v[0], v[1]], (l, r) => l[0] < r[0])[0], ["Op.Sort", "[4,5]", "[2,3]"]),
        ("window", v => Op.SumWindow(v[0], [2]), ["Op.ReduceWindow", "2 entries"]),
        ("key", v => Rng.Uniform(v[2], new Shape(2)), ["Rng.Uniform", "i32[7]", "Rng.Key"]),
        ("empty interval", _ => Rng.Uniform(Rng.Key(1), new Shape(2), DType.F32, 3, 3), ["Rng.Uniform", "no f32 is in [3, 3)"]),
        ("interval that rounds to nothing", _ => Rng.Uniform(Rng.Key(1), new Shape(2), DType.BF16, 1, 1.001), ["Rng.Uniform", "no bf16", "low must be below high"]),
        ("null function", _ => null!, ["Graph.Trace of 'main'", "gives null as result 0"]),
        ("null condition", v => Op.While([v[0]], _ => null!, c => c)[0], ["the condition of Op.While", "gives null as result 0"]),
        ("null body", v => Op.While([v[0]], _ => v[3], _ => null!)[0], ["the body of Op.While", "gives null; it must give values"]),
        ("null in a loop", v => Op.For(3, [v[0]], (_, _) => null!)[0], ["the body of Op.While", "gives null;"]),
        ("null branch", v => Op.If(v[3], () => [v[0]], () => [null!])[0], ["branch 1 of Op.If", "gives null as result 0"]),
        ("null order", v => Op.Sort([v[0]], (_, _) => null!)[0], ["the comparator of Op.Sort", "gives null"]),
        ("null reducer", v => Op.Reduce([v[0]], [Op.Constant(0.0, DType.F32)], [0], (_, _) => null!)[0], ["the reducer of Op.Reduce", "gives null"]),
        ("mean of integers", v => Op.Mean(v[2]), ["Op.Mean", "i32[7]"]),
        ("order of complex", v => Op.Complex(v[0], v[0]) < Op.Complex(v[0], v[0]), ["Op.Compare", "complex", "Lt"]),
    ];

    public static IEnumerable<TestCaseData> Cases => Refused.Select(c => new TestCaseData(c.Function, c.Parts).SetName($"Refuses({c.Name})"));

    [TestCaseSource(nameof(Cases))]
    public void NamesWhatIsWrong(Func<Value[], Value> function, string[] parts)
    {
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => [function(v)], Arguments))!;
        foreach (string part in parts)
            Assert.That(error.Message, Does.Contain(part));
        Assert.That(error.Code, Is.EqualTo(ErrorCode.InvalidArgument));
        Assert.That(error.File, Does.EndWith($"{nameof(InferenceTests)}.cs"));
        Assert.That(error.Line, Is.GreaterThan(0));
    }

    [Test]
    public void RefusesFunctionsThatGiveNothing()
    {
        Assert.That(() => Graph.Trace(_ => null!, Arguments, "step"), Throws.TypeOf<GraphException>().With.Message.Contains("Graph.Trace of 'step': the function gives null;"));
        Assert.That(
            () => Graph.Trace(v => Gradient.Of(Op.Sum(Op.CustomGradient([v[0]], v[0], [], (_, _) => null!)), v[0]), Arguments),
            Throws.TypeOf<GraphException>().With.Message.Contains("the rule gives null"));
        Assert.That(() => Graph.Trace(v => Op.Case(Op.Constant(0L, DType.S32), [() => v, null!]), Arguments), Throws.ArgumentNullException);
    }

    [TestCase("op_Equality")]
    [TestCase("op_Inequality")]
    public void TheCompilerRefusesToCompareValues(string name)
    {
        var refusal = typeof(Value).GetMethod(name)?.GetCustomAttribute<ObsoleteAttribute>();
        Assert.That(refusal, Is.Not.Null.And.Property(nameof(ObsoleteAttribute.IsError)).True);
        Assert.That(refusal!.Message, Does.Contain("Op.Equal"));
        Graph.Trace(v =>
        {
            Assert.That(new HashSet<Value> { v[0], v[1], v[0] }, Has.Count.EqualTo(2), "identity still decides in sets");
            return v;
        }, Arguments);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void ErrorsPointAtTheLine(bool locations)
    {
        int line = Line() + 1;
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => [v[0] + v[1]], Arguments, locations: locations))!;
        Assert.That(error.Line, Is.EqualTo(line));
        Assert.That(error.Message, Does.Contain($"{nameof(InferenceTests)}.cs:{line}"));
    }

    [Test]
    public void RefusesValuesOfAnotherGraph()
    {
        Value? leaked = null;
        Graph.Trace(v => [leaked = Op.Exp(v[0])], Arguments);
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => [v[0] + leaked!], Arguments))!;
        Assert.That(error.Message, Does.Contain("another graph"));
    }

    [Test]
    public void RefusesValuesOfAClosedRegion()
    {
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v =>
        {
            Value? inner = null;
            Op.For(2, [v[0]], (_, c) => [inner = Op.Exp(c[0])]);
            return [inner! + v[0]];
        }, Arguments))!;
        Assert.That(error.Message, Does.Contain("the body of Op.While").And.Contain("closed"));
    }

    [Test]
    public void RefusesOperationsOutsideAFunction() =>
        Assert.That(() => Op.Zeros(DType.F32, new Shape(2)), Throws.TypeOf<GraphException>().With.Message.Contains("outside a traced function"));

    [Test]
    public void ErrorsInCompositesPointAtTheirCaller()
    {
        int line = Line() + 1;
        var error = Assert.Throws<GraphException>(() => Graph.Trace(v => [Op.Softmax(v[2])], Arguments))!;
        Assert.That(error.Line, Is.EqualTo(line));
    }

    [TestCase(new long[] { 2, 3 }, new long[] { 3 }, new long[] { 2, 3 })]
    [TestCase(new long[] { 2, 1 }, new long[] { 1, 3 }, new long[] { 2, 3 })]
    [TestCase(new long[] { }, new long[] { 4 }, new long[] { 4 })]
    [TestCase(new long[] { 5, 1, 2 }, new long[] { 3, 1 }, new long[] { 5, 3, 2 })]
    public void BroadcastsAsNumPyDoes(long[] left, long[] right, long[] expected)
    {
        NdArray x = GradientCheck.Values(left), y = GradientCheck.Values(right);
        Graph graph = Graph.Trace(v => [v[0] * v[1]], [(DType.F64, new Shape(left)), (DType.F64, new Shape(right))]);
        NdArray result = Interpreter.Run(graph, x, y)[0];
        Assert.That(result.Shape, Is.EqualTo(expected));
        NdArray Aligned(NdArray a, long[] at) => NdArray.Scalar(a[[.. a.Shape.Select((size, k) => size == 1 ? 0 : at[at.Length - a.Shape.Length + k])]]);
        foreach (long[] i in NdArray.Indices(expected))
            Assert.That(result[i], Is.EqualTo(Aligned(x, i).Data[0] * Aligned(y, i).Data[0]));
    }

    [Test]
    public void ProvesThePropertyThatTransposingTwiceChangesNothing() => Prop.ForAll((byte seed, byte a, byte b) =>
    {
        long[] shape = [a % 4 + 1, b % 4 + 1, 2];
        int[] permutation = [.. Enumerable.Range(0, 3).OrderBy(i => (seed >> i) & 1)];
        int[] inverse = [.. Enumerable.Range(0, 3).Select(i => Array.IndexOf(permutation, i))];
        Graph graph = Graph.Trace(v => [Op.Transpose(Op.Transpose(v[0], permutation), inverse)], [(DType.F64, new Shape(shape))]);
        NdArray x = GradientCheck.Values(shape, seed: seed);
        return Interpreter.Run(graph, x)[0].Data.SequenceEqual(x.Data);
    }).Check(Config.QuickThrowOnFailure.WithReplay(1, 3));

    private static int Line([CallerLineNumber] int line = 0) => line;
}
