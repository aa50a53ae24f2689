using System.Numerics;
using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Values that need no operands.
public static partial class Op
{
    /// <summary>A scalar constant.</summary>
    public static Value Constant(double value, DType dtype, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Full(value, dtype, Shape.Scalar, file, line);

    /// <summary>A scalar constant; integers keep all 64 bits.</summary>
    public static Value Constant(long value, DType dtype, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return Splat(Literal.Splat(new(dtype, Shape.Scalar), value, location), location);
    }

    /// <summary>A constant with the given row-major elements; <typeparamref name="T"/> gives the element type (bool gives pred).</summary>
    public static Value Constant<T>(ReadOnlySpan<T> elements, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : unmanaged
    {
        SourceLocation location = SourceLocation.Here(file, line);
        var type = new TensorType(DType.Of<T>(), shape);
        if (elements.Length != shape.ElementCount)
            throw GraphException.Invalid("Constant", $"{elements.Length} elements do not fill {type}, which has {shape.ElementCount}", location);
        return Splat(Literal.Elements(elements, type), location);
    }

    /// <summary>A constant vector.</summary>
    public static Value Constant<T>(ReadOnlySpan<T> elements, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : unmanaged => Constant(elements, new Shape(elements.Length), file, line);

    /// <summary>A complex constant in every element.</summary>
    public static Value Constant(Complex value, DType dtype, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        if (!dtype.IsComplex)
            throw GraphException.Invalid("Constant", $"a complex constant has the element type c64 or c128, not {dtype.Name}", location);
        return Splat(Literal.Splat(new TensorType(dtype, shape), value), location);
    }

    /// <summary>The same value in every element.</summary>
    public static Value Full(double value, DType dtype, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return Splat(Literal.Splat(new TensorType(dtype, shape), value, location), location);
    }

    /// <summary>Zeros.</summary>
    public static Value Zeros(DType dtype, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Full(0, dtype, shape, file, line);

    /// <summary>Ones.</summary>
    public static Value Ones(DType dtype, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Full(1, dtype, shape, file, line);

    /// <summary>Zeros of the element type and the shape of another value.</summary>
    public static Value ZerosLike(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ConstantLike(operand, 0L, SourceLocation.Here(file, line));

    /// <summary>Ones of the element type and the shape of another value.</summary>
    public static Value OnesLike(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ConstantLike(operand, 1L, SourceLocation.Here(file, line));

    /// <summary>The index along one axis: 0, 1, 2, ... repeated along the others.</summary>
    public static Value Iota(DType dtype, Shape shape, int axis = 0, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        var type = new TensorType(dtype, shape);
        if (dtype == DType.Pred)
            throw GraphException.Invalid("Iota", $"{type} cannot count; use an integer or floating element type", location);
        if (axis < -shape.Rank || axis >= shape.Rank)
            throw GraphException.Invalid("Iota", $"{NoAxis(axis, shape.Rank)}; the result is {type}", location);
        return One(OpKind.Iota, [], type, location, new DimensionAttributes(axis < 0 ? axis + shape.Rank : axis));
    }

    internal static Value Splat(Literal literal, SourceLocation location) => literal.IsSplat && Region.Current is { } region
        ? region.Splat(literal, location)
        : One(OpKind.Constant, [], literal.Type, location, new ConstantAttributes(literal));
}
