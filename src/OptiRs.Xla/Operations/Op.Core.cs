namespace OptiRs.Xla;

/// <summary>
/// Every operation of the graph. Names are StableHLO's in PascalCase, or the field's where that has a shorter one. Each method
/// checks element types and shapes while the graph is built and throws <see cref="GraphException"/> naming the operation, the
/// shapes, the offending value and the calling line. Axes may be negative, counted from the last.
/// </summary>
public static partial class Op
{
    private const string AnyNumber = "a number", AnyFloat = "a floating or complex type", RealFloat = "a floating type",
        AnyInteger = "an integer type", Bits = "an integer type or pred", Anything = "any element type";

    internal static Value One(OpKind kind, ReadOnlySpan<Value> operands, TensorType result, SourceLocation location, object? attributes = null, Region[]? regions = null) =>
        Many(kind, operands, [result], location, attributes, regions)[0];

    internal static Value[] Many(OpKind kind, ReadOnlySpan<Value> operands, ReadOnlySpan<TensorType> results, SourceLocation location, object? attributes = null, Region[]? regions = null)
    {
        Region region = Region.Current ?? throw GraphException.Invalid(
            kind.ToString(), "called outside a traced function; call it inside the function given to Session.Jit or Graph.Trace", location);
        return region.Append(kind, operands, results, attributes, regions ?? [], location).Results;
    }

    internal static Value Unary(OpKind kind, Value operand, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(operand);
        CheckElement(kind, operand, location);
        bool real = kind is OpKind.Real or OpKind.Imag || (kind == OpKind.Abs && operand.DType.IsComplex);
        DType dtype = kind == OpKind.IsFinite ? DType.Pred : real ? operand.DType.RealPart : operand.DType;
        return One(kind, [operand], new(dtype, operand.Shape), location);
    }

    internal static Value Binary(OpKind kind, Value left, Value right, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        CheckElement(kind, left, location);
        CheckSameElement(kind.ToString(), left, right, location);
        (left, right) = Broadcast(kind.ToString(), left, right, location);
        DType dtype = kind == OpKind.Complex ? (left.DType == DType.F32 ? DType.C64 : DType.C128) : left.DType;
        return One(kind, [left, right], new(dtype, left.Shape), location);
    }

    internal static Value WithConstant(OpKind kind, Value left, double right, SourceLocation location) =>
        Binary(kind, left, ConstantLike(left, right, location), location);

    internal static Value WithConstant(OpKind kind, Value left, long right, SourceLocation location) =>
        Binary(kind, left, ConstantLike(left, right, location), location);

    internal static Value WithConstant(OpKind kind, double left, Value right, SourceLocation location) =>
        Binary(kind, ConstantLike(right, left, location), right, location);

    internal static Value WithConstant(OpKind kind, long left, Value right, SourceLocation location) =>
        Binary(kind, ConstantLike(right, left, location), right, location);

    /// <summary>A constant of the element type and the shape of <paramref name="like"/>.</summary>
    internal static Value ConstantLike(Value like, double value, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(like);
        return Splat(Literal.Splat(like.Type, value, location), location);
    }

    internal static Value ConstantLike(Value like, long value, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(like);
        return Splat(Literal.Splat(like.Type, value, location), location);
    }

    internal static Value CompareAt(Value left, Value right, ComparisonDirection direction, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        CheckSameElement("Compare", left, right, location);
        if (left.DType.IsComplex && direction is not (ComparisonDirection.Eq or ComparisonDirection.Ne))
            throw GraphException.Invalid("Compare", [left, right], $"complex numbers have no order, so no {direction}; compare Op.Abs of them", location);
        (left, right) = Broadcast("Compare", left, right, location);
        return One(OpKind.Compare, [left, right], new(DType.Pred, left.Shape), location, new CompareAttributes(direction));
    }

    /// <summary>Both operands in the shape that NumPy's rule gives: aligned at the last dimension, sizes equal or 1.</summary>
    internal static (Value Left, Value Right) Broadcast(string operation, Value left, Value right, SourceLocation location)
    {
        if (left.Shape == right.Shape)
            return (left, right);
        int rank = Math.Max(left.Rank, right.Rank);
        long[] dimensions = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            long l = i < rank - left.Rank ? 1 : left.Shape[i - (rank - left.Rank)];
            long r = i < rank - right.Rank ? 1 : right.Shape[i - (rank - right.Rank)];
            if (l != r && l != 1 && r != 1)
                throw GraphException.Invalid(operation, [left, right], $"the shapes do not broadcast: dimension {i - rank} is {l} on the left and {r} on the right", location);
            dimensions[i] = l == 1 ? r : l;
        }
        var shape = new Shape(dimensions);
        return (BroadcastAt(left, shape, location), BroadcastAt(right, shape, location));
    }

    /// <summary>NumPy's broadcast of a value to a shape that fits; the caller has checked that it does.</summary>
    internal static Value BroadcastAt(Value operand, Shape shape, SourceLocation location)
    {
        if (operand.Shape == shape)
            return operand;
        if (operand.Node.Attributes is ConstantAttributes { Value.IsSplat: true } constant)
            return Splat(constant.Value.WithShape(shape), location);
        int lead = shape.Rank - operand.Rank;
        long[] kept = new long[operand.Rank];
        int[] positions = new int[operand.Rank];
        int count = 0;
        for (int i = 0; i < operand.Rank; i++)
        {
            if (operand.Shape[i] == 1 && shape[lead + i] != 1)
                continue;
            kept[count] = operand.Shape[i];
            positions[count++] = lead + i;
        }
        // Stretched dimensions of size 1 are dropped first, so that the broadcast only adds dimensions.
        Value source = ReshapeAt(operand, new Shape(kept.AsSpan(0, count)), location);
        return One(OpKind.BroadcastInDim, [source], new(operand.DType, shape), location, new DimensionsAttributes([.. positions.AsSpan(0, count).ToArray().Select(p => (long)p)]));
    }

    internal static Value ReshapeAt(Value operand, Shape shape, SourceLocation location) =>
        operand.Shape == shape ? operand : One(OpKind.Reshape, [operand], new(operand.DType, shape), location);

    internal static void CheckSameElement(string operation, Value left, Value right, SourceLocation location)
    {
        if (left.DType != right.DType)
            throw GraphException.Invalid(operation, [left, right], $"the element types differ: {left.DType.Name} and {right.DType.Name}; convert one with Op.Convert", location);
    }

    /// <summary>The axis counted from the front; a refused one is named.</summary>
    internal static int Axis(string operation, Value operand, int axis, SourceLocation location)
    {
        if (axis < -operand.Rank || axis >= operand.Rank)
            throw GraphException.Invalid(operation, [operand], NoAxis(axis, operand.Rank), location);
        return axis < 0 ? axis + operand.Rank : axis;
    }

    private static string NoAxis(int axis, int rank) => rank == 0
        ? $"there is no axis {axis}: a scalar has no axes"
        : $"axis {axis} is out of the range {-rank}..{rank - 1}";

    /// <summary>Distinct axes counted from the front, ascending; null or none means all.</summary>
    internal static int[] Axes(string operation, Value operand, int[]? axes, SourceLocation location)
    {
        if (axes is null || axes.Length == 0)
            return [.. Enumerable.Range(0, operand.Rank)];
        int[] sorted = [.. axes.Select(axis => Axis(operation, operand, axis, location)).Order()];
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1])
                throw GraphException.Invalid(operation, [operand], $"axis {sorted[i]} is given twice", location);
        }
        return sorted;
    }

    private static void CheckElement(OpKind kind, Value operand, SourceLocation location)
    {
        DType dtype = operand.DType;
        string allowed = Allowed(kind);
        bool fits = allowed switch
        {
            AnyNumber => dtype != DType.Pred,
            AnyFloat => dtype.IsDifferentiable,
            RealFloat => dtype.IsFloatingPoint,
            AnyInteger => dtype.IsInteger,
            Bits => dtype.IsInteger || dtype == DType.Pred,
            _ => true,
        };
        if (!fits)
            throw GraphException.Invalid(kind.ToString(), [operand], $"the element type {dtype.Name} is not {allowed}; convert the operand with Op.Convert", location);
    }

    private static string Allowed(OpKind kind) => kind switch
    {
        OpKind.Abs or OpKind.Negate or OpKind.Sign or OpKind.Subtract or OpKind.Divide or OpKind.Remainder or OpKind.Power => AnyNumber,
        OpKind.Cbrt or OpKind.Cosine or OpKind.Exponential or OpKind.ExponentialMinusOne or OpKind.Log or OpKind.LogPlusOne or OpKind.Logistic
            or OpKind.Rsqrt or OpKind.Sine or OpKind.Sqrt or OpKind.Tan or OpKind.Tanh or OpKind.Atan2 or OpKind.Real or OpKind.Imag => AnyFloat,
        OpKind.Ceil or OpKind.Floor or OpKind.IsFinite or OpKind.RoundNearestAfz or OpKind.RoundNearestEven or OpKind.Complex => RealFloat,
        OpKind.CountLeadingZeros or OpKind.Popcnt or OpKind.ShiftLeft or OpKind.ShiftRightArithmetic or OpKind.ShiftRightLogical => AnyInteger,
        OpKind.And or OpKind.Or or OpKind.Xor or OpKind.Not => Bits,
        _ => Anything,
    };
}
