using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace OptiRs.Native;

/// <summary>An element type. The numbers are those of <c>PJRT_Buffer_Type</c> and of the C ABI's <c>OPTIRS_DTYPE_*</c>.</summary>
public enum DType
{
    /// <summary>Not an element type.</summary>
    Invalid = 0,

    /// <summary>Boolean, one byte, 0 or 1.</summary>
    Pred = 1,

    /// <summary>Signed 8-bit integer.</summary>
    S8 = 2,

    /// <summary>Signed 16-bit integer.</summary>
    S16 = 3,

    /// <summary>Signed 32-bit integer.</summary>
    S32 = 4,

    /// <summary>Signed 64-bit integer.</summary>
    S64 = 5,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8 = 6,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16 = 7,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32 = 8,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64 = 9,

    /// <summary>IEEE binary16, <see cref="Half"/>.</summary>
    F16 = 10,

    /// <summary>IEEE binary32.</summary>
    F32 = 11,

    /// <summary>IEEE binary64.</summary>
    F64 = 12,

    /// <summary><see cref="BFloat16"/>.</summary>
    BF16 = 13,

    /// <summary>Complex of two binary32, real part first, <see cref="Complex64"/>.</summary>
    C64 = 14,

    /// <summary>Complex of two binary64, <see cref="Complex"/>.</summary>
    C128 = 15,

    /// <summary><see cref="Float8E5M2"/>.</summary>
    F8E5M2 = 16,

    /// <summary><see cref="Float8E4M3"/>.</summary>
    F8E4M3FN = 17,

    /// <summary>As F8E4M3FN with bias 11 and one zero.</summary>
    F8E4M3B11FNUZ = 18,

    /// <summary>As F8E5M2, finite only, one zero.</summary>
    F8E5M2FNUZ = 19,

    /// <summary>As F8E4M3FN with one zero.</summary>
    F8E4M3FNUZ = 20,

    /// <summary>Signed 4-bit integer.</summary>
    S4 = 21,

    /// <summary>Unsigned 4-bit integer.</summary>
    U4 = 22,

    /// <summary>Ordering token; has no bytes.</summary>
    Token = 23,

    /// <summary>Signed 2-bit integer.</summary>
    S2 = 24,

    /// <summary>Unsigned 2-bit integer.</summary>
    U2 = 25,

    /// <summary>8-bit float, 4 exponent bits, IEEE-like with infinities.</summary>
    F8E4M3 = 26,

    /// <summary>8-bit float, 3 exponent bits, IEEE-like with infinities.</summary>
    F8E3M4 = 27,

    /// <summary><see cref="Float8E8M0"/>: 8-bit power-of-two scale, exponent only.</summary>
    F8E8M0FNU = 28,

    /// <summary>4-bit float, 2 exponent bits, finite only.</summary>
    F4E2M1FN = 29,

    /// <summary>Signed 1-bit integer.</summary>
    S1 = 30,

    /// <summary>Unsigned 1-bit integer.</summary>
    U1 = 31,

    /// <summary>6-bit float, 2 exponent bits, finite only.</summary>
    F6E2M3FN = 32,

    /// <summary>6-bit float, 3 exponent bits, finite only.</summary>
    F6E3M2FN = 33,
}

/// <summary>What is known of each <see cref="DType"/>, and which .NET type is which.</summary>
[SuppressMessage("Naming", "CA1708", Justification = "The two extension blocks, static and instance, confuse the rule.")]
public static class DTypeExtensions
{
    extension(DType)
    {
        /// <summary>The element type that <typeparamref name="T"/> stands for.</summary>
        /// <exception cref="NotSupportedException">There is none; the message lists those that there are.</exception>
        public static DType Of<T>() where T : unmanaged
        {
            // The JIT knows T: this folds to one constant.
            if (typeof(T) == typeof(float)) return DType.F32;
            if (typeof(T) == typeof(double)) return DType.F64;
            if (typeof(T) == typeof(Half)) return DType.F16;
            if (typeof(T) == typeof(BFloat16)) return DType.BF16;
            if (typeof(T) == typeof(Float8E4M3)) return DType.F8E4M3FN;
            if (typeof(T) == typeof(Float8E5M2)) return DType.F8E5M2;
            if (typeof(T) == typeof(Float8E8M0)) return DType.F8E8M0FNU;
            if (typeof(T) == typeof(sbyte)) return DType.S8;
            if (typeof(T) == typeof(short)) return DType.S16;
            if (typeof(T) == typeof(int)) return DType.S32;
            if (typeof(T) == typeof(long)) return DType.S64;
            if (typeof(T) == typeof(byte)) return DType.U8;
            if (typeof(T) == typeof(ushort)) return DType.U16;
            if (typeof(T) == typeof(uint)) return DType.U32;
            if (typeof(T) == typeof(ulong)) return DType.U64;
            if (typeof(T) == typeof(bool)) return DType.Pred;
            if (typeof(T) == typeof(Complex64)) return DType.C64;
            if (typeof(T) == typeof(Complex)) return DType.C128;
            throw new NotSupportedException(
                $"{typeof(T).Name} is not an element type; float, double, Half, BFloat16, Float8E4M3, Float8E5M2, "
                + "Float8E8M0, sbyte, short, int, long, byte, ushort, uint, ulong, bool, Complex64 and Complex are.");
        }
    }

    extension(DType dtype)
    {
        /// <summary>Bits of one element; 0 for <see cref="DType.Token"/> and for what is not an element type.</summary>
        public int BitWidth => dtype switch
        {
            DType.S1 or DType.U1 => 1,
            DType.S2 or DType.U2 => 2,
            DType.S4 or DType.U4 or DType.F4E2M1FN => 4,
            DType.F6E2M3FN or DType.F6E3M2FN => 6,
            DType.Pred or DType.S8 or DType.U8 or DType.F8E5M2 or DType.F8E4M3FN or DType.F8E4M3B11FNUZ
                or DType.F8E5M2FNUZ or DType.F8E4M3FNUZ or DType.F8E4M3 or DType.F8E3M4 or DType.F8E8M0FNU => 8,
            DType.S16 or DType.U16 or DType.F16 or DType.BF16 => 16,
            DType.S32 or DType.U32 or DType.F32 => 32,
            DType.S64 or DType.U64 or DType.F64 or DType.C64 => 64,
            DType.C128 => 128,
            _ => 0,
        };

        /// <summary>Bytes of one element in host memory, where even a type of fewer than 8 bits takes one.</summary>
        public int ByteSize => (dtype.BitWidth + 7) / 8;

        /// <summary>Whether values have a sign, an exponent and a mantissa.</summary>
        public bool IsFloatingPoint => dtype is DType.F16 or DType.F32 or DType.F64 or DType.BF16 or DType.F8E5M2
            or DType.F8E4M3FN or DType.F8E4M3B11FNUZ or DType.F8E5M2FNUZ or DType.F8E4M3FNUZ or DType.F8E4M3
            or DType.F8E3M4 or DType.F8E8M0FNU or DType.F4E2M1FN or DType.F6E2M3FN or DType.F6E3M2FN;

        /// <summary>Whether values are integers; <see cref="DType.Pred"/> is none.</summary>
        public bool IsInteger => dtype.IsSignedInteger || dtype.IsUnsignedInteger;

        /// <summary>Whether values are integers with a sign.</summary>
        public bool IsSignedInteger =>
            dtype is DType.S1 or DType.S2 or DType.S4 or DType.S8 or DType.S16 or DType.S32 or DType.S64;

        /// <summary>Whether values are integers without a sign.</summary>
        public bool IsUnsignedInteger =>
            dtype is DType.U1 or DType.U2 or DType.U4 or DType.U8 or DType.U16 or DType.U32 or DType.U64;

        /// <summary>Whether values have a real and an imaginary part.</summary>
        public bool IsComplex => dtype is DType.C64 or DType.C128;

        /// <summary>The name in StableHLO, for instance <c>f32</c>, <c>bf16</c>, <c>i1</c>, <c>ui8</c>.</summary>
        public string Name => dtype switch
        {
            DType.Pred => "i1",
            DType.S1 => "si1",
            DType.S2 => "i2",
            DType.S4 => "i4",
            DType.S8 => "i8",
            DType.S16 => "i16",
            DType.S32 => "i32",
            DType.S64 => "i64",
            DType.U1 => "ui1",
            DType.U2 => "ui2",
            DType.U4 => "ui4",
            DType.U8 => "ui8",
            DType.U16 => "ui16",
            DType.U32 => "ui32",
            DType.U64 => "ui64",
            DType.F16 => "f16",
            DType.F32 => "f32",
            DType.F64 => "f64",
            DType.BF16 => "bf16",
            DType.C64 => "complex<f32>",
            DType.C128 => "complex<f64>",
            DType.F8E5M2 => "f8E5M2",
            DType.F8E4M3FN => "f8E4M3FN",
            DType.F8E4M3B11FNUZ => "f8E4M3B11FNUZ",
            DType.F8E5M2FNUZ => "f8E5M2FNUZ",
            DType.F8E4M3FNUZ => "f8E4M3FNUZ",
            DType.F8E4M3 => "f8E4M3",
            DType.F8E3M4 => "f8E3M4",
            DType.F8E8M0FNU => "f8E8M0FNU",
            DType.F4E2M1FN => "f4E2M1FN",
            DType.F6E2M3FN => "f6E2M3FN",
            DType.F6E3M2FN => "f6E3M2FN",
            DType.Token => "token",
            _ => "invalid",
        };
    }
}
