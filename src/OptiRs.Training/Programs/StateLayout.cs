using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>
/// Which tensors training changes and in which order programs take them: all parameters; then, parameter by parameter, the
/// optimizer's tensors; then the step, s32; last whether every loss so far was finite, pred.
/// </summary>
/// <remarks>Thread-safe: it never changes.</remarks>
public sealed class StateLayout
{
    /// <summary>The name of the step's tensor in checkpoints.</summary>
    internal const string StepName = "optimizer.step";

    /// <summary>The layout for training a module with an optimizer.</summary>
    public StateLayout(Module model, Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        Parameters = model.NamedParameters();
        Optimizer = optimizer;
    }

    /// <summary>The parameters.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    /// <summary>The optimizer.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The number of parameters.</summary>
    public int Count => Parameters.Count;

    /// <summary>The number of tensors that the optimizer keeps per parameter.</summary>
    public int Slots => Optimizer.StateNames.Count;

    /// <summary>The number of all tensors.</summary>
    public int TensorCount => Count * (1 + Slots) + 2;

    /// <summary>The place of the step.</summary>
    public int StepIndex => TensorCount - 2;

    /// <summary>The place of the flag that every loss was finite.</summary>
    public int HealthyIndex => TensorCount - 1;

    /// <summary>Dtype and shape of every tensor.</summary>
    public IEnumerable<(DType DType, Shape Shape)> Types =>
        Parameters.Select(p => (DType.F32, p.Parameter.Shape))
            .Concat(Parameters.SelectMany(p => Enumerable.Repeat((DType.F32, p.Parameter.Shape), Slots)))
            .Append((DType.S32, Shape.Scalar))
            .Append((DType.Pred, Shape.Scalar));

    /// <summary>Dtype and shape of every parameter.</summary>
    public IEnumerable<(DType DType, Shape Shape)> ParameterTypes => Types.Take(Count);

    /// <summary>The place of one of the optimizer's tensors.</summary>
    public int SlotIndex(int parameter, int slot) => Count + parameter * Slots + slot;

    /// <summary>The name of one of the optimizer's tensors in checkpoints.</summary>
    public string SlotName(int parameter, int slot) => $"optimizer.{Optimizer.StateNames[slot]}.{Parameters[parameter].Name}";
}
