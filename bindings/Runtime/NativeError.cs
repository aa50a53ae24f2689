namespace OptiRs.Native.Interop;

/// <summary>Turns an <see cref="optirs_error"/> into an exception. The only place that decides which one.</summary>
internal static unsafe class NativeError
{
    /// <summary>Reads and releases the error.</summary>
    public static Exception Consume(optirs_error* error)
    {
        try
        {
            ulong size;
            string message = NativeText.Read(optirs.optirs_error_message_raw(error, &size), size);
            string operation = NativeText.Read(optirs.optirs_error_operation_raw(error, &size), size);
            string backend = NativeText.Read(optirs.optirs_error_backend_raw(error, &size), size);
            return Create((ErrorCode)optirs.optirs_error_code_raw(error), message, operation, backend);
        }
        finally
        {
            optirs.optirs_error_release(error);
        }
    }

    public static void ThrowIfFailed(optirs_error* error)
    {
        if (error != null) throw Consume(error);
    }

    public static Exception Create(ErrorCode code, string message, string operation, string backend) => code switch
    {
        ErrorCode.InvalidArgument => new OptiRsArgumentException(message, operation, backend),
        ErrorCode.Cancelled => new OptiRsCanceledException(message, operation, backend),
        ErrorCode.Unimplemented => new OptiRsNotSupportedException(message, operation, backend),
        ErrorCode.ResourceExhausted => new OptiRsOutOfMemoryException(message, operation, backend),
        _ => new OptiRsException(code, message, operation, backend),
    };
}
