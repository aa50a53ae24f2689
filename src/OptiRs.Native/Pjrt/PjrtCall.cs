using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A call of an executable with its buffers bound: running it is one native call, and allocates nothing on the managed heap.
/// </summary>
/// <remarks>
/// Thread-safe; runs of one call are executed in the order in which they were started. The call keeps its cells alive;
/// disposing of it does not dispose of the buffers that were given, nor of its <see cref="Results"/>.
/// </remarks>
public sealed class PjrtCall : IDisposable
{
    private readonly PjrtExecution _execution;

    internal PjrtCall(PjrtExecutableHandle executable, ReadOnlySpan<PjrtBuffer> arguments, PjrtBuffer[] results)
    {
        var cells = new PjrtBufferHandle[arguments.Length + results.Length];
        for (int i = 0; i < arguments.Length; i++) cells[i] = arguments[i].Handle;
        for (int i = 0; i < results.Length; i++) cells[arguments.Length + i] = results[i].Handle;
        _execution = new PjrtExecution(executable, cells, arguments.Length);
        Results = results;
    }

    /// <summary>Buffers that receive the results, in order; those that were made for this call are the caller's to dispose of.</summary>
    public IReadOnlyList<PjrtBuffer> Results { get; }

    /// <summary>Starts a run, and returns when it is enqueued. Errors of the run itself show in its results.</summary>
    /// <exception cref="OptiRsException">An argument is deleted or donated (<see cref="ErrorCode.FailedPrecondition"/>); says by which program.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_execution.IsDisposed, this);
        Telemetry.Executions.Add(1);
        _execution.Run();
    }

    /// <summary>Starts a run; the task ends when the devices are done, with the error if there was one. Pooled: await it once.</summary>
    /// <param name="cancellation">
    /// Cancelled before the call, nothing is started. Later it only ends the wait, with <see cref="OperationCanceledException"/>: the
    /// run goes on, and the results come.
    /// </param>
    public ValueTask RunAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_execution.IsDisposed, this);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        Telemetry.Executions.Add(1);
        return _execution.RunAsync().OrCancelled(cancellation);
    }

    /// <summary>Unbinds the buffers; runs in flight finish.</summary>
    public void Dispose() => _execution.Dispose();
}
