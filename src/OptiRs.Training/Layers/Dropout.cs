using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// Inverted dropout (Srivastava et al. 2014): while training, each value is 0 with probability <paramref name="rate"/>,
/// else divided by 1 − rate; otherwise the input itself. The mask is a pure function of the step's key.
/// </summary>
/// <param name="rate">In [0, 1).</param>
public sealed class Dropout(double rate) : Module
{
    private readonly double _rate = rate is >= 0 and < 1
        ? rate : throw new ArgumentOutOfRangeException(nameof(rate), rate, "Dropout: the rate must be in [0, 1)");

    /// <summary>Applies dropout if the context is training.</summary>
    public Value Forward(ForwardContext context, Value input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        if (!context.IsTraining || _rate == 0) return input;
        Value keep = Rng.Bernoulli(context.NextDropoutKey(), 1 - _rate, input.Shape);
        return Op.Select(keep, input * (1 / (1 - _rate)), Op.Zeros(input.DType, input.Shape));
    }
}
