namespace OptiRs.Native;

/// <summary>What kind of failure an error is. The numbers are those of absl, of PJRT and of the C ABI's <c>optirs_status</c>.</summary>
public enum ErrorCode
{
    /// <summary>Success. No error has this code.</summary>
    Ok = 0,

    /// <summary>The caller asked for cancellation.</summary>
    Cancelled = 1,

    /// <summary>The cause is not known.</summary>
    Unknown = 2,

    /// <summary>An argument is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The time allowed ran out.</summary>
    DeadlineExceeded = 4,

    /// <summary>A file, library, backend, device or name does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be created is already there.</summary>
    AlreadyExists = 6,

    /// <summary>The system refused access.</summary>
    PermissionDenied = 7,

    /// <summary>Out of host or device memory; worth a retry once memory is freed.</summary>
    ResourceExhausted = 8,

    /// <summary>The object is in the wrong state, for instance a donated buffer.</summary>
    FailedPrecondition = 9,

    /// <summary>The operation was given up, for instance because a peer failed.</summary>
    Aborted = 10,

    /// <summary>An index or offset is past the end.</summary>
    OutOfRange = 11,

    /// <summary>Valid, but not supported by this backend or version.</summary>
    Unimplemented = 12,

    /// <summary>A defect of this library or of a backend.</summary>
    Internal = 13,

    /// <summary>The backend or device cannot be used at present.</summary>
    Unavailable = 14,

    /// <summary>Data is corrupt or truncated.</summary>
    DataLoss = 15,

    /// <summary>Credentials are missing or not valid.</summary>
    Unauthenticated = 16,
}
