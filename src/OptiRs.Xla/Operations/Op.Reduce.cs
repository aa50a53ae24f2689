using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Reductions along axes. No axes given means all.
public static partial class Op
{
    /// <summary>The sum along axes, in the operand's element type.</summary>
    public static Value Sum(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Add, "Sum", operand, axes, keepDims, SourceLocation.Here(file, line));

    /// <summary>The sum along one axis.</summary>
    public static Value Sum(Value operand, int axis, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Add, "Sum", operand, [axis], keepDims, SourceLocation.Here(file, line));

    /// <summary>The product along axes.</summary>
    public static Value Product(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Multiply, "Product", operand, axes, keepDims, SourceLocation.Here(file, line));

    /// <summary>The greatest value along axes. Its gradient is shared equally between equal greatest values.</summary>
    public static Value ReduceMax(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Maximum, "ReduceMax", operand, axes, keepDims, SourceLocation.Here(file, line));

    /// <summary>The greatest value along one axis.</summary>
    public static Value ReduceMax(Value operand, int axis, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Maximum, "ReduceMax", operand, [axis], keepDims, SourceLocation.Here(file, line));

    /// <summary>The least value along axes. Its gradient is shared equally between equal least values.</summary>
    public static Value ReduceMin(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Minimum, "ReduceMin", operand, axes, keepDims, SourceLocation.Here(file, line));

    /// <summary>The least value along one axis.</summary>
    public static Value ReduceMin(Value operand, int axis, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Minimum, "ReduceMin", operand, [axis], keepDims, SourceLocation.Here(file, line));

    /// <summary>True where all along the axes are true; of integers, bitwise and.</summary>
    public static Value ReduceAnd(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.And, "ReduceAnd", operand, axes, keepDims, SourceLocation.Here(file, line));

    /// <summary>True where any along the axes is true; of integers, bitwise or.</summary>
    public static Value ReduceOr(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ReduceWith(OpKind.Or, "ReduceOr", operand, axes, keepDims, SourceLocation.Here(file, line));

    /// <summary>The arithmetic mean along axes, of floating or complex values.</summary>
    public static Value Mean(Value operand, int[]? axes = null, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        if (!operand.DType.IsDifferentiable)
            throw GraphException.Invalid("Mean", [operand], "the mean of integers is not an integer; convert the operand to a floating type", location);
        long count = 1;
        foreach (int axis in Axes("Mean", operand, axes, location))
            count *= operand.Shape[axis];
        // 16 bits hold neither the sum nor, in bf16, the count.
        bool isNarrow = operand.DType is DType.F16 or DType.BF16;
        Value sum = ReduceWith(OpKind.Add, "Mean", isNarrow ? Convert(operand, DType.F32, file, line) : operand, axes, keepDims, location);
        Value mean = WithConstant(OpKind.Multiply, sum, 1.0 / count, location);
        return isNarrow ? Convert(mean, operand.DType, file, line) : mean;
    }

    /// <summary>The mean along one axis.</summary>
    public static Value Mean(Value operand, int axis, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Mean(operand, [axis], keepDims, file, line);

    /// <summary>The index (s32) of the greatest value along an axis; of the first where several are equal, of a NaN where there is one.</summary>
    public static Value Argmax(Value operand, int axis = -1, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ArgReduce("Argmax", ComparisonDirection.Gt, operand, axis, keepDims, SourceLocation.Here(file, line));

    /// <summary>The index (s32) of the least value along an axis; of the first where several are equal.</summary>
    public static Value Argmin(Value operand, int axis = -1, bool keepDims = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ArgReduce("Argmin", ComparisonDirection.Lt, operand, axis, keepDims, SourceLocation.Here(file, line));

    /// <summary>
    /// The general reduction: <paramref name="reducer"/> gets the accumulated scalars and the next ones, as many each as there are
    /// operands, and gives the new accumulated ones. It must be associative; <paramref name="initial"/> holds its neutral scalars.
    /// </summary>
    public static Value[] Reduce(ReadOnlySpan<Value> operands, ReadOnlySpan<Value> initial, int[] axes, Func<Value[], Value[], Value[]> reducer,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        SourceLocation location = SourceLocation.Here(file, line);
        if (operands.Length == 0 || operands.Length != initial.Length)
            throw GraphException.Invalid("Reduce", operands, $"{operands.Length} operands need as many initial values, not {initial.Length}", location);
        int[] dimensions = Axes("Reduce", operands[0], axes, location);
        Shape shape = Without(operands[0].Shape, dimensions);
        var results = new TensorType[operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i].Shape != operands[0].Shape || initial[i].Type != new TensorType(operands[i].DType, Shape.Scalar))
                throw GraphException.Invalid("Reduce", [.. operands, .. initial], $"operand {i} and its initial value {initial[i].Type} do not fit: all operands have one shape, and each initial value is a scalar of its operand's type", location);
            results[i] = new(operands[i].DType, shape);
        }
        Region body = Regions.Reducer("Reduce", operands, reducer, location);
        return Many(OpKind.Reduce, [.. operands, .. initial], results, location, new DimensionsAttributes([.. dimensions.Select(d => (long)d)]), [body]);
    }

    internal static Value ReduceWith(OpKind kind, string name, Value operand, int[]? axes, bool keepDims, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(operand);
        using SourceLocation.AmbientScope scope = location.Enter();
        CheckReducible(kind, name, operand, location);
        int[] dimensions = Axes(name, operand, axes, location);
        Value result = operand;
        if (dimensions.Length > 0)
        {
            Region body = Regions.Binary(kind, name, operand.DType, location);
            result = One(OpKind.Reduce, [operand, Neutral(kind, operand.DType, location)], new(operand.DType, Without(operand.Shape, dimensions)), location,
                new DimensionsAttributes([.. dimensions.Select(d => (long)d)]), [body]);
        }
        return keepDims ? ReshapeAt(result, Kept(operand.Shape, dimensions), location) : result;
    }

    /// <summary>The scalar that leaves the other operand of a reduction as it is.</summary>
    internal static Value Neutral(OpKind kind, DType dtype, SourceLocation location)
    {
        var type = new TensorType(dtype, Shape.Scalar);
        (long low, long high) = dtype.IsDifferentiable ? (0, 0) : Literal.Range(dtype);
        return kind switch
        {
            OpKind.Add or OpKind.Or or OpKind.Xor => Splat(Literal.Splat(type, 0L, location), location),
            OpKind.Multiply => Splat(Literal.Splat(type, 1L, location), location),
            OpKind.And => Splat(Literal.AllOnes(type), location),
            OpKind.Maximum when dtype.IsFloatingPoint => Splat(Literal.Splat(type, dtype == DType.F8E4M3FN ? -448 : double.NegativeInfinity, location), location),
            OpKind.Minimum when dtype.IsFloatingPoint => Splat(Literal.Splat(type, dtype == DType.F8E4M3FN ? 448 : double.PositiveInfinity, location), location),
            OpKind.Maximum => Splat(Literal.Splat(type, low, location), location),
            _ => dtype == DType.U64 ? Splat(Literal.AllOnes(type), location) : Splat(Literal.Splat(type, high, location), location),
        };
    }

    internal static Shape Without(Shape shape, int[] axes) =>
        new([.. Enumerable.Range(0, shape.Rank).Where(i => !axes.Contains(i)).Select(i => shape[i])]);

    internal static Shape Kept(Shape shape, int[] axes) =>
        new([.. Enumerable.Range(0, shape.Rank).Select(i => axes.Contains(i) ? 1 : shape[i])]);

    private static void CheckReducible(OpKind kind, string name, Value operand, SourceLocation location)
    {
        bool fits = kind switch
        {
            OpKind.And or OpKind.Or => !operand.DType.IsDifferentiable,
            OpKind.Maximum or OpKind.Minimum => !operand.DType.IsComplex,
            _ => operand.DType != DType.Pred,
        };
        if (!fits)
            throw GraphException.Invalid(name, [operand], $"{operand.DType.Name} cannot be reduced by {kind}; convert the operand with Op.Convert", location);
    }

    private static Value ArgReduce(string name, ComparisonDirection better, Value operand, int axis, bool keepDims, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(operand);
        using SourceLocation.AmbientScope scope = location.Enter();
        OpKind kind = better == ComparisonDirection.Gt ? OpKind.Maximum : OpKind.Minimum;
        CheckReducible(kind, name, operand, location);
        int at = Axis(name, operand, axis, location);
        Value index = Iota(DType.S32, operand.Shape, at);
        Value[] results = Reduce([operand, index], [Neutral(kind, operand.DType, location), Constant((long)int.MaxValue, DType.S32)], [at], (best, next) =>
        {
            // A NaN wins over everything, and of equals the lower index: so the order of reduction does not matter.
            Value wins = CompareAt(next[0], best[0], better, location);
            Value equal = CompareAt(next[0], best[0], ComparisonDirection.Eq, location);
            if (operand.DType.IsFloatingPoint)
            {
                Value nextIsNan = NotEqual(next[0], next[0]);
                Value bestIsNan = NotEqual(best[0], best[0]);
                wins = Select(bestIsNan, Zeros(DType.Pred, Shape.Scalar), wins | nextIsNan);
                equal |= nextIsNan & bestIsNan;
            }
            wins |= equal & Less(next[1], best[1]);
            return [Select(wins, next[0], best[0]), Select(wins, next[1], best[1])];
        });
        return keepDims ? ReshapeAt(results[1], Kept(operand.Shape, [at]), location) : results[1];
    }
}
