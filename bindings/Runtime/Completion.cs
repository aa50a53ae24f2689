using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace OptiRs.Native.Interop;

/// <summary>
/// A native completion callback as a <see cref="ValueTask"/>. Pooled: in steady state an operation allocates nothing.
/// </summary>
/// <remarks>
/// Rent -> [Start] -> in flight -> [callback] -> ready -> [GetResult] -> back in the pool.
/// If the starting function fails there is no callback: Rent -> [Start] -> [Abandon] -> back in the pool.
/// In flight the object is rooted by its place in a table, which it keeps for life and which is empty otherwise, and what
/// the operation uses is held until the callback has run. Continuations run on the thread pool, never on the native thread.
/// A task that nobody awaits costs its pooled object, nothing else.
/// </remarks>
internal sealed unsafe class Completion : IValueTaskSource
{
    private const int PoolLimit = 256;
    private static readonly Lock PoolLock = new();
    private static Completion? _pool;
    private static int _pooled;

    // Before the pool: one operation after the other on one thread never takes its lock.
    [ThreadStatic]
    private static Completion? _spare;

    private static readonly RootTable<Completion> InFlight = new();
    private readonly int _place = InFlight.Reserve();
    private Completion? _next;
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private MemoryHandle _pinned;
    private NativeHandle? _held;
    private optirs_operation* _operation;
    private CancellationTokenRegistration _cancellation;

    private Completion()
    {
    }

    // Only of those that never came back to the pool.
    ~Completion() => InFlight.Free(_place);

    /// <summary>What to hand to the starting function as the callback.</summary>
    public static delegate* unmanaged[Cdecl]<optirs_error*, void*, void> Callback => &OnCompleted;

    public static Completion Rent()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        lock (PoolLock)
        {
            if (_pool is { } completion)
            {
                _pool = completion._next;
                _pooled--;
                completion._next = null;
                return completion;
            }
        }

        return new Completion();
    }

    /// <summary>Holds memory of <see cref="NativeMemoryManager{T}"/> until the operation is over.</summary>
    public void Hold(MemoryHandle pinned) => _pinned = pinned;

    /// <summary>Holds a native object until the operation is over.</summary>
    public void Hold(NativeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _held = handle;
    }

    /// <summary>The context of the callback. Call it right before the starting function.</summary>
    public void* Start()
    {
        InFlight[_place] = this;
        return (void*)_place;
    }

    /// <summary>The starting function failed: the callback will not come.</summary>
    public void Abandon()
    {
        InFlight[_place] = null;
        LetGo();
        Return();
    }

    /// <summary>
    /// Asks the operation to stop when the token is cancelled. The task still ends by the callback: memory is never freed
    /// under an operation that runs. Takes over the reference to the operation.
    /// </summary>
    public void CancelWith(optirs_operation* operation, CancellationToken token)
    {
        _operation = operation;
        _cancellation = token.UnsafeRegister(
            static state => optirs.optirs_operation_cancel_raw(((Completion)state!)._operation), this);
    }

    /// <summary>To be awaited once.</summary>
    public ValueTask Task => new(this, _core.Version);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCompleted(optirs_error* error, void* context)
    {
        try
        {
            Completion completion = InFlight[(int)context]!;
            InFlight[completion._place] = null;
            completion.LetGo();
            if (error == null) completion._core.SetResult(true);
            else completion._core.SetException(NativeError.Consume(error));
        }
        catch (Exception e)
        {
            // Nothing may cross into native code, and a lost completion would hang its caller for ever.
            Environment.FailFast("OptiRs: a completion callback failed.", e);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        // A token of an earlier use, and a result that is not there yet, throw before anything is reset.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The operation is still running: await the task.");
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            Finish();
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void LetGo()
    {
        _pinned.Dispose();
        _pinned = default;
        _held?.DangerousRelease();
        _held = null;
    }

    private void Finish()
    {
        // Waits for a cancel callback that is running: only then may the operation go.
        _cancellation.Dispose();
        _cancellation = default;
        optirs_operation* operation = _operation;
        _operation = null;
        if (operation != null) optirs.optirs_operation_release(operation);
        _core.Reset();
        Return();
    }

    private void Return()
    {
        Debug.Assert(_next is null && _operation == null, "A completion goes back to the pool once, and empty.");
        if (_spare is null)
        {
            _spare = this;
            return;
        }

        lock (PoolLock)
        {
            if (_pooled >= PoolLimit) return;
            _next = _pool;
            _pool = this;
            _pooled++;
        }
    }
}
