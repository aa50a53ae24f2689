using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>How the numbers of several ranks are combined.</summary>
public enum Reduction
{
    /// <summary>Sum.</summary>
    Sum = optirs.OPTIRS_REDUCTION_SUM,

    /// <summary>Product.</summary>
    Product = optirs.OPTIRS_REDUCTION_PRODUCT,

    /// <summary>Greatest.</summary>
    Max = optirs.OPTIRS_REDUCTION_MAX,

    /// <summary>Least.</summary>
    Min = optirs.OPTIRS_REDUCTION_MIN,

    /// <summary>Sum divided by the number of ranks.</summary>
    Mean = optirs.OPTIRS_REDUCTION_MEAN,
}

/// <summary>
/// One rank of a group of devices, of this process or of several, that exchange data in the order of their streams. Every rank
/// calls the same methods in the same order, with the same counts and types. On CUDA this is NCCL.
/// </summary>
/// <remarks>Any thread, one at a time.</remarks>
public sealed class DeviceCommunicator : IDisposable
{
    private readonly CommunicatorHandle _handle;

    private DeviceCommunicator(CommunicatorHandle handle, int rankCount, int rank) =>
        (_handle, RankCount, Rank) = (handle, rankCount, rank);

    /// <summary>Number of ranks.</summary>
    public int RankCount { get; }

    /// <summary>This rank's number, from 0.</summary>
    public int Rank { get; }

    /// <summary>What the ranks of a new communicator have in common: made by one, handed to the others by any means.</summary>
    public static byte[] CreateId(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return CommunicatorNative.CreateId(device.Pointer);
    }

    /// <summary>Joins a communicator. Blocks until all ranks have joined.</summary>
    /// <param name="device">The device of this rank; no two ranks have the same one.</param>
    /// <param name="id">Of <see cref="CreateId"/>, the same for all ranks.</param>
    /// <param name="rankCount">Number of ranks.</param>
    /// <param name="rank">From 0.</param>
    public static DeviceCommunicator Join(Device device, ReadOnlySpan<byte> id, int rankCount, int rank)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new DeviceCommunicator(CommunicatorNative.Join(device.Pointer, id, rankCount, rank), rankCount, rank);
    }

    /// <summary>Every rank gets the combination of all ranks' elements; input and output may be the same.</summary>
    public void AllReduce(DeviceMemory input, DeviceMemory output, long count, DType dtype, Reduction reduction, DeviceStream stream)
    {
        Check(input, count, dtype, nameof(input));
        Check(output, count, dtype, nameof(output));
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.AllReduce(
            _handle, input.Handle, output.Handle, (ulong)count, (int)dtype, (int)reduction, stream.Handle);
    }

    /// <summary>Every rank gets all ranks' elements, in the order of the ranks; <paramref name="count"/> of each.</summary>
    public void AllGather(DeviceMemory input, DeviceMemory output, long count, DType dtype, DeviceStream stream)
    {
        Check(input, count, dtype, nameof(input));
        Check(output, count, dtype, nameof(output), RankCount);
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.AllGather(_handle, input.Handle, output.Handle, (ulong)count, (int)dtype, stream.Handle);
    }

    /// <summary>Every rank gets its share, <paramref name="count"/> elements, of the combination of all ranks' elements.</summary>
    public void ReduceScatter(
        DeviceMemory input, DeviceMemory output, long count, DType dtype, Reduction reduction, DeviceStream stream)
    {
        Check(input, count, dtype, nameof(input), RankCount);
        Check(output, count, dtype, nameof(output));
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.ReduceScatter(
            _handle, input.Handle, output.Handle, (ulong)count, (int)dtype, (int)reduction, stream.Handle);
    }

    /// <summary>Every rank gets the elements of <paramref name="root"/>.</summary>
    public void Broadcast(DeviceMemory data, long count, DType dtype, int root, DeviceStream stream)
    {
        Check(data, count, dtype, nameof(data));
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.Broadcast(_handle, data.Handle, (ulong)count, (int)dtype, root, stream.Handle);
    }

    /// <summary>The rank <paramref name="root"/> gets the combination of all ranks' elements.</summary>
    public void Reduce(
        DeviceMemory input, DeviceMemory output, long count, DType dtype, Reduction reduction, int root, DeviceStream stream)
    {
        Check(input, count, dtype, nameof(input));
        Check(output, count, dtype, nameof(output));
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.Reduce(
            _handle, input.Handle, output.Handle, (ulong)count, (int)dtype, (int)reduction, root, stream.Handle);
    }

    /// <summary>Every rank sends a share of <paramref name="count"/> elements to each rank and gets one from each.</summary>
    public void AllToAll(DeviceMemory input, DeviceMemory output, long count, DType dtype, DeviceStream stream)
    {
        Check(input, count, dtype, nameof(input), RankCount);
        Check(output, count, dtype, nameof(output), RankCount);
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.AllToAll(_handle, input.Handle, output.Handle, (ulong)count, (int)dtype, stream.Handle);
    }

    /// <summary>Sends to one rank and receives from one; null memory for neither.</summary>
    /// <param name="input">What is sent; null to send nothing.</param>
    /// <param name="to">The rank that gets it.</param>
    /// <param name="output">Where to receive; null to receive nothing.</param>
    /// <param name="from">The rank whose elements they are.</param>
    /// <param name="count">Elements.</param>
    /// <param name="dtype">Their type.</param>
    /// <param name="stream">The stream.</param>
    public void SendReceive(
        DeviceMemory? input, int to, DeviceMemory? output, int from, long count, DType dtype, DeviceStream stream)
    {
        if (input is not null) Check(input, count, dtype, nameof(input));
        if (output is not null) Check(output, count, dtype, nameof(output));
        ArgumentNullException.ThrowIfNull(stream);
        CommunicatorNative.SendReceive(
            _handle, input?.Handle, input is null ? -1 : to, output?.Handle, output is null ? -1 : from, (ulong)count, (int)dtype,
            stream.Handle);
    }

    /// <summary>Fails if a peer or the network has failed: streams may then wait for ever. Dispose to go on.</summary>
    public void ThrowIfFailed() => optirs.optirs_communicator_check(_handle);

    /// <summary>Leaves the communicator.</summary>
    public void Dispose() => _handle.Dispose();

    // The backend knows addresses only: that the memory is large enough is seen to here, in numbers that no count makes overflow.
    private static void Check(DeviceMemory memory, long count, DType dtype, string name, int shares = 1)
    {
        ArgumentNullException.ThrowIfNull(memory, name);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Int128 elements = (Int128)count * shares;
        Int128 bytes = ((elements * dtype.BitWidth) + 7) / 8;
        if (bytes > memory.Size)
            throw new ArgumentException($"{name} has {memory.Size} bytes; {elements} elements of {dtype} need {bytes}.", name);
    }
}
