using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// Tensors in native memory, described once for kernels that work on many at a time. Their memory stays valid until the list
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
    /// <exception cref="InvalidOperationException">A tensor is read-only.</exception>
    /// <exception cref="ObjectDisposedException">A tensor is disposed of.</exception>
    public static TensorList Of<T>(params ReadOnlySpan<Tensor<T>> tensors)
        where T : unmanaged
    {
        var parts = new (BufferHandle, int, long[])[tensors.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            _ = tensors[i].Span; // open, and writable
            parts[i] = (tensors[i].Handle, (int)tensors[i].DType, tensors[i].Shape.Dimensions.ToArray());
        }

        return new TensorList(TensorListHandle.Create(parts), parts.Length);
    }

    /// <summary>Lets go of the tensors.</summary>
    public void Dispose() => Handle.Dispose();
}
