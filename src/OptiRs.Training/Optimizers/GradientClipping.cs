using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>Gradient clipping by the norm of all gradients together (Pascanu, Mikolov, Bengio 2013).</summary>
public static class GradientClipping
{
    /// <summary>The global L2 norm: √(Σ over all gradients of Σ g²), a scalar.</summary>
    public static Value GlobalNorm(ReadOnlySpan<Value> gradients)
    {
        Value? total = null;
        foreach (Value gradient in gradients)
        {
            Value squares = Op.Sum(gradient * gradient);
            total = total is null ? squares : total + squares;
        }
        return Op.Sqrt(total ?? throw new ArgumentException("GlobalNorm: there are no gradients"));
    }

    /// <summary>Every gradient times min(1, maximum / (norm + 1e-6)).</summary>
    public static Value[] Clip(ReadOnlySpan<Value> gradients, Value norm, double maximum)
    {
        ArgumentNullException.ThrowIfNull(norm);
        Value scale = Op.Min(maximum / (norm + 1e-6), Op.Constant(1, norm.DType));
        var clipped = new Value[gradients.Length];
        for (int i = 0; i < clipped.Length; ++i) clipped[i] = gradients[i] * scale;
        return clipped;
    }
}
