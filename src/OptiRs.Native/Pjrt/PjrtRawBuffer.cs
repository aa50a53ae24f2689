using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>The bytes of a buffer, which they outlive, without type and extents (the extension RawBuffer).</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtRawBuffer : IDisposable
{
    private readonly PjrtClient _client;
    private readonly PjrtRawBufferHandle _handle;

    internal PjrtRawBuffer(PjrtClient client, PjrtRawBufferHandle handle) => (_client, _handle) = (client, handle);

    /// <summary>Bytes on the device, padding included.</summary>
    public long ByteCount
    {
        get
        {
            optirs.optirs_pjrt_raw_buffer_size(_handle, out ulong size);
            return checked((long)size);
        }
    }

    /// <summary>The memory that the bytes are in.</summary>
    public PjrtMemory Memory
    {
        get
        {
            optirs.optirs_pjrt_raw_buffer_memory(_handle, out nint memory);
            return _client.FindMemory(memory);
        }
    }

    /// <summary>Address of the bytes in this process, valid as long as this object; 0 where the host cannot read them.</summary>
    public nint HostAddress
    {
        get
        {
            optirs.optirs_pjrt_raw_buffer_host_address(_handle, out ulong address);
            return (nint)address;
        }
    }

    /// <summary>Copies bytes to the host.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Native memory, as of a <see cref="Tensor{T}"/>.</param>
    /// <param name="cancellation">As of <see cref="PjrtBuffer.CopyToHostAsync{T}(Memory{T}, CancellationToken)"/>.</param>
    /// <returns>The end of the copy; await it once.</returns>
    /// <exception cref="ArgumentException">The memory is the garbage collector's.</exception>
    /// <exception cref="IOptiRsError">The range is not within the buffer.</exception>
    public ValueTask ReadAsync<T>(long offset, Memory<T> destination, CancellationToken cancellation = default) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        return PjrtExtensions.RawReadAsync(_handle, offset, destination).OrCancelled(cancellation);
    }

    /// <summary>Copies bytes from the host into the buffer. Whoever reads the buffer meanwhile may see some of them.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="source">Native memory, as of a <see cref="Tensor{T}"/>.</param>
    /// <param name="cancellation">As of <see cref="PjrtBuffer.CopyToHostAsync{T}(Memory{T}, CancellationToken)"/>.</param>
    /// <returns>The end of the copy; await it once.</returns>
    /// <exception cref="ArgumentException">The memory is the garbage collector's.</exception>
    /// <exception cref="IOptiRsError">The range is not within the buffer.</exception>
    public ValueTask WriteAsync<T>(long offset, ReadOnlyMemory<T> source, CancellationToken cancellation = default) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        return PjrtExtensions.RawWriteAsync(_handle, offset, source).OrCancelled(cancellation);
    }

    /// <summary>Gives up the bytes.</summary>
    public void Dispose() => _handle.Dispose();
}
