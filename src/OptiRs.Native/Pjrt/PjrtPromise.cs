using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// Something that the program owes the plugin: the destination of a copy, a buffer, the end of some work. It is kept or
/// broken once; a promise that is disposed of before is broken with <see cref="ErrorCode.Aborted"/>.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtPromise : IDisposable
{
    private readonly PjrtPromiseHandle _handle;

    internal PjrtPromise(PjrtPromiseHandle handle, PjrtClient client)
    {
        _handle = handle;
        handle.Retain(client.Handle);
    }

    /// <summary>Keeps the promise of <see cref="PjrtClient.PromiseBuffer"/>.</summary>
    /// <exception cref="OptiRsException">It is over, or of another kind (<see cref="ErrorCode.FailedPrecondition"/>).</exception>
    public void Keep(PjrtBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        buffer.ThrowIfDisposed();
        optirs.optirs_pjrt_promise_buffer(_handle, buffer.Handle);
    }

    /// <summary>Keeps the promise of <see cref="PjrtBuffer.DonateLater"/>: what the buffer waited for is done.</summary>
    public void Keep() => optirs.optirs_pjrt_promise_done(_handle);

    /// <summary>Keeps the promise of <see cref="PjrtBuffer.CopyRawToHostLater"/>.</summary>
    /// <param name="nativeMemory">As many bytes as were asked for; they must stay until the copy is done.</param>
    public void Keep(Buffer nativeMemory)
    {
        ArgumentNullException.ThrowIfNull(nativeMemory);
        using HostView<byte> view = nativeMemory.Map<byte>();
        optirs.optirs_pjrt_promise_host(_handle, view.Span, (ulong)view.Span.Length);
    }

    /// <summary>Breaks the promise: whoever waits gets this error.</summary>
    public void Break(ErrorCode code, string message)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(message);
        optirs.optirs_pjrt_promise_fail(_handle, (int)code, utf8, (ulong)utf8.Length);
    }

    /// <summary>Breaks the promise unless it is over.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>An event of the plugin that the program ends.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtEvent : IDisposable
{
    private readonly PjrtEventHandle _handle;

    internal PjrtEvent(PjrtClient client)
    {
        optirs.optirs_pjrt_event_create(client.Handle, out _handle);
        _handle.Retain(client.Handle);
    }

    /// <summary>Whether the event is over.</summary>
    public bool IsReady
    {
        get
        {
            optirs.optirs_pjrt_event_is_ready(_handle, out byte isReady);
            return isReady != 0;
        }
    }

    /// <summary>Ends the event.</summary>
    public void Set() => optirs.optirs_pjrt_event_set(_handle, 0, [], 0);

    /// <summary>Ends the event with an error.</summary>
    public void Set(ErrorCode code, string message)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(message);
        optirs.optirs_pjrt_event_set(_handle, (int)code, utf8, (ulong)utf8.Length);
    }

    /// <summary>Throws the error of an event that ended with one.</summary>
    /// <exception cref="OptiRsException">Its error; or it is not over (<see cref="ErrorCode.FailedPrecondition"/>).</exception>
    public void ThrowIfFailed() => optirs.optirs_pjrt_event_check(_handle);

    /// <summary>Ends with the event, and with its error. Pooled: await it once.</summary>
    /// <param name="cancellation">Ends the wait, with <see cref="OperationCanceledException"/>, and nothing else.</param>
    public ValueTask ReadyAsync(CancellationToken cancellation = default) => cancellation.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellation)
        : PjrtMaking.EventReadyAsync(_handle).OrCancelled(cancellation);

    /// <summary>Gives up the event.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>An external use of a buffer's device memory, which stays where it is until this is disposed of.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtHold : IDisposable
{
    private readonly PjrtHoldHandle _handle;

    internal PjrtHold(PjrtBuffer buffer)
    {
        optirs.optirs_pjrt_buffer_hold(buffer.Handle, out _handle);
        _handle.Retain(buffer.Client.Handle);
    }

    /// <summary>First byte, in the address space of the device.</summary>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
            return PjrtMaking.HoldAddress(_handle);
        }
    }

    /// <summary>Ends the use.</summary>
    public void Dispose() => _handle.Dispose();
}
