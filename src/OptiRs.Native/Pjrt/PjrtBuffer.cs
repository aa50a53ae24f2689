using System.Runtime.InteropServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A cell that holds data on a device. Programs and uploads may put new data into the same cell, which then lets go of the
/// old; a program that takes its argument over (donation) and puts nothing back leaves it deleted.
/// </summary>
/// <remarks>
/// Thread-safe. The data may still be being computed: reading waits for it, and reports the error of the program that makes it.
/// </remarks>
public sealed partial class PjrtBuffer : IDisposable
{
    private readonly PjrtClient _client;
    private DType _dtype;
    private Shape? _shape;
    private StatedShape _stated;

    internal PjrtBuffer(
        PjrtClient client, PjrtBufferHandle handle, DType dtype, Shape? shape, StatedShape stated = StatedShape.None)
    {
        (_client, Handle, _dtype, _shape, _stated) = (client, handle, dtype, shape, stated);
    }

    /// <summary>What else the shape may be than that of the data: what the program says of its result.</summary>
    internal enum StatedShape
    {
        None,
        Bounds, // where it computes the size of a dimension
        Whole, // also of what several partitions have parts of
    }

    internal PjrtBufferHandle Handle { get; }

    internal nint DevicePointer => PjrtCells.Device(Handle);

    internal PjrtClient Client => _client;

    /// <summary>Element type.</summary>
    public DType DType
    {
        get
        {
            if (_dtype == DType.Invalid)
            {
                ThrowIfDisposed();
                _dtype = (DType)optirs.optirs_pjrt_buffer_dtype(Handle);
            }

            return _dtype;
        }
    }

    /// <summary>
    /// The extents. Of a result whose size the program computes, what is there: then this waits for it, and another run of a
    /// bound call may change it.
    /// </summary>
    public Shape Shape
    {
        get
        {
            if (_stated != StatedShape.None) CheckStated();
            if (_shape is { } known) return known;
            ThrowIfDisposed();
            var shape = new Shape(PjrtCells.Dims(Handle));
            if (!PjrtCells.IsDynamic(Handle, shape.Rank)) _shape = shape;
            return shape;
        }
    }

    /// <summary>Bytes of the dense host form.</summary>
    public long ByteCount => Shape.ByteCount(DType);

    /// <summary>The device that holds the data.</summary>
    /// <exception cref="InvalidOperationException">The cell is empty.</exception>
    public PjrtDevice Device
    {
        get
        {
            ThrowIfDisposed();
            nint device = DevicePointer;
            return device != 0
                ? _client.FindDevice(device)
                : throw new InvalidOperationException("The buffer is empty: no program has put data into it yet.");
        }
    }

    /// <summary>Whether there is no data: deleted, donated, or not yet computed into this cell.</summary>
    public bool IsDeleted
    {
        get
        {
            ThrowIfDisposed();
            return optirs.optirs_pjrt_buffer_is_deleted(Handle) != 0;
        }
    }

    /// <summary>Ends when the device is done with the tensor that was lent to it; completed where data was copied. Await it once.</summary>
    public ValueTask HostReleased { get; internal set; }

    /// <summary>Ends when the data exists; fails with the error of the program that makes it. Pooled: await it once.</summary>
    /// <param name="cancellation">Ends the wait, with <see cref="OperationCanceledException"/>, and nothing else.</param>
    public ValueTask ReadyAsync(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        return PjrtCells.ReadyAsync(Handle).OrCancelled(cancellation);
    }

    /// <summary>Copies the data to the host, and waits for it.</summary>
    /// <exception cref="NotSupportedException">There are more elements than an array can have; the message says what to do.</exception>
    public T[] ToArray<T>() where T : unmanaged
    {
        CheckType<T>("ToArray");
        if (Shape.ElementCount > Array.MaxLength)
            throw new NotSupportedException(
                $"ToArray: the buffer {this} has {Shape.ElementCount} elements; an array holds at most {Array.MaxLength}. "
                + "Copy it in parts: slices made by a program, or bytes by CopyRawToHostAsync.");
        var result = new T[Shape.ElementCount];
        CopyToHost(result.AsSpan());
        return result;
    }

    /// <summary>Copies the data to the host, and waits for it.</summary>
    /// <param name="destination">Exactly as many elements as the buffer has.</param>
    /// <exception cref="ArgumentException">The destination is of another type or size.</exception>
    /// <exception cref="OptiRsException">The data was donated or deleted (<see cref="ErrorCode.FailedPrecondition"/>), or its program failed.</exception>
    public void CopyToHost<T>(Span<T> destination) where T : unmanaged
    {
        CheckType<T>("CopyToHost");
        CheckSize(destination.Length, "CopyToHost");
        Telemetry.DeviceToHost.Add(ByteCount);
        PjrtCells.ToHost(Handle, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>Starts to copy the data to the host. Pooled: await it once.</summary>
    /// <param name="nativeMemory">
    /// Memory that does not move: <see cref="Tensor{T}.Memory"/> or <see cref="Buffer.AsMemory{T}"/>. It is held until the copy
    /// is done, even if it is disposed of.
    /// </param>
    /// <param name="cancellation">
    /// Cancelled before the call, nothing is started. Later it only ends the wait, with <see cref="OperationCanceledException"/>: the
    /// copy goes on and holds the memory, whose content is not defined until it would have ended.
    /// </param>
    /// <exception cref="ArgumentException">The destination is an array, or of another type or size.</exception>
    public ValueTask CopyToHostAsync<T>(Memory<T> nativeMemory, CancellationToken cancellation = default) where T : unmanaged
    {
        CheckType<T>("CopyToHostAsync");
        CheckSize(nativeMemory.Length, "CopyToHostAsync");
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        Telemetry.DeviceToHost.Add(ByteCount);
        return PjrtCells.ToHostAsync(Handle, nativeMemory).OrCancelled(cancellation);
    }

    /// <summary>Copies the data to a new host tensor, and waits for it.</summary>
    public Tensor<T> ToTensor<T>() where T : unmanaged
    {
        CheckType<T>("ToTensor");
        Tensor<T> tensor = Tensor<T>.Allocate(Shape);
        try
        {
            CopyToHost(tensor.Span);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Copies the data to another device of the same client.</summary>
    public PjrtBuffer CopyTo(PjrtDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        ThrowIfDisposed();
        return _client.Created(PjrtCells.CopyToDevice(Handle, device.Pointer, _client.Handle), DType, Shape);
    }

    /// <summary>Frees the device memory now; the cell lives on, and says that it is deleted.</summary>
    public void Delete()
    {
        ThrowIfDisposed();
        optirs.optirs_pjrt_buffer_delete(Handle);
    }

    /// <summary>Gives up the cell and its data. Programs that use it finish first.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>Type and shape, for instance <c>f32[8,128]</c>.</summary>
    public override string ToString()
    {
        if (_shape is not null && _dtype != DType.Invalid) return _dtype.Name + Shape;
        if (Handle.IsDisposed) return "(disposed)";
        return DType == DType.Invalid ? "(empty)" : DType.Name + Shape;
    }

    /// <summary>A call has been bound that puts data of this type into the cell.</summary>
    internal void Retype(DType dtype, Shape? shape, StatedShape stated) => (_dtype, _shape, _stated) = (dtype, shape, stated);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Handle.IsDisposed, this);

    // What is there says whether the stated extents are its own. Until something is, the program's word is all there is.
    private void CheckStated()
    {
        if (Handle.IsDisposed || optirs.optirs_pjrt_buffer_is_deleted(Handle) != 0) return;
        if (_shape is { } stated && (_stated == StatedShape.Whole || PjrtCells.IsDynamic(Handle, stated.Rank))) _shape = null;
        _stated = StatedShape.None;
    }

    private void CheckType<T>(string operation) where T : unmanaged
    {
        ThrowIfDisposed();
        DType wanted = DType.Of<T>();
        if (wanted != DType)
            throw new ArgumentException($"{operation}: the buffer is {this}, which is not read as {wanted.Name} ({typeof(T).Name}).");
    }

    private void CheckSize(long elements, string operation)
    {
        if (elements != Shape.ElementCount)
            throw new ArgumentException(
                $"{operation}: the buffer {this} has {Shape.ElementCount} elements, the destination {elements}.");
    }
}
