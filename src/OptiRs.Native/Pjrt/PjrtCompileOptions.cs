namespace OptiRs.Native;

/// <summary>Language of a program.</summary>
public enum PjrtProgramFormat
{
    /// <summary>StableHLO, as text or as portable bytecode.</summary>
    Mlir = 0,

    /// <summary>A serialized HloModuleProto.</summary>
    Hlo = 1,
}

/// <summary>Options of a compilation.</summary>
public sealed record PjrtCompileOptions
{
    /// <summary>One replica, one partition, StableHLO.</summary>
    public static PjrtCompileOptions Default { get; } = new();

    /// <summary>Number of replicas, at least 1.</summary>
    public int ReplicaCount { get; init; } = 1;

    /// <summary>Number of partitions, at least 1.</summary>
    public int PartitionCount { get; init; } = 1;

    /// <summary>Device ids, [replicas x partitions] row-major; empty for the plugin's choice.</summary>
    public ReadOnlyMemory<long> DeviceAssignment { get; init; }

    /// <summary>One program whose arguments are sharded over the partitions.</summary>
    public bool UseSpmdPartitioning { get; init; }

    /// <summary>Language of the program.</summary>
    public PjrtProgramFormat Format { get; init; }

    /// <summary>Bytes of a CompileOptionsProto, merged over the above; empty for none.</summary>
    public ReadOnlyMemory<byte> ExtraOptions { get; init; }
}
