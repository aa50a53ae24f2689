using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>Layer normalisation (Ba, Kiros, Hinton 2016): y = (x − mean) / √(variance + ε) · weight + bias over the last dimension.</summary>
public sealed class LayerNorm : Module
{
    private readonly Parameter _weight, _bias;
    private readonly double _epsilon;

    /// <summary>Creates the layer; parameters <c>weight</c> and <c>bias</c>, both [width].</summary>
    public LayerNorm(long width, double epsilon = 1e-5)
    {
        _weight = Register("weight", new Parameter(new Shape(width), Initializer.Ones));
        _bias = Register("bias", new Parameter(new Shape(width), Initializer.Zeros));
        _epsilon = epsilon;
    }

    /// <summary>Normalises in the parameters' own precision, whatever the compute type.</summary>
    public Value Forward(ForwardContext context, Value input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        Value weight = context[_weight];
        Value x = ForwardContext.ConvertTo(input, weight.DType);
        int last = x.Shape.Rank - 1;
        Value centered = x - Op.Mean(x, [last], keepDims: true);
        Value variance = Op.Mean(centered * centered, [last], keepDims: true);
        Value normal = centered * Op.Rsqrt(variance + _epsilon);
        return context.Observe(_weight, normal * AlongLast(weight, x.Shape) + AlongLast(context[_bias], x.Shape));
    }

    internal static Value AlongLast(Value vector, Shape shape)
    {
        var dims = new long[shape.Rank];
        Array.Fill(dims, 1);
        dims[^1] = vector.Shape[0];
        return Op.Reshape(vector, new Shape(dims));
    }
}

/// <summary>Root-mean-square normalisation (Zhang, Sennrich 2019): y = x / √(mean(x²) + ε) · weight over the last dimension.</summary>
public sealed class RMSNorm : Module
{
    private readonly Parameter _weight;
    private readonly double _epsilon;

    /// <summary>Creates the layer; parameter <c>weight</c> [width].</summary>
    public RMSNorm(long width, double epsilon = 1e-6)
    {
        _weight = Register("weight", new Parameter(new Shape(width), Initializer.Ones));
        _epsilon = epsilon;
    }

    /// <summary>Normalises in the parameter's own precision, whatever the compute type.</summary>
    public Value Forward(ForwardContext context, Value input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        Value weight = context[_weight];
        Value x = ForwardContext.ConvertTo(input, weight.DType);
        Value meanSquare = Op.Mean(x * x, [x.Shape.Rank - 1], keepDims: true);
        return context.Observe(_weight, x * Op.Rsqrt(meanSquare + _epsilon) * LayerNorm.AlongLast(weight, x.Shape));
    }
}
