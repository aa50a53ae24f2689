using System.Runtime.CompilerServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// Tensors in native memory or on a device, described once for kernels that work on many at a time. Their memory stays valid until the list
/// is disposed of.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TensorList : IDisposable
{
    private TensorList(TensorListHandle handle, int count) => (Handle, Count) = (handle, count);

    /// <summary>How many tensors there are.</summary>
    public int Count { get; }

    internal TensorListHandle Handle { get; }

    /// <summary>A list of these tensors, in their order.</summary>
    /// <exception cref="ArgumentNullException">A tensor is null.</exception>
    /// <exception cref="InvalidOperationException">A tensor is read-only.</exception>
    /// <exception cref="ObjectDisposedException">A tensor is disposed of.</exception>
    public static TensorList Of<T>(params ReadOnlySpan<Tensor<T>> tensors)
        where T : unmanaged
    {
        var parts = new ListedTensor[tensors.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(tensors[i], nameof(tensors));
            _ = tensors[i].Span; // open, and writable
            parts[i] = ListedTensor.OnHost(tensors[i].Handle, (int)tensors[i].DType, tensors[i].Shape.Dimensions.ToArray());
        }

        return new TensorList(TensorListHandle.Create(parts), parts.Length);
    }

    /// <summary>A list of these tensors of one device, in their order. It holds their memory: disposing of that too frees it only with the list.</summary>
    /// <exception cref="ArgumentNullException">A tensor has no memory: it is the default value.</exception>
    /// <exception cref="ObjectDisposedException">The memory of a tensor is disposed of.</exception>
    [OverloadResolutionPriority(-1)] // an empty list is the host's
    public static TensorList Of<T>(params ReadOnlySpan<DeviceTensor<T>> tensors)
        where T : unmanaged
    {
        var parts = new ListedTensor[tensors.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            DeviceTensor<T> tensor = tensors[i];
            ArgumentNullException.ThrowIfNull(tensor.Memory, nameof(tensors));
            parts[i] = ListedTensor.OnDevice(
                tensor.Memory.Handle, tensor.Offset, tensor.Memory.Device.Index, (int)tensor.DType, tensor.Shape.Dimensions.ToArray());
        }

        return new TensorList(TensorListHandle.Create(parts), parts.Length);
    }

    /// <summary>Lets go of the tensors.</summary>
    public void Dispose() => Handle.Dispose();
}
