using System.Runtime.CompilerServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// A tensor argument of a kernel: address, type and extents, without an allocation. The address is a managed reference: the
/// wrappers of the kernels pin it (<c>fixed</c>) for the time of the call. The default value stands for a tensor that is left
/// out.
/// </summary>
internal readonly unsafe ref struct TensorView
{
    /// <summary>Most dimensions that a view has room for.</summary>
    public const int MaxRank = 8;

    private readonly ref byte _data;
    private readonly object? _owner;
    private readonly int _rank;
    private readonly optirs_dl_data_type _type;
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
        _isPresent = true;
        _hasStrides = !strides.IsEmpty;
        shape.CopyTo(_shape);
        strides.CopyTo(_strides);
    }

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
            data = data, device = new optirs_dl_device { device_type = optirs.OPTIRS_DL_CPU }, ndim = _rank, dtype = _type,
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
