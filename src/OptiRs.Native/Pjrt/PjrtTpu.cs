using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// What only topologies of TPUs tell (the extension TpuTopology). Everything here throws <see cref="NotSupportedException"/>
/// where the plugin lacks the extension. Devices and cores are those of the default type.
/// </summary>
/// <remarks>Thread-safe. Unverified on hardware: tested against a plugin of the tests' own.</remarks>
public sealed class PjrtTpuTopology
{
    private readonly PjrtTopology _topology;

    internal PjrtTpuTopology(PjrtTopology topology) => _topology = topology;

    private PjrtTopologyHandle Handle => _topology.Handle;

    /// <summary>Number of processes.</summary>
    public int ProcessCount => Count(optirs.OPTIRS_PJRT_TPU_PROCESSES);

    /// <summary>Number of chips.</summary>
    public int ChipCount => Count(optirs.OPTIRS_PJRT_TPU_CHIPS);

    /// <summary>Number of chips of one process.</summary>
    public int ChipsPerProcess => Count(optirs.OPTIRS_PJRT_TPU_CHIPS_PER_PROCESS);

    /// <summary>Number of cores.</summary>
    public int CoreCount => Count(optirs.OPTIRS_PJRT_TPU_CORES);

    /// <summary>Number of cores of one chip.</summary>
    public int CoresPerChip => Count(optirs.OPTIRS_PJRT_TPU_CORES_PER_CHIP);

    /// <summary>Number of cores of one process.</summary>
    public int CoresPerProcess => Count(optirs.OPTIRS_PJRT_TPU_CORES_PER_PROCESS);

    /// <summary>Number of devices.</summary>
    public int DeviceCount => Count(optirs.OPTIRS_PJRT_TPU_DEVICES);

    /// <summary>Number of devices of one chip.</summary>
    public int DevicesPerChip => Count(optirs.OPTIRS_PJRT_TPU_DEVICES_PER_CHIP);

    /// <summary>Number of devices of one process.</summary>
    public int DevicesPerProcess => Count(optirs.OPTIRS_PJRT_TPU_DEVICES_PER_PROCESS);

    /// <summary>Whether the topology is a part of a larger one.</summary>
    public bool IsSubslice => Flag(optirs.OPTIRS_PJRT_TPU_IS_SUBSLICE);

    /// <summary>Whether the enhanced barrier is enabled.</summary>
    public bool HasEnhancedBarrier => Flag(optirs.OPTIRS_PJRT_TPU_HAS_ENHANCED_BARRIER);

    /// <summary>Whether some chips do not reach each other directly: see <see cref="Reaches"/>.</summary>
    public bool HasLimitedInterconnect => Flag(optirs.OPTIRS_PJRT_TPU_HAS_LIMITED_ICI);

    /// <summary>Chips in each dimension.</summary>
    public IReadOnlyList<int> ChipBounds => PjrtTpu.Bounds(Handle, optirs.OPTIRS_PJRT_TPU_CHIP_BOUNDS);

    /// <summary>Chips of one process in each dimension.</summary>
    public IReadOnlyList<int> ChipsPerProcessBounds => PjrtTpu.Bounds(Handle, optirs.OPTIRS_PJRT_TPU_CHIPS_PER_PROCESS_BOUNDS);

    /// <summary>Processes in each dimension.</summary>
    public IReadOnlyList<int> ProcessBounds => PjrtTpu.Bounds(Handle, optirs.OPTIRS_PJRT_TPU_PROCESS_BOUNDS);

    /// <summary>Ids of the processes.</summary>
    public IReadOnlyList<int> ProcessIds
    {
        get
        {
            var ids = new int[ProcessCount];
            optirs.optirs_pjrt_tpu_topology_process_ids(Handle, ids, ids.Length, out long count);
            return ids[..checked((int)count)];
        }
    }

    /// <summary>Name of the way that messages are routed.</summary>
    public string RoutingStrategy
    {
        get
        {
            optirs.optirs_pjrt_tpu_topology_routing(Handle, out PjrtBytesHandle text);
            return PjrtExtensions.TakeText(text);
        }
    }

    /// <summary>Ids of the devices of a process.</summary>
    public IReadOnlyList<int> DeviceIds(int process)
    {
        var ids = new int[DevicesPerProcess];
        optirs.optirs_pjrt_tpu_topology_device_ids(Handle, process, ids, ids.Length, out long count);
        return ids[..checked((int)count)];
    }

    /// <summary>The process of a chip, and which one of its chips it is.</summary>
    public (int Process, int Index) PlaceOfChip(int chip)
    {
        optirs.optirs_pjrt_tpu_topology_place_of_chip(Handle, chip, out optirs_pjrt_tpu_place place);
        return (place.process_id, place.index);
    }

    /// <summary>The process of a device, and which one of its devices it is.</summary>
    public (int Process, int Index) PlaceOfDevice(int device)
    {
        optirs.optirs_pjrt_tpu_topology_place_of_device(Handle, device, out optirs_pjrt_tpu_place place);
        return (place.process_id, place.index);
    }

    /// <summary>Coordinates of a process.</summary>
    public IReadOnlyList<int> ProcessCoordinates(int process) => PjrtTpu.ProcessCoordinates(Handle, process);

    /// <summary>Coordinates of a device's chip, and its index on that.</summary>
    public (IReadOnlyList<int> Chip, int Index) DeviceCoordinates(int device) => PjrtTpu.DeviceCoordinates(Handle, device);

    /// <summary>Id of the chip at coordinates.</summary>
    public int ChipAt(params ReadOnlySpan<int> coordinates)
    {
        optirs.optirs_pjrt_tpu_topology_chip_at(Handle, coordinates, coordinates.Length, out int chip);
        return chip;
    }

    /// <summary>Id of a device on the chip at coordinates.</summary>
    public int DeviceAt(ReadOnlySpan<int> coordinates, int index = 0)
    {
        optirs.optirs_pjrt_tpu_topology_device_at(Handle, coordinates, coordinates.Length, index, out int device);
        return device;
    }

    /// <summary>Whether a chip reaches another one directly.</summary>
    public bool Reaches(int sourceChip, int destinationChip)
    {
        optirs.optirs_pjrt_tpu_topology_reaches(Handle, sourceChip, destinationChip, out byte reaches);
        return reaches != 0;
    }

    /// <summary>A part of the topology.</summary>
    /// <param name="chipsPerHost">Chips of one host in each dimension.</param>
    /// <param name="hosts">Hosts in each dimension.</param>
    public PjrtTopology Subslice(ReadOnlySpan<int> chipsPerHost, ReadOnlySpan<int> hosts)
    {
        optirs.optirs_pjrt_tpu_topology_subslice(
            Handle, chipsPerHost, chipsPerHost.Length, hosts, hosts.Length, out PjrtTopologyHandle part);
        return Child(part);
    }

    /// <summary>The same topology with another arrangement of hosts.</summary>
    public PjrtTopology WithHosts(params ReadOnlySpan<int> hosts)
    {
        optirs.optirs_pjrt_tpu_topology_with_hosts(Handle, hosts, hosts.Length, out PjrtTopologyHandle topology);
        return Child(topology);
    }

    /// <summary>The id that a device of this topology has in a part that begins at <paramref name="origin"/>.</summary>
    public int DeviceIdInSubslice(PjrtTopology subslice, ReadOnlySpan<int> origin, int device)
    {
        ArgumentNullException.ThrowIfNull(subslice);
        optirs.optirs_pjrt_tpu_topology_subslice_device(Handle, subslice.Handle, origin, origin.Length, device, out int id);
        return id;
    }

    private int Count(int what)
    {
        optirs.optirs_pjrt_tpu_topology_count(Handle, what, out int count);
        return count;
    }

    private bool Flag(int what)
    {
        optirs.optirs_pjrt_tpu_topology_flag(Handle, what, out byte flag);
        return flag != 0;
    }

    private PjrtTopology Child(PjrtTopologyHandle child)
    {
        child.Retain(Handle);
        return new PjrtTopology(child);
    }
}

/// <summary>The shape of a slice of TPUs.</summary>
/// <param name="Chips">In each dimension.</param>
/// <param name="Wraps">Whether the dimension is a ring.</param>
/// <param name="IsTwisted">Whether the torus is twisted.</param>
public sealed record PjrtTpuSlice(IReadOnlyList<int> Chips, IReadOnlyList<bool> Wraps, bool IsTwisted);

/// <summary>
/// What only plugins of TPUs tell (the extensions TpuTopology and TpuExecutable). Everything here throws
/// <see cref="NotSupportedException"/> where the plugin lacks the extension.
/// </summary>
/// <remarks>Thread-safe. Unverified on hardware: tested against a plugin of the tests' own.</remarks>
public sealed class PjrtTpuPlugin
{
    private readonly PjrtPluginHandle _plugin;

    internal PjrtTpuPlugin(PjrtPluginHandle plugin) => _plugin = plugin;

    /// <summary>The shape of a slice by the name that its type of TPU has for it.</summary>
    public PjrtTpuSlice Slice(string platform, string name) =>
        Slice(PjrtTpu.Slice(_plugin, Encoding.UTF8.GetBytes(platform), Encoding.UTF8.GetBytes(name)));

    /// <summary>All slices of a type of TPU.</summary>
    public IReadOnlyList<PjrtTpuSlice> Slices(string platform) =>
        [.. PjrtTpu.Slices(_plugin, Encoding.UTF8.GetBytes(platform)).Select(Slice)];

    /// <summary>Chips of a tray, and trays of a host, by type of TPU.</summary>
    public (long ChipsPerTray, long Trays) DefaultHost(string platform)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(platform);
        optirs.optirs_pjrt_tpu_default_host(_plugin, utf8, (ulong)utf8.Length, out long chips, out long trays);
        return (chips, trays);
    }

    /// <summary>Target arguments of a serialized program.</summary>
    public byte[] TargetArguments(ReadOnlySpan<byte> program) => Part(optirs.OPTIRS_PJRT_TPU_TARGET_ARGUMENTS, program);

    /// <summary>The HloModuleProtoWithConfig of a serialized program.</summary>
    public byte[] HloModule(ReadOnlySpan<byte> program) => Part(optirs.OPTIRS_PJRT_TPU_HLO_MODULE, program);

    /// <summary>The CompiledMemoryStatsProto of a serialized program.</summary>
    public byte[] MemoryStats(ReadOnlySpan<byte> program) => Part(optirs.OPTIRS_PJRT_TPU_MEMORY_STATS, program);

    /// <summary>A CompilationEnvironmentsProto with the TPU's own settings filled in.</summary>
    public byte[] CompletedEnvironments(ReadOnlySpan<byte> environments) =>
        Part(optirs.OPTIRS_PJRT_TPU_COMPILATION_ENVIRONMENT, environments);

    /// <summary>A field of the TPU's settings in a CompilationEnvironmentsProto, as text.</summary>
    public string EnvironmentField(ReadOnlySpan<byte> environments, string field)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(field);
        optirs.optirs_pjrt_tpu_environment_field(
            _plugin, environments, (ulong)environments.Length, utf8, (ulong)utf8.Length, out PjrtBytesHandle text);
        return PjrtExtensions.TakeText(text);
    }

    /// <summary>Costs of serialized HloModuleProtos before they are compiled.</summary>
    public IReadOnlyDictionary<string, object> Costs(
        ReadOnlySpan<byte> targetArguments, IReadOnlyList<ReadOnlyMemory<byte>> modules) =>
        PjrtTpu.Costs(_plugin, targetArguments, modules);

    /// <summary>Whether an error (a serialized StatusProto) would come again.</summary>
    public bool IsPredeterminedError(ReadOnlySpan<byte> status) => Ask(optirs.OPTIRS_PJRT_TPU_ERROR_IS_PREDETERMINED, status);

    /// <summary>Whether an error (a serialized StatusProto) only stands for a cancellation.</summary>
    public bool IsCancellation(ReadOnlySpan<byte> status) => Ask(optirs.OPTIRS_PJRT_TPU_ERROR_IS_CANCELLATION, status);

    private static PjrtTpuSlice Slice((int[] Dims, bool[] Wraps, bool IsTwisted) slice) =>
        new(slice.Dims, slice.Wraps, slice.IsTwisted);

    private byte[] Part(int part, ReadOnlySpan<byte> bytes)
    {
        optirs.optirs_pjrt_tpu_program_part(_plugin, part, bytes, (ulong)bytes.Length, out PjrtBytesHandle result);
        return PjrtPrograms.Take(result);
    }

    private bool Ask(int question, ReadOnlySpan<byte> status)
    {
        optirs.optirs_pjrt_tpu_error_ask(_plugin, question, status, (ulong)status.Length, out byte answer);
        return answer != 0;
    }
}
