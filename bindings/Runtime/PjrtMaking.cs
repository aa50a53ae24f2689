using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>The rarer ways to make and to read cells.</summary>
internal static unsafe class PjrtMaking
{
    private delegate void Maker(optirs_pjrt_buffer** cell);

    internal delegate optirs_error* Starter(delegate* unmanaged[Cdecl]<optirs_error*, void*, void> done, void* context);

    public static PjrtBufferHandle Place(
        PjrtClientHandle client, PjrtArray array, ReadOnlySpan<byte> data, ReadOnlySpan<long> byteStrides)
    {
        using var lease = new Lease(client);
        optirs_pjrt_buffer* cell = null;
        byte none = 0;
        fixed (byte* bytes = data)
        fixed (long* strides = byteStrides)
            NativeError.ThrowIfFailed(optirs.optirs_pjrt_buffer_place_raw(
                client.Pointer, array.Pointer, bytes == null ? &none : bytes, (ulong)data.Length, strides,
                optirs.OPTIRS_PJRT_HOST_DURING_CALL, null, null, &cell));
        return PjrtCells.Adopt((nint)cell, client);
    }

    public static (PjrtBufferHandle Cell, ValueTask Released) Lend(
        PjrtClientHandle client, PjrtArray array, BufferHandle memory, ulong bytes, int semantics)
    {
        optirs_pjrt_buffer* cell = null;
        using var lease = new Lease(client);
        ValueTask released = Start(memory, (done, context) =>
        {
            optirs_pjrt_buffer* made = null;
            optirs_error* error = optirs.optirs_pjrt_buffer_place_raw(
                client.Pointer, array.Pointer, optirs.optirs_buffer_data_raw(memory.Pointer), bytes, null, semantics, done,
                context, &made);
            cell = made;
            return error;
        });
        return (PjrtCells.Adopt((nint)cell, client), released);
    }

    public static PjrtBufferHandle Uninitialized(PjrtClientHandle client, PjrtArray array) =>
        Make(client, cell => optirs.optirs_pjrt_buffer_uninitialized(client, array.Pointer, cell));

    public static PjrtBufferHandle Failed(PjrtClientHandle client, PjrtArray array, int code, byte[] message) =>
        Make(client, cell => optirs.optirs_pjrt_buffer_failed(client, array.Pointer, code, message, (ulong)message.Length, cell));

    public static PjrtBufferHandle Bitcast(PjrtBufferHandle source, PjrtArray array, PjrtClientHandle client) =>
        Make(client, cell => optirs.optirs_pjrt_buffer_bitcast(source, array.Pointer, cell));

    public static PjrtBufferHandle CopyToMemory(PjrtBufferHandle source, nint memory, PjrtClientHandle client) =>
        Make(client, cell => optirs.optirs_pjrt_buffer_copy_to_memory(source, memory, cell));

    public static PjrtBufferHandle TransferBuffer(PjrtTransferHandle transfer, long index, PjrtClientHandle client) =>
        Make(client, cell => optirs.optirs_pjrt_transfer_buffer(transfer, index, cell));

    public static (PjrtBufferHandle Cell, PjrtPromiseHandle Promise) Alias(PjrtClientHandle client, PjrtArray array)
    {
        PjrtPromiseHandle? promise = null;
        PjrtBufferHandle made = Make(client, cell => optirs.optirs_pjrt_buffer_alias(client, array.Pointer, cell, out promise));
        return (made, promise!);
    }

    public static (PjrtBufferHandle Cell, PjrtPromiseHandle Promise) Donate(PjrtBufferHandle source, PjrtClientHandle client)
    {
        PjrtPromiseHandle? promise = null;
        PjrtBufferHandle made = Make(client, cell => optirs.optirs_pjrt_buffer_donate(source, cell, out promise));
        return (made, promise!);
    }

    /// <summary>A cell over memory of others; <paramref name="released"/> runs once on a thread of the plugin's choice.</summary>
    public static PjrtBufferHandle View(
        PjrtClientHandle client, PjrtArray array, nint address, long stream, Action? released)
    {
        var root = new GCHandle<Action>(released ?? (static () => { }));
        try
        {
            return Make(client, cell => optirs.optirs_pjrt_buffer_view(
                client, array.Pointer, (void*)address, stream, &OnReleased, (void*)GCHandle<Action>.ToIntPtr(root), cell));
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    public static DlpackHandle ToDlpack(PjrtBufferHandle cell)
    {
        using var lease = new Lease(cell);
        optirs_dl_managed_tensor* tensor;
        NativeError.ThrowIfFailed(optirs.optirs_pjrt_buffer_to_dlpack_raw(cell.Pointer, &tensor));
        var handle = new DlpackHandle();
        handle.Adopt((nint)tensor);
        return handle;
    }

    /// <summary>On success the tensor belongs to the plugin.</summary>
    public static PjrtBufferHandle FromDlpack(PjrtClientHandle client, DlpackHandle tensor, nint device)
    {
        using var lease = new Lease(client);
        PjrtBufferHandle made = Make(client, cell => NativeError.ThrowIfFailed(optirs.optirs_pjrt_buffer_from_dlpack_raw(
            client.Pointer, (optirs_dl_managed_tensor*)tensor.Address, (optirs_pjrt_device*)device, cell)));
        tensor.SetHandleAsInvalid();
        return made;
    }

    public static nint HoldAddress(PjrtHoldHandle hold) => (nint)optirs.optirs_pjrt_hold_data(hold);

    public static ValueTask ToHostLayoutAsync<T>(PjrtBufferHandle cell, Memory<T> destination, LayoutData layout)
        where T : unmanaged
    {
        using var lease = new Lease(cell);
        MemoryHandle pinned = NativeMemoryOf(destination).Pin();
        optirs_pjrt_layout_view* view = PjrtArray.Write(layout);
        try
        {
            return Start(pinned, (done, context) => optirs.optirs_pjrt_buffer_to_host_layout_raw(
                cell.Pointer, view, pinned.Pointer, (ulong)destination.Length * (ulong)sizeof(T), done, context));
        }
        finally
        {
            NativeMemory.Free(view);
        }
    }

    public static ValueTask RawToHostAsync<T>(PjrtBufferHandle cell, long offset, Memory<T> destination) where T : unmanaged
    {
        using var lease = new Lease(cell);
        MemoryHandle pinned = NativeMemoryOf(destination).Pin();
        return Start(pinned, (done, context) => optirs.optirs_pjrt_buffer_raw_to_host_raw(
            cell.Pointer, (ulong)offset, pinned.Pointer, (ulong)destination.Length * (ulong)sizeof(T), done, context));
    }

    public static (PjrtPromiseHandle Promise, ValueTask Done) RawToHostLater(PjrtBufferHandle cell, long offset, long size)
    {
        using var lease = new Lease(cell);
        optirs_pjrt_promise* promise = null;
        ValueTask done = Start(cell, (callback, context) =>
        {
            optirs_pjrt_promise* made = null;
            optirs_error* error = optirs.optirs_pjrt_buffer_raw_to_host_later_raw(
                cell.Pointer, (ulong)offset, (ulong)size, callback, context, &made);
            promise = made;
            return error;
        });
        var handle = new PjrtPromiseHandle();
        handle.Adopt((nint)promise);
        return (handle, done);
    }

    public static ValueTask EventReadyAsync(PjrtEventHandle handle)
    {
        using var lease = new Lease(handle);
        return Start(handle, (done, context) => optirs.optirs_pjrt_event_ready_raw(handle.Pointer, done, context));
    }

    public static PjrtTransferHandle CreateTransfer(PjrtClientHandle client, IReadOnlyList<PjrtArray> arrays)
    {
        var structs = new optirs_pjrt_array[arrays.Count];
        for (int i = 0; i < structs.Length; i++) structs[i] = *arrays[i].Pointer;
        optirs.optirs_pjrt_transfer_create(client, structs, structs.Length, out PjrtTransferHandle transfer);
        transfer.Retain(client);
        return transfer;
    }

    public static ValueTask TransferWriteAsync<T>(
        PjrtTransferHandle transfer, long index, long offset, ReadOnlyMemory<T> data, bool isLast) where T : unmanaged
    {
        using var lease = new Lease(transfer);
        MemoryHandle pinned = NativeMemoryOf(MemoryMarshal.AsMemory(data)).Pin();
        return Start(pinned, (done, context) => optirs.optirs_pjrt_transfer_write_raw(
            transfer.Pointer, index, (ulong)offset, pinned.Pointer, (ulong)data.Length * (ulong)sizeof(T),
            isLast ? (byte)1 : (byte)0, done, context));
    }

    public static ValueTask TransferWriteAllAsync<T>(
        PjrtTransferHandle transfer, long index, PjrtArray array, ReadOnlyMemory<T> data) where T : unmanaged
    {
        using var lease = new Lease(transfer);
        MemoryHandle pinned = NativeMemoryOf(MemoryMarshal.AsMemory(data)).Pin();
        return Start(pinned, (done, context) => optirs.optirs_pjrt_transfer_write_all_raw(
            transfer.Pointer, index, array.Pointer, pinned.Pointer, (ulong)data.Length * (ulong)sizeof(T), done, context));
    }

    public static void TransferDescribe(PjrtTransferHandle transfer, IReadOnlyDictionary<string, object> values)
    {
        using var named = new NamedValues(values);
        optirs.optirs_pjrt_transfer_describe(
            transfer, new ReadOnlySpan<optirs_pjrt_named_value>(named.Pointer, named.Count), named.Count);
    }

    /// <exception cref="ArgumentException">The memory is not native.</exception>
    internal static Memory<T> NativeMemoryOf<T>(Memory<T> memory) where T : unmanaged =>
        MemoryMarshal.TryGetMemoryManager<T, NativeMemoryManager<T>>(memory, out _)
            ? memory
            : throw new ArgumentException(
                "Asynchronous transfers need native memory, which stays where it is while the device works: pass "
                + "Tensor<T>.Memory or Buffer.AsMemory<T>().");

    private static PjrtBufferHandle Make(PjrtClientHandle client, Maker maker)
    {
        optirs_pjrt_buffer* cell = null;
        maker(&cell);
        return PjrtCells.Adopt((nint)cell, client);
    }

    internal static ValueTask Start(MemoryHandle pinned, Starter starter)
    {
        Completion completion = Completion.Rent();
        completion.Hold(pinned);
        return Start(completion, starter);
    }

    internal static ValueTask Start(NativeHandle held, Starter starter)
    {
        Completion completion = Completion.Rent();
        completion.Hold(held);
        return Start(completion, starter);
    }

    private static ValueTask Start(Completion completion, Starter starter)
    {
        ValueTask task = completion.Task;
        void* context = completion.Start();
        optirs_error* error = starter(Completion.Callback, context);
        if (error == null) return task;
        completion.Abandon();
        throw NativeError.Consume(error);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnReleased(void* data, void* context)
    {
        try
        {
            var root = GCHandle<Action>.FromIntPtr((nint)context);
            Action released = root.Target;
            root.Dispose();
            // Not here: the thread is the plugin's.
            ThreadPool.UnsafeQueueUserWorkItem(static action => action(), released, preferLocal: false);
        }
        catch (Exception e)
        {
            Environment.FailFast("OptiRs: a release callback failed.", e);
        }
    }
}
