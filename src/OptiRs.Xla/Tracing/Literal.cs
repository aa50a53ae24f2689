using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OptiRs.Xla;

/// <summary>A constant: row-major little-endian elements, or one element that stands for all.</summary>
internal sealed class Literal
{
    private Literal(TensorType type, byte[] bytes, bool isSplat)
    {
        Type = type;
        Bytes = bytes;
        IsSplat = isSplat;
    }

    public TensorType Type { get; }

    public byte[] Bytes { get; }

    public bool IsSplat { get; }

    public static Literal Splat(TensorType type, double value, SourceLocation location) => new(type, Encode(type.DType, value, location), isSplat: true);

    public static Literal Splat(TensorType type, long value, SourceLocation location) => new(type, Encode(type.DType, value, location), isSplat: true);

    public static Literal Splat(TensorType type, Complex value)
    {
        byte[] bytes = new byte[type.DType.ByteSize];
        if (type.DType == DType.C64)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value.Real);
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4), (float)value.Imaginary);
        }
        else
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value.Real);
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), value.Imaginary);
        }
        return new(type, bytes, isSplat: true);
    }

    /// <summary>Every bit one; of a predicate, true.</summary>
    public static Literal AllOnes(TensorType type)
    {
        byte[] bytes = new byte[type.DType.ByteSize];
        Array.Fill(bytes, type.DType == DType.Pred ? (byte)1 : (byte)0xFF);
        return new(type, bytes, isSplat: true);
    }

    /// <summary>The elements themselves; <paramref name="data"/> holds <c>type.Shape.ElementCount</c> of them.</summary>
    public static Literal Elements<T>(ReadOnlySpan<T> data, TensorType type)
        where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes(data).ToArray();
        int size = type.DType.ByteSize;
        bool isSplat = bytes.Length > size && bytes.AsSpan(size).SequenceEqual(bytes.AsSpan(0, bytes.Length - size));
        return isSplat ? new(type, bytes[..size], isSplat: true) : new(type, bytes, isSplat: bytes.Length == size);
    }

    /// <summary>The same element in another shape; this must be a splat.</summary>
    public Literal WithShape(Shape shape) => new(new(Type.DType, shape), Bytes, isSplat: true);

    /// <summary>Of a floating splat, the greatest value of its type below it: one step in sign and magnitude.</summary>
    public Literal Below()
    {
        byte[] padded = new byte[sizeof(long)];
        Bytes.CopyTo(padded, 0);
        long bits = BinaryPrimitives.ReadInt64LittleEndian(padded), sign = 1L << (8 * Bytes.Length - 1);
        bits = (bits & ~sign) == 0 ? sign | 1 : bits + ((bits & sign) == 0 ? -1 : 1);
        BinaryPrimitives.WriteInt64LittleEndian(padded, bits);
        return new(Type, padded[..Bytes.Length], isSplat: true);
    }

    /// <summary>The value of an integer splat, or null: how loop bounds are recognised.</summary>
    public long? AsInteger() => IsSplat ? Integer(Bytes) : null;

    /// <summary>The values of integer elements, in order; of a splat, the one. What is no integer, or above a long, is left out.</summary>
    public IEnumerable<long> Integers()
    {
        int size = Type.DType.ByteSize;
        return Enumerable.Range(0, Bytes.Length / size).Select(i => Integer(Bytes.AsSpan(i * size, size))).OfType<long>();
    }

    private long? Integer(ReadOnlySpan<byte> element) => Type.DType switch
    {
        DType.S8 => (sbyte)element[0],
        DType.U8 => element[0],
        DType.S16 => BinaryPrimitives.ReadInt16LittleEndian(element),
        DType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(element),
        DType.S32 => BinaryPrimitives.ReadInt32LittleEndian(element),
        DType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(element),
        DType.S64 => BinaryPrimitives.ReadInt64LittleEndian(element),
        DType.U64 when BinaryPrimitives.ReadUInt64LittleEndian(element) is var value && value <= long.MaxValue => (long)value,
        _ => null,
    };

    private static byte[] Encode(DType dtype, double value, SourceLocation location)
    {
        if (dtype.IsInteger || dtype == DType.Pred)
        {
            if (value != Math.Floor(value) || Math.Abs(value) > 1L << 53)
                throw GraphException.Invalid("Constant", $"{value} is not a value of {dtype.Name}; write the constant as an integer, or convert the operand to a floating type", location);
            return Encode(dtype, (long)value, location);
        }
        byte[] bytes = new byte[dtype.ByteSize];
        switch (dtype)
        {
            case DType.F64 or DType.C128:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
                break;
            case DType.F32 or DType.C64:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value);
                break;
            case DType.F16:
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
                break;
            case DType.BF16:
                Store(bytes, (BFloat16)(float)value);
                break;
            case DType.F8E4M3FN:
                Store(bytes, (Float8E4M3)(float)value);
                break;
            default:
                Store(bytes, (Float8E5M2)(float)value);
                break;
        }
        return bytes;
    }

    private static byte[] Encode(DType dtype, long value, SourceLocation location)
    {
        if (dtype.IsDifferentiable)
            return Encode(dtype, (double)value, location);
        (long low, long high) = Range(dtype);
        if (value < low || value > high)
            throw GraphException.Invalid("Constant", $"{value} is out of the range {low}..{high} of {dtype.Name}", location);
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes[..dtype.ByteSize];
    }

    /// <summary>The least and the greatest value of an integer type (u64: as far as a long goes).</summary>
    public static (long Low, long High) Range(DType dtype) => dtype switch
    {
        DType.Pred => (0, 1),
        DType.S8 => (sbyte.MinValue, sbyte.MaxValue),
        DType.U8 => (0, byte.MaxValue),
        DType.S16 => (short.MinValue, short.MaxValue),
        DType.U16 => (0, ushort.MaxValue),
        DType.S32 => (int.MinValue, int.MaxValue),
        DType.U32 => (0, uint.MaxValue),
        DType.U64 => (0, long.MaxValue),
        _ => (long.MinValue, long.MaxValue),
    };

    private static void Store<T>(Span<byte> bytes, T value)
        where T : unmanaged => MemoryMarshal.Write(bytes, in value);
}
