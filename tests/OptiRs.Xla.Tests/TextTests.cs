using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;

namespace OptiRs.Xla.Tests;

/// <summary>The StableHLO text: one golden case for each operation, locations, donation, constants that keep their bits.</summary>
[TestFixture]
internal sealed class TextTests
{
    private static readonly (DType, Shape) Vector = (DType.F32, new Shape(4));

    public static IEnumerable<TestCaseData> Cases =>
        TextCases.All.Select(c => new TestCaseData(c.Arguments, c.Function, c.Text).SetName($"Text({c.Name})"));

    [TestCaseSource(nameof(Cases))]
    public void OfOperation((DType, Shape)[] arguments, Func<Value[], Value[]> function, string expected)
    {
        string[] lines = Graph.Trace(function, arguments).ToStableHlo(new() { Locations = false }).Split('\n');
        string body = string.Join('\n', lines.Where(l => l.StartsWith("    ", StringComparison.Ordinal) && !l.StartsWith("    return", StringComparison.Ordinal)).Select(l => l[4..]));
        Assert.That(body, Is.EqualTo(expected));
    }

    [Test]
    public void OfModule()
    {
        Graph graph = Graph.Trace(v => [v[0], v[1] + v[1]], [Vector, (DType.BF16, Shape.Scalar)], "pair");
        Assert.That(graph.ToStableHlo(new() { Locations = false }), Is.EqualTo(
            """
            module @pair {
              func.func public @main(%arg0: tensor<4xf32>, %arg1: tensor<bf16>) -> (tensor<4xf32>, tensor<bf16>) {
                %0 = stablehlo.add %arg1, %arg1 : tensor<bf16>
                return %arg0, %0 : tensor<4xf32>, tensor<bf16>
              }
            }

            """));
    }

    [Test]
    public void IsTheSameEachTime()
    {
        static string Text() => Graph.Trace(v => Gradient.Of(Op.Sum(Op.Softmax(Op.MatMul(v[0], v[0]))), v[0]), [(DType.F32, new Shape(3, 3))]).ToStableHlo();
        string first = Text();
        Assert.That(Text(), Is.EqualTo(first));
    }

    [Test]
    public void NamesTheCSharpLineOfMethodsAndOperators()
    {
        int line = Line() + 1;
        string text = Graph.Trace(v => [Op.Exp(v[0]), v[0] * v[0]], [Vector]).ToStableHlo();
        Assert.That(text, Does.Contain($"stablehlo.exponential %arg0 : tensor<4xf32> loc(\"TextTests.cs\":{line}:1)"));
        Assert.That(text, Does.Contain($"stablehlo.multiply %arg0, %arg0 : tensor<4xf32> loc(\"TextTests.cs\":{line}:1)"));
    }

    [Test]
    public void GivesGradientsTheLineOfTheirForwardOperation()
    {
        int line = Line() + 3;
        string text = Graph.Trace(v =>
        {
            Value loss = Op.Sum(Op.Tanh(v[0]));
            return Gradient.Of(loss, v[0]);
        }, [Vector]).ToStableHlo();
        string multiply = text.Split('\n').Last(l => l.Contains("stablehlo.multiply", StringComparison.Ordinal));
        Assert.That(multiply, Does.Contain($":{line}:1"));
    }

    [Test]
    public void LeavesOutWhatNobodyNeeds()
    {
        string text = Graph.Trace(v =>
        {
            _ = Op.Exp(v[0]);
            Op.CustomCall("trace", [v[0]], [(DType.Pred, Shape.Scalar)], hasSideEffect: true);
            return [v[0]];
        }, [Vector]).ToStableHlo();
        Assert.That(text, Does.Not.Contain("exponential").And.Contain("@trace(%arg0) {has_side_effect = true}"));
    }

    [Test]
    public void WritesDonationsAndNames()
    {
        Graph graph = Graph.Trace(v => [v[2] + 1.0, v[0] + 1.0], [Vector, (DType.S32, Shape.Scalar), Vector]);
        string text = graph.ToStableHlo(new() { DonatedArguments = [0, 1, 2], ArgumentNames = ["weight", "step", "moment"], Locations = false });
        Assert.That(text, Does.Contain("%arg0: tensor<4xf32> {tf.aliasing_output = 0 : i32} loc(\"weight\")"));
        Assert.That(text, Does.Contain("%arg1: tensor<i32> {jax.buffer_donor = true} loc(\"step\")"));
        Assert.That(text, Does.Contain("%arg2: tensor<4xf32> {tf.aliasing_output = 1 : i32}"));
    }

    [Test]
    public void RefusesDonationOfWhatIsNoArgument()
    {
        Graph graph = Graph.Trace(v => v, [Vector]);
        Assert.That(() => graph.ToStableHlo(new() { DonatedArguments = [3] }), Throws.ArgumentException.With.Message.Contains("3 is no argument"));
    }

    [Test]
    public void CopiesConstantsIntoReducers()
    {
        string text = Graph.Trace(v =>
        {
            Value outside = Op.Constant(2.0, DType.F32);
            return Op.Reduce([v[0]], [Op.Constant(0.0, DType.F32)], [0], (a, x) => [a[0] + x[0] * outside]);
        }, [Vector]).ToStableHlo(new() { Locations = false });
        int reducer = text.IndexOf("reducer", StringComparison.Ordinal);
        Assert.That(text.IndexOf("dense<2.0>", StringComparison.Ordinal), Is.GreaterThan(reducer));
    }

    [Test]
    public void WritesEqualConstantsOnce()
    {
        string text = Graph.Trace(v => [v[0] * 2.0 + Op.Sin(v[0] * 2.0) + 3.0], [Vector]).ToStableHlo();
        Assert.That(text.Split("dense<2.0>"), Has.Length.EqualTo(2));
        Assert.That(text.Split("stablehlo.constant"), Has.Length.EqualTo(3));
    }

    [Test]
    public void FloatsReadBackToTheSameBits() => Prop.ForAll((float value) =>
    {
        string text = Graph.Trace(_ => [Op.Constant<float>([value, 0.5f])], []).ToStableHlo();
        string number = text.Split("dense<[")[1].Split(',')[0];
        float back = number.StartsWith("0x", StringComparison.Ordinal)
            ? BitConverter.UInt32BitsToSingle(Convert.ToUInt32(number, 16))
            : (float)double.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
        return BitConverter.SingleToUInt32Bits(back) == BitConverter.SingleToUInt32Bits(value);
    }).Check(Config.QuickThrowOnFailure.WithReplay(1, 3));

    private static int Line([CallerLineNumber] int line = 0) => line;
}
