using System.Buffers;
using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>Cells: filling them from the host, reading them back, and what they hold.</summary>
internal static unsafe class PjrtCells
{
    public static PjrtBufferHandle CreateEmpty(PjrtClientHandle client)
    {
        optirs.optirs_pjrt_buffer_create(client, out PjrtBufferHandle cell);
        cell.Retain(client);
        return cell;
    }

    /// <summary>Wraps an owned cell that native code has made.</summary>
    public static PjrtBufferHandle Adopt(nint cell, PjrtClientHandle client)
    {
        var handle = new PjrtBufferHandle();
        handle.Adopt(cell);
        handle.Retain(client);
        return handle;
    }

    /// <summary>Copies during the call. A null cell gets a new one; no device means that of the cell, or the first.</summary>
    public static PjrtBufferHandle FromHost(
        PjrtClientHandle client, ReadOnlySpan<byte> data, int dtype, ReadOnlySpan<long> dims, nint device,
        PjrtBufferHandle? into)
    {
        // A cell keeps its client.
        using var lease = into is null ? new Lease(client) : new Lease(into);
        optirs_pjrt_buffer* cell = into is null ? null : into.Pointer;
        fixed (byte* bytes = data)
        fixed (long* extents = dims)
        {
            // An empty span has no address; the native side wants one even for nothing.
            byte none = 0;
            NativeError.ThrowIfFailed(optirs.optirs_pjrt_buffer_from_host_raw(
                client.Pointer, bytes == null ? &none : bytes, (ulong)data.Length, dtype, extents, dims.Length, null,
                optirs.OPTIRS_PJRT_HOST_DURING_CALL, (optirs_pjrt_device*)device, null, null, &cell));
        }

        return into ?? Adopt((nint)cell, client);
    }

    /// <summary>
    /// Lends native host memory to the device, which may use it in place. The task ends when the device is done with it;
    /// the memory is held until then.
    /// </summary>
    public static (PjrtBufferHandle Cell, ValueTask Released) Lend(
        PjrtClientHandle client, BufferHandle memory, ulong bytes, int dtype, ReadOnlySpan<long> dims, nint device)
    {
        using var lease = new Lease(client);
        Completion completion = Completion.Rent();
        completion.Hold(memory);
        void* context = completion.Start();
        optirs_pjrt_buffer* cell = null;
        fixed (long* extents = dims)
        {
            optirs_error* error = optirs.optirs_pjrt_buffer_from_host_raw(
                client.Pointer, optirs.optirs_buffer_data_raw(memory.Pointer), bytes, dtype, extents, dims.Length, null,
                optirs.OPTIRS_PJRT_HOST_ZERO_COPY, (optirs_pjrt_device*)device, Completion.Callback, context, &cell);
            if (error != null)
            {
                completion.Abandon();
                throw NativeError.Consume(error);
            }
        }

        return (Adopt((nint)cell, client), completion.Task);
    }

    public static void ToHost(PjrtBufferHandle cell, Span<byte> destination)
    {
        byte none = 0;
        using var lease = new Lease(cell);
        fixed (byte* bytes = destination)
            NativeError.ThrowIfFailed(optirs.optirs_pjrt_buffer_to_host_wait_raw(
                cell.Pointer, bytes == null ? &none : bytes, (ulong)destination.Length));
    }

    /// <exception cref="ArgumentException">The memory is not native.</exception>
    public static ValueTask ToHostAsync<T>(PjrtBufferHandle cell, Memory<T> destination) where T : unmanaged
    {
        if (!MemoryMarshal.TryGetMemoryManager<T, NativeMemoryManager<T>>(destination, out _))
            throw new ArgumentException(
                "CopyToHostAsync needs native memory, which stays where it is while the device writes: pass Tensor<T>.Memory "
                + "or Buffer.AsMemory<T>(), or use CopyToHost for an array.", nameof(destination));
        using var lease = new Lease(cell);
        MemoryHandle pinned = destination.Pin();
        Completion completion = Completion.Rent();
        completion.Hold(pinned);
        void* context = completion.Start();
        optirs_error* error = optirs.optirs_pjrt_buffer_to_host_raw(
            cell.Pointer, pinned.Pointer, (ulong)destination.Length * (ulong)sizeof(T), Completion.Callback, context);
        if (error == null) return completion.Task;
        completion.Abandon();
        throw NativeError.Consume(error);
    }

    public static ValueTask ReadyAsync(PjrtBufferHandle cell)
    {
        using var lease = new Lease(cell);
        Completion completion = Completion.Rent();
        void* context = completion.Start();
        optirs_error* error = optirs.optirs_pjrt_buffer_ready_raw(cell.Pointer, Completion.Callback, context);
        if (error == null) return completion.Task;
        completion.Abandon();
        throw NativeError.Consume(error);
    }

    public static PjrtBufferHandle CopyToDevice(PjrtBufferHandle cell, nint device, PjrtClientHandle client)
    {
        using var lease = new Lease(cell);
        optirs_pjrt_buffer* copy = null;
        NativeError.ThrowIfFailed(
            optirs.optirs_pjrt_buffer_copy_to_device_raw(cell.Pointer, (optirs_pjrt_device*)device, &copy));
        return Adopt((nint)copy, client);
    }

    public static long[] Dims(PjrtBufferHandle cell)
    {
        using var lease = new Lease(cell);
        var dims = new long[optirs.optirs_pjrt_buffer_rank_raw(cell.Pointer)];
        optirs.optirs_pjrt_buffer_dims(cell, dims, dims.Length);
        return dims;
    }

    /// <summary>Whether a dimension has a size that only what computes the data knows.</summary>
    public static bool IsDynamic(PjrtBufferHandle cell, int rank)
    {
        using var lease = new Lease(cell);
        Span<byte> dynamic = stackalloc byte[rank];
        fixed (byte* first = dynamic)
        {
            optirs_error* error = optirs.optirs_pjrt_buffer_dynamic_dims_raw(cell.Pointer, first, rank);
            return !PjrtNative.NullIfUnimplemented(error) && dynamic.Contains((byte)1);
        }
    }

    public static nint Device(PjrtBufferHandle cell)
    {
        using var lease = new Lease(cell);
        return (nint)optirs.optirs_pjrt_buffer_device_raw(cell.Pointer);
    }
}
