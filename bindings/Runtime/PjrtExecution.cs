using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// A call with its arguments and results bound: their cells are leased once, and the pointers lie in one native block
/// (the handle), so that a run is one native call and allocates nothing.
/// </summary>
internal sealed unsafe class PjrtExecution : NativeHandle
{
    private readonly PjrtExecutableHandle _executable;
    private readonly PjrtBufferHandle[] _cells;
    private readonly int _arguments;

    // Arguments first, then results, in one list. Each is retained until the call is released.
    public PjrtExecution(PjrtExecutableHandle executable, PjrtBufferHandle[] cells, int arguments)
        : base("bound call of an executable")
    {
        (_executable, _cells, _arguments) = (executable, cells, arguments);
        int retained = 0;
        var pointers = (nint*)NativeMemory.Alloc((nuint)Math.Max(cells.Length, 1) * (nuint)sizeof(nint));
        try
        {
            RetainAll(cells, new Span<nint>(pointers, cells.Length), ref retained);
            Retain(executable);
        }
        catch
        {
            for (int i = 0; i < retained; i++) cells[i].DangerousRelease();
            NativeMemory.Free(pointers);
            throw;
        }

        Adopt((nint)pointers);
    }

    public void Run()
    {
        using var lease = new Lease(this);
        NativeError.ThrowIfFailed(Start(null, null, null));
    }

    public ValueTask RunAsync()
    {
        Completion completion = Completion.Rent();
        completion.Hold(this);  // a lease, too, until the callback
        void* context = completion.Start();
        int finished = 0;
        optirs_pjrt_execute_options options = default;
        options.struct_size = (nuint)sizeof(optirs_pjrt_execute_options);
        options.finished = &finished;
        optirs_error* error = Start(&options, Completion.Callback, context);
        if (error == null && finished == 0) return completion.Task;
        completion.Abandon();  // there will be no callback: small programs are over by now
        if (error == null) return default;
        throw NativeError.Consume(error);
    }

    /// <summary>One execution whose result cells are new; they come back in <paramref name="results"/>.</summary>
    public static void Execute(
        PjrtExecutableHandle executable, PjrtClientHandle client, ReadOnlySpan<PjrtBufferHandle> arguments,
        Span<PjrtBufferHandle> results)
    {
        using var lease = new Lease(executable);
        int count = arguments.Length + results.Length;
        nint* block = stackalloc nint[count <= 128 ? count : 0];
        nint* pointers = count <= 128 ? block : (nint*)NativeMemory.Alloc((nuint)count * (nuint)sizeof(nint));
        int retained = 0;
        try
        {
            RetainAll(arguments, new Span<nint>(pointers, count), ref retained);
            nint* made = pointers + arguments.Length;
            new Span<nint>(made, results.Length).Clear();
            NativeError.ThrowIfFailed(optirs.optirs_pjrt_executable_execute_raw(
                executable.Pointer, null, (optirs_pjrt_buffer**)pointers, arguments.Length, (optirs_pjrt_buffer**)made,
                results.Length, null, null));
            for (int i = 0; i < results.Length; i++) results[i] = PjrtCells.Adopt(made[i], client);
        }
        finally
        {
            for (int i = 0; i < retained; i++) arguments[i].DangerousRelease();
            if (pointers != block) NativeMemory.Free(pointers);
        }
    }

    /// <summary>Keeps each argument alive until it is released; <paramref name="retained"/> counts those that are.</summary>
    private static void RetainAll(ReadOnlySpan<PjrtBufferHandle> arguments, Span<nint> pointers, ref int retained)
    {
        for (; retained < arguments.Length; retained++)
        {
            ObjectDisposedException.ThrowIf(arguments[retained].IsClosed, arguments[retained]);
            bool added = false;
            arguments[retained].DangerousAddRef(ref added);
            pointers[retained] = (nint)arguments[retained].Pointer;
        }
    }

    /// <summary>An execution with options whose result cells are new; the task ends when the devices are done.</summary>
    public static ValueTask Execute(
        PjrtExecutableHandle executable, PjrtClientHandle client, ReadOnlySpan<PjrtBufferHandle> arguments,
        Span<PjrtBufferHandle> results, PjrtChannels options)
    {
        using var lease = new Lease(executable);
        var cells = new nint[arguments.Length + results.Length];
        int retained = 0;
        try
        {
            RetainAll(arguments, cells, ref retained);
            Completion completion = Completion.Rent();
            completion.Hold(options);
            ValueTask task = completion.Task;
            void* context = completion.Start();
            optirs_error* error;
            fixed (nint* pointers = cells)
                error = optirs.optirs_pjrt_executable_execute_raw(
                    executable.Pointer, options.Pointer, (optirs_pjrt_buffer**)pointers, arguments.Length,
                    (optirs_pjrt_buffer**)(pointers + arguments.Length), results.Length, Completion.Callback, context);
            if (error != null)
            {
                completion.Abandon();
                throw NativeError.Consume(error);
            }

            for (int i = 0; i < results.Length; i++) results[i] = PjrtCells.Adopt(cells[arguments.Length + i], client);
            return task;
        }
        finally
        {
            for (int i = 0; i < retained; i++) arguments[i].DangerousRelease();
        }
    }

    protected override void ReleaseNative()
    {
        foreach (PjrtBufferHandle cell in _cells) cell.DangerousRelease();
        NativeMemory.Free((void*)handle);
    }

    private optirs_error* Start(
        optirs_pjrt_execute_options* options, delegate* unmanaged[Cdecl]<optirs_error*, void*, void> done, void* context)
    {
        var cells = (optirs_pjrt_buffer**)handle;
        return optirs.optirs_pjrt_executable_execute_raw(
            _executable.Pointer, options, cells, _arguments, cells + _arguments, _cells.Length - _arguments, done, context);
    }
}
