using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>A queue of work of one device, done in the order in which it was given.</summary>
/// <remarks>Thread-safe; while it is captured only the capturing thread may use it.</remarks>
public sealed class DeviceStream : IDisposable
{
    internal DeviceStream(Device device, StreamHandle handle) => (Device, Handle) = (device, handle);

    /// <summary>Whose work it is.</summary>
    public Device Device { get; }

    /// <summary>The backend's own handle (a <c>CUstream</c>), to share the stream with other libraries.</summary>
    public nint NativeHandle => DeviceNative.NativeStream(Handle);

    /// <summary>Whether all work given so far is done.</summary>
    public bool IsDone
    {
        get
        {
            optirs.optirs_stream_query(Handle, out byte done);
            return done != 0;
        }
    }

    internal StreamHandle Handle { get; }

    /// <summary>Blocks until all work given so far is done.</summary>
    public void Wait() => optirs.optirs_stream_wait(Handle);

    /// <summary>Ends when all work given so far is done; fails as the work does.</summary>
    /// <param name="cancellation">Ends the wait, with <see cref="OperationCanceledException"/>, and nothing else.</param>
    public ValueTask WhenDone(CancellationToken cancellation = default) => cancellation.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellation)
        : DeviceNative.WhenDone(Handle).OrCancelled(cancellation);

    /// <summary>Allocates device memory for work of this stream.</summary>
    /// <param name="bytes">How many; 0 is allowed.</param>
    /// <param name="tag">What it is for; counted per tag.</param>
    /// <exception cref="OptiRsOutOfMemoryException">There is none, even after a garbage collection.</exception>
    public DeviceMemory Allocate(long bytes, string tag = "") => new(Device, DeviceNative.CreateMemory(Handle, bytes, tag));

    /// <summary>Makes later work of this stream wait for an event.</summary>
    public void Follow(DeviceEvent mark)
    {
        ArgumentNullException.ThrowIfNull(mark);
        optirs.optirs_stream_follow(Handle, mark.Handle);
    }

    /// <summary>
    /// Records the work that <paramref name="work"/> gives to this stream, instead of doing it. What it uses must live as long
    /// as the graph; what it allocates on this stream and lets go, such as the workspace of kernels, does.
    /// </summary>
    public DeviceGraph Capture(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        optirs.optirs_stream_capture_begin(Handle);
        try
        {
            work();
        }
        catch
        {
            try
            {
                End().Dispose();
            }
            catch (Exception inner) when (inner is IOptiRsError)
            {
                // The first failure is the one to know about.
            }

            throw;
        }

        return End();
    }

    /// <summary>Lets go of the stream. Work that was given is still done.</summary>
    public void Dispose() => Handle.Dispose();

    private DeviceGraph End()
    {
        optirs.optirs_stream_capture_end(Handle, out GraphHandle graph);
        return new DeviceGraph(graph);
    }
}

/// <summary>A point in the work of a stream.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class DeviceEvent : IDisposable
{
    internal DeviceEvent(EventHandle handle) => Handle = handle;

    /// <summary>Whether the work before it is done; so too if it was never recorded.</summary>
    public bool IsDone
    {
        get
        {
            optirs.optirs_event_query(Handle, out byte done);
            return done != 0;
        }
    }

    internal EventHandle Handle { get; }

    /// <summary>Makes it the present end of a stream's work.</summary>
    public void Record(DeviceStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        optirs.optirs_event_record(Handle, stream.Handle);
    }

    /// <summary>Blocks until the work before it is done.</summary>
    public void Wait() => optirs.optirs_event_wait(Handle);

    /// <summary>Time from <paramref name="start"/> to this event, on the device's clock. Both need timing.</summary>
    public TimeSpan Since(DeviceEvent start)
    {
        ArgumentNullException.ThrowIfNull(start);
        optirs.optirs_event_elapsed(start.Handle, Handle, out float milliseconds);
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>Lets go of the event.</summary>
    public void Dispose() => Handle.Dispose();
}

/// <summary>Work that was recorded once and is given to streams as a whole.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class DeviceGraph : IDisposable
{
    private readonly GraphHandle _handle;

    internal DeviceGraph(GraphHandle handle) => _handle = handle;

    /// <summary>Gives the recorded work to a stream.</summary>
    public void Launch(DeviceStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        optirs.optirs_graph_launch(_handle, stream.Handle);
    }

    /// <summary>Lets go of the graph. Launches that were given are still done.</summary>
    public void Dispose() => _handle.Dispose();
}
