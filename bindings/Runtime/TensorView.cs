using System.Runtime.CompilerServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// A tensor argument of a kernel: address, device, type and extents, without an allocation. The address is a managed reference:
/// the wrappers of the kernels pin it (<c>fixed</c>) for the time of the call, which leaves an address of a device as it is. The
/// default value stands for a tensor that is left out.
/// </summary>
internal readonly unsafe ref struct TensorView
{
    /// <summary>Most dimensions that a view has room for.</summary>
    public const int MaxRank = 8;

    private readonly ref byte _data;
    private readonly object? _owner;
    private readonly int _rank;
    private readonly optirs_dl_data_type _type;
    private readonly optirs_dl_device _device;
    private readonly bool _isPresent;
    private readonly bool _hasStrides;
    private readonly Extents _shape;
    private readonly Extents _strides;

    /// <param name="data">The first element.</param>
    /// <param name="dtype">An OPTIRS_DTYPE_* constant.</param>
    /// <param name="shape">Extents.</param>
    /// <param name="strides">In elements; empty if dense.</param>
    /// <param name="owner">Kept alive until the call is over.</param>
    public TensorView(ref byte data, int dtype, scoped ReadOnlySpan<long> shape, scoped ReadOnlySpan<long> strides, object? owner)
    {
        if (shape.Length > MaxRank)
            throw new ArgumentException($"A kernel takes tensors of at most {MaxRank} dimensions; this one has {shape.Length}.");
        _data = ref data;
        _owner = owner;
        _rank = shape.Length;
        _type = DlpackType.Of(dtype);
        _device = new optirs_dl_device { device_type = optirs.OPTIRS_DL_CPU };
        _isPresent = true;
        _hasStrides = !strides.IsEmpty;
        shape.CopyTo(_shape);
        strides.CopyTo(_strides);
    }

    private TensorView(scoped in TensorView host, int device)
    {
        this = host;
        _device = new optirs_dl_device { device_type = optirs.OPTIRS_DL_CUDA, device_id = device };
    }

    /// <summary>A dense tensor in the memory of a device of the backend <c>cuda</c>.</summary>
    /// <param name="address">The first element.</param>
    /// <param name="device">The device's number.</param>
    /// <param name="dtype">An OPTIRS_DTYPE_* constant.</param>
    /// <param name="shape">Extents.</param>
    /// <param name="owner">Kept alive until the kernel is queued.</param>
    public static TensorView OnDevice(nint address, int device, int dtype, scoped ReadOnlySpan<long> shape, object owner) =>
        new(new TensorView(ref *(byte*)address, dtype, shape, default, owner), device);

    public ref byte GetPinnableReference() => ref _data;

    /// <summary>Fills <paramref name="native"/> and returns its address; NULL for a tensor that is left out.</summary>
    /// <param name="data">The pinned address.</param>
    /// <param name="native">On the caller's stack.</param>
    public optirs_dl_tensor* Describe(byte* data, NativeTensor* native)
    {
        if (!_isPresent) return null;
        native->Shape = _shape;
        if (_hasStrides) native->Strides = _strides;
        native->Tensor = new optirs_dl_tensor
        {
            data = data, device = _device, ndim = _rank, dtype = _type,
            shape = (long*)&native->Shape, strides = _hasStrides ? (long*)&native->Strides : null,
        };
        return &native->Tensor;
    }

    /// <summary>To be called after the kernel: until here, whoever owns the memory is not collected.</summary>
    public void KeepAlive() => GC.KeepAlive(_owner);
}

/// <summary>A <c>DLTensor</c> with room for its extents and strides.</summary>
internal struct NativeTensor
{
    public optirs_dl_tensor Tensor;
    public Extents Shape;
    public Extents Strides;
}

/// <summary>Room for the extents of a tensor.</summary>
[InlineArray(TensorView.MaxRank)]
internal struct Extents
{
    private long _first;
}
