using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A dense row-major tensor in device memory, made by <see cref="DeviceMemory.Tensor{T}"/>: what <see cref="Kernels"/> read and write
/// there. A view; it allocates and copies nothing. The default value stands for an optional tensor that is left out.
/// </summary>
/// <typeparam name="T">Element type; see <c>DType.Of&lt;T&gt;()</c> for those that there are.</typeparam>
/// <remarks>
/// The memory may be disposed of once the kernel is queued, as long as the kernel's stream is the one that allocated it; for others
/// see <see cref="DeviceMemory.UsedBy"/>.
/// </remarks>
[SuppressMessage("Usage", "CA2225", Justification = "Kernels take tensors as they are.")]
[SuppressMessage("Performance", "CA1815", Justification = "A view that nobody compares.")]
public readonly struct DeviceTensor<T>
    where T : unmanaged
{
    internal DeviceTensor(DeviceMemory memory, Shape shape, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        _ = DType.Of<T>();
        long bytes = checked(shape.ElementCount * Unsafe.SizeOf<T>());
        if (bytes > memory.Size - offset)
            throw new ArgumentException(
                $"DeviceMemory.Tensor: {DType.Of<T>().Name}{shape} is {bytes} bytes, which do not fit {memory.Size} bytes at offset {offset}.",
                nameof(shape));
        (Memory, Shape, Offset) = (memory, shape, offset);
    }

    /// <summary>Where it is; null for a tensor that is left out.</summary>
    public DeviceMemory Memory { get; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>Where in the memory it begins, in bytes.</summary>
    public long Offset { get; }

    /// <summary>The element type.</summary>
    public DType DType => DType.Of<T>();

    private TensorView View => Memory is null
        ? default
        : TensorView.OnDevice(checked(Memory.Address + (nint)Offset), Memory.Device.Index, (int)DType, Shape.Dimensions, Memory);

    /// <summary>The tensor as a kernel's output.</summary>
    /// <exception cref="ObjectDisposedException">The memory is disposed of.</exception>
    public static implicit operator KernelTensor(DeviceTensor<T> tensor) => new(tensor.View);

    /// <summary>The tensor as a kernel's input.</summary>
    /// <exception cref="ObjectDisposedException">The memory is disposed of.</exception>
    public static implicit operator ReadOnlyKernelTensor(DeviceTensor<T> tensor) => new(tensor.View);

    /// <summary>Type, shape and device, for instance <c>f32[2,3] on Mock GPU 0 0</c>.</summary>
    public override string ToString() => Memory is null ? "" : $"{DType.Name}{Shape} on {Memory.Device}";
}
