using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// What an optimizer step works on: lists in which the tensors of the same index belong together and have the same shape. Make
/// it once and use it for every step.
/// </summary>
public sealed class OptimizerTensors
{
    private readonly OptimizerLists _lists;

    /// <param name="parameters">Updated in place: f32.</param>
    /// <param name="gradients">Gradients: f32.</param>
    /// <param name="state1">First state, updated in place: f32; what it is, each step says.</param>
    /// <param name="state2">Second state, updated in place: f32; null for steps that have one only.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public OptimizerTensors(TensorList parameters, TensorList gradients, TensorList state1, TensorList? state2 = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(state1);
        CheckCount(parameters, gradients, nameof(gradients));
        CheckCount(parameters, state1, nameof(state1));
        if (state2 is not null) CheckCount(parameters, state2, nameof(state2));
        _lists = new OptimizerLists(parameters.Count, parameters.Handle, gradients.Handle, state1.Handle, state2?.Handle);
    }

    internal ref readonly OptimizerLists Lists => ref _lists;

    private static void CheckCount(TensorList parameters, TensorList list, string name)
    {
        if (list.Count != parameters.Count)
            throw new ArgumentException(
                $"OptimizerTensors: {name} has {list.Count} tensors, parameters {parameters.Count}; they belong together one by one.",
                name);
    }
}
