using OptiRs.Native.Interop;

namespace OptiRs.Native;

// The rarer things that a buffer can do and tell.
public sealed partial class PjrtBuffer
{
    /// <summary>The memory that holds the data.</summary>
    /// <exception cref="NotSupportedException">The plugin has no notion of memories.</exception>
    public PjrtMemory Memory
    {
        get
        {
            optirs.optirs_pjrt_buffer_memory(Handle, out nint memory);
            return _client.FindMemory(memory);
        }
    }

    /// <summary>Order of the elements on the device.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public PjrtLayout Layout
    {
        get
        {
            optirs.optirs_pjrt_buffer_layout(Handle, out PjrtLayoutHandle layout);
            using (layout) return new PjrtLayout(PjrtArray.Read(layout));
        }
    }

    /// <summary>Bytes that the data takes on its device, padding included.</summary>
    public long DeviceByteCount
    {
        get
        {
            optirs.optirs_pjrt_buffer_device_size(Handle, out ulong size);
            return checked((long)size);
        }
    }

    /// <summary>Whether the data lies in memory that the host can address.</summary>
    public bool IsOnHost
    {
        get
        {
            optirs.optirs_pjrt_buffer_is_on_cpu(Handle, out byte isOnHost);
            return isOnHost != 0;
        }
    }

    /// <summary>Extents without the padding that a dynamic dimension has, as the plugin states them: those of <see cref="Shape"/>.</summary>
    public Shape UnpaddedShape
    {
        get
        {
            var dims = new long[Shape.Rank];
            optirs.optirs_pjrt_buffer_unpadded_dims(Handle, dims, dims.Length);
            return new Shape(dims);
        }
    }

    /// <summary>For each dimension, whether it is dynamic.</summary>
    public IReadOnlyList<bool> DynamicDimensions
    {
        get
        {
            var dynamic = new byte[Shape.Rank];
            optirs.optirs_pjrt_buffer_dynamic_dims(Handle, dynamic, dynamic.Length);
            return [.. dynamic.Select(d => d != 0)];
        }
    }

    /// <summary>Address as the platform's own tools know it. Nothing keeps the memory alive: see <see cref="Hold"/>.</summary>
    public ulong UnsafeAddress
    {
        get
        {
            optirs.optirs_pjrt_buffer_unsafe_pointer(Handle, out ulong address);
            return address;
        }
    }

    /// <summary>Keeps the device memory where it is, for use outside PJRT. Await <see cref="ReadyAsync"/> first.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtHold Hold()
    {
        ThrowIfDisposed();
        return new PjrtHold(this);
    }

    /// <summary>
    /// Lends the device memory to another library, for reading and without a copy. Await <see cref="ReadyAsync"/> first.
    /// </summary>
    /// <exception cref="NotSupportedException">DLPack has no name for the platform or the element type, or the layout is not row-major.</exception>
    public DlpackTensor ToDlpack()
    {
        ThrowIfDisposed();
        return new DlpackTensor(PjrtMaking.ToDlpack(Handle));
    }

    /// <summary>Copies the data to a memory of the same client, for instance to <c>pinned_host</c>.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtBuffer CopyTo(PjrtMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ThrowIfDisposed();
        return _client.Created(PjrtMaking.CopyToMemory(Handle, memory.Pointer, _client.Handle), DType, Shape);
    }

    /// <summary>The same bytes on the same device, read as another type or shape of equal size.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtBuffer Bitcast(DType dtype, Shape shape, PjrtLayout? layout = null)
    {
        ThrowIfDisposed();
        using PjrtArray array = new PjrtPlacement { Layout = layout }.Array(dtype, shape);
        return new PjrtBuffer(_client, PjrtMaking.Bitcast(Handle, array, _client.Handle), dtype, shape);
    }

    /// <summary>Starts to copy the data to the host, into a layout of choice. Pooled: await it once.</summary>
    /// <param name="nativeMemory">As <see cref="CopyToHostAsync{T}(Memory{T}, CancellationToken)"/>; large enough for the layout.</param>
    /// <param name="layout">Of the host memory.</param>
    /// <param name="cancellation">As there.</param>
    public ValueTask CopyToHostAsync<T>(Memory<T> nativeMemory, PjrtLayout layout, CancellationToken cancellation = default)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(layout);
        CheckType<T>("CopyToHostAsync");
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        return PjrtMaking.ToHostLayoutAsync(Handle, nativeMemory, layout.Data).OrCancelled(cancellation);
    }

    /// <summary>Starts to copy bytes as they lie on the device, from <paramref name="byteOffset"/> on. Pooled: await it once.</summary>
    /// <param name="byteOffset">First byte on the device.</param>
    /// <param name="nativeMemory">As <see cref="CopyToHostAsync{T}(Memory{T}, CancellationToken)"/>.</param>
    /// <param name="cancellation">As there.</param>
    /// <exception cref="OptiRsException">Past the end of the data (<see cref="ErrorCode.OutOfRange"/>).</exception>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public ValueTask CopyRawToHostAsync<T>(long byteOffset, Memory<T> nativeMemory, CancellationToken cancellation = default)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ThrowIfDisposed();
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        return PjrtMaking.RawToHostAsync(Handle, byteOffset, nativeMemory).OrCancelled(cancellation);
    }

    /// <summary>As <see cref="CopyRawToHostAsync{T}"/>, where the destination is named later, by <see cref="PjrtPromise.Keep(Buffer)"/>.</summary>
    /// <returns>The promise, and the end of the copy, to be awaited once.</returns>
    public (PjrtPromise Promise, ValueTask Done) CopyRawToHostLater(long byteOffset, long byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        (PjrtPromiseHandle promise, ValueTask done) = PjrtMaking.RawToHostLater(Handle, byteOffset, byteCount);
        return (new PjrtPromise(promise, _client), done);
    }

    /// <summary>
    /// Gives the data away for a buffer that is ready when the promise is kept (<see cref="PjrtPromise.Keep()"/>); this
    /// one then says that it was donated.
    /// </summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public (PjrtBuffer Buffer, PjrtPromise Promise) DonateLater()
    {
        (DType dtype, Shape shape) = (DType, Shape);
        (PjrtBufferHandle cell, PjrtPromiseHandle promise) = PjrtMaking.Donate(Handle, _client.Handle);
        return (_client.Created(cell, dtype, shape), new PjrtPromise(promise, _client));
    }
}
