using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>Looks up rows of a table: integers [...] to vectors [..., width].</summary>
public sealed class Embedding : Module
{
    private readonly Parameter _weight;

    /// <summary>Creates the layer; parameter <c>weight</c> [count, width].</summary>
    /// <param name="count">The number of rows.</param>
    /// <param name="width">The length of a row.</param>
    /// <param name="weight">Start values; standard normal when null.</param>
    public Embedding(long count, long width, Initializer? weight = null) =>
        _weight = Register("weight", new Parameter(new Shape(count, width), weight ?? Initializer.Normal(1)));

    /// <summary>The rows of <paramref name="indices"/>, in the parameter's own precision.</summary>
    public Value Forward(ForwardContext context, Value indices)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Observe(_weight, Op.Take(context[_weight], indices));
    }

    /// <summary>The whole table, [count, width].</summary>
    public Value Table(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Observe(_weight, context[_weight]);
    }
}
