using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// The nonlinear functions of neural networks, with gradients that keep only what they need.
public static partial class Op
{
    /// <summary>max(x, 0); its gradient at 0 is 0.</summary>
    public static Value Relu(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        Value result = WithConstant(OpKind.Maximum, operand, 0L, location);
        return CustomGradient([operand], result, [operand], (saved, cotangent) => [Select(saved[0] > 0L, cotangent, ZerosLike(cotangent))]);
    }

    /// <summary>x * logistic(x), also called swish.</summary>
    public static Value Silu(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        using SourceLocation.AmbientScope scope = SourceLocation.Here(file, line).Enter();
        return operand * Logistic(operand);
    }

    /// <summary>
    /// The Gaussian error linear unit x * Phi(x); <paramref name="approximate"/> takes
    /// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) of Hendrycks and Gimpel (2016). Types of 16 bits and less are computed in f32
    /// and rounded once.
    /// </summary>
    public static Value Gelu(Value operand, bool approximate = true, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        using SourceLocation.AmbientScope scope = SourceLocation.Here(file, line).Enter();
        if (operand.DType.IsFloatingPoint && operand.DType.BitWidth <= 16)
            return Convert(Gelu(Convert(operand, DType.F32), approximate, file, line), operand.DType);
        if (!approximate)
            return operand * 0.5 * (Erf(operand * Math.Sqrt(0.5)) + 1.0);
        Value inner = operand * (operand * operand * 0.044715 + 1.0) * Math.Sqrt(2 / Math.PI);
        return operand * 0.5 * (Tanh(inner) + 1.0);
    }

    /// <summary>exp(x) / sum(exp(x)) along an axis, computed without overflow.</summary>
    public static Value Softmax(Value operand, int axis = -1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        int at = Axis("Softmax", operand, axis, location);
        Value exponentials = Exp(operand - ReduceMax(operand, at, keepDims: true));
        Value result = exponentials / Sum(exponentials, at, keepDims: true);
        // With y the result: dx = y (dy - sum(y dy)).
        return CustomGradient([operand], result, [result], (saved, cotangent) =>
        {
            Value weighted = cotangent * saved[0];
            return [weighted - saved[0] * Sum(weighted, at, keepDims: true)];
        });
    }

    /// <summary>x - log(sum(exp(x))) along an axis, computed without overflow.</summary>
    public static Value LogSoftmax(Value operand, int axis = -1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        int at = Axis("LogSoftmax", operand, axis, location);
        Value shifted = operand - ReduceMax(operand, at, keepDims: true);
        Value result = shifted - Log(Sum(Exp(shifted), at, keepDims: true));
        // With y the result: dx = dy - exp(y) sum(dy).
        return CustomGradient([operand], result, [result], (saved, cotangent) => [cotangent - Exp(saved[0]) * Sum(cotangent, at, keepDims: true)]);
    }

    /// <summary>log(sum(exp(x))) along an axis, computed without overflow.</summary>
    public static Value LogSumExp(Value operand, int axis = -1, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        int at = Axis("LogSumExp", operand, axis, location);
        Value greatest = StopGradient(ReduceMax(operand, at, keepDims: true));
        // Of a row that is all -inf nothing may be subtracted, or it would become NaN.
        greatest = Select(IsFinite(greatest), greatest, ZerosLike(greatest));
        Value result = Log(Sum(Exp(operand - greatest), at, keepDims: true)) + greatest;
        return keepDims ? result : Squeeze(result, at);
    }

    /// <summary>1 at the index that each integer gives, 0 elsewhere, along a new last axis; nowhere for an index out of range.</summary>
    public static Value OneHot(Value indices, long depth, DType dtype, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(indices);
        using SourceLocation.AmbientScope scope = SourceLocation.Here(file, line).Enter();
        return Convert(IsIndex(indices, depth), dtype);
    }

    /// <summary>
    /// The cross entropy -log(softmax(logits))[label] of each row: logits [..., V] floating, labels [...] integers in 0..V-1. A
    /// label out of range gives the whole log-sum-exp and pulls at no logit.
    /// </summary>
    public static Value CrossEntropyWithLogits(Value logits, Value labels, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        if (!logits.DType.IsFloatingPoint || !labels.DType.IsInteger || logits.Rank != labels.Rank + 1 || Without(logits.Shape, [logits.Rank - 1]) != labels.Shape)
            throw GraphException.Invalid("CrossEntropyWithLogits", [logits, labels], "logits must be floating [..., V] and labels integers [...] of the same leading dimensions", location);
        Value isLabel = IsIndex(labels, logits.Shape[logits.Rank - 1]);
        Value shifted = logits - ReduceMax(logits, -1, keepDims: true);
        Value exponentials = Exp(shifted);
        Value total = Sum(exponentials, -1, keepDims: true);
        Value picked = Sum(Select(isLabel, shifted, ZerosLike(shifted)), -1);
        Value result = Squeeze(Log(total), -1) - picked;
        // d/dlogits = softmax(logits) - onehot(label).
        return CustomGradient([logits], result, [exponentials, total, isLabel], (saved, cotangent) =>
        {
            Value probability = saved[0] / saved[1];
            return [(probability - Convert(saved[2], probability.DType)) * ExpandDims(cotangent, -1)];
        });
    }

    private static Value IsIndex(Value indices, long depth)
    {
        Value each = ExpandDims(indices, -1);
        Value counter = Iota(indices.DType, new Shape([.. indices.Shape.Dimensions, depth]), -1);
        return Equal(counter, each);
    }
}
