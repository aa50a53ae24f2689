using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// The caching allocator of a device: freed blocks are kept for the next allocation of their stream, and given back to the
/// driver when it runs out.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class DeviceAllocator
{
    private readonly nint _device;

    internal DeviceAllocator(nint device) => _device = device;

    /// <summary>What it has done so far.</summary>
    public DeviceAllocatorStats ReadStats()
    {
        optirs.optirs_allocator_read_stats(_device, out optirs_allocator_stats s);
        return new DeviceAllocatorStats(
            (long)s.used_bytes, (long)s.used_peak_bytes, (long)s.requested_bytes, (long)s.reserved_bytes, (long)s.reserved_peak_bytes,
            (long)s.pending_bytes, (long)s.largest_free_bytes, (long)s.segments, (long)s.blocks, (long)s.allocations, (long)s.reuses,
            (long)s.recoveries);
    }

    /// <summary>What the allocations with each tag take.</summary>
    public IReadOnlyList<DeviceAllocatorTag> ReadTags()
    {
        var tags = new DeviceAllocatorTag[optirs.optirs_allocator_num_tags(_device)];
        for (int i = 0; i < tags.Length; i++)
        {
            (string name, ulong used, ulong peak, ulong blocks) = DeviceNative.Tag(_device, (ulong)i);
            tags[i] = new DeviceAllocatorTag(name, (long)used, (long)peak, (long)blocks);
        }

        return tags;
    }

    /// <summary>Starts the peaks anew from what is in use.</summary>
    public void ResetPeaks() => optirs.optirs_allocator_reset_peaks(_device);

    /// <summary>Free blocks larger than this, at least 20 MiB, are not split for smaller requests.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is less.</exception>
    public void SetSplitLimit(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        optirs.optirs_allocator_set_split_limit(_device, (ulong)bytes);
    }

    /// <summary>Gives segments without a block in use back to the driver; returns their bytes.</summary>
    public long Trim()
    {
        optirs.optirs_allocator_trim_wait(_device, out ulong bytes);
        return (long)bytes;
    }
}

/// <summary>What the allocator of a device has done; sizes in bytes.</summary>
/// <param name="UsedBytes">In blocks that are in use.</param>
/// <param name="UsedPeakBytes">The most at once since the last reset.</param>
/// <param name="RequestedBytes">Asked for by the blocks in use, before rounding.</param>
/// <param name="ReservedBytes">In segments taken from the driver.</param>
/// <param name="ReservedPeakBytes">The most at once since the last reset.</param>
/// <param name="PendingBytes">Released, and waiting for other streams' work.</param>
/// <param name="LargestFreeBytes">The largest free block.</param>
/// <param name="Segments">Number of segments.</param>
/// <param name="Blocks">Number of blocks in use.</param>
/// <param name="Allocations">Number of allocations so far.</param>
/// <param name="Reuses">How many of them came without asking the driver.</param>
/// <param name="Recoveries">How often segments had to be given back to go on.</param>
public sealed record DeviceAllocatorStats(
    long UsedBytes, long UsedPeakBytes, long RequestedBytes, long ReservedBytes, long ReservedPeakBytes, long PendingBytes,
    long LargestFreeBytes, long Segments, long Blocks, long Allocations, long Reuses, long Recoveries);

/// <summary>What the allocations with one tag take; sizes in bytes.</summary>
/// <param name="Name">The tag; empty for allocations without one.</param>
/// <param name="UsedBytes">In use.</param>
/// <param name="PeakBytes">The most at once since the last reset.</param>
/// <param name="Blocks">Number of blocks in use.</param>
public sealed record DeviceAllocatorTag(string Name, long UsedBytes, long PeakBytes, long Blocks);
