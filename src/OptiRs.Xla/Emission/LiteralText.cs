using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace OptiRs.Xla;

/// <summary>Constants as MLIR attributes: decimal where short, hexadecimal bytes where long; reading them back gives the same bits.</summary>
internal static class LiteralText
{
    private const int LongestDecimal = 32;

    /// <summary>The attribute <c>dense&lt;...&gt;</c> without its type.</summary>
    public static string Dense(Literal literal)
    {
        var text = new StringBuilder("dense<");
        int size = literal.Type.DType.ByteSize;
        if (literal.Type.Shape.ElementCount == 0)
        {
            // An empty constant has no elements to write.
        }
        else if (literal.IsSplat)
        {
            Element(text, literal.Type.DType, literal.Bytes);
        }
        else if (literal.Bytes.Length / size > LongestDecimal && literal.Type.DType != DType.Pred)
        {
            text.Append("\"0x").Append(Convert.ToHexString(literal.Bytes)).Append('"');
        }
        else
        {
            Nested(text, literal, 0, 0);
        }
        return text.Append('>').ToString();
    }

    private static int Nested(StringBuilder text, Literal literal, int axis, int offset)
    {
        int size = literal.Type.DType.ByteSize;
        if (axis == literal.Type.Shape.Rank)
        {
            Element(text, literal.Type.DType, literal.Bytes.AsSpan(offset, size));
            return offset + size;
        }
        text.Append('[');
        for (long i = 0; i < literal.Type.Shape[axis]; i++)
        {
            if (i > 0)
                text.Append(", ");
            offset = Nested(text, literal, axis + 1, offset);
        }
        text.Append(']');
        return offset;
    }

    private static void Element(StringBuilder text, DType dtype, ReadOnlySpan<byte> bytes)
    {
        switch (dtype)
        {
            case DType.Pred:
                text.Append(bytes[0] != 0 ? "true" : "false");
                break;
            case DType.F64:
                Float(text, BinaryPrimitives.ReadDoubleLittleEndian(bytes), bytes);
                break;
            case DType.F32:
                Float(text, BinaryPrimitives.ReadSingleLittleEndian(bytes), bytes);
                break;
            case DType.F16:
                Float(text, (float)BinaryPrimitives.ReadHalfLittleEndian(bytes), bytes);
                break;
            case DType.BF16:
                Float(text, (float)MemoryMarshal.Read<BFloat16>(bytes), bytes);
                break;
            case DType.F8E4M3FN:
                Float(text, (float)MemoryMarshal.Read<Float8E4M3>(bytes), bytes);
                break;
            case DType.F8E5M2:
                Float(text, (float)MemoryMarshal.Read<Float8E5M2>(bytes), bytes);
                break;
            case DType.C64 or DType.C128:
                int half = bytes.Length / 2;
                text.Append('(');
                Element(text, dtype.RealPart, bytes[..half]);
                text.Append(", ");
                Element(text, dtype.RealPart, bytes[half..]);
                text.Append(')');
                break;
            default:
                text.Append(Integer(dtype, bytes));
                break;
        }
    }

    private static string Integer(DType dtype, ReadOnlySpan<byte> bytes)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Fill(dtype.IsSignedInteger && bytes[^1] >= 0x80 ? (byte)0xFF : (byte)0);
        bytes.CopyTo(wide);
        return dtype.IsSignedInteger
            ? BinaryPrimitives.ReadInt64LittleEndian(wide).ToString(CultureInfo.InvariantCulture)
            : BinaryPrimitives.ReadUInt64LittleEndian(wide).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A number of f64 that reads back as the same number, without its type.</summary>
    public static string Number(double value)
    {
        var text = new StringBuilder();
        Span<byte> bits = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bits, value);
        Float(text, value, bits);
        return text.ToString();
    }

    private static void Float(StringBuilder text, double value, ReadOnlySpan<byte> bits)
    {
        if (double.IsFinite(value))
            text.Append(Decimal(value.ToString("R", CultureInfo.InvariantCulture)));
        else
            Bits(text, bits);
    }

    private static void Float(StringBuilder text, float value, ReadOnlySpan<byte> bits)
    {
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        // A reader may go through double; where that would round twice, the bits are written instead.
        if (float.IsFinite(value) && (float)double.Parse(shortest, CultureInfo.InvariantCulture) == value)
            text.Append(Decimal(shortest));
        else
            Bits(text, bits);
    }

    /// <summary>MLIR's form of a number: with a point, and the exponent after it.</summary>
    private static string Decimal(string number)
    {
        int exponent = number.IndexOf('E', StringComparison.Ordinal);
        string mantissa = exponent < 0 ? number : number[..exponent];
        if (!mantissa.Contains('.', StringComparison.Ordinal))
            mantissa += ".0";
        return exponent < 0 ? mantissa : string.Concat(mantissa, "e", number.AsSpan(exponent + 1));
    }

    private static void Bits(StringBuilder text, ReadOnlySpan<byte> bits)
    {
        text.Append("0x");
        for (int i = bits.Length - 1; i >= 0; i--)
            text.Append(bits[i].ToString("X2", CultureInfo.InvariantCulture));
    }
}
