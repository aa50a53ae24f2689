namespace OptiRs.Native.Interop;

/// <summary>What the managed layer does with host buffers that needs pointers.</summary>
internal static unsafe class HostMemory
{
    public static BufferHandle Create(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        optirs.optirs_buffer_create((ulong)bytes, out BufferHandle buffer);
        buffer.AddPressure(bytes);
        return buffer;
    }

    /// <summary>The caller holds a lease, or keeps the handle reachable for as long as it uses the span.</summary>
    public static Span<T> Span<T>(BufferHandle buffer, int length) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(buffer.IsClosed, buffer);
        var span = new Span<T>(optirs.optirs_buffer_data_raw(buffer.Pointer), length);
        GC.KeepAlive(buffer);
        return span;
    }

    public static DlpackHandle ToDlpack(BufferHandle buffer, int dtype, ReadOnlySpan<long> dims)
    {
        optirs_dl_managed_tensor* tensor;
        optirs.optirs_buffer_to_dlpack(buffer, 0, dtype, dims, dims.Length, &tensor);
        var handle = new DlpackHandle();
        handle.Adopt((nint)tensor);
        return handle;
    }

    /// <summary>Consumes the tensor if it succeeds; if it fails the tensor still belongs to its handle.</summary>
    public static BufferHandle FromDlpack(
        DlpackHandle tensor, int alignment, out int dtype, out long[] dims, out bool isCopied)
    {
        using var lease = new Lease(tensor);
        optirs.optirs_buffer_from_dlpack(
            (optirs_dl_managed_tensor*)tensor.Address, (ulong)alignment, out BufferHandle buffer,
            out optirs_dlpack_view view);
        tensor.SetHandleAsInvalid();
        dtype = view.dtype;
        dims = new ReadOnlySpan<long>(view.dims, view.rank).ToArray();
        isCopied = view.is_copied != 0;
        return buffer;
    }

    /// <summary>Whether a tensor's struct is of a version that this library reads, and its flags if it is.</summary>
    public static (uint Major, uint Minor, ulong Flags) Describe(DlpackHandle tensor)
    {
        using var lease = new Lease(tensor);
        var native = (optirs_dl_managed_tensor*)tensor.Address;
        bool readable = native->version.major == optirs.OPTIRS_DL_MAJOR;
        return (native->version.major, native->version.minor, readable ? native->flags : 0);
    }
}

/// <summary>A DLPack tensor that nobody has consumed yet; releasing it calls its deleter.</summary>
internal sealed unsafe class DlpackHandle() : NativeHandle("optirs_dl_managed_tensor")
{
    public nint Address => handle;

    protected override void ReleaseNative() =>
        optirs.optirs_dl_managed_tensor_release((optirs_dl_managed_tensor*)handle);
}
