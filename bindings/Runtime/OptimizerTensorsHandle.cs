using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>The lists of an optimizer step; null for those that it does not need.</summary>
internal readonly record struct OptimizerLists(
    TensorListHandle Parameters, TensorListHandle? Gradients, TensorListHandle? State1, TensorListHandle? State2,
    TensorListHandle? Scales1, TensorListHandle? Scales2, TensorListHandle? Masters, TensorListHandle? Remainders,
    TensorListHandle? Casts, TensorListHandle? CastScale, TensorListHandle? CastAmax, TensorListHandle? GradientScale,
    TensorListHandle? Skip);

/// <summary>An <c>optirs_optimizer_tensors</c> in native memory, which holds its lists open: a step takes one lease.</summary>
internal sealed unsafe class OptimizerTensorsHandle() : NativeHandle("optirs_optimizer_tensors")
{
    private readonly List<TensorListHandle> _lists = [];

    /// <summary>The struct.</summary>
    public optirs_optimizer_tensors* Tensors => (optirs_optimizer_tensors*)handle;

    public static OptimizerTensorsHandle Create(int count, in OptimizerLists lists, bool zeroGradients)
    {
        var tensors = new OptimizerTensorsHandle();
        tensors.SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(optirs_optimizer_tensors)));
        *tensors.Tensors = new optirs_optimizer_tensors
        {
            struct_size = (nuint)sizeof(optirs_optimizer_tensors), count = count, @params = tensors.Hold(lists.Parameters),
            grads = tensors.Hold(lists.Gradients), state1 = tensors.Hold(lists.State1), state2 = tensors.Hold(lists.State2),
            scales1 = tensors.Hold(lists.Scales1), scales2 = tensors.Hold(lists.Scales2), masters = tensors.Hold(lists.Masters),
            remainders = tensors.Hold(lists.Remainders), casts = tensors.Hold(lists.Casts),
            cast_scale = tensors.Hold(lists.CastScale), cast_amax = tensors.Hold(lists.CastAmax),
            grad_scale = tensors.Hold(lists.GradientScale), skip = tensors.Hold(lists.Skip), zero_grads = zeroGradients ? 1 : 0,
        };
        return tensors;
    }

    protected override void ReleaseNative()
    {
        NativeMemory.Free((void*)handle);
        foreach (TensorListHandle list in _lists) list.DangerousRelease();
    }

    private optirs_dl_tensor* Hold(TensorListHandle? list)
    {
        if (list is null) return null;
        bool added = false;
        list.DangerousAddRef(ref added);
        _lists.Add(list);
        return list.Tensors;
    }
}
