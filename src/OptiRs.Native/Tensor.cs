using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A dense row-major tensor in native host memory, aligned to 64 bytes. Spans are free; transfers to a device need no copy;
/// other libraries can share it through DLPack.
/// </summary>
/// <typeparam name="T">Element type; see <c>DType.Of&lt;T&gt;()</c> for those that there are.</typeparam>
/// <remarks>
/// Dispose frees the memory at once. Spans do not keep it alive: hold on to the tensor for as long as you use them.
/// Thread-safe, except for the elements themselves.
/// </remarks>
[SuppressMessage("Usage", "CA2225", Justification = "Kernels take tensors as they are.")]
[SuppressMessage("Design", "CA1000", Justification = "Tensor<float>.Create reads as what it does; the element type is the point.")]
public sealed class Tensor<T> : IDisposable
    where T : unmanaged
{
    private readonly Buffer _buffer;
    private readonly int _length;
    private NativeMemoryManager<T>? _memory;

    private Tensor(Buffer buffer, Shape shape)
    {
        _buffer = buffer;
        Shape = shape;
        _length = (int)shape.ElementCount;
    }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>The element type.</summary>
    public DType DType => DType.Of<T>();

    /// <summary>Whether the elements may not be written.</summary>
    public bool IsReadOnly => _buffer.IsReadOnly;

    /// <summary>Whether an import had to copy: the memory that was offered was not dense, or not aligned.</summary>
    public bool IsCopied { get; private init; }

    /// <summary>The elements, outermost dimension first.</summary>
    /// <exception cref="InvalidOperationException">They may not be written.</exception>
    public Span<T> Span
    {
        get
        {
            ThrowIfDisposed();
            _buffer.ThrowIfReadOnly();
            return HostMemory.Span<T>(_buffer.Handle, _length);
        }
    }

    /// <summary>The elements, to be read.</summary>
    public ReadOnlySpan<T> ReadOnlySpan
    {
        get
        {
            ThrowIfDisposed();
            return HostMemory.Span<T>(_buffer.Handle, _length);
        }
    }

    /// <summary>The elements as memory that asynchronous operations may keep.</summary>
    /// <exception cref="InvalidOperationException">They may not be written.</exception>
    public Memory<T> Memory
    {
        get
        {
            ThrowIfDisposed();
            _buffer.ThrowIfReadOnly();
            return (_memory ??= new NativeMemoryManager<T>(_buffer.Handle, _length)).Memory;
        }
    }

    internal BufferHandle Handle => _buffer.Handle;

    /// <summary>A tensor of zeros.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is no element type, or there are more than 2^31-1 elements.</exception>
    /// <exception cref="OptiRsOutOfMemoryException">There is no memory, even after a garbage collection.</exception>
    public static Tensor<T> Create(Shape shape)
    {
        Tensor<T> tensor = Allocate(shape);
        tensor.Span.Clear();
        return tensor;
    }

    /// <summary>A tensor with a copy of the elements.</summary>
    /// <exception cref="ArgumentException">Their number is not that of the shape.</exception>
    public static Tensor<T> From(ReadOnlySpan<T> elements, Shape shape)
    {
        if (elements.Length != shape.ElementCount)
            throw new ArgumentException(
                $"Tensor.From: {elements.Length} elements do not fill the shape {shape}, which has {shape.ElementCount}.",
                nameof(elements));
        Tensor<T> tensor = Allocate(shape);
        elements.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>A vector with a copy of the elements.</summary>
    public static Tensor<T> From(params ReadOnlySpan<T> elements) => From(elements, new Shape(elements.Length));

    /// <summary>The elements, held open until the view is disposed of.</summary>
    public HostView<T> Map()
    {
        ThrowIfDisposed();
        _buffer.ThrowIfReadOnly();
        return new HostView<T>(_buffer.Handle, _length);
    }

    /// <summary>The tensor as a view of <c>System.Numerics.Tensors</c>, for its primitives; a scalar as a vector of one.</summary>
    public TensorSpan<T> AsTensorSpan() => new(Span, Lengths(), []);

    /// <summary>The tensor as a read-only view of <c>System.Numerics.Tensors</c>.</summary>
    public ReadOnlyTensorSpan<T> AsReadOnlyTensorSpan() => new(ReadOnlySpan, Lengths(), []);

    /// <summary>
    /// The tensor for another library, sharing the memory: it lives until both are done with it. Reading needs no
    /// synchronisation: work of this library on host memory is over when its calls return.
    /// </summary>
    public DlpackTensor ToDlpack()
    {
        ThrowIfDisposed();
        return new DlpackTensor(HostMemory.ToDlpack(_buffer.Handle, (int)DType, Shape.Dimensions));
    }

    /// <summary>Takes over a tensor of another library; shares its memory where that is dense and row-major, copies otherwise.</summary>
    /// <param name="tensor">Consumed if this succeeds.</param>
    /// <param name="alignment">Alignment that sharing needs: 0 for that of an element, at most 64.</param>
    /// <exception cref="ArgumentException">It is of another element type, not in host memory, or of another major version.</exception>
    public static Tensor<T> FromDlpack(DlpackTensor tensor, int alignment = 0)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        DType wanted = DType.Of<T>();
        BufferHandle handle = HostMemory.FromDlpack(tensor.Handle, alignment, out int dtype, out long[] dims, out bool isCopied);
        var shape = new Shape(dims);
        if ((DType)dtype == wanted && shape.ElementCount <= int.MaxValue)
            return new Tensor<T>(new Buffer(handle), shape) { IsCopied = isCopied };
        handle.Dispose();
        throw new ArgumentException(
            $"Tensor<{typeof(T).Name}>.FromDlpack: the tensor is {((DType)dtype).Name}{shape}, not {wanted.Name}.", nameof(tensor));
    }

    /// <summary>Frees the memory, or hands it back to the library it was imported from.</summary>
    public void Dispose() => _buffer.Dispose();

    /// <summary>The tensor as a kernel's output.</summary>
    /// <exception cref="InvalidOperationException">The elements may not be written.</exception>
    public static implicit operator KernelTensor(Tensor<T> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new KernelTensor(tensor.View(tensor.Span));
    }

    /// <summary>The tensor as a kernel's input.</summary>
    public static implicit operator ReadOnlyKernelTensor(Tensor<T> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new ReadOnlyKernelTensor(tensor.View(tensor.ReadOnlySpan));
    }

    /// <summary>Type and shape, for instance <c>f32[2,3]</c>.</summary>
    public override string ToString() => DType.Name + Shape;

    internal static Tensor<T> Allocate(Shape shape)
    {
        _ = DType.Of<T>();
        if (shape.ElementCount > int.MaxValue)
            throw new NotSupportedException(
                $"Tensor<{typeof(T).Name}>: the shape {shape} has {shape.ElementCount} elements; a host tensor holds at most {int.MaxValue}.");
        return new Tensor<T>(Buffer.Create(shape.ElementCount * Unsafe.SizeOf<T>()), shape);
    }

    private TensorView View(ReadOnlySpan<T> elements) =>
        new(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(elements)), (int)DType, Shape.Dimensions, default, this);

    // A scalar is a vector of one: tensor spans without dimensions have no elements.
    private nint[] Lengths() => Shape.Rank == 0 ? [1] : Array.ConvertAll(Shape.Dimensions.ToArray(), extent => (nint)extent);

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_buffer.Handle.IsDisposed, this);
}
