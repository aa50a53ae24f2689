using System.Runtime.InteropServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>A block of device memory. Dispose lets later work of its stream reuse it at once.</summary>
/// <remarks>Thread-safe, except for the bytes themselves.</remarks>
public sealed class DeviceMemory : IDisposable
{
    internal DeviceMemory(Device device, DeviceMemoryHandle handle)
    {
        (Device, Handle) = (device, handle);
        Size = (long)optirs.optirs_device_memory_size(handle);
    }

    /// <summary>Whose memory it is.</summary>
    public Device Device { get; }

    /// <summary>Number of bytes.</summary>
    public long Size { get; }

    /// <summary>The address on the device, valid until this object is disposed of.</summary>
    public nint Address => DeviceNative.Address(Handle);

    internal DeviceMemoryHandle Handle { get; }

    /// <summary>A tensor in this memory, for <see cref="Kernels"/>.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="shape">Extents.</param>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <exception cref="ArgumentException">It would not fit the memory.</exception>
    public DeviceTensor<T> Tensor<T>(Shape shape, long offset = 0)
        where T : unmanaged => new(this, shape, offset);

    /// <summary>Says that work of another stream uses the memory: it is reused only after that work.</summary>
    public void UsedBy(DeviceStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        optirs.optirs_device_memory_use(Handle, stream.Handle);
    }

    /// <summary>
    /// Copies elements to the device, in the order of the stream. Pageable memory is read before this returns; pinned memory
    /// must stay unchanged until the copy is done.
    /// </summary>
    /// <param name="source">The elements.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="offset">Where, in bytes.</param>
    public void Write<T>(ReadOnlySpan<T> source, DeviceStream stream, long offset = 0)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(stream);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(source);
        optirs.optirs_device_memory_write(Handle, Offset(offset), bytes, (ulong)bytes.Length, stream.Handle);
    }

    /// <summary>Copies elements to the host and waits for them.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="offset">Where from, in bytes.</param>
    public void Read<T>(Span<T> destination, DeviceStream stream, long offset = 0)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        optirs.optirs_device_memory_read(Handle, Offset(offset), bytes, (ulong)bytes.Length, stream.Handle);
        stream.Wait();
    }

    /// <summary>Copies from another block, of this device or another one, in the order of the stream.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="stream">A stream of this memory's device.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="offset">Where in this memory, in bytes.</param>
    /// <param name="sourceOffset">Where in the source, in bytes.</param>
    public void CopyFrom(DeviceMemory source, DeviceStream stream, long bytes, long offset = 0, long sourceOffset = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        optirs.optirs_device_memory_copy(
            Handle, Offset(offset), source.Handle, Offset(sourceOffset), (ulong)bytes, stream.Handle);
    }

    /// <summary>Sets all bytes, in the order of the stream.</summary>
    public void Fill(byte value, DeviceStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        optirs.optirs_device_memory_fill(Handle, 0, value, (ulong)Size, stream.Handle);
    }

    /// <summary>A dense tensor of this memory for another library, as kDLCUDA. Work on it must be done.</summary>
    public DlpackTensor ToDlpack(DType dtype, Shape shape, long offset = 0) =>
        new(DeviceNative.ToDlpack(Handle, (long)Offset(offset), (int)dtype, shape.Dimensions));

    /// <summary>Lets go of the memory.</summary>
    public void Dispose() => Handle.Dispose();

    private static ulong Offset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return (ulong)offset;
    }
}
