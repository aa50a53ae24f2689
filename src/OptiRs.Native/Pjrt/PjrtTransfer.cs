using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// Buffers of one device whose contents arrive in parts. The buffers can be arguments of programs at once; programs wait
/// for the data. A buffer whose last part never comes fails when the transfer is disposed of.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtTransfer : IDisposable
{
    private readonly PjrtClient _client;
    private readonly PjrtTransferHandle _handle;
    private readonly (DType DType, Shape Shape)[] _arrays;

    internal PjrtTransfer(PjrtClient client, IReadOnlyList<(DType DType, Shape Shape)> arrays, PjrtPlacement placement)
    {
        (_client, _arrays) = (client, [.. arrays]);
        PjrtArray[] natives = [.. arrays.Select(a => placement.Array(a.DType, a.Shape))];
        try
        {
            _handle = PjrtMaking.CreateTransfer(client.Handle, natives);
        }
        finally
        {
            foreach (PjrtArray native in natives) native.Dispose();
        }
    }

    /// <summary>Number of buffers, as the plugin counts them.</summary>
    public int Count
    {
        get
        {
            optirs.optirs_pjrt_transfer_count(_handle, out long count);
            return checked((int)count);
        }
    }

    /// <summary>Device that the buffers are on.</summary>
    public PjrtDevice Device
    {
        get
        {
            optirs.optirs_pjrt_transfer_device(_handle, out nint device);
            return _client.FindDevice(device);
        }
    }

    /// <summary>Bytes that a buffer takes on the device, in its layout.</summary>
    public long ByteCount(int index)
    {
        optirs.optirs_pjrt_transfer_size(_handle, index, out ulong size);
        return checked((long)size);
    }

    /// <summary>Buffer number <paramref name="index"/>; each can be taken once.</summary>
    public PjrtBuffer TakeBuffer(int index)
    {
        PjrtBufferHandle cell = PjrtMaking.TransferBuffer(_handle, index, _client.Handle);
        return _client.Created(cell, _arrays[index].DType, _arrays[index].Shape);
    }

    /// <summary>Sends elements to a place in a buffer, in the layout of the device. Pooled: await it once.</summary>
    /// <param name="index">Number of the buffer.</param>
    /// <param name="byteOffset">Where in the buffer.</param>
    /// <param name="nativeMemory">Memory that does not move and is not written until the task has ended.</param>
    /// <param name="isLast">Nothing follows for this buffer.</param>
    /// <param name="cancellation">As of <see cref="PjrtBuffer.CopyToHostAsync{T}(Memory{T}, CancellationToken)"/>.</param>
    /// <exception cref="OptiRsException">Past the end of the buffer (<see cref="ErrorCode.OutOfRange"/>).</exception>
    public ValueTask WriteAsync<T>(
        int index, long byteOffset, ReadOnlyMemory<T> nativeMemory, bool isLast, CancellationToken cancellation = default)
        where T : unmanaged => cancellation.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellation)
        : PjrtMaking.TransferWriteAsync(_handle, index, byteOffset, nativeMemory, isLast).OrCancelled(cancellation);

    /// <summary>Sends the whole of a buffer from row-major elements. Pooled: await it once.</summary>
    /// <param name="index">Number of the buffer.</param>
    /// <param name="nativeMemory">Memory that does not move and is not written until the task has ended.</param>
    /// <param name="cancellation">As of <see cref="PjrtBuffer.CopyToHostAsync{T}(Memory{T}, CancellationToken)"/>.</param>
    public ValueTask WriteAsync<T>(int index, ReadOnlyMemory<T> nativeMemory, CancellationToken cancellation = default)
        where T : unmanaged
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _arrays.Length);
        using PjrtArray array = PjrtPlacement.Default.Array(_arrays[index].DType, _arrays[index].Shape);
        return PjrtMaking.TransferWriteAllAsync(_handle, index, array, nativeMemory).OrCancelled(cancellation);
    }

    /// <summary>Ends a buffer with an error.</summary>
    public void Fail(int index, ErrorCode code, string message)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(message);
        optirs.optirs_pjrt_transfer_fail(_handle, index, (int)code, utf8, (ulong)utf8.Length);
    }

    /// <summary>Tells the plugin more about the transfer, in its own terms.</summary>
    public void Describe(IReadOnlyDictionary<string, object> values) => PjrtMaking.TransferDescribe(_handle, values);

    /// <summary>Gives up the transfer; parts in flight arrive.</summary>
    public void Dispose() => _handle.Dispose();
}
