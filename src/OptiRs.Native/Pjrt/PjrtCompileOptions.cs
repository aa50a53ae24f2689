using System.Globalization;
using Google.Protobuf;
using OptiRs.Native.Protos;

namespace OptiRs.Native;

/// <summary>Language of a program.</summary>
public enum PjrtProgramFormat
{
    /// <summary>StableHLO, as text or as portable bytecode.</summary>
    Mlir = 0,

    /// <summary>A serialized HloModuleProto.</summary>
    Hlo = 1,
}

/// <summary>How hard a compiler tries.</summary>
public enum PjrtEffort
{
    /// <summary>The plugin's default.</summary>
    Unknown = 0,

    /// <summary>As little as possible.</summary>
    O0 = 9,

    /// <summary>Little.</summary>
    O1 = 19,

    /// <summary>What is usual.</summary>
    O2 = 29,

    /// <summary>As much as is useful.</summary>
    O3 = 39,
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

    /// <summary>Shardings are those of Shardy, not of GSPMD.</summary>
    public bool UseShardyPartitioner { get; init; }

    /// <summary>For each result, whether the compiler may choose its sharding; empty: for none, one: for all.</summary>
    public IReadOnlyList<bool> PropagateShardingToOutputs { get; init; } = [];

    /// <summary>For each parameter, whether the compiler may choose its sharding; empty: for none, one: for all.</summary>
    public IReadOnlyList<bool> PropagateShardingToParameters { get; init; } = [];

    /// <summary>All arguments come as one tuple.</summary>
    public bool TupledArguments { get; init; }

    /// <summary>The program runs on any device, which each execution names (<see cref="PjrtExecutionOptions.Device"/>).</summary>
    public bool IsPortable { get; init; }

    /// <summary>Bytes of device memory that the program may use; 0 for the plugin's limit.</summary>
    public long DeviceMemoryBytes { get; init; }

    /// <summary>Effort spent on speed.</summary>
    public PjrtEffort OptimizationLevel { get; init; }

    /// <summary>Effort spent on fitting into memory.</summary>
    public PjrtEffort MemoryFittingLevel { get; init; }

    /// <summary>Index of this process among those that compile the same program.</summary>
    public int ProcessIndex { get; init; }

    /// <summary>Number of processes that compile the same program; 0 where there is one.</summary>
    public int ProcessCount { get; init; }

    /// <summary>Results of profiling that guide the compiler, in its own format.</summary>
    public ReadOnlyMemory<byte> FeedbackProfile { get; init; }

    /// <summary>Which compiler of the plugin; null for its default.</summary>
    public string? CompilerVariant { get; init; }

    /// <summary>
    /// XLA debug options by name, for instance <c>xla_cpu_enable_fast_math</c>: bool, integer, floating point or string, as
    /// the option has it. Names and types are checked; options of a plugin's own go to <see cref="PluginOptions"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object> DebugOptions { get; init; } = new Dictionary<string, object>();

    /// <summary>Options that only the plugin knows, by name; not checked here.</summary>
    public IReadOnlyDictionary<string, object> PluginOptions { get; init; } = new Dictionary<string, object>();

    /// <summary>Language of the program.</summary>
    public PjrtProgramFormat Format { get; init; }

    /// <summary>Bytes of a CompileOptionsProto, merged over the above; empty for none.</summary>
    public ReadOnlyMemory<byte> ExtraOptions { get; init; }

    /// <summary>The options as a plugin reads them: a serialized CompileOptionsProto. Equal options give equal bytes.</summary>
    /// <exception cref="ArgumentException">Counts below 1, an assignment of another size, an option that XLA does not know or of another type.</exception>
    public byte[] ToBytes()
    {
        Check();
        var build = new ExecutableBuildOptionsProto
        {
            DeviceOrdinal = -1,  // none in particular
            NumReplicas = ReplicaCount,
            NumPartitions = PartitionCount,
            UseSpmdPartitioning = UseSpmdPartitioning,
            UseShardyPartitioner = UseShardyPartitioner,
            DeviceMemorySize = DeviceMemoryBytes,
            OptimizationLevel = (int)OptimizationLevel,
            MemoryFittingLevel = (int)MemoryFittingLevel,
            ProcessIndex = ProcessIndex,
            ProcessCount = ProcessCount,
            FdoProfile = ByteString.CopyFrom(FeedbackProfile.Span),
        };
        build.AllowSpmdShardingPropagationToOutput.AddRange(PropagateShardingToOutputs);
        build.AllowSpmdShardingPropagationToParameters.AddRange(PropagateShardingToParameters);
        if (!DeviceAssignment.IsEmpty) build.DeviceAssignment = Assignment();
        var message = new CompileOptionsProto
        {
            ExecutableBuildOptions = build,
            ParameterIsTupledArguments = TupledArguments,
            CompilePortableExecutable = IsPortable,
        };
        if (CompilerVariant is not null) message.CompilerVariant = CompilerVariant;
        // In order of the names, so that the bytes do not depend on how a dictionary was filled.
        foreach ((string name, object value) in DebugOptions.Concat(PluginOptions).OrderBy(o => o.Key, StringComparer.Ordinal))
            message.EnvOptionOverrides[name] = Override(name, value);
        // Messages merge when their bytes are joined.
        return [.. message.ToByteArray(), .. ExtraOptions.Span];
    }

    private void Check()
    {
        if (ReplicaCount < 1 || PartitionCount < 1)
            throw new ArgumentException($"{ReplicaCount} replicas and {PartitionCount} partitions: both must be at least 1.");
        if (!DeviceAssignment.IsEmpty && DeviceAssignment.Length != (long)ReplicaCount * PartitionCount)
            throw new ArgumentException(
                $"The device assignment has {DeviceAssignment.Length} devices, but {ReplicaCount} replicas of {PartitionCount} "
                + $"partitions need {(long)ReplicaCount * PartitionCount}.");
        foreach ((string name, object value) in DebugOptions) CheckDebugOption(name, value);
    }

    private static void CheckDebugOption(string name, object value)
    {
        if (!DebugOptionNames.All.TryGetValue(name, out DebugOptionNames.Kind kind))
        {
            string[] near = [.. DebugOptionNames.All.Keys.OrderBy(k => Distance(k, name)).ThenBy(k => k, StringComparer.Ordinal).Take(3)];
            throw new ArgumentException(
                $"XLA has no debug option '{name}'. Similar ones: {string.Join(", ", near)}. Options of the plugin's own go to PluginOptions.");
        }

        bool fits = kind switch
        {
            DebugOptionNames.Kind.Bool => value is bool,
            DebugOptionNames.Kind.Int => value is int or long or short or sbyte or byte or ushort or uint,
            DebugOptionNames.Kind.Double => value is double or float or int or long,
            _ => value is string,
        };
        if (!fits)
            throw new ArgumentException(
                $"The debug option '{name}' takes a value of kind {kind}; {value} is a {value?.GetType().Name ?? "null"}.");
    }

    private static OptionOverrideProto Override(string name, object value) => value switch
    {
        bool flag => new OptionOverrideProto { BoolField = flag },
        string text => new OptionOverrideProto { StringField = text },
        float or double => new OptionOverrideProto { DoubleField = Convert.ToDouble(value, CultureInfo.InvariantCulture) },
        int or long or short or sbyte or byte or ushort or uint =>
            DebugOptionNames.All.GetValueOrDefault(name) == DebugOptionNames.Kind.Double
                ? new OptionOverrideProto { DoubleField = Convert.ToDouble(value, CultureInfo.InvariantCulture) }
                : new OptionOverrideProto { IntField = Convert.ToInt64(value, CultureInfo.InvariantCulture) },
        _ => throw new ArgumentException(
            $"The option '{name}' has a value of type {value?.GetType().Name ?? "null"}; bool, string, integers and floating point are possible."),
    };

    private DeviceAssignmentProto Assignment()
    {
        var assignment = new DeviceAssignmentProto { ReplicaCount = ReplicaCount, ComputationCount = PartitionCount };
        for (int partition = 0; partition < PartitionCount; partition++)
        {
            var devices = new DeviceAssignmentProto.Types.ComputationDevice();
            for (int replica = 0; replica < ReplicaCount; replica++)
                devices.ReplicaDeviceIds.Add(DeviceAssignment.Span[replica * PartitionCount + partition]);
            assignment.ComputationDevices.Add(devices);
        }

        return assignment;
    }

    // Levenshtein's, to find what was meant.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
