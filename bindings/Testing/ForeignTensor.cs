using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// A DLPack tensor of f32 as another library would make it, with memory, strides and a deleter of its own. Tests import it.
/// </summary>
internal sealed unsafe class ForeignTensor : IDisposable
{
    private readonly optirs_dl_managed_tensor* _tensor;
    private readonly int* _deletions;

    public ForeignTensor(
        ReadOnlySpan<float> elements, ReadOnlySpan<long> shape, long[]? strides, ulong flags = 0,
        uint major = optirs.OPTIRS_DL_MAJOR, int deviceType = optirs.OPTIRS_DL_CPU)
    {
        _deletions = (int*)NativeMemory.AllocZeroed(sizeof(int));
        _tensor = (optirs_dl_managed_tensor*)NativeMemory.AllocZeroed((nuint)sizeof(optirs_dl_managed_tensor));
        _tensor->version.major = major;
        _tensor->manager_ctx = _deletions;
        _tensor->deleter = &Delete;
        _tensor->flags = flags;
        _tensor->dl_tensor.data = Copy(elements);
        _tensor->dl_tensor.device.device_type = deviceType;
        _tensor->dl_tensor.ndim = shape.Length;
        _tensor->dl_tensor.dtype = new optirs_dl_data_type { code = optirs.OPTIRS_DL_FLOAT, bits = 32, lanes = 1 };
        _tensor->dl_tensor.shape = (long*)Copy(shape);
        _tensor->dl_tensor.strides = strides is null ? null : (long*)Copy<long>(strides);
    }

    public nint Address => (nint)_tensor;

    /// <summary>How often the deleter was called.</summary>
    public int Deletions => *_deletions;

    public void Dispose() => NativeMemory.Free(_deletions);

    private static void* Copy<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(values.Length * sizeof(T), 64), 64);
        values.CopyTo(new Span<T>(memory, values.Length));
        return memory;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Delete(optirs_dl_managed_tensor* tensor)
    {
        (*(int*)tensor->manager_ctx)++;
        NativeMemory.AlignedFree(tensor->dl_tensor.data);
        NativeMemory.AlignedFree(tensor->dl_tensor.shape);
        NativeMemory.AlignedFree(tensor->dl_tensor.strides);
        NativeMemory.Free(tensor);
    }
}
