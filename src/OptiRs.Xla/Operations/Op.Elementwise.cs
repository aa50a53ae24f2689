using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Elementwise operations that are neither unary nor binary, and conversions.
public static partial class Op
{
    /// <summary><paramref name="onTrue"/> where the predicate holds, <paramref name="onFalse"/> elsewhere; all three broadcast.</summary>
    public static Value Select(Value predicate, Value onTrue, Value onFalse, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        ArgumentNullException.ThrowIfNull(onTrue);
        ArgumentNullException.ThrowIfNull(onFalse);
        SourceLocation location = SourceLocation.Here(file, line);
        if (predicate.DType != DType.Pred)
            throw GraphException.Invalid("Select", [predicate, onTrue, onFalse], "the first operand must be a predicate; compare it with something", location);
        CheckSameElement("Select", onTrue, onFalse, location);
        (onTrue, onFalse) = Broadcast("Select", onTrue, onFalse, location);
        if (predicate.Rank != 0)
        {
            (predicate, onTrue) = Broadcast("Select", predicate, onTrue, location);
            onFalse = BroadcastAt(onFalse, onTrue.Shape, location);
        }
        return One(OpKind.Select, [predicate, onTrue, onFalse], onTrue.Type, location);
    }

    /// <summary>The value moved into low..high; the bounds are scalars or of the operand's shape.</summary>
    public static Value Clamp(Value low, Value operand, Value high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(low);
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(high);
        SourceLocation location = SourceLocation.Here(file, line);
        foreach (Value bound in (ReadOnlySpan<Value>)[low, high])
        {
            CheckSameElement("Clamp", operand, bound, location);
            if (bound.Rank != 0 && bound.Shape != operand.Shape)
                throw GraphException.Invalid("Clamp", [low, operand, high], $"the bound {bound.Type} is neither a scalar nor of the operand's shape", location);
        }
        return One(OpKind.Clamp, [low, operand, high], operand.Type, location);
    }

    /// <summary>The value moved into low..high.</summary>
    public static Value Clamp(double low, Value operand, double high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        return Clamp(Constant(low, operand.DType, file, line), operand, Constant(high, operand.DType, file, line), file, line);
    }

    /// <summary>The value in another element type: integers round towards zero, a predicate is 0 or 1, not zero is true.</summary>
    public static Value Convert(Value operand, DType dtype, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        return operand.DType == dtype ? operand : One(OpKind.Convert, [operand], new(dtype, operand.Shape), SourceLocation.Here(file, line));
    }

    /// <summary>
    /// The same bits as another element type. Of a smaller one there are more: a last dimension is added; of a larger one the last dimension is used up.
    /// </summary>
    public static Value BitcastConvert(Value operand, DType dtype, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        if (operand.DType == DType.Pred || dtype == DType.Pred)
            throw GraphException.Invalid("BitcastConvert", [operand], $"a predicate has no defined bits, so none between {operand.DType.Name} and {dtype.Name}", location);
        int from = operand.DType.ByteSize;
        int to = dtype.ByteSize;
        Shape shape = operand.Shape;
        if (to < from)
        {
            shape = new Shape([.. shape.Dimensions, from / to]);
        }
        else if (to > from)
        {
            if (shape.Rank == 0 || shape[shape.Rank - 1] != to / from)
                throw GraphException.Invalid("BitcastConvert", [operand], $"the last dimension must be {to / from} to become one {dtype.Name}", location);
            shape = new Shape(shape.Dimensions[..^1]);
        }
        return One(OpKind.BitcastConvert, [operand], new(dtype, shape), location);
    }

    /// <summary>Rounded to a floating format with fewer bits, kept in its own type.</summary>
    public static Value ReducePrecision(Value operand, int exponentBits, int mantissaBits, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        if (!operand.DType.IsFloatingPoint || exponentBits < 1 || mantissaBits < 0)
            throw GraphException.Invalid("ReducePrecision", [operand], $"e{exponentBits}m{mantissaBits} of a {operand.DType.Name} is not a floating format", location);
        return One(OpKind.ReducePrecision, [operand], operand.Type, location, new ReducePrecisionAttributes(exponentBits, mantissaBits));
    }

    /// <summary>The operand, through which no gradient flows.</summary>
    public static Value StopGradient(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        return CustomGradient([], operand, [], (_, _) => [], file, line);
    }

    /// <summary>The value <paramref name="result"/> under a differentiation rule of the caller's.</summary>
    /// <param name="inputs">The values that get a cotangent.</param>
    /// <param name="result">What was computed from them; no cotangent flows into the operations that computed it.</param>
    /// <param name="residuals">The values that the rule reads; <paramref name="backward"/> gets them back, and uses no others.</param>
    /// <param name="backward">Residuals and the cotangent of the result in, one cotangent for each input out, null for zero.</param>
    /// <param name="file">The calling file.</param>
    /// <param name="line">The calling line.</param>
    public static Value CustomGradient(ReadOnlySpan<Value> inputs, Value result, ReadOnlySpan<Value> residuals, Func<Value[], Value, Value?[]> backward,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(backward);
        return One(OpKind.CustomGradient, [result, .. inputs, .. residuals], result.Type, SourceLocation.Here(file, line), new CustomGradientAttributes(inputs.Length, backward));
    }

    /// <summary>The operand, behind a barrier that no operation is moved across.</summary>
    public static Value OptimizationBarrier(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        return One(OpKind.OptimizationBarrier, [operand], operand.Type, SourceLocation.Here(file, line));
    }
}
