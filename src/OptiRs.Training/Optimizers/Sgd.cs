using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// Stochastic gradient descent with momentum and L2 weight decay:
/// <code>
/// g ← g + wd p;  v ← μ v + lr g;  p ← p − v
/// </code>
/// </summary>
/// <remarks>The learning rate is inside the velocity, as in OptiRS; PyTorch has it outside, which differs once the rate changes.</remarks>
public sealed class Sgd : Optimizer
{
    private readonly double _momentum, _weightDecay;

    /// <summary>Creates the optimizer with OptiRS's defaults.</summary>
    /// <param name="momentum">μ, in [0, 1).</param>
    /// <param name="weightDecay">wd, 0 or more.</param>
    public Sgd(double momentum = 0, double weightDecay = 0)
    {
        _momentum = Hyperparameter.Fraction(momentum, nameof(momentum));
        _weightDecay = Hyperparameter.NonNegative(weightDecay, nameof(weightDecay));
    }

    /// <inheritdoc/>
    public override string Name => "sgd";

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => _momentum == 0 ? [] : ["velocity"];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Hyperparameters =>
        new Dictionary<string, double> { ["momentum"] = _momentum, ["weight_decay"] = _weightDecay };

    /// <inheritdoc/>
    protected override ParameterUpdate Apply(Value parameter, Value gradient, ReadOnlySpan<Value> state, UpdateScalars scalars)
    {
        Value change = scalars.LearningRate * WithL2(gradient, parameter, _weightDecay);
        if (_momentum == 0) return new ParameterUpdate(parameter - change, []);
        Value velocity = _momentum * state[0] + change;
        return new ParameterUpdate(parameter - velocity, [velocity]);
    }
}
