using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>Takes what a program sends: the bytes of one part, bytes of the whole, whether it is the last part, row of the device.</summary>
/// <remarks>Runs on a thread of the plugin; an exception fails the execution, and nothing else.</remarks>
public delegate void PjrtSendReceiver(ReadOnlySpan<byte> data, long total, bool isLast, int device);

/// <summary>Options of one execution.</summary>
public sealed record PjrtExecutionOptions
{
    /// <summary>Arguments that stay valid although the program donates them.</summary>
    public IReadOnlyList<long> NotDonated { get; init; } = [];

    /// <summary>Equal on all hosts of one execution.</summary>
    public int LaunchId { get; init; }

    /// <summary>What profiles call the execution; null for nothing. Needs PJRT 0.76.</summary>
    public string? CallLocation { get; init; }

    /// <summary>For a program that runs on any device: on which.</summary>
    public PjrtDevice? Device { get; init; }

    /// <summary>What execution and custom calls share; null for nothing. Needs PJRT 0.64.</summary>
    public PjrtExecutionContext? Context { get; init; }

    /// <summary>What happens to the sends of the program, by channel.</summary>
    public IReadOnlyDictionary<long, PjrtSendReceiver> Sends { get; init; } = new Dictionary<long, PjrtSendReceiver>();

    /// <summary>
    /// Who gives the bytes of the receives of the program, by channel; runs on the thread pool with the row of the device.
    /// An exception fails the execution, whose error tells of it, and nothing else.
    /// </summary>
    public IReadOnlyDictionary<long, Func<PjrtCopyStream, int, Task>> Receives { get; init; } =
        new Dictionary<long, Func<PjrtCopyStream, int, Task>>();

    internal PjrtChannels ToNative(PjrtReceives receives)
    {
        var native = new PjrtChannels(
            [.. NotDonated], LaunchId, CallLocation, Device?.Pointer ?? 0, Context?.Handle, Sends.Count + Receives.Count);
        foreach ((long channel, PjrtSendReceiver receiver) in Sends) native.AddSend(channel, receiver.Invoke);
        foreach ((long channel, Func<PjrtCopyStream, int, Task> source) in Receives)
            native.AddReceive(channel, (stream, device) => receives.Begin(channel, source, stream, device));
        return native;
    }
}

/// <summary>Bytes on their way from the host to a receive of a program.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtCopyStream : IDisposable
{
    private readonly PjrtCopyStreamHandle _handle;

    internal PjrtCopyStream(PjrtCopyStreamHandle handle) => _handle = handle;

    /// <summary>Bytes that the program expects, of which parts must be multiples, and how many it has.</summary>
    public (long Total, long Granule, long Current) Progress
    {
        get
        {
            optirs.optirs_pjrt_copy_stream_progress(_handle, out long total, out long granule, out long current);
            return (total, granule, current);
        }
    }

    /// <summary>Gives the next bytes, which are copied during the call. Pooled: await it once.</summary>
    public ValueTask WriteAsync(ReadOnlySpan<byte> data) => PjrtChannels.AddToStreamAsync(_handle, data);

    /// <summary>Ends the stream.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>What executions share with the custom calls in them.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtExecutionContext : IDisposable
{
    /// <summary>An empty context.</summary>
    /// <exception cref="NotSupportedException">The plugin knows no contexts.</exception>
    public PjrtExecutionContext(PjrtClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        optirs.optirs_pjrt_context_create(client.Handle, out PjrtContextHandle handle);
        handle.Retain(client.Handle);
        Handle = handle;
    }

    internal PjrtContextHandle Handle { get; }

    /// <summary>Gives handlers of XLA's typed FFI data, in every execution with this context.</summary>
    /// <param name="typeId">From <see cref="PjrtPlugin.RegisterFfiType"/>.</param>
    /// <param name="data">Address; the context's from then on, if the type has a deleter.</param>
    /// <exception cref="NotSupportedException">The plugin has no extension FFI.</exception>
    public void AddUserData(long typeId, nint data) => PjrtExtensions.AddUserData(Handle, typeId, data);

    /// <summary>Gives up the context; executions that use it go on.</summary>
    public void Dispose() => Handle.Dispose();
}
