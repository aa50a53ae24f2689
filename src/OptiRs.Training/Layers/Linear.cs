using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>y = x Wᵀ + b over the last dimension: [..., inputs] to [..., outputs].</summary>
public sealed class Linear : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <summary>Creates the layer; parameters <c>weight</c> [outputs, inputs] and <c>bias</c> [outputs], PyTorch's layout.</summary>
    /// <param name="inputs">Size of the last dimension of the input.</param>
    /// <param name="outputs">Size of the last dimension of the output.</param>
    /// <param name="bias">Whether there is a b; it starts at 0.</param>
    /// <param name="weight">Start values of W; uniform in ±1/√inputs when null.</param>
    public Linear(long inputs, long outputs, bool bias = true, Initializer? weight = null)
    {
        _weight = Register("weight", new Parameter(new Shape(outputs, inputs), weight ?? Initializer.Uniform(1 / Math.Sqrt(inputs))));
        _bias = bias ? Register("bias", new Parameter(new Shape(outputs), Initializer.Zeros)) : null;
    }

    /// <summary>Applies the layer, in the context's compute type.</summary>
    public Value Forward(ForwardContext context, Value input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        long inputs = _weight.Shape[1], outputs = _weight.Shape[0];
        Shape shape = input.Shape;
        if (shape.Rank == 0 || shape[shape.Rank - 1] != inputs)
            throw new ArgumentException($"Linear: the input {input.DType} {shape} must end in the weight's {inputs} inputs (weight {_weight.Shape})");
        // One matrix product over all rows, however many leading dimensions there are.
        Value rows = Op.Reshape(context.ToComputeType(input), new Shape(shape.ElementCount / inputs, inputs));
        Value result = Op.MatMul(rows, Op.Transpose(context.InComputeType(_weight), [1, 0]));
        if (_bias is not null) result += Op.Reshape(context.InComputeType(_bias), new Shape(1, outputs));
        long[] resultShape = [.. shape.Dimensions[..^1], outputs];
        return context.Observe(_weight, Op.Reshape(result, new Shape(resultShape)));
    }
}
