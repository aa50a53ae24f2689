using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A tensor that a kernel reads: a view of memory that the caller owns, made without an allocation. The default value stands for an
/// optional tensor that is left out.
/// </summary>
/// <remarks>Whoever owns the memory must not free it before the kernel is done.</remarks>
[SuppressMessage("Usage", "CA2225", Justification = "The named alternatives are the factories Of.")]
public readonly ref struct ReadOnlyKernelTensor
{
    internal readonly TensorView View;

    internal ReadOnlyKernelTensor(TensorView view) => View = view;

    /// <summary>A dense row-major tensor over these elements.</summary>
    /// <exception cref="ArgumentException">Their number is not that of the shape, or an extent is negative.</exception>
    public static ReadOnlyKernelTensor Of<T>(ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (!Shape.IsFilled(shape, elements.Length))
            throw new ArgumentException($"ReadOnlyKernelTensor: {elements.Length} elements do not fill the shape {new Shape(shape)}.", nameof(shape));
        return new ReadOnlyKernelTensor(new TensorView(ref Reference(elements), (int)DType.Of<T>(), shape, default, null));
    }

    /// <summary>A tensor of <c>System.Numerics.Tensors</c>, with its strides.</summary>
    public static ReadOnlyKernelTensor Of<T>(in ReadOnlyTensorSpan<T> tensor)
        where T : unmanaged
    {
        ref byte data = ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in tensor.GetPinnableReference()));
        ReadOnlySpan<long> shape = MemoryMarshal.Cast<nint, long>(tensor.Lengths);
        ReadOnlySpan<long> strides = tensor.IsDense ? default : MemoryMarshal.Cast<nint, long>(tensor.Strides);
        return new ReadOnlyKernelTensor(new TensorView(ref data, (int)DType.Of<T>(), shape, strides, null));
    }

    /// <summary>What can be written can be read.</summary>
    public static implicit operator ReadOnlyKernelTensor(KernelTensor tensor) => new(tensor.View);

    private static ref byte Reference<T>(ReadOnlySpan<T> elements)
        where T : unmanaged => ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(elements));
}
