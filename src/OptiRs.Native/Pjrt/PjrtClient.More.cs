using System.Runtime.InteropServices;
using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

// The rarer things that a client can do.
public sealed partial class PjrtClient
{
    private Dictionary<nint, PjrtMemory>? _memories;

    /// <summary>Memories that this process can use; empty where the plugin has no notion of memories.</summary>
    public IReadOnlyList<PjrtMemory> Memories
    {
        get
        {
            ThrowIfDisposed();
            return [.. PjrtPlaces.ClientMemories(Handle).Select(FindMemory)];
        }
    }

    /// <summary>The topology of the client's devices.</summary>
    /// <exception cref="NotSupportedException">The plugin does not tell.</exception>
    public PjrtTopology Topology
    {
        get
        {
            optirs.optirs_pjrt_topology_of_client(Handle, out PjrtTopologyHandle topology);
            topology.Retain(Handle);
            return new PjrtTopology(topology);
        }
    }

    /// <summary>The device with this number.</summary>
    /// <exception cref="OptiRsException">There is none (<see cref="ErrorCode.NotFound"/>, or what the plugin reports).</exception>
    public PjrtDevice LookupDevice(int id)
    {
        optirs.optirs_pjrt_client_find_device(Handle, id, out nint device);
        return FindDevice(device);
    }

    /// <summary>The device with this number within the host.</summary>
    /// <exception cref="OptiRsException">There is none.</exception>
    public PjrtDevice LookupLocalDevice(int localHardwareId)
    {
        optirs.optirs_pjrt_client_find_local_device(Handle, localHardwareId, out nint device);
        return FindDevice(device);
    }

    /// <summary>Ids of the devices that a program runs on by default, [replicas x partitions] row-major.</summary>
    public int[] DefaultDeviceAssignment(int replicas, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        var ids = new int[checked(replicas * partitions)];
        optirs.optirs_pjrt_client_default_assignment(Handle, replicas, partitions, ids, ids.Length);
        return ids;
    }

    /// <summary>Registers host memory with the devices, which makes transfers of it faster; disposing of the result ends that.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public IDisposable MapForDma(Buffer memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return new DmaMapping(Handle, memory.Handle);
    }

    /// <summary>Tells the plugin of the states of all processes of the job.</summary>
    public void UpdateProcesses(IEnumerable<PjrtProcessInfo> processes) => PjrtPlaces.UpdateProcesses(
        Handle, [.. processes.Select(p => (p.TaskId, p.Incarnation, (int)p.State, (int)p.Error, Encoding.UTF8.GetBytes(p.Message)))]);

    /// <summary>Copies elements to a memory and into a layout of choice. They are read during the call only.</summary>
    public PjrtBuffer BufferFromHost<T>(ReadOnlySpan<T> data, Shape shape, PjrtPlacement placement) where T : unmanaged =>
        BufferFromHost(data, shape, placement, byteStrides: []);

    /// <summary>Copies elements that are not dense: one index of dimension i further is <c>byteStrides[i]</c> bytes further.</summary>
    /// <param name="data">From the first to the last element.</param>
    /// <param name="shape">The extents.</param>
    /// <param name="placement">Where to.</param>
    /// <param name="byteStrides">By dimension; empty for dense, row-major elements.</param>
    public PjrtBuffer BufferFromHost<T>(
        ReadOnlySpan<T> data, Shape shape, PjrtPlacement placement, ReadOnlySpan<long> byteStrides) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(placement);
        ThrowIfDisposed();
        if (byteStrides.Length == 0) CheckLength(data.Length, DType.Of<T>(), shape, "BufferFromHost");
        else if (byteStrides.Length != shape.Rank)
            throw new ArgumentException($"BufferFromHost: {byteStrides.Length} strides for the shape {shape}.", nameof(byteStrides));
        using PjrtArray array = placement.Array(DType.Of<T>(), shape);
        return Created(
            PjrtMaking.Place(Handle, array, MemoryMarshal.AsBytes(data), byteStrides), DType.Of<T>(), shape);
    }

    /// <summary>Device memory with whatever is in it.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtBuffer AllocateUninitialized(DType dtype, Shape shape, PjrtPlacement? placement = null)
    {
        using PjrtArray array = (placement ?? PjrtPlacement.Default).Array(dtype, shape);
        return Created(PjrtMaking.Uninitialized(Handle, array), dtype, shape);
    }

    /// <summary>A buffer that was never computed: whoever reads it gets this error.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtBuffer FailedBuffer(DType dtype, Shape shape, ErrorCode code, string message, PjrtPlacement? placement = null)
    {
        using PjrtArray array = (placement ?? PjrtPlacement.Default).Array(dtype, shape);
        return Created(PjrtMaking.Failed(Handle, array, (int)code, Encoding.UTF8.GetBytes(message)), dtype, shape);
    }

    /// <summary>A buffer that stands for one which will exist later, and can be an argument of programs at once.</summary>
    /// <returns>The buffer, and the promise to be kept with <see cref="PjrtPromise.Keep(PjrtBuffer)"/>.</returns>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public (PjrtBuffer Buffer, PjrtPromise Promise) PromiseBuffer(DType dtype, Shape shape, PjrtPlacement? placement = null)
    {
        using PjrtArray array = (placement ?? PjrtPlacement.Default).Array(dtype, shape);
        (PjrtBufferHandle cell, PjrtPromiseHandle promise) = PjrtMaking.Alias(Handle, array);
        return (Created(cell, dtype, shape), new PjrtPromise(promise, this));
    }

    /// <summary>A buffer over device memory that somebody else owns; nothing is copied.</summary>
    /// <param name="address">First byte, in the address space of the device.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="shape">The extents.</param>
    /// <param name="released">Runs once, on the thread pool, when the plugin no longer uses the memory.</param>
    /// <param name="placement">Device and layout; row-major if it names none.</param>
    /// <param name="stream">A stream of the platform whose work on the memory must end first, or 0.</param>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtBuffer ViewOfDeviceMemory(
        nint address, DType dtype, Shape shape, Action? released = null, PjrtPlacement? placement = null, long stream = 0)
    {
        using PjrtArray array = (placement ?? PjrtPlacement.Default).Array(dtype, shape);
        return new PjrtBuffer(this, PjrtMaking.View(Handle, array, address, stream, released), dtype, shape);
    }

    /// <summary>A buffer over the memory of another library's tensor, without a copy; the tensor belongs to the buffer from then on.</summary>
    /// <param name="tensor">On one of the client's devices, in row-major order, and ready to be read.</param>
    /// <param name="device">Null for the device that the tensor is on.</param>
    /// <exception cref="ArgumentException">The tensor is elsewhere, or not in row-major order; it stays the caller's.</exception>
    public PjrtBuffer FromDlpack(DlpackTensor tensor, PjrtDevice? device = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ThrowIfDisposed();
        return new PjrtBuffer(this, PjrtMaking.FromDlpack(Handle, tensor.Handle, device?.Pointer ?? 0), DType.Invalid, null);
    }

    /// <summary>Buffers of one device whose contents arrive in parts.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public PjrtTransfer CreateTransfer(
        IReadOnlyList<(DType DType, Shape Shape)> arrays, PjrtPlacement? placement = null)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        ThrowIfDisposed();
        return new PjrtTransfer(this, arrays, placement ?? PjrtPlacement.Default);
    }

    /// <summary>An event of the plugin that the program ends.</summary>
    /// <exception cref="NotSupportedException">The plugin makes none for others.</exception>
    public PjrtEvent CreateEvent() => new(this);

    /// <summary>Loads a program that <see cref="PjrtExecutable.Serialize"/> has written. It holds machine code: it must be trusted.</summary>
    /// <param name="serialized">The bytes.</param>
    /// <param name="options">Options that replace those of the program; null keeps them.</param>
    /// <exception cref="IOptiRsError">The plugin refuses bytes that it, or another version of it, has not written.</exception>
    public PjrtExecutable Load(ReadOnlySpan<byte> serialized, PjrtCompileOptions? options = null)
    {
        ThrowIfDisposed();
        using Telemetry.Span span = Telemetry.Start("optirs.load", PlatformName, serialized.Length);
        try
        {
            return new PjrtExecutable(this, PjrtPrograms.Deserialize(Handle, serialized, options is null ? [] : options.ToBytes()));
        }
        catch (Exception e)
        {
            span.Failed(e);
            throw;
        }
    }

    /// <summary>Loads a program that was compiled for a topology.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot; serializing and loading the bytes may still work.</exception>
    public PjrtExecutable Load(PjrtCompiledProgram program, PjrtCompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ThrowIfDisposed();
        return new PjrtExecutable(
            this, PjrtPrograms.Load(Handle, program.Handle, (options ?? PjrtCompileOptions.Default).ToBytes()));
    }

    internal PjrtMemory FindMemory(nint memory)
    {
        lock (_devices)
        {
            _memories ??= [];
            if (!_memories.TryGetValue(memory, out PjrtMemory? found)) _memories[memory] = found = new PjrtMemory(this, memory);
            return found;
        }
    }

    private sealed class DmaMapping : IDisposable
    {
        private readonly PjrtClientHandle _client;
        private BufferHandle? _memory;

        public DmaMapping(PjrtClientHandle client, BufferHandle memory)
        {
            _client = client;
            PjrtPlaces.DmaMap(client, memory);
            bool added = false;
            memory.DangerousAddRef(ref added);
            _memory = memory;
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _memory, null) is not { } memory) return;
            PjrtPlaces.DmaUnmap(_client, memory);
            memory.DangerousRelease();
        }
    }
}

/// <summary>What is known of a process of the same job.</summary>
public enum PjrtProcessState
{
    /// <summary>Nothing was said.</summary>
    Unspecified = 0,

    /// <summary>Never heard of.</summary>
    Uninitialized = 1,

    /// <summary>Not reachable at present.</summary>
    Disconnected = 2,

    /// <summary>Running.</summary>
    Connected = 3,

    /// <summary>Failed.</summary>
    Error = 4,
}

/// <summary>The state of one process of the job.</summary>
/// <param name="TaskId">Number of the process.</param>
/// <param name="Incarnation">Another number after each restart.</param>
/// <param name="State">What is known of it.</param>
/// <param name="Error">Its error, if it has failed.</param>
/// <param name="Message">Message of its error.</param>
public sealed record PjrtProcessInfo(
    int TaskId, ulong Incarnation, PjrtProcessState State, ErrorCode Error = 0, string Message = "");
