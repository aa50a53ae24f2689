using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>Programs that multiplications bound: products of matrices, attention, a multilayer perceptron, a residual block.</summary>
internal static class ContractionCases
{
    public static IEnumerable<ProgramCase> All()
    {
        foreach (DType type in new[] { DType.F32, DType.BF16 })
        {
            foreach (long n in new[] { 512L, 1024, 2048, 4096 }) yield return Product(type, n, n, n);
            foreach (long m in new[] { 512L, 16, 1 }) yield return Product(type, m, 768, 3072);
            foreach (long length in new[] { 1024L, 4096 })
            {
                foreach (bool causal in new[] { false, true })
                {
                    foreach (bool backward in new[] { false, true }) yield return Attention(type, length, causal, backward);
                }
            }
        }
        foreach (int batch in new[] { 32, 128 }) yield return Perceptron(batch);
        foreach (DType type in new[] { DType.F32, DType.BF16 })
        {
            yield return ResidualBlock(type, 64, 56);
            yield return ResidualBlock(type, 256, 14);
        }
    }

    private static ProgramCase Product(DType type, long m, long k, long n) =>
        new($"gemm.{type.Name}.{m}x{k}x{n}", [(type, new Shape(m, k)), (type, new Shape(k, n))], a => [Op.MatMul(a[0], a[1])])
        {
            Flops = 2.0 * m * n * k,
        };

    private static ProgramCase Attention(DType type, long length, bool causal, bool backward)
    {
        const long Heads = 12, Width = 64;
        var shape = new Shape(1, Heads, length, Width);
        Value Forward(Value query, Value key, Value value)
        {
            Value scores = Op.Convert(Op.MatMul(query, Op.Transpose(key, [0, 1, 3, 2])), DType.F32) * (1 / Math.Sqrt(Width));
            if (causal)
            {
                var square = new Shape(length, length);
                Value past = Op.GreaterEqual(Op.Iota(DType.S32, square, 0), Op.Iota(DType.S32, square, 1));
                scores = Op.Select(Op.BroadcastInDim(past, scores.Shape, [2, 3]), scores, Op.Full(double.NegativeInfinity, DType.F32, scores.Shape));
            }
            return Op.MatMul(Op.Convert(Op.Softmax(scores), type), value);
        }
        Value[] Run(Value[] a)
        {
            Value result = Forward(a[0], a[1], a[2]);
            return backward ? [result, .. Gradient.Vjp([result], [a[3]], [a[0], a[1], a[2]])] : [result];
        }
        return new($"attn.{type.Name}.S{length}.{(causal ? "causal" : "full")}.{(backward ? "fwdbwd" : "fwd")}",
            [(type, shape), (type, shape), (type, shape), (type, shape)], Run)
        {
            Flops = 4.0 * Heads * length * length * Width * (causal ? 0.5 : 1) * (backward ? 3.5 : 1),
        };
    }

    // 784-512-256-10, cross entropy, Adam: parameters and moments are updated in place.
    private static ProgramCase Perceptron(int batch)
    {
        long[] widths = [784, 512, 256, 10];
        var parameters = new List<(DType, Shape)>();
        for (int i = 0; i + 1 < widths.Length; ++i) parameters.AddRange([(DType.F32, new Shape(widths[i + 1], widths[i])), (DType.F32, new Shape(widths[i + 1]))]);
        int count = parameters.Count;
        (DType, Shape)[] arguments = [.. parameters, .. parameters, .. parameters, (DType.F32, new Shape(batch, widths[0])), (DType.S32, new Shape(batch)),
            (DType.F32, Shape.Scalar), (DType.F32, Shape.Scalar)];
        Value[] Run(Value[] a)
        {
            Value x = a[3 * count];
            for (int i = 0; i < count; i += 2)
            {
                x = Op.MatMul(x, Op.Transpose(a[i], [1, 0]));
                x += Op.BroadcastInDim(a[i + 1], x.Shape, [1]);
                if (i + 2 < count) x = Op.Relu(x);
            }
            Value[] gradients = Gradient.Of(Op.Mean(Op.CrossEntropyWithLogits(x, a[3 * count + 1])), a.AsSpan(0, count));
            var results = new Value[3 * count];
            for (int i = 0; i < count; ++i)
            {
                Value m = 0.9 * a[count + i] + 0.1 * gradients[i];
                Value v = 0.999 * a[2 * count + i] + 0.001 * (gradients[i] * gradients[i]);
                results[i] = a[i] - a[^2] * (m / (Op.Sqrt(v) * a[^1] + 1e-8));
                (results[count + i], results[2 * count + i]) = (m, v);
            }
            return results;
        }
        const double Weights = 784 * 512 + 512 * 256 + 2560;
        return new($"mlp.b{batch}.adam", arguments, Run)
        {
            Flops = 2.0 * batch * (3 * Weights - 784 * 512),  // no gradient of the first layer's input
            Donated = [.. Enumerable.Range(0, 3 * count)],
        };
    }

    // conv3x3-norm-relu-conv3x3-norm-add-relu over N = 16, channels last; batch statistics, f32 normalisation and parameters.
    private static ProgramCase ResidualBlock(DType type, long channels, long size)
    {
        const long Batch = 16;
        var layout = new ConvolutionDimensions { InputBatch = 0, InputFeature = 3, InputSpatial = [1, 2], KernelOutputFeature = 3, KernelInputFeature = 2, KernelSpatial = [0, 1], OutputBatch = 0, OutputFeature = 3, OutputSpatial = [1, 2] };
        var image = (DType.F32, new Shape(Batch, size, size, channels));
        var kernel = (DType.F32, new Shape(3, 3, channels, channels));
        var vector = (DType.F32, new Shape(channels));
        Value Convolve(Value x, Value w) => Op.Convert(Op.Convolution(Op.Convert(x, type), Op.Convert(w, type), layout, padding: [(1, 1), (1, 1)]), DType.F32);
        Value Normalise(Value x, Value weight, Value bias)
        {
            Value Along(Value v) => Op.Reshape(v, new Shape(1, 1, 1, channels));
            Value centered = x - Op.Mean(x, [0, 1, 2], keepDims: true);
            return centered * Op.Rsqrt(Op.Mean(centered * centered, [0, 1, 2], keepDims: true) + 1e-5) * Along(weight) + Along(bias);
        }
        Value[] Run(Value[] a)
        {
            Value inner = Op.Relu(Normalise(Convolve(a[0], a[1]), a[2], a[3]));
            Value result = Op.Relu(a[0] + Normalise(Convolve(inner, a[4]), a[5], a[6]));
            return [result, .. Gradient.Vjp([result], [a[7]], a.AsSpan(0, 7))];
        }
        return new($"conv.resblock_{Batch}x{channels}x{size}.{type.Name}.fwdbwd", [image, kernel, vector, vector, kernel, vector, vector, image], Run)
        {
            Flops = 3 * 2 * 2.0 * Batch * size * size * channels * channels * 9,
        };
    }
}
