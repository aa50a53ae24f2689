using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// Descriptors of tensors in native memory, one after the other, as the steps of optimizers take them. Made once; holds the
/// tensors' buffers open until it is released.
/// </summary>
internal sealed unsafe class TensorListHandle() : NativeHandle("optirs_dl_tensor[]")
{
    private BufferHandle[] _buffers = [];

    /// <summary>Address of the descriptors.</summary>
    public optirs_dl_tensor* Tensors => (optirs_dl_tensor*)handle;

    /// <param name="tensors">Buffers that start with the first element, element types, and extents.</param>
    public static TensorListHandle Create(ReadOnlySpan<(BufferHandle Buffer, int DType, long[] Shape)> tensors)
    {
        int extents = 0;
        foreach ((_, _, long[] shape) in tensors) extents += shape.Length;
        var list = new TensorListHandle { _buffers = new BufferHandle[tensors.Length] };
        nuint size = ((nuint)tensors.Length * (nuint)sizeof(optirs_dl_tensor)) + ((nuint)extents * sizeof(long));
        list.SetHandle((nint)NativeMemory.Alloc(Math.Max(size, 1)));
        var room = (long*)(list.Tensors + tensors.Length);
        for (int i = 0; i < tensors.Length; i++)
        {
            (BufferHandle buffer, int dtype, long[] shape) = tensors[i];
            bool added = false;
            buffer.DangerousAddRef(ref added);
            list._buffers[i] = buffer;
            list.Tensors[i] = new optirs_dl_tensor
            {
                data = optirs.optirs_buffer_data_raw(buffer.Pointer), ndim = shape.Length, dtype = DlpackType.Of(dtype), shape = room,
                device = new optirs_dl_device { device_type = optirs.OPTIRS_DL_CPU },
            };
            foreach (long extent in shape) *room++ = extent;
        }

        return list;
    }

    protected override void ReleaseNative()
    {
        NativeMemory.Free((void*)handle);
        foreach (BufferHandle? buffer in _buffers) buffer?.DangerousRelease();
    }
}
