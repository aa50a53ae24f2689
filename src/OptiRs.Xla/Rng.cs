using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

/// <summary>
/// Random numbers from keys. The same key gives the same numbers on every device: element i is a function of the key and i alone
/// (Threefry-2x32). A key is used for one draw; <see cref="Split"/> and <see cref="FoldIn(Value, long, string, int)"/> make new ones. The bits
/// are those of JAX's default generator (threefry2x32, partitionable).
/// </summary>
public static class Rng
{
    /// <summary>A key, u32[2], made from a seed.</summary>
    public static Value Key(ulong seed, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Op.Constant<uint>([(uint)(seed >> 32), (uint)seed], file, line);

    /// <summary>Independent keys from one; key i is <c>FoldIn(key, i)</c>.</summary>
    public static Value[] Split(Value key, int count = 2, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        (Value k0, Value k1) = Words("Rng.Split", key, location);
        (Value first, Value second) = Draw(k0, k1, count);
        var keys = new Value[count];
        for (int i = 0; i < count; i++)
            keys[i] = Op.Concatenate([Op.Slice(first, [i], [i + 1]), Op.Slice(second, [i], [i + 1])]);
        return keys;
    }

    /// <summary>The key that belongs to a number: of a layer, of a step.</summary>
    public static Value FoldIn(Value key, long number, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        (Value k0, Value k1) = Words("Rng.FoldIn", key, location);
        return Fold(k0, k1, Op.Constant((number >> 32) & uint.MaxValue, DType.U32), Op.Constant(number & uint.MaxValue, DType.U32));
    }

    /// <summary>The key that belongs to a number computed when running: an integer scalar, of which 32 bits count.</summary>
    public static Value FoldIn(Value key, Value number, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(number);
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        if (number.Rank != 0 || !number.DType.IsInteger)
            throw GraphException.Invalid("Rng.FoldIn", [number], "the number must be an integer scalar", location);
        (Value k0, Value k1) = Words("Rng.FoldIn", key, location);
        return Fold(k0, k1, Op.Constant(0L, DType.U32), Op.Convert(number, DType.U32));
    }

    /// <summary>Random bits of type u32 or u64.</summary>
    public static Value Bits(Value key, Shape shape, DType dtype = DType.U32, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        (Value k0, Value k1) = Words("Rng.Bits", key, location);
        (Value first, Value second) = Draw(k0, k1, shape.ElementCount);
        Value bits = dtype switch
        {
            DType.U32 => first ^ second,
            DType.U64 => (Op.Convert(first, DType.U64) << 32) | Op.Convert(second, DType.U64),
            _ => throw GraphException.Invalid("Rng.Bits", [key], $"bits come as ui32 or ui64, not {dtype.Name}", location),
        };
        return Op.Reshape(bits, shape);
    }

    /// <summary>
    /// Uniform in [low, high), the bounds rounded to the element type: as many random bits as its mantissa holds. Never gives high.
    /// </summary>
    /// <exception cref="GraphException">The element type is no floating one, or low is, so rounded, not below high.</exception>
    public static Value Uniform(Value key, Shape shape, DType dtype = DType.F32, double low = 0, double high = 1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        Words("Rng.Uniform", key, location);
        CheckFloat("Rng.Uniform", key, dtype, location);
        return Between(Bits(key, shape, dtype == DType.F64 ? DType.U64 : DType.U32), dtype, low, high, location);
    }

    /// <summary>Normal with the given mean and standard deviation, by the method of Box and Muller (1958).</summary>
    public static Value Normal(Value key, Shape shape, DType dtype = DType.F32, double mean = 0, double deviation = 1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        CheckFloat("Rng.Normal", key, dtype, location);
        Value radius;
        Value angle;
        if (dtype == DType.F64)
        {
            Value[] keys = Split(key);
            radius = Unit(Bits(keys[0], shape, DType.U64), DType.F64);
            angle = Unit(Bits(keys[1], shape, DType.U64), DType.F64);
        }
        else
        {
            (Value k0, Value k1) = Words("Rng.Normal", key, location);
            (Value first, Value second) = Draw(k0, k1, shape.ElementCount);
            radius = Unit(Op.Reshape(first, shape), DType.F32);
            angle = Unit(Op.Reshape(second, shape), DType.F32);
        }
        // 1 - u lies in (0, 1], where the logarithm is finite.
        Value standard = Op.Sqrt(Op.Log1p(-radius) * -2.0) * Op.Cos(angle * (2 * Math.PI));
        Value scaled = deviation == 1 ? standard : standard * deviation;
        return Op.Convert(mean == 0 ? scaled : scaled + mean, dtype);
    }

    /// <summary>True with the given probability.</summary>
    public static Value Bernoulli(Value key, double probability, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        if (!(probability is >= 0 and <= 1))
            throw GraphException.Invalid("Rng.Bernoulli", [key], $"the probability {probability} is not within 0..1", location);
        return Uniform(key, shape) < probability;
    }

    /// <summary>Random bits as numbers in [low, high).</summary>
    internal static Value Between(Value bits, DType dtype, double low, double high, SourceLocation location)
    {
        var type = new TensorType(dtype, bits.Shape);
        Literal bound = Literal.Splat(type, high, location);
        if (!(low < high) || bound.Bytes.SequenceEqual(Literal.Splat(type, low, location).Bytes))
            throw GraphException.Invalid("Rng.Uniform", $"no {dtype.Name} is in [{low}, {high}); low must be below high", location);
        Value unit = Op.Convert(Unit(bits, dtype), dtype);
        // Rounding of the product and the sum may lift the greatest numbers to high and beyond.
        return low == 0 && high == 1 ? unit : Op.Min(unit * (high - low) + low, Op.Splat(bound.Below(), location));
    }

    private static Value Fold(Value k0, Value k1, Value high, Value low)
    {
        (Value first, Value second) = Threefry.Hash(k0, k1, high, low);
        return Op.Concatenate([Op.Reshape(first, [1L]), Op.Reshape(second, [1L])]);
    }

    /// <summary>The two hash words of the counters 0, 1, 2, ..., each u32[count].</summary>
    private static (Value First, Value Second) Draw(Value k0, Value k1, long count)
    {
        var shape = new Shape(count);
        Value low = Op.Iota(DType.U32, shape);
        Value high = Op.Zeros(DType.U32, shape);
        if (count > uint.MaxValue)
        {
            Value wide = Op.Iota(DType.U64, shape);
            (low, high) = (Op.Convert(wide, DType.U32), Op.Convert(wide >> 32, DType.U32));
        }
        return Threefry.Hash(Op.BroadcastTo(k0, shape), Op.BroadcastTo(k1, shape), high, low);
    }

    /// <summary>Random bits as a number in [0, 1): they become the mantissa of a number in [1, 2), less one.</summary>
    private static Value Unit(Value bits, DType dtype)
    {
        if (dtype == DType.F64)
            return Op.BitcastConvert((bits >> 12) | Op.ConstantLike(bits, 0x3FF0000000000000, default), DType.F64) - 1.0;
        // Narrow types get no more bits than they hold, so that rounding never gives 1.
        int bitCount = dtype switch { DType.BF16 => 7, DType.F16 => 10, DType.F8E4M3FN => 3, DType.F8E5M2 => 2, _ => 23 };
        Value mantissa = bits >> (32 - bitCount);
        if (bitCount < 23)
            mantissa <<= 23 - bitCount;
        return Op.BitcastConvert(mantissa | Op.ConstantLike(bits, 0x3F800000, default), DType.F32) - 1.0;
    }

    private static (Value First, Value Second) Words(string operation, Value key, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Type != new TensorType(DType.U32, new Shape(2)))
            throw GraphException.Invalid(operation, [key], "the key must be u32[2]; make one with Rng.Key", location);
        return (Op.Reshape(Op.Slice(key, [0L], [1L]), Shape.Scalar), Op.Reshape(Op.Slice(key, [1L], [2L]), Shape.Scalar));
    }

    private static void CheckFloat(string operation, Value key, DType dtype, SourceLocation location)
    {
        if (!dtype.IsFloatingPoint)
            throw GraphException.Invalid(operation, [key], $"random numbers come in floating types, not {dtype.Name}; use Rng.Bits for integers", location);
    }
}
