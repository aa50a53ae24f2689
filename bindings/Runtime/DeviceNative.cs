using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>Devices with memory of their own: what the managed layer asks that needs pointers.</summary>
internal static unsafe class DeviceNative
{
    public static (string Name, string Uuid, string Address) Texts(nint device)
    {
        string name = NativeText.Read(optirs.optirs_device_name(device, out ulong size), size);
        string uuid = NativeText.Read(optirs.optirs_device_uuid(device, out size), size);
        return (name, uuid, NativeText.Read(optirs.optirs_device_address(device, out size), size));
    }

    public static DeviceMemoryHandle CreateMemory(StreamHandle stream, long bytes, string tag)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Span<byte> utf8 = stackalloc byte[256];
        if (!Encoding.UTF8.TryGetBytes(tag, utf8, out int length))
            throw new ArgumentException($"A tag has at most {utf8.Length} bytes of UTF-8; this one has {tag.Length} characters.", nameof(tag));
        optirs.optirs_device_memory_create(stream, (ulong)bytes, utf8[..length], (ulong)length, out DeviceMemoryHandle memory);
        return memory;
    }

    public static BufferHandle CreatePinned(nint device, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        optirs.optirs_buffer_create_pinned(device, (ulong)bytes, out BufferHandle buffer);
        buffer.AddPressure(bytes);
        return buffer;
    }

    public static nint Address(DeviceMemoryHandle memory)
    {
        using var lease = new Lease(memory);
        return (nint)optirs.optirs_device_memory_data_raw(memory.Pointer);
    }

    public static nint NativeStream(StreamHandle stream)
    {
        using var lease = new Lease(stream);
        return (nint)optirs.optirs_stream_native_raw(stream.Pointer);
    }

    /// <summary>Ends when the work given to the stream so far is done.</summary>
    public static ValueTask WhenDone(StreamHandle stream)
    {
        using var lease = new Lease(stream);
        Completion completion = Completion.Rent();
        ValueTask task = completion.Task;
        void* context = completion.Start();
        optirs_error* error = optirs.optirs_stream_notify_raw(stream.Pointer, Completion.Callback, context);
        if (error == null) return task;
        completion.Abandon();
        throw NativeError.Consume(error);
    }

    public static DlpackHandle ToDlpack(DeviceMemoryHandle memory, long offset, int dtype, ReadOnlySpan<long> dims)
    {
        optirs_dl_managed_tensor* tensor;
        optirs.optirs_device_memory_to_dlpack(memory, (ulong)offset, dtype, dims, dims.Length, &tensor);
        var handle = new DlpackHandle();
        handle.Adopt((nint)tensor);
        return handle;
    }

    /// <summary>Consumes the tensor if it succeeds; if it fails the tensor still belongs to its handle.</summary>
    public static DeviceMemoryHandle FromDlpack(nint device, DlpackHandle tensor, out int dtype, out long[] dims)
    {
        using var lease = new Lease(tensor);
        optirs.optirs_device_memory_from_dlpack(
            device, (optirs_dl_managed_tensor*)tensor.Address, out DeviceMemoryHandle memory, out optirs_dlpack_view view);
        tensor.SetHandleAsInvalid();
        dtype = view.dtype;
        dims = new ReadOnlySpan<long>(view.dims, view.rank).ToArray();
        return memory;
    }

    public static (string Name, ulong Used, ulong Peak, ulong Blocks) Tag(nint device, ulong index)
    {
        optirs.optirs_allocator_read_tag(device, index, out optirs_allocator_tag tag);
        return (NativeText.Read(tag.name, tag.name_size), tag.used_bytes, tag.peak_bytes, tag.blocks);
    }

    public static (optirs_architecture Facts, string Name, string Products) Architecture(in optirs_architecture native) =>
        (native, Text(native.name), Text(native.products));

    private static string Text(byte* text) =>
        Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
