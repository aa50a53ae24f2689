using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// What an optimizer step works on: lists in which the tensors of the same index belong together and have the same shape. Make
/// it once and use it for every step. It holds the memory of its tensors until it is disposed of.
/// </summary>
/// <remarks>
/// Arithmetic is in f32. Parameters of 16 bits can have f32 masters, from which they are rounded, or remainders: the lower halves
/// of masters whose upper halves are the parameters. States are f32, or 8-bit codes with one f32 scale for each 256 elements,
/// which a step's documentation calls state 1 and state 2. Thread-safe.
/// </remarks>
public sealed class OptimizerTensors : IDisposable
{
    /// <param name="parameters">Updated in place: f32, bf16 or f16.</param>
    /// <param name="gradients">f32, bf16 or f16.</param>
    /// <param name="state1">First state, updated in place: f32, or u8 codes.</param>
    /// <param name="state2">Second state, likewise.</param>
    /// <param name="options">The lists that fewer steps have.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public OptimizerTensors(
        TensorList parameters, TensorList? gradients = null, TensorList? state1 = null, TensorList? state2 = null,
        OptimizerTensorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        OptimizerTensorOptions more = options ?? new OptimizerTensorOptions();
        int count = parameters.Count;
        Handle = OptimizerTensorsHandle.Create(
            count,
            new OptimizerLists(
                parameters.Handle, Check(gradients, count, nameof(gradients)), Check(state1, count, nameof(state1)),
                Check(state2, count, nameof(state2)), Check(more.Scales1, count, nameof(more.Scales1)),
                Check(more.Scales2, count, nameof(more.Scales2)), Check(more.Masters, count, nameof(more.Masters)),
                Check(more.Remainders, count, nameof(more.Remainders)), Check(more.Casts, count, nameof(more.Casts)),
                Check(more.CastScale, 1, nameof(more.CastScale)), Check(more.CastAmax, 1, nameof(more.CastAmax)),
                Check(more.GradientScale, 1, nameof(more.GradientScale)), Check(more.Skip, 1, nameof(more.Skip))),
            more.ZeroGradients);
    }

    internal OptimizerTensorsHandle Handle { get; }

    /// <summary>Lets go of the tensors.</summary>
    public void Dispose() => Handle.Dispose();

    private static TensorListHandle? Check(TensorList? list, int count, string name) =>
        list is null || list.Count == count
            ? list?.Handle
            : throw new ArgumentException($"OptimizerTensors: {name} has {list.Count} tensors instead of {count}.", name);
}

/// <summary>What an optimizer step can do besides.</summary>
public sealed record OptimizerTensorOptions
{
    /// <summary>f32 scales of state 1 where that is u8: one for each 256 elements.</summary>
    public TensorList? Scales1 { get; init; }

    /// <summary>f32 scales of state 2 where that is u8.</summary>
    public TensorList? Scales2 { get; init; }

    /// <summary>f32 masters of bf16 or f16 parameters, updated in place.</summary>
    public TensorList? Masters { get; init; }

    /// <summary>16-bit remainders of bf16 parameters, updated in place: master bits = parameter bits * 65536 + remainder.</summary>
    public TensorList? Remainders { get; init; }

    /// <summary>Receives the new parameters times their cast scale as f8E4M3FN or f8E5M2.</summary>
    public TensorList? Casts { get; init; }

    /// <summary>One tensor, f32[count]: scales of the casts; 1 if left out.</summary>
    public TensorList? CastScale { get; init; }

    /// <summary>One tensor, f32[count]: receives the largest magnitude of each new parameter.</summary>
    public TensorList? CastAmax { get; init; }

    /// <summary>One tensor, f32[1]: gradients are multiplied by it first.</summary>
    public TensorList? GradientScale { get; init; }

    /// <summary>One tensor, f32[1]: if it is not 0 the step changes nothing.</summary>
    public TensorList? Skip { get; init; }

    /// <summary>Gradients are set to 0 once they are read.</summary>
    public bool ZeroGradients { get; init; }
}
