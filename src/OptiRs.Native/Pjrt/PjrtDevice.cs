using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>One device of a client; valid as long as the client is.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed partial class PjrtDevice
{
    private readonly PjrtClientHandle _client;
    private readonly PjrtClient _owner;

    internal PjrtDevice(PjrtClient owner, nint device)
    {
        PjrtClientHandle client = owner.Handle;
        (_owner, _client, Pointer) = (owner, client, device);
        using var lease = new Lease(client);
        Id = optirs.optirs_pjrt_device_id(device);
        ProcessIndex = optirs.optirs_pjrt_device_process_index(device);
        LocalHardwareId = optirs.optirs_pjrt_device_local_hardware_id(device);
        IsAddressable = optirs.optirs_pjrt_device_is_addressable(device) != 0;
        Kind = PjrtNative.DeviceKind(client, device);
        DebugString = PjrtNative.DeviceDebugString(client, device);
        Description = PjrtPlaces.DeviceText(client, device);
    }

    internal nint Pointer { get; }

    /// <summary>Number of the device, unique within its client.</summary>
    public int Id { get; }

    /// <summary>Kind, for instance <c>NVIDIA H200</c>; one that is emulated says so.</summary>
    public string Kind { get; }

    /// <summary>Long description for logs.</summary>
    public string DebugString { get; }

    /// <summary>Short description for people; empty where the plugin gives none.</summary>
    public string Description { get; }

    /// <summary>Index of the process that owns the device.</summary>
    public int ProcessIndex { get; }

    /// <summary>Number of the device within its host; -1 where the plugin has none.</summary>
    public int LocalHardwareId { get; }

    /// <summary>Whether this process can use the device.</summary>
    public bool IsAddressable { get; }

    /// <summary>What the plugin states about the device, for instance <c>coords</c>.</summary>
    public IReadOnlyDictionary<string, object> Attributes => PjrtNative.DeviceAttributes(_client, Pointer);

    /// <summary>Memories that the device can use; empty where the plugin has no notion of memories.</summary>
    public IReadOnlyList<PjrtMemory> Memories =>
        [.. PjrtPlaces.DeviceMemories(_client, Pointer).Select(_owner.FindMemory)];

    /// <summary>Memory that buffers are in unless another one is asked for; null where the plugin names none.</summary>
    public PjrtMemory? DefaultMemory =>
        PjrtPlaces.DefaultMemory(_client, Pointer) is var memory and not 0 ? _owner.FindMemory(memory) : null;

    /// <summary>What the plugin says of the device at the moment, beside its lasting <see cref="Attributes"/>.</summary>
    /// <exception cref="NotSupportedException">The plugin says nothing.</exception>
    public IReadOnlyDictionary<string, object> ReadAttributes() => PjrtPlaces.ReadAttributes(_client, Pointer);

    /// <summary>Starts the memory statistics anew: peaks are those from now on.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public void ClearMemoryStats()
    {
        using var lease = new Lease(_client);
        optirs.optirs_pjrt_device_clear_memory_stats(Pointer);
    }

    /// <summary>Lets an execution fail that has not begun; true where it was found.</summary>
    /// <param name="launchId">Of the execution.</param>
    /// <param name="code">Of the error.</param>
    /// <param name="message">Of the error.</param>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public bool PoisonExecution(int launchId, ErrorCode code, string message)
    {
        using var lease = new Lease(_client);
        byte[] utf8 = Encoding.UTF8.GetBytes(message);
        optirs.optirs_pjrt_device_poison_execution(Pointer, launchId, (int)code, utf8, (ulong)utf8.Length, out byte poisoned);
        return poisoned != 0;
    }

    /// <summary>Shows a span of host work in the device's profile; it ends when the result is disposed of.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public IDisposable Track(string description)
    {
        using var lease = new Lease(_client);
        byte[] utf8 = Encoding.UTF8.GetBytes(description);
        optirs.optirs_pjrt_device_track(Pointer, utf8, (ulong)utf8.Length, out PjrtTrackingHandle tracking);
        tracking.Retain(_client);
        return tracking;
    }

    /// <summary>Memory in use now; null where the plugin keeps no statistics.</summary>
    public PjrtMemoryStats? MemoryStats() =>
        PjrtNative.MemoryStats(_client, Pointer) is { } stats
            ? new PjrtMemoryStats(
                stats.bytes_in_use, stats.peak_bytes_in_use, stats.bytes_limit, stats.num_allocations,
                stats.largest_allocation_bytes, stats.bytes_reserved, stats.peak_bytes_reserved,
                stats.largest_free_block_bytes)
            : null;

    /// <summary>Number and kind.</summary>
    public override string ToString() => $"{Kind} {Id}";
}

/// <summary>Memory of a device in bytes; -1 where the plugin does not say.</summary>
/// <param name="BytesInUse">Allocated now.</param>
/// <param name="PeakBytesInUse">The most that was allocated at once.</param>
/// <param name="BytesLimit">What there is.</param>
/// <param name="AllocationCount">Number of allocations so far.</param>
/// <param name="LargestAllocationBytes">The largest so far.</param>
/// <param name="BytesReserved">Reserved from the system.</param>
/// <param name="PeakBytesReserved">The most that was reserved at once.</param>
/// <param name="LargestFreeBlockBytes">The largest block that could be allocated.</param>
public sealed record PjrtMemoryStats(
    long BytesInUse, long PeakBytesInUse, long BytesLimit, long AllocationCount, long LargestAllocationBytes,
    long BytesReserved, long PeakBytesReserved, long LargestFreeBlockBytes);
