using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>One device of a client; valid as long as the client is.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtDevice
{
    private readonly PjrtClientHandle _client;

    internal PjrtDevice(PjrtClientHandle client, nint device)
    {
        (_client, Pointer) = (client, device);
        using var lease = new Lease(client);
        Id = optirs.optirs_pjrt_device_id(device);
        ProcessIndex = optirs.optirs_pjrt_device_process_index(device);
        LocalHardwareId = optirs.optirs_pjrt_device_local_hardware_id(device);
        IsAddressable = optirs.optirs_pjrt_device_is_addressable(device) != 0;
        Kind = PjrtNative.DeviceKind(client, device);
        DebugString = PjrtNative.DeviceDebugString(client, device);
    }

    internal nint Pointer { get; }

    /// <summary>Number of the device, unique within its client.</summary>
    public int Id { get; }

    /// <summary>Kind, for instance <c>NVIDIA H200</c>; one that is emulated says so.</summary>
    public string Kind { get; }

    /// <summary>Long description for logs.</summary>
    public string DebugString { get; }

    /// <summary>Index of the process that owns the device.</summary>
    public int ProcessIndex { get; }

    /// <summary>Number of the device within its host; -1 where the plugin has none.</summary>
    public int LocalHardwareId { get; }

    /// <summary>Whether this process can use the device.</summary>
    public bool IsAddressable { get; }

    /// <summary>What the plugin states about the device, for instance <c>coords</c>.</summary>
    public IReadOnlyDictionary<string, object> Attributes => PjrtNative.DeviceAttributes(_client, Pointer);

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
