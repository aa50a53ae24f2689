namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Programs of the embedded plugin that call kernels by name: bit for bit what the kernel itself gives.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class KernelCallTests
{
    private PjrtPlugin _plugin = null!;
    private PjrtClient _client = null!;

    [OneTimeSetUp]
    public void Open()
    {
        _plugin = PjrtPlugin.Load(PluginUnderTest.Get("embedded").Path);
        _client = _plugin.CreateClient();
    }

    [OneTimeTearDown]
    public void Close()
    {
        _client?.Dispose();
        _plugin?.Dispose();
    }

    [Test]
    public void AttentionAndItsGradient()
    {
        const string q = "tensor<2x5x4x8xf32>", kv = "tensor<2x7x2x8xf32>", lse = "tensor<2x4x5xf32>", lengths = "tensor<2xi32>";
        float[] queries = Numbers(2 * 5 * 4 * 8, 1), keys = Numbers(2 * 7 * 2 * 8, 2), values = Numbers(2 * 7 * 2 * 8, 3), change = Numbers(2 * 5 * 4 * 8, 4);
        int[] keyLengths = [7, 3];
        object[] results = Run(
            $$"""
            func.func public @main(%q: {{q}}, %k: {{kv}}, %v: {{kv}}, %n: {{lengths}}, %dout: {{q}}) -> ({{q}}, {{lse}}, {{q}}, {{kv}}, {{kv}}) {
              %0:2 = stablehlo.custom_call @optirs.attention(%q, %k, %v, %n) {api_version = 4 : i32, backend_config = {operands = ["q", "k", "v", "kv_lengths"], scale = 0.5 : f64, mask = 2 : i64} } : ({{q}}, {{kv}}, {{kv}}, {{lengths}}) -> ({{q}}, {{lse}})
              %1:3 = stablehlo.custom_call @optirs.attention_backward(%dout, %q, %k, %v, %0#0, %0#1, %n) {api_version = 4 : i32, backend_config = {operands = ["dout", "q", "k", "v", "out", "lse", "kv_lengths"], scale = 0.5 : f64, mask = 2 : i64} } : ({{q}}, {{q}}, {{kv}}, {{kv}}, {{q}}, {{lse}}, {{lengths}}) -> ({{q}}, {{kv}}, {{kv}})
              return %0#0, %0#1, %1#0, %1#1, %1#2 : {{q}}, {{lse}}, {{q}}, {{kv}}, {{kv}}
            }
            """,
            Argument(queries, 2, 5, 4, 8), Argument(keys, 2, 7, 2, 8), Argument(values, 2, 7, 2, 8), Argument(keyLengths, 2), Argument(change, 2, 5, 4, 8));
        float[] output = new float[queries.Length], expectedLse = new float[40];
        float[] dq = new float[queries.Length], dk = new float[keys.Length], dv = new float[values.Length];
        var options = new AttentionOptions
        {
            Scale = 0.5, Mask = AttentionMask.CausalBottomRight, KeyLengths = ReadOnlyKernelTensor.Of<int>(keyLengths, 2),
        };
        var kernelQ = ReadOnlyKernelTensor.Of<float>(queries, 2, 5, 4, 8);
        var kernelK = ReadOnlyKernelTensor.Of<float>(keys, 2, 7, 2, 8);
        var kernelV = ReadOnlyKernelTensor.Of<float>(values, 2, 7, 2, 8);
        Kernels.Attention(kernelQ, kernelK, kernelV, KernelTensor.Of<float>(output, 2, 5, 4, 8), options, KernelTensor.Of<float>(expectedLse, 2, 4, 5));
        Kernels.AttentionBackward(
            ReadOnlyKernelTensor.Of<float>(change, 2, 5, 4, 8), kernelQ, kernelK, kernelV, ReadOnlyKernelTensor.Of<float>(output, 2, 5, 4, 8),
            ReadOnlyKernelTensor.Of<float>(expectedLse, 2, 4, 5), KernelTensor.Of<float>(dq, 2, 5, 4, 8), KernelTensor.Of<float>(dk, 2, 7, 2, 8),
            KernelTensor.Of<float>(dv, 2, 7, 2, 8), options);
        Assert.That(results, Is.EqualTo(new object[] { output, expectedLse, dq, dk, dv }));
    }

    [Test]
    public void NormsWithTheirOrderOfOperands()
    {
        const string x = "tensor<6x40xf32>", row = "tensor<40xf32>", column = "tensor<6xf32>";
        float[] numbers = Numbers(240, 1), gamma = Numbers(40, 2), beta = Numbers(40, 3);
        object[] results = Run(
            $$"""
            func.func public @main(%x: {{x}}, %g: {{row}}, %b: {{row}}) -> ({{x}}, {{column}}, {{column}}, {{x}}, {{x}}) {
              %0:3 = stablehlo.custom_call @optirs.layer_norm(%x, %g, %b) : ({{x}}, {{row}}, {{row}}) -> ({{x}}, {{column}}, {{column}})
              %1 = stablehlo.custom_call @optirs.rms_norm(%x, %g) {api_version = 4 : i32, backend_config = {epsilon = 0.25 : f64} } : ({{x}}, {{row}}) -> {{x}}
              %2 = stablehlo.custom_call @optirs.rms_norm(%x) : ({{x}}) -> {{x}}
              return %0#0, %0#1, %0#2, %1, %2 : {{x}}, {{column}}, {{column}}, {{x}}, {{x}}
            }
            """,
            Argument(numbers, 6, 40), Argument(gamma, 40), Argument(beta, 40));
        float[] layer = new float[240], mean = new float[6], rstd = new float[6], rms = new float[240], plain = new float[240];
        var of = ReadOnlyKernelTensor.Of<float>(numbers, 6, 40);
        Kernels.LayerNorm(
            of, KernelTensor.Of<float>(layer, 6, 40), ReadOnlyKernelTensor.Of<float>(gamma, 40), ReadOnlyKernelTensor.Of<float>(beta, 40),
            mean: KernelTensor.Of<float>(mean, 6), rstd: KernelTensor.Of<float>(rstd, 6));
        Kernels.RmsNorm(of, KernelTensor.Of<float>(rms, 6, 40), ReadOnlyKernelTensor.Of<float>(gamma, 40), 0.25);
        Kernels.RmsNorm(of, KernelTensor.Of<float>(plain, 6, 40));
        Assert.That(results, Is.EqualTo(new object[] { layer, mean, rstd, rms, plain }));
    }

    [Test]
    public void EightBitFloatsAndTheirProducts()
    {
        const string x = "tensor<16x32xf32>", codes = "tensor<16x32xf8E4M3FN>", product = "tensor<16x16xf32>", one = "tensor<f32>";
        float[] numbers = Numbers(512, 1), scale = [8], inverse = [0.125f];
        object[] results = Run(
            $$"""
            func.func public @main(%x: {{x}}, %s: {{one}}, %i: {{one}}) -> ({{codes}}, {{one}}, {{x}}, {{product}}) {
              %0:2 = stablehlo.custom_call @optirs.quantize(%x, %s) : ({{x}}, {{one}}) -> ({{codes}}, {{one}})
              %1 = stablehlo.custom_call @optirs.dequantize(%0#0, %i) : ({{codes}}, {{one}}) -> {{x}}
              %2 = stablehlo.custom_call @optirs.matmul(%0#0, %0#0, %i, %i) {api_version = 4 : i32, backend_config = {transpose_b = true, alpha = 2.0 : f64} } : ({{codes}}, {{codes}}, {{one}}, {{one}}) -> {{product}}
              return %0#0, %0#1, %1, %2 : {{codes}}, {{one}}, {{x}}, {{product}}
            }
            """,
            Argument(numbers, 16, 32), Argument(scale), Argument(inverse));
        var expected = new Float8E4M3[512];
        float[] amax = new float[1], back = new float[512], multiplied = new float[256];
        Kernels.Quantize(
            ReadOnlyKernelTensor.Of<float>(numbers, 16, 32), KernelTensor.Of<Float8E4M3>(expected, 16, 32), ReadOnlyKernelTensor.Of<float>(scale, 1),
            KernelTensor.Of<float>(amax, 1));
        var of = ReadOnlyKernelTensor.Of<Float8E4M3>(expected, 16, 32);
        Kernels.Dequantize(of, KernelTensor.Of<float>(back, 16, 32), ReadOnlyKernelTensor.Of<float>(inverse, 1));
        Kernels.Matmul(
            of, of, KernelTensor.Of<float>(multiplied, 16, 16),
            new MatmulOptions
            {
                TransposeB = true, Alpha = 2, ScaleA = ReadOnlyKernelTensor.Of<float>(inverse, 1), ScaleB = ReadOnlyKernelTensor.Of<float>(inverse, 1),
            },
            new byte[4096]);
        Assert.That(results, Is.EqualTo(new object[] { expected, amax, back, multiplied }));
    }

    [Test]
    public void AnOptimizerStepTakesItsNumbersAsOperands()
    {
        const string p = "tensor<3x5xf32>";
        float[] parameter = Numbers(15, 1), gradient = Numbers(15, 2), zeros = new float[15];
        int[] step = [7];
        float[] rate = [0.25f];
        object[] results = Run(
            $$"""
            func.func public @main(%p: {{p}}, %g: {{p}}, %m: {{p}}, %v: {{p}}, %t: tensor<i32>, %r: tensor<f32>) -> ({{p}}, {{p}}, {{p}}, {{p}}) {
              %0:3 = stablehlo.custom_call @optirs.adamw(%p, %g, %m, %v, %t, %r) {api_version = 4 : i32, backend_config = {weight_decay = 0.5 : f64} } : ({{p}}, {{p}}, {{p}}, {{p}}, tensor<i32>, tensor<f32>) -> ({{p}}, {{p}}, {{p}})
              return %0#0, %0#1, %0#2, %p : {{p}}, {{p}}, {{p}}, {{p}}
            }
            """,
            Argument(parameter, 3, 5), Argument(gradient, 3, 5), Argument(zeros, 3, 5), Argument(zeros, 3, 5), Argument(step), Argument(rate));
        using Tensor<float> p1 = Tensor<float>.Create(new Shape(3, 5)), g1 = Tensor<float>.Create(new Shape(3, 5));
        using Tensor<float> m1 = Tensor<float>.Create(new Shape(3, 5)), v1 = Tensor<float>.Create(new Shape(3, 5));
        parameter.CopyTo(p1.Span);
        gradient.CopyTo(g1.Span);
        m1.Span.Clear();
        v1.Span.Clear();
        using TensorList ps = TensorList.Of(p1), gs = TensorList.Of(g1), ms = TensorList.Of(m1), vs = TensorList.Of(v1);
        using var tensors = new OptimizerTensors(ps, gs, ms, vs);
        Kernels.AdamW(tensors, 7, 0.25, weightDecay: 0.5);
        Assert.That(
            results, Is.EqualTo(new object[] { p1.ReadOnlySpan.ToArray(), m1.ReadOnlySpan.ToArray(), v1.ReadOnlySpan.ToArray(), parameter }),
            "the operands themselves stay");
    }

    [TestCase("@optirs.rms_norm(%x, %x)", "{}", "gamma f32[2,3] must have the shape [3]")]
    [TestCase("@optirs.rms_norm(%x)", "{epsilom = 1.0 : f64}", "has no argument \"epsilom\"; it has x, gamma, epsilon")]
    [TestCase("@optirs.rms_norm(%x)", "{epsilon = \"a\"}", "epsilon is \"a\", expected a number")]
    [TestCase("@optirs.rms_norm(%x)", "{operands = [\"x\", \"gamma\"]}", "has 1 operands, but names of 2")]
    [TestCase("@optirs.rms_norm(%x)", "{operands = \"x, gamma\"}", "has 1 operands, but names of 2")]
    [TestCase("@optirs.rms_norm(%x)", "{results = 1 : i64}", "results is 1 : i64, expected a list of strings")]
    [TestCase("@optirs.rms_norm(%x, %x)", "{operands = [\"x\", \"x\"]}", "operands has \"x\" twice")]
    [TestCase("@optirs.rms_norm(%x, %x, %x)", "{}", "has 3 operands, but names of 2; name them in backend_config")]
    [TestCase("@optirs.attention(%x, %x, %x)", "{}", "must have 4 dimensions")]
    [TestCase("@optirs.lion(%x, %x, %x)", "{results = [\"params\"]}", "state1 is written: it must be a result too")]
    [TestCase("@optirs.lion(%x, %x)", "{results = [\"state1\"]}", "state1 is updated: it must be an operand too")]
    [TestCase("@optirs.sgd(%x, %x)", "{}", "learning_rate is nan; it must be finite")]
    [TestCase("@optirs.lars(%x, %x)", "{}", "learning_rate is nan; it must be finite")]
    [TestCase("@optirs.rmsprop(%x, %x)", "{rho = 1.0 : f64, learning_rate = 1.0 : f64}", "rho is 1.0")]
    [TestCase("@optirs.dropout(%x)", "{}", "probability is nan")]
    [TestCase("@optirs.gelu(%x)", "{approximation = 1.0 : f64}", "approximation is 1.0")]
    [TestCase("@optirs.delayed_scaling(%x, %x)", "{fp8_max = 448.0 : f64}", "scale is written: it must be a result too")]
    [TestCase("@optirs.delayed_scaling(%x)", "{results = [\"scale\"]}", "scale is updated: it must be an operand too")]
    [TestCase("@optirs.delayed_scaling(%x)", "{}", "the tensor scale is NULL")]
    [TestCase("@optirs.rms_norm(%x)", "{results = [\"x\"]}", "x is not written, so it cannot be a result")]
    public void WhatIsWrongIsNamed(string call, string config, string message)
    {
        int operands = call.Count(c => c == '%');
        string types = string.Join(", ", Enumerable.Repeat("tensor<2x3xf32>", operands));
        Assert.That(
            () => Run(
                $$"""
                func.func public @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
                  %0 = stablehlo.custom_call {{call}} {api_version = 4 : i32, backend_config = {{config}} } : ({{types}}) -> tensor<2x3xf32>
                  return %0 : tensor<2x3xf32>
                }
                """,
                Argument(new float[6], 2, 3)),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains(message).And.Message.Contains(call[1..call.IndexOf('(', StringComparison.Ordinal)]));
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    private PjrtBuffer Argument<T>(T[] data, params ReadOnlySpan<long> shape)
        where T : unmanaged => _client.BufferFromHost<T>(data, new Shape(shape));

    // Runs a program, and returns its results as arrays.
    private object[] Run(string function, params PjrtBuffer[] arguments)
    {
        try
        {
            using PjrtExecutable executable = _client.Compile("module @calls {\n" + function + "\n}\n");
            var results = new List<object>();
            foreach (PjrtBuffer result in executable.Execute(arguments))
                using (result)
                    results.Add(result.DType == DType.F8E4M3FN ? result.ToArray<Float8E4M3>() : result.ToArray<float>());
            return [.. results];
        }
        finally
        {
            foreach (PjrtBuffer argument in arguments) argument.Dispose();
        }
    }
}
