namespace OptiRs.Native;

/// <summary>
/// What every exception that comes from native code says about itself, whichever .NET exception it is.
/// Catch <c>Exception e when (e is IOptiRsError)</c> to catch all of them.
/// </summary>
public interface IOptiRsError
{
    /// <summary>What went wrong and what to do; the plugin's own message where it is the plugin's error.</summary>
    string Message { get; }

    /// <summary>Kind of failure.</summary>
    ErrorCode Code { get; }

    /// <summary>Name of the C function that failed, for instance <c>optirs_pjrt_executable_compile</c>.</summary>
    string Operation { get; }

    /// <summary>Backend or plugin that reported the failure; empty if the library itself did.</summary>
    string Backend { get; }

    /// <summary>What the plugin attached to the error, by type URL; empty for most errors.</summary>
    IReadOnlyDictionary<string, byte[]> Payloads =>
        (this as Exception)?.Data[nameof(Payloads)] as IReadOnlyDictionary<string, byte[]> ?? new Dictionary<string, byte[]>();
}

/// <summary>A failure of native code that no exception of .NET stands for.</summary>
/// <param name="code">Kind of failure.</param>
/// <param name="message">The whole message.</param>
/// <param name="operation">Function that failed.</param>
/// <param name="backend">Backend that reported it, or the empty string.</param>
/// <param name="inner">What caused it, if that was an exception of the program's own.</param>
public class OptiRsException(
    ErrorCode code, string message, string operation = "", string backend = "", Exception? inner = null)
    : Exception(message, inner), IOptiRsError
{
    /// <inheritdoc/>
    public ErrorCode Code { get; } = code;

    /// <inheritdoc/>
    public string Operation { get; } = operation;

    /// <inheritdoc/>
    public string Backend { get; } = backend;
}

/// <summary>Host or device memory is exhausted. The message names the largest live buffers; freeing some makes a retry worth while.</summary>
/// <param name="message">The whole message.</param>
/// <param name="operation">Function that failed.</param>
/// <param name="backend">Backend that reported it, or the empty string.</param>
public sealed class OptiRsOutOfMemoryException(string message, string operation = "", string backend = "")
    : OptiRsException(ErrorCode.ResourceExhausted, message, operation, backend);

/// <summary>Native code found an argument wrong.</summary>
/// <param name="message">The whole message.</param>
/// <param name="operation">Function that failed.</param>
/// <param name="backend">Backend that reported it, or the empty string.</param>
public sealed class OptiRsArgumentException(string message, string operation = "", string backend = "")
    : ArgumentException(message), IOptiRsError
{
    /// <inheritdoc/>
    public ErrorCode Code => ErrorCode.InvalidArgument;

    /// <inheritdoc/>
    public string Operation { get; } = operation;

    /// <inheritdoc/>
    public string Backend { get; } = backend;
}

/// <summary>What was asked for is valid, but this backend or version cannot do it.</summary>
/// <param name="message">The whole message.</param>
/// <param name="operation">Function that failed.</param>
/// <param name="backend">Backend that reported it, or the empty string.</param>
public sealed class OptiRsNotSupportedException(string message, string operation = "", string backend = "")
    : NotSupportedException(message), IOptiRsError
{
    /// <inheritdoc/>
    public ErrorCode Code => ErrorCode.Unimplemented;

    /// <inheritdoc/>
    public string Operation { get; } = operation;

    /// <inheritdoc/>
    public string Backend { get; } = backend;
}

/// <summary>The operation was cancelled.</summary>
/// <param name="message">The whole message.</param>
/// <param name="operation">Function that was cancelled.</param>
/// <param name="backend">Backend that reported it, or the empty string.</param>
public sealed class OptiRsCanceledException(string message, string operation = "", string backend = "")
    : OperationCanceledException(message), IOptiRsError
{
    /// <inheritdoc/>
    public ErrorCode Code => ErrorCode.Cancelled;

    /// <inheritdoc/>
    public string Operation { get; } = operation;

    /// <inheritdoc/>
    public string Backend { get; } = backend;
}
