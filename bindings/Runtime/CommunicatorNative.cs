namespace OptiRs.Native.Interop;

/// <summary>Collectives: memory as addresses.</summary>
internal static unsafe class CommunicatorNative
{
    public const int IdSize = 128;

    public static byte[] CreateId(nint device)
    {
        optirs.optirs_communicator_create_id(device, out optirs_communicator_id id);
        return new ReadOnlySpan<byte>(&id, IdSize).ToArray();
    }

    public static CommunicatorHandle Join(nint device, ReadOnlySpan<byte> id, int rankCount, int rank)
    {
        if (id.Length != IdSize)
            throw new ArgumentException($"The id of a communicator has {IdSize} bytes; this one has {id.Length}.", nameof(id));
        optirs_communicator_id native;
        id.CopyTo(new Span<byte>(&native, IdSize));
        optirs.optirs_communicator_create_wait(device, &native, rankCount, rank, out CommunicatorHandle communicator);
        return communicator;
    }

    public static void AllReduce(
        CommunicatorHandle communicator, DeviceMemoryHandle input, DeviceMemoryHandle output, ulong count, int dtype, int reduction,
        StreamHandle stream)
    {
        using var from = new Lease(input);
        using var to = new Lease(output);
        optirs.optirs_communicator_all_reduce(communicator, Data(input), Data(output), count, dtype, reduction, stream);
    }

    public static void AllGather(
        CommunicatorHandle communicator, DeviceMemoryHandle input, DeviceMemoryHandle output, ulong count, int dtype,
        StreamHandle stream)
    {
        using var from = new Lease(input);
        using var to = new Lease(output);
        optirs.optirs_communicator_all_gather(communicator, Data(input), Data(output), count, dtype, stream);
    }

    public static void ReduceScatter(
        CommunicatorHandle communicator, DeviceMemoryHandle input, DeviceMemoryHandle output, ulong count, int dtype, int reduction,
        StreamHandle stream)
    {
        using var from = new Lease(input);
        using var to = new Lease(output);
        optirs.optirs_communicator_reduce_scatter(communicator, Data(input), Data(output), count, dtype, reduction, stream);
    }

    public static void Broadcast(
        CommunicatorHandle communicator, DeviceMemoryHandle data, ulong count, int dtype, int root, StreamHandle stream)
    {
        using var lease = new Lease(data);
        optirs.optirs_communicator_broadcast(communicator, Data(data), count, dtype, root, stream);
    }

    public static void Reduce(
        CommunicatorHandle communicator, DeviceMemoryHandle input, DeviceMemoryHandle output, ulong count, int dtype, int reduction,
        int root, StreamHandle stream)
    {
        using var from = new Lease(input);
        using var to = new Lease(output);
        optirs.optirs_communicator_reduce(communicator, Data(input), Data(output), count, dtype, reduction, root, stream);
    }

    public static void AllToAll(
        CommunicatorHandle communicator, DeviceMemoryHandle input, DeviceMemoryHandle output, ulong count, int dtype,
        StreamHandle stream)
    {
        using var from = new Lease(input);
        using var to = new Lease(output);
        optirs.optirs_communicator_all_to_all(communicator, Data(input), Data(output), count, dtype, stream);
    }

    public static void SendReceive(
        CommunicatorHandle communicator, DeviceMemoryHandle? input, int to, DeviceMemoryHandle? output, int from, ulong count,
        int dtype, StreamHandle stream)
    {
        using Lease sent = input is null ? default : new Lease(input);
        using Lease received = output is null ? default : new Lease(output);
        optirs.optirs_communicator_send_receive(
            communicator, input is null ? null : Data(input), to, output is null ? null : Data(output), from, count, dtype, stream);
    }

    // The caller holds a lease.
    private static void* Data(DeviceMemoryHandle memory) => optirs.optirs_device_memory_data_raw(memory.Pointer);
}
