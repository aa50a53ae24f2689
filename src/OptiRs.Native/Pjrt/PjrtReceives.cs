using System.Collections.Concurrent;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>The sources of one execution's receives, while they work.</summary>
internal sealed class PjrtReceives
{
    private readonly ConcurrentQueue<Task> _sources = new();
    private readonly ConcurrentQueue<(long Channel, Exception Error)> _failures = new();

    /// <summary>Starts a source. Called on a thread of the plugin's.</summary>
    public void Begin(long channel, Func<PjrtCopyStream, int, Task> source, PjrtCopyStreamHandle stream, int device) =>
        _sources.Enqueue(Task.Run(() => FillAsync(channel, source, stream, device)));

    /// <summary>Ends with the execution and its sources, and with the error of either.</summary>
    public async Task EndAsync(ValueTask execution)
    {
        try
        {
            await execution.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOptiRsError && !_failures.IsEmpty)
        {
            var error = (IOptiRsError)e;
            throw Failure(error.Code, e.Message + "; ", error.Operation, error.Backend);
        }

        while (_sources.TryDequeue(out Task? source)) await source.ConfigureAwait(false);
        if (!_failures.IsEmpty) throw Failure(ErrorCode.Aborted, "", "optirs_pjrt_executable_execute", "");
    }

    // The failure is known before the stream ends short, for which the plugin fails the execution.
    private async Task FillAsync(
        long channel, Func<PjrtCopyStream, int, Task> source, PjrtCopyStreamHandle handle, int device)
    {
        using var stream = new PjrtCopyStream(handle);
        try
        {
            await source(stream, device).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failures.Enqueue((channel, e));
        }
    }

    private OptiRsException Failure(ErrorCode code, string before, string operation, string backend)
    {
        _failures.TryPeek(out (long Channel, Exception Error) first);
        return new OptiRsException(
            code, $"{before}the source of receive {first.Channel} threw {first.Error.GetType().Name}: {first.Error.Message}",
            operation, backend, first.Error);
    }
}
