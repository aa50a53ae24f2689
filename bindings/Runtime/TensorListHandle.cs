using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// Descriptors of tensors in native or device memory, one after the other, as the steps of optimizers take them. Made once;
/// holds the tensors' memory open until it is released.
/// </summary>
internal sealed unsafe class TensorListHandle() : NativeHandle("optirs_dl_tensor[]")
{
    private NativeHandle[] _owners = [];

    /// <summary>Address of the descriptors.</summary>
    public optirs_dl_tensor* Tensors => (optirs_dl_tensor*)handle;

    public static TensorListHandle Create(ReadOnlySpan<ListedTensor> tensors)
    {
        int extents = 0;
        foreach (ListedTensor tensor in tensors) extents += tensor.Shape.Length;
        var list = new TensorListHandle { _owners = new NativeHandle[tensors.Length] };
        nuint size = ((nuint)tensors.Length * (nuint)sizeof(optirs_dl_tensor)) + ((nuint)extents * sizeof(long));
        list.SetHandle((nint)NativeMemory.Alloc(Math.Max(size, 1)));
        var room = (long*)(list.Tensors + tensors.Length);
        for (int i = 0; i < tensors.Length; i++)
        {
            ListedTensor tensor = tensors[i];
            bool added = false;
            tensor.Owner.DangerousAddRef(ref added);
            list._owners[i] = tensor.Owner;
            list.Tensors[i] = new optirs_dl_tensor
            {
                data = tensor.Address, ndim = tensor.Shape.Length, dtype = DlpackType.Of(tensor.DType), shape = room,
                device = tensor.Device,
            };
            foreach (long extent in tensor.Shape) *room++ = extent;
        }

        return list;
    }

    protected override void ReleaseNative()
    {
        NativeMemory.Free((void*)handle);
        foreach (NativeHandle? owner in _owners) owner?.DangerousRelease();
    }
}

/// <summary>A dense tensor of a <see cref="TensorListHandle"/>.</summary>
internal readonly unsafe struct ListedTensor
{
    private ListedTensor(NativeHandle owner, void* address, optirs_dl_device device, int dtype, long[] shape)
    {
        Address = address;
        (Owner, Device, DType, Shape) = (owner, device, dtype, shape);
    }

    /// <summary>Whose memory it is.</summary>
    public NativeHandle Owner { get; }

    /// <summary>The first element.</summary>
    public void* Address { get; }

    public optirs_dl_device Device { get; }

    /// <summary>An OPTIRS_DTYPE_* constant.</summary>
    public int DType { get; }

    public long[] Shape { get; }

    public static ListedTensor OnHost(BufferHandle buffer, int dtype, long[] shape)
    {
        using var lease = new Lease(buffer);
        var device = new optirs_dl_device { device_type = optirs.OPTIRS_DL_CPU };
        return new ListedTensor(buffer, optirs.optirs_buffer_data_raw(buffer.Pointer), device, dtype, shape);
    }

    public static ListedTensor OnDevice(DeviceMemoryHandle memory, long offset, int device, int dtype, long[] shape)
    {
        var address = (byte*)DeviceNative.Address(memory) + offset;
        return new ListedTensor(memory, address, new optirs_dl_device { device_type = optirs.OPTIRS_DL_CUDA, device_id = device }, dtype, shape);
    }
}
