using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// Adam (Kingma and Ba 2015) with L2 weight decay:
/// <code>
/// g ← g + wd p;  m ← β1 m + (1 − β1) g;  v ← β2 v + (1 − β2) g²
/// p ← p − lr m̂ / (√v̂ + ε),  m̂ = m / (1 − β1ᵗ),  v̂ = v / (1 − β2ᵗ)
/// </code>
/// </summary>
public class Adam : Optimizer
{
    private readonly double _beta1, _beta2, _epsilon;

    /// <summary>Creates the optimizer with OptiRS's defaults.</summary>
    /// <param name="beta1">β1, in [0, 1).</param>
    /// <param name="beta2">β2, in [0, 1).</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <param name="weightDecay">wd, 0 or more.</param>
    public Adam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
    {
        _beta1 = Hyperparameter.Fraction(beta1, nameof(beta1));
        _beta2 = Hyperparameter.Fraction(beta2, nameof(beta2));
        _epsilon = Hyperparameter.NonNegative(epsilon, nameof(epsilon));
        WeightDecay = Hyperparameter.NonNegative(weightDecay, nameof(weightDecay));
    }

    /// <summary>wd.</summary>
    protected double WeightDecay { get; }

    /// <inheritdoc/>
    public override string Name => "adam";

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => ["m", "v"];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Hyperparameters => new Dictionary<string, double>
    {
        ["beta1"] = _beta1, ["beta2"] = _beta2, ["epsilon"] = _epsilon, ["weight_decay"] = WeightDecay,
    };

    /// <inheritdoc/>
    protected override ParameterUpdate Apply(Value parameter, Value gradient, ReadOnlySpan<Value> state, UpdateScalars scalars) =>
        Step(parameter, WithL2(gradient, parameter, WeightDecay), state, scalars);

    /// <summary>The adaptive part, subtracted from <paramref name="start"/>.</summary>
    private protected ParameterUpdate Step(Value start, Value gradient, ReadOnlySpan<Value> state, UpdateScalars scalars)
    {
        Value m = _beta1 * state[0] + (1 - _beta1) * gradient;
        Value v = _beta2 * state[1] + (1 - _beta2) * (gradient * gradient);
        // The two corrections are scalars: taken out of the fraction they cost one multiplication per value, not a division each.
        Value rate = scalars.LearningRate / BiasCorrection(_beta1, scalars.Step);
        Value denominator = Op.Sqrt(v) * Op.Rsqrt(BiasCorrection(_beta2, scalars.Step)) + _epsilon;
        return new ParameterUpdate(start - rate * (m / denominator), [m, v]);
    }

    // 1 - βᵗ as -expm1(t ln β): in f32 the plain form has only five correct digits at β = 0.999, t = 1.
    private static Value BiasCorrection(double beta, Value step) => -Op.Expm1(step * Math.Log(beta));
}

/// <summary>
/// AdamW (Loshchilov and Hutter 2019), Adam with decoupled weight decay:
/// <code>
/// p ← p (1 − lr wd) − lr m̂ / (√v̂ + ε)
/// </code>
/// </summary>
/// <param name="beta1">β1, in [0, 1).</param>
/// <param name="beta2">β2, in [0, 1).</param>
/// <param name="epsilon">ε, 0 or more.</param>
/// <param name="weightDecay">wd, 0 or more.</param>
public sealed class AdamW(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01)
    : Adam(beta1, beta2, epsilon, weightDecay)
{
    /// <inheritdoc/>
    public override string Name => "adamw";

    /// <inheritdoc/>
    protected override ParameterUpdate Apply(Value parameter, Value gradient, ReadOnlySpan<Value> state, UpdateScalars scalars) =>
        Step(parameter * (1 - scalars.LearningRate * WeightDecay), gradient, state, scalars);
}
