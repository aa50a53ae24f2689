using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>What an update may use beside parameter, gradient and state: f32 scalars on the device.</summary>
/// <param name="LearningRate">The learning rate of this step.</param>
/// <param name="Step">The step's number t, from 1.</param>
public readonly record struct UpdateScalars(Value LearningRate, Value Step);

/// <summary>The result of an update: the new parameter, and the new state in the order of <see cref="Optimizer.StateNames"/>.</summary>
public readonly record struct ParameterUpdate(Value Parameter, Value[] State);

/// <summary>
/// An optimizer as a pure function over symbolic values, traced into the train step: parameter, gradient and state in,
/// parameter and state out. Names, defaults and formulas are OptiRS's; docs/optimizers.md lists the differences.
/// </summary>
/// <remarks>Thread-safe: an optimizer holds hyper-parameters only.</remarks>
public abstract class Optimizer
{
    /// <summary>The name that a checkpoint remembers.</summary>
    public abstract string Name { get; }

    /// <summary>The tensors of the parameter's shape that it keeps per parameter; they start at 0.</summary>
    public abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>The hyper-parameters by name, for checkpoints and messages.</summary>
    public abstract IReadOnlyDictionary<string, double> Hyperparameters { get; }

    /// <summary>One update of one parameter.</summary>
    /// <param name="parameter">p.</param>
    /// <param name="gradient">g, of p's shape and dtype.</param>
    /// <param name="state">One value per name in <see cref="StateNames"/>.</param>
    /// <param name="scalars">Learning rate and step.</param>
    /// <exception cref="ArgumentException">The gradient, or a value of the state, is not of p's shape.</exception>
    public ParameterUpdate Update(Value parameter, Value gradient, ReadOnlySpan<Value> state, UpdateScalars scalars)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(gradient);
        if (state.Length != StateNames.Count)
            throw new ArgumentException($"{Name}: {state.Length} values of state, but it keeps {StateNames.Count} ({string.Join(", ", StateNames)})", nameof(state));
        Check("the gradient", gradient);
        for (int i = 0; i < state.Length; ++i) Check(StateNames[i], state[i]);
        return Apply(parameter, gradient, state, scalars);

        // Operations broadcast: another shape would go unnoticed.
        void Check(string what, Value value)
        {
            if (value.Shape != parameter.Shape)
                throw new ArgumentException($"{Name}: {what} has shape {value.Shape}, the parameter {parameter.Shape}");
        }
    }

    /// <summary>The formula: what <see cref="Update"/> does once shapes are checked.</summary>
    protected abstract ParameterUpdate Apply(Value parameter, Value gradient, ReadOnlySpan<Value> state, UpdateScalars scalars);

    /// <summary>g + wd p, the L2 form of weight decay.</summary>
    private protected static Value WithL2(Value gradient, Value parameter, double weightDecay) =>
        weightDecay == 0 ? gradient : gradient + weightDecay * parameter;
}
