using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>One recording of what a plugin does (the extension Profiler).</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtProfiler : IDisposable
{
    private readonly PjrtProfilerHandle _handle;

    internal PjrtProfiler(PjrtProfilerHandle handle) => _handle = handle;

    /// <summary>Begins to record.</summary>
    public void Start() => optirs.optirs_pjrt_profiler_start(_handle);

    /// <summary>Ends the recording.</summary>
    public void Stop() => optirs.optirs_pjrt_profiler_stop(_handle);

    /// <summary>What was recorded: a serialized XSpace, as TensorBoard's profiler reads it.</summary>
    public byte[] Collect()
    {
        optirs.optirs_pjrt_profiler_collect(_handle, out PjrtBytesHandle space);
        return PjrtPrograms.Take(space);
    }

    /// <summary>Gives up the recording.</summary>
    public void Dispose() => _handle.Dispose();
}
