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
            Exception exception = Create((ErrorCode)optirs.optirs_error_code_raw(error), message, operation, backend);
            if (optirs.optirs_error_num_payloads_raw(error) > 0)
                exception.Data[nameof(IOptiRsError.Payloads)] = Payloads(error);
            return exception;
        }
        finally
        {
            optirs.optirs_error_release(error);
        }
    }

    private static Dictionary<string, byte[]> Payloads(optirs_error* error)
    {
        var payloads = new Dictionary<string, byte[]>();
        long count = optirs.optirs_error_num_payloads_raw(error);
        for (long i = 0; i < count; i++)
        {
            ulong keySize, size;
            byte* value;
            byte* key = optirs.optirs_error_payload_raw(error, i, &keySize, &value, &size);
            payloads[NativeText.Read(key, keySize)] = new ReadOnlySpan<byte>(value, checked((int)size)).ToArray();
        }

        return payloads;
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
