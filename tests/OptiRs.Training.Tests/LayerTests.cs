using OptiRs.Native;
using OptiRs.Xla;
using static OptiRs.Training.Tests.Device;

namespace OptiRs.Training.Tests;

/// <summary>Every layer against its formula written out in doubles.</summary>
public sealed class LayerTests
{
    private const double Tolerance = 1e-11;

    private static double[] LinearReference(double[] x, double[] weight, double[]? bias, int inputs)
    {
        int outputs = weight.Length / inputs, rows = x.Length / inputs;
        var y = new double[rows * outputs];
        for (int r = 0; r < rows; ++r)
            for (int o = 0; o < outputs; ++o)
                y[r * outputs + o] = (bias?[o] ?? 0) + Enumerable.Range(0, inputs).Sum(i => x[r * inputs + i] * weight[o * inputs + i]);
        return y;
    }

    private static double[] LayerNormReference(double[] x, double[] weight, double[] bias, int width)
    {
        var y = new double[x.Length];
        for (int r = 0; r < x.Length; r += width)
        {
            double mean = x[r..(r + width)].Average(), variance = x[r..(r + width)].Average(v => (v - mean) * (v - mean));
            for (int i = 0; i < width; ++i) y[r + i] = (x[r + i] - mean) / Math.Sqrt(variance + 1e-5) * weight[i] + bias[i];
        }
        return y;
    }

    private static double GeluReference(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    private static double[] AttentionReference(double[] x, Dictionary<string, double[]> p, string prefix, int batch, int time, int width, int heads)
    {
        double[] qkv = LinearReference(x, p[prefix + "qkv.weight"], p[prefix + "qkv.bias"], width);
        int size = width / heads;
        double At(int part, int b, int t, int h, int i) => qkv[(b * time + t) * 3 * width + part * width + h * size + i];
        var joined = new double[batch * time * width];
        for (int b = 0; b < batch; ++b)
        for (int h = 0; h < heads; ++h)
        for (int t = 0; t < time; ++t)
        {
            double[] weights = [.. Enumerable.Range(0, t + 1).Select(s => Math.Exp(Enumerable.Range(0, size).Sum(i => At(0, b, t, h, i) * At(1, b, s, h, i)) / Math.Sqrt(size)))];
            for (int i = 0; i < size; ++i)
                joined[(b * time + t) * width + h * size + i] = Enumerable.Range(0, t + 1).Sum(s => weights[s] * At(2, b, s, h, i)) / weights.Sum();
        }
        return LinearReference(joined, p[prefix + "out.weight"], p[prefix + "out.bias"], width);
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static void AssertClose(double[] actual, double[] expected) =>
        Assert.That(actual, Is.EqualTo(expected).AsCollection.Within(Tolerance));

    [Test]
    public void Linear_is_x_times_weight_transposed_plus_bias()
    {
        double[] x = Random("x", 2 * 3 * 5);
        var layer = new Linear(5, 4);
        var (y, p) = Run(layer, layer.Forward, new Shape(2, 3, 5), x);
        AssertClose(y, LinearReference(x, p["weight"], p["bias"], 5));
    }

    [Test]
    public void Linear_without_bias_has_no_bias_and_refuses_other_widths()
    {
        var layer = new Linear(5, 4, bias: false);
        Assert.That(layer.NamedParameters().Select(p => p.Name), Is.EqualTo(new[] { "weight" }));
        Assert.That(() => Run(layer, layer.Forward, new Shape(2, 6), new double[12]),
            Throws.ArgumentException.With.Message.Contains("[2,6]").And.Message.Contains("5 inputs"));
    }

    [Test]
    public void Embedding_looks_rows_up()
    {
        var layer = new Embedding(4, 3);
        var (y, p) = Run(layer, (context, x) => layer.Forward(context, Op.Convert(x, DType.S32)), new Shape(1, 3), [2, 0, 3]);
        double[] table = p["weight"];
        AssertClose(y, [.. table[6..9], .. table[0..3], .. table[9..12]]);
    }

    [Test]
    public void Layer_norm_is_its_formula()
    {
        double[] x = Random("x", 3 * 7);
        var layer = new LayerNorm(7);
        var (y, p) = Run(layer, layer.Forward, new Shape(3, 7), x);
        AssertClose(y, LayerNormReference(x, p["weight"], p["bias"], 7));
    }

    [Test]
    public void Rms_norm_is_its_formula()
    {
        double[] x = Random("x", 3 * 7);
        var layer = new RMSNorm(7);
        var (y, p) = Run(layer, layer.Forward, new Shape(3, 7), x);
        AssertClose(y, [.. x.Select((v, i) =>
            v / Math.Sqrt(x[(i / 7 * 7)..(i / 7 * 7 + 7)].Average(u => u * u) + 1e-6) * p["weight"][i % 7])]);
    }

    [Test]
    public void Attention_is_its_formula()
    {
        double[] x = Random("x", 2 * 5 * 6);
        var layer = new CausalSelfAttention(6, 3);
        var (y, p) = Run(layer, layer.Forward, new Shape(2, 5, 6), x);
        AssertClose(y, AttentionReference(x, p, "", 2, 5, 6, 3));
        Assert.That(() => new CausalSelfAttention(6, 4), Throws.ArgumentException.With.Message.Contains("4 heads do not divide a width of 6"));
    }

    [Test]
    public void A_block_is_its_formula()
    {
        double[] x = Random("x", 2 * 4 * 6);
        var layer = new TransformerBlock(6, 2);
        var (y, p) = Run(layer, layer.Forward, new Shape(2, 4, 6), x);
        double[] middle = Add(x, AttentionReference(LayerNormReference(x, p["norm1.weight"], p["norm1.bias"], 6), p, "attention.", 2, 4, 6, 2));
        double[] hidden = LinearReference(LayerNormReference(middle, p["norm2.weight"], p["norm2.bias"], 6), p["mlp.up.weight"], p["mlp.up.bias"], 6);
        double[] branch = LinearReference([.. hidden.Select(GeluReference)], p["mlp.down.weight"], p["mlp.down.bias"], 24);
        AssertClose(y, Add(middle, branch));
    }

    [Test]
    public void A_model_never_looks_ahead()
    {
        var model = new GptModel(new GptConfig { Layers = 2, Width = 8, Heads = 2, ContextLength = 6, VocabularySize = 5 });
        double[] Losses(double[] window) =>
            Run(model, (context, x) => model.TokenLosses(context, Op.Convert(x, DType.S32)), new Shape(1, 7), window).Result;
        double[] one = Losses([1, 2, 3, 4, 0, 1, 2]), other = Losses([1, 2, 3, 4, 4, 4, 4]);
        Assert.That(other[..3], Is.EqualTo(one[..3]), "the same past and the same target");
        Assert.That(other[4], Is.Not.EqualTo(one[4]));
    }

    [Test]
    public void Every_parameter_of_a_model_gets_the_gradient_of_finite_differences()
    {
        var model = new GptModel(new GptConfig { Layers = 1, Width = 4, Heads = 2, ContextLength = 3, VocabularySize = 5 });
        var named = model.NamedParameters();
        (Shape, double[])[] arguments = [.. named.Select(p => (p.Parameter.Shape, Random(p.Name, p.Parameter.Shape.ElementCount)))];
        Value Loss(Value[] values) => Op.Mean(model.TokenLosses(
            new ForwardContext(named.Select((p, i) => (p.Parameter, values[i])).ToDictionary(p => p.Parameter, p => p.Item2), DType.F64),
            Op.Constant<int>([1, 2, 3, 0, 4, 4, 0, 1], new Shape(2, 4))));
        double[][] gradients = Run(values => Gradient.Of(Loss(values), values), arguments);
        JittedFunction loss = Device.Session.Jit(values => [Loss(values)]);

        double At(int parameter, int index, double change)
        {
            PjrtBuffer[] buffers = [.. arguments.Select((a, p) =>
            {
                double[] values = [.. a.Item2];
                if (p == parameter) values[index] += change;
                return Device.Session.Put<double>(values, a.Item1);
            })];
            PjrtBuffer[] results = loss.Call(buffers);
            double value = results[0].ToArray<double>()[0];
            foreach (PjrtBuffer buffer in buffers.Concat(results)) buffer.Dispose();
            return value;
        }

        const double h = 1e-5;
        for (int p = 0; p < named.Count; ++p)
        {
            int index = gradients[p].Length / 2;
            double expected = (At(p, index, h) - At(p, index, -h)) / (2 * h);
            Assert.That(gradients[p][index], Is.EqualTo(expected).Within(1e-7 * Math.Max(1, Math.Abs(expected))), named[p].Name);
        }
    }

    [Test]
    public void Dropout_keeps_the_mean_and_drops_its_share_and_only_while_training()
    {
        var dropout = new Dropout(0.25);
        double[] With(uint[]? key) => Run(arguments =>
        {
            var context = new ForwardContext(new Dictionary<Parameter, Value>(), DType.F64, key is null ? null : Op.Constant<uint>(key, new Shape(2)));
            return [dropout.Forward(context, arguments[0])];
        }, (new Shape(100, 100), Enumerable.Repeat(3.0, 10_000).ToArray()))[0];

        double[] dropped = With([1, 2]);
        Assert.That(dropped.Distinct().Order(), Is.EqualTo(new[] { 0.0, 4.0 }).AsCollection.Within(1e-6));
        // Five standard errors of a share of 10,000.
        Assert.That(dropped.Count(v => v == 0) / 1e4, Is.EqualTo(0.25).Within(5 * Math.Sqrt(0.25 * 0.75 / 1e4)));
        Assert.That(With([1, 2]), Is.EqualTo(dropped), "the same key, the same mask");
        Assert.That(With([1, 3]), Is.Not.EqualTo(dropped));
        Assert.That(With(null), Has.All.EqualTo(3.0));
        Assert.That(() => new Dropout(1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Names_and_start_values_do_not_depend_on_what_else_is_in_the_model()
    {
        GptConfig config = new() { Layers = 2, Width = 8, Heads = 2, ContextLength = 4, VocabularySize = 5 };
        var small = new GptModel(config).NamedParameters();
        var large = new GptModel(config with { Layers = 3 }).NamedParameters().ToDictionary(p => p.Name, p => p.Parameter);
        Assert.That(small.Select(p => p.Name), Does.Contain("blocks.1.attention.qkv.weight").And.Contains("head.weight").And.No.Contains("head.bias"));
        foreach (var (name, parameter) in small.Where(p => !p.Name.EndsWith("out.weight", StringComparison.Ordinal) && !p.Name.EndsWith("down.weight", StringComparison.Ordinal)))
            Assert.That(large[name].InitialValues(name, 1), Is.EqualTo(parameter.InitialValues(name, 1)));
    }
}
