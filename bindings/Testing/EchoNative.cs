namespace OptiRs.Native.Interop;

/// <summary>The echo operation, which tests of the completion use: it needs no device.</summary>
internal static unsafe class EchoNative
{
    public static ValueTask Start(
        BackendHandle backend, BufferHandle source, BufferHandle destination, uint flags, ErrorCode failWith,
        CancellationToken token)
    {
        ValueTask task = Start(backend, source, destination, flags, failWith, out optirs_operation* operation, out Completion completion);
        completion.CancelWith(operation, token);
        return task;
    }

    /// <summary>A held echo, with the operation through which a test lets it go on.</summary>
    public static (ValueTask Task, OperationHandle Operation) StartHeld(
        BackendHandle backend, BufferHandle source, BufferHandle destination)
    {
        ValueTask task = Start(
            backend, source, destination, optirs.OPTIRS_ECHO_HOLD, ErrorCode.Ok, out optirs_operation* operation, out _);
        var handle = new OperationHandle();
        handle.Adopt((nint)operation);
        return (task, handle);
    }

    private static ValueTask Start(
        BackendHandle backend, BufferHandle source, BufferHandle destination, uint flags, ErrorCode failWith,
        out optirs_operation* operation, out Completion completion)
    {
        using var lease = new Lease(backend);
        using var sourceLease = new Lease(source);
        using var destinationLease = new Lease(destination);
        var options = new optirs_echo_options
        {
            struct_size = (nuint)sizeof(optirs_echo_options), flags = flags, fail_with = (int)failWith,
        };
        completion = Completion.Rent();
        void* context = completion.Start();
        optirs_operation* started;
        optirs_error* error = optirs.optirs_echo_start_raw(
            backend.Pointer, source.Pointer, destination.Pointer, &options, Completion.Callback, context, &started);
        operation = started;
        if (error == null) return completion.Task;
        completion.Abandon();
        throw NativeError.Consume(error);
    }
}
