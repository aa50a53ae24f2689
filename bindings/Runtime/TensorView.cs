using System.Runtime.CompilerServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// A tensor argument of a kernel: address, type, extents and strides, without an allocation. The address is a managed
/// reference: the wrappers of the kernels pin it (<c>fixed</c>) for the time of the call.
/// </summary>
internal readonly unsafe ref struct TensorView
{
    /// <summary>Most dimensions that a view has room for.</summary>
    public const int MaxRank = 8;

    private readonly ref byte _data;
    private readonly Extents _shape;
    private readonly Extents _strides;
    private readonly int _rank;
    private readonly optirs_dl_device _device;
    private readonly optirs_dl_data_type _type;
    private readonly object? _owner;
    private readonly bool _isPresent;

    /// <param name="data">The first element.</param>
    /// <param name="dtype">Of optirs.h.</param>
    /// <param name="shape">Extents.</param>
    /// <param name="strides">In elements; empty if dense.</param>
    /// <param name="owner">Kept alive until the call is over.</param>
    public TensorView(
        ref byte data, int dtype, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides = default, object? owner = null)
    {
        if (shape.Length > MaxRank)
            throw new ArgumentException($"A kernel takes tensors of at most {MaxRank} dimensions; this one has {shape.Length}.");
        _data = ref data;
        _rank = shape.Length;
        shape.CopyTo(_shape);
        if (strides.IsEmpty && _rank > 0) Dense(shape, _strides);
        else strides.CopyTo(_strides);
        _device = new optirs_dl_device { device_type = optirs.OPTIRS_DL_CPU };
        _type = DlpackType.Of(dtype);
        _owner = owner;
        _isPresent = true;
    }

    /// <summary>Whether this is a tensor at all; the default value stands for an optional one that is left out.</summary>
    public bool IsPresent => _isPresent;

    public ref byte GetPinnableReference() => ref _data;

    /// <summary>Fills <paramref name="native"/> and returns its address; NULL for a tensor that is left out.</summary>
    /// <param name="data">The pinned address.</param>
    /// <param name="native">On the caller's stack.</param>
    public optirs_dl_tensor* Describe(byte* data, NativeTensor* native)
    {
        if (!_isPresent) return null;
        native->Shape = _shape;
        native->Strides = _strides;
        native->Tensor = new optirs_dl_tensor
        {
            data = data, device = _device, ndim = _rank, dtype = _type,
            shape = (long*)&native->Shape, strides = (long*)&native->Strides,
        };
        return &native->Tensor;
    }

    /// <summary>To be called after the kernel: until here, whoever owns the memory is not collected.</summary>
    public void KeepAlive() => GC.KeepAlive(_owner);

    private static void Dense(ReadOnlySpan<long> shape, Span<long> strides)
    {
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(shape[i], 1);
        }
    }
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

/// <summary>Element types as DLPack writes them.</summary>
internal static class DlpackType
{
    public static optirs_dl_data_type Of(int dtype) => dtype switch
    {
        optirs.OPTIRS_DTYPE_PRED => Make(optirs.OPTIRS_DL_BOOL, 8),
        optirs.OPTIRS_DTYPE_S8 => Make(optirs.OPTIRS_DL_INT, 8),
        optirs.OPTIRS_DTYPE_S16 => Make(optirs.OPTIRS_DL_INT, 16),
        optirs.OPTIRS_DTYPE_S32 => Make(optirs.OPTIRS_DL_INT, 32),
        optirs.OPTIRS_DTYPE_S64 => Make(optirs.OPTIRS_DL_INT, 64),
        optirs.OPTIRS_DTYPE_U8 => Make(optirs.OPTIRS_DL_UINT, 8),
        optirs.OPTIRS_DTYPE_U16 => Make(optirs.OPTIRS_DL_UINT, 16),
        optirs.OPTIRS_DTYPE_U32 => Make(optirs.OPTIRS_DL_UINT, 32),
        optirs.OPTIRS_DTYPE_U64 => Make(optirs.OPTIRS_DL_UINT, 64),
        optirs.OPTIRS_DTYPE_F16 => Make(optirs.OPTIRS_DL_FLOAT, 16),
        optirs.OPTIRS_DTYPE_F32 => Make(optirs.OPTIRS_DL_FLOAT, 32),
        optirs.OPTIRS_DTYPE_F64 => Make(optirs.OPTIRS_DL_FLOAT, 64),
        optirs.OPTIRS_DTYPE_BF16 => Make(optirs.OPTIRS_DL_BFLOAT, 16),
        optirs.OPTIRS_DTYPE_F8E5M2 => Make(optirs.OPTIRS_DL_F8E5M2, 8),
        optirs.OPTIRS_DTYPE_F8E4M3FN => Make(optirs.OPTIRS_DL_F8E4M3FN, 8),
        optirs.OPTIRS_DTYPE_F8E8M0FNU => Make(optirs.OPTIRS_DL_F8E8M0FNU, 8),
        _ => throw new NotSupportedException($"Kernels take no tensors of element type {dtype}."),
    };

    private static optirs_dl_data_type Make(int code, byte bits) => new() { code = (byte)code, bits = bits, lanes = 1 };
}
