namespace OptiRs.Native.Interop;

/// <summary>What TPU plugins tell: the parts with arrays inside of structs, and with arrays of bytes.</summary>
internal static unsafe class PjrtTpu
{
    public static int[] Bounds(PjrtTopologyHandle topology, int what)
    {
        optirs.optirs_pjrt_tpu_topology_bounds(topology, what, out optirs_pjrt_tpu_point point);
        return Values(point);
    }

    public static int[] ProcessCoordinates(PjrtTopologyHandle topology, int process)
    {
        optirs.optirs_pjrt_tpu_topology_process_coords(topology, process, out optirs_pjrt_tpu_point point);
        return Values(point);
    }

    public static (int[] Chip, int Index) DeviceCoordinates(PjrtTopologyHandle topology, int device)
    {
        optirs.optirs_pjrt_tpu_topology_device_coords(topology, device, out optirs_pjrt_tpu_point point);
        return (Values(point), point.index);
    }

    public static (int[] Dims, bool[] Wraps, bool IsTwisted) Slice(PjrtPluginHandle plugin, byte[] platform, byte[] name)
    {
        optirs.optirs_pjrt_tpu_slice_find(
            plugin, platform, (ulong)platform.Length, name, (ulong)name.Length, out optirs_pjrt_tpu_slice slice);
        return Read(slice);
    }

    public static List<(int[] Dims, bool[] Wraps, bool IsTwisted)> Slices(PjrtPluginHandle plugin, byte[] platform)
    {
        // There are some dozens; a plugin with more is asked again.
        var slices = new optirs_pjrt_tpu_slice[64];
        while (true)
        {
            optirs.optirs_pjrt_tpu_slices(plugin, platform, (ulong)platform.Length, slices, slices.Length, out long count);
            if (count <= slices.Length)
                return [.. slices.Take(checked((int)count)).Select(s => Read(s))];
            slices = new optirs_pjrt_tpu_slice[count];
        }
    }

    public static Dictionary<string, object> Costs(
        PjrtPluginHandle plugin, ReadOnlySpan<byte> targetArguments, IReadOnlyList<ReadOnlyMemory<byte>> modules)
    {
        using var pins = new PjrtExtensions.Blobs([.. modules]);
        optirs.optirs_pjrt_tpu_cost_analysis(
            plugin, targetArguments, (ulong)targetArguments.Length, pins.Items, pins.Items.Length, out PjrtValuesHandle values);
        using (values) return PjrtPlaces.Read(values);
    }

    private static int[] Values(in optirs_pjrt_tpu_point point)
    {
        var values = new int[point.rank];
        for (int i = 0; i < values.Length; i++) values[i] = point.values[i];
        return values;
    }

    private static (int[] Dims, bool[] Wraps, bool IsTwisted) Read(in optirs_pjrt_tpu_slice slice)
    {
        var dims = new int[slice.rank];
        var wraps = new bool[slice.rank];
        for (int i = 0; i < dims.Length; i++) (dims[i], wraps[i]) = (slice.dims[i], slice.wraps[i] != 0);
        return (dims, wraps, slice.is_twisted != 0);
    }
}
