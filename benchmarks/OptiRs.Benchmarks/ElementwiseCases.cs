using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>Programs that memory bounds: chains, normalisations, activations, optimizer updates.</summary>
internal static class ElementwiseCases
{
    private const long Rows = 8192, Columns = 1024;

    public static IEnumerable<ProgramCase> All()
    {
        foreach ((string label, long count) in new[] { ("16M", 1L << 24), ("256k", 1L << 18) })
            yield return new($"elem.chain10.{label}", [(DType.F32, new Shape(count))], a => [Chain(a[0])]) { Bytes = 8.0 * count };
        foreach (DType type in new[] { DType.F32, DType.BF16 })
        {
            foreach ((string name, Func<Value, Value, Value, Value> function) in Normalisations())
            {
                foreach (bool backward in new[] { false, true }) yield return Rowwise(name, type, function, backward);
            }
        }
        yield return CrossEntropy(2048, 256);
        yield return AdamW("100M", 1, 100_000_000);
        yield return AdamW("1000x10k", 1000, 10_000);
        yield return AdamW("64k", 1, 1 << 16);
    }

    private static Value Chain(Value x)
    {
        Value y = Op.Relu(x * 1.1 + 0.5) * x - 0.1;
        return Op.Max(Op.Logistic(Op.Sqrt(Op.Abs(y))) + x, x);
    }

    private static IEnumerable<(string Name, Func<Value, Value, Value, Value> Function)> Normalisations()
    {
        yield return ("layernorm", (x, weight, bias) =>
        {
            Value centered = x - Op.Mean(x, [1], keepDims: true);
            return centered * Op.Rsqrt(Op.Mean(centered * centered, [1], keepDims: true) + 1e-5) * Op.Reshape(weight, new Shape(1, Columns)) + Op.Reshape(bias, new Shape(1, Columns));
        });
        yield return ("rmsnorm", (x, weight, _) => x * Op.Rsqrt(Op.Mean(x * x, [1], keepDims: true) + 1e-6) * Op.Reshape(weight, new Shape(1, Columns)));
        yield return ("softmax", (x, _, _) => Op.Softmax(x));
        yield return ("gelu_tanh", (x, _, _) => Op.Gelu(x));
        yield return ("gelu_erf", (x, _, _) => Op.Gelu(x, approximate: false));
    }

    // x, weight, bias, dy -> y, and backwards also dx, dweight, dbias. As in PyTorch, normalisations of bf16 compute in f32.
    private static ProgramCase Rowwise(string name, DType type, Func<Value, Value, Value, Value> function, bool backward)
    {
        var matrix = new Shape(Rows, Columns);
        Value[] Run(Value[] a)
        {
            Value y = Op.Convert(function(Op.Convert(a[0], DType.F32), Op.Convert(a[1], DType.F32), Op.Convert(a[2], DType.F32)), type);
            return backward ? [y, .. Gradient.Vjp([y], [a[3]], [a[0], a[1], a[2]])] : [y];
        }
        return new($"norm.{name}.{type.Name}.{(backward ? "fwdbwd" : "fwd")}",
            [(type, matrix), (type, new Shape(Columns)), (type, new Shape(Columns)), (type, matrix)], Run)
        {
            Bytes = (backward ? 5.0 : 2.0) * type.ByteSize * Rows * Columns,
        };
    }

    private static ProgramCase CrossEntropy(long rows, long classes) =>
        new($"norm.cross_entropy_{rows}x{classes}.f32.fwdbwd", [(DType.F32, new Shape(rows, classes)), (DType.S32, new Shape(rows))], a =>
        {
            Value loss = Op.Mean(Op.CrossEntropyWithLogits(a[0], a[1]));
            return [loss, .. Gradient.Of(loss, a[0])];
        })
        { Bytes = 12.0 * rows * classes, Classes = (int)classes };

    // (p, m, v) of each tensor are updated in place; the gradients and the two scalars stay.
    private static ProgramCase AdamW(string label, int tensors, long count)
    {
        var type = (DType.F32, new Shape(count));
        (DType, Shape)[] arguments = [.. Enumerable.Repeat(type, 4 * tensors), (DType.F32, Shape.Scalar), (DType.F32, Shape.Scalar)];
        Value[] Run(Value[] a)
        {
            var results = new Value[3 * tensors];
            Value rate = a[^2], correction = a[^1];
            for (int i = 0; i < tensors; ++i)
            {
                Value gradient = a[3 * tensors + i];
                Value m = 0.9 * a[tensors + i] + 0.1 * gradient;
                Value v = 0.999 * a[2 * tensors + i] + 0.001 * (gradient * gradient);
                results[i] = a[i] * (1 - 1e-5) - rate * (m / (Op.Sqrt(v) * correction + 1e-8));
                (results[tensors + i], results[2 * tensors + i]) = (m, v);
            }
            return results;
        }
        return new($"optim.adamw.{label}", arguments, Run) { Bytes = 28.0 * tensors * count, Donated = [.. Enumerable.Range(0, 3 * tensors)] };
    }
}
