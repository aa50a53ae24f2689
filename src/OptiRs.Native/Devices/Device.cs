using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A device with memory of its own, for instance a GPU of the backend <c>cuda</c>. Work is given to it in streams
/// (<see cref="CreateStream"/>).
/// </summary>
/// <remarks>Thread-safe. Valid until the process ends.</remarks>
public sealed class Device
{
    private Device(nint pointer)
    {
        Pointer = pointer;
        Index = optirs.optirs_device_index(pointer);
        (Name, Uuid, Address) = DeviceNative.Texts(pointer);
        optirs.optirs_device_read_properties(pointer, out optirs_device_properties facts);
        (CapabilityMajor, CapabilityMinor, Multiprocessors) = (facts.capability_major, facts.capability_minor, facts.multiprocessors);
        (MemoryBytes, L2Bytes) = ((long)facts.memory_bytes, (long)facts.l2_bytes);
        SharedBytesPerBlock = (long)facts.shared_bytes_per_block;
        Allocator = new DeviceAllocator(pointer);
    }

    /// <summary>Number within its backend.</summary>
    public int Index { get; }

    /// <summary>Product name, for instance <c>NVIDIA H200</c>.</summary>
    public string Name { get; }

    /// <summary>Unique number of the piece of hardware.</summary>
    public string Uuid { get; }

    /// <summary>Where it is on the bus.</summary>
    public string Address { get; }

    /// <summary>Compute capability, for instance 9 of 9.0; see <see cref="GpuArchitecture.Find"/>.</summary>
    public int CapabilityMajor { get; }

    /// <summary>Compute capability, for instance 0 of 9.0.</summary>
    public int CapabilityMinor { get; }

    /// <summary>Number of multiprocessors.</summary>
    public int Multiprocessors { get; }

    /// <summary>All of its memory.</summary>
    public long MemoryBytes { get; }

    /// <summary>Level 2 cache.</summary>
    public long L2Bytes { get; }

    /// <summary>Greatest shared memory of a thread block.</summary>
    public long SharedBytesPerBlock { get; }

    /// <summary>The allocator of its memory.</summary>
    public DeviceAllocator Allocator { get; }

    internal nint Pointer { get; }

    /// <summary>The devices of a backend, for instance <c>cuda</c>.</summary>
    /// <exception cref="OptiRsException">The backend cannot be used; the message says what is missing.</exception>
    public static IReadOnlyList<Device> All(string backend = "cuda")
    {
        using BackendHandle handle = BackendNative.Load(backend);
        optirs.optirs_device_count(handle, out int count);
        var devices = new Device[count];
        for (int i = 0; i < count; i++)
        {
            optirs.optirs_device_get(handle, i, out nint pointer);
            devices[i] = new Device(pointer);
        }

        return devices;
    }

    /// <summary>Creates a stream.</summary>
    /// <param name="priority">0 is normal, higher is more urgent; cut to what the device knows.</param>
    public DeviceStream CreateStream(int priority = 0)
    {
        optirs.optirs_stream_create(Pointer, priority, out StreamHandle stream);
        return new DeviceStream(this, stream);
    }

    /// <summary>Creates an event.</summary>
    /// <param name="timing">To measure time, which costs a little.</param>
    public DeviceEvent CreateEvent(bool timing = false)
    {
        optirs.optirs_event_create(Pointer, (byte)(timing ? 1 : 0), out EventHandle created);
        return new DeviceEvent(created);
    }

    /// <summary>
    /// Host memory that is pinned: copies between it and a device run beside the host. Scarce; allocate once and reuse. Work
    /// that uses it must be done before it is disposed of.
    /// </summary>
    public Buffer CreatePinnedBuffer(long bytes) => new(DeviceNative.CreatePinned(Pointer, bytes));

    /// <summary>Lets this device use the memory of another one directly; false where the hardware cannot.</summary>
    public bool EnablePeer(Device peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        optirs.optirs_device_enable_peer(Pointer, peer.Pointer, out byte direct);
        return direct != 0;
    }

    /// <summary>Free memory as the driver sees it, all processes together.</summary>
    public long ReadFreeBytes()
    {
        optirs.optirs_device_memory_info(Pointer, out ulong free, out _);
        return (long)free;
    }

    /// <summary>Takes over a dense tensor of another library that lies on this device, without a copy.</summary>
    /// <param name="tensor">Consumed on success.</param>
    /// <param name="dtype">Its element type.</param>
    /// <param name="shape">Its extents.</param>
    public DeviceMemory ImportDlpack(DlpackTensor tensor, out DType dtype, out Shape shape)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        DeviceMemoryHandle memory = DeviceNative.FromDlpack(Pointer, tensor.Handle, out int type, out long[] dims);
        (dtype, shape) = ((DType)type, new Shape(dims));
        return new DeviceMemory(this, memory);
    }

    /// <summary>Number and name.</summary>
    public override string ToString() => $"{Name} {Index}";
}
