using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Reductions over windows that slide along the operand.
public static partial class Op
{
    /// <summary>
    /// Reduces every window of the operands. Strides, dilations and padding may be left out (1, 1 and none); padding is filled
    /// with the initial scalars.
    /// </summary>
    public static Value[] ReduceWindow(ReadOnlySpan<Value> operands, ReadOnlySpan<Value> initial, ReadOnlySpan<long> window,
        Func<Value[], Value[], Value[]> reducer, long[]? strides = null, (long Low, long High)[]? padding = null,
        long[]? baseDilations = null, long[]? windowDilations = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        SourceLocation location = SourceLocation.Here(file, line);
        if (operands.Length == 0 || operands.Length != initial.Length)
            throw GraphException.Invalid("ReduceWindow", operands, $"{operands.Length} operands need as many initial values, not {initial.Length}", location);
        Region body = Regions.Reducer("ReduceWindow", operands, reducer, location);
        return WindowAt(operands, initial, window, body, strides, padding, baseDilations, windowDilations, location);
    }

    /// <summary>The sum of every window.</summary>
    public static Value SumWindow(Value operand, ReadOnlySpan<long> window, long[]? strides = null, (long Low, long High)[]? padding = null,
        long[]? baseDilations = null, long[]? windowDilations = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        WindowWith(OpKind.Add, "SumWindow", operand, window, strides, padding, baseDilations, windowDilations, SourceLocation.Here(file, line));

    /// <summary>The greatest value of every window. Its gradient goes to the first greatest value of the window.</summary>
    public static Value MaxWindow(Value operand, ReadOnlySpan<long> window, long[]? strides = null, (long Low, long High)[]? padding = null,
        long[]? baseDilations = null, long[]? windowDilations = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        WindowWith(OpKind.Maximum, "MaxWindow", operand, window, strides, padding, baseDilations, windowDilations, SourceLocation.Here(file, line));

    /// <summary>The least value of every window. Its gradient goes to the first least value of the window.</summary>
    public static Value MinWindow(Value operand, ReadOnlySpan<long> window, long[]? strides = null, (long Low, long High)[]? padding = null,
        long[]? baseDilations = null, long[]? windowDilations = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        WindowWith(OpKind.Minimum, "MinWindow", operand, window, strides, padding, baseDilations, windowDilations, SourceLocation.Here(file, line));

    /// <summary>The sums of all elements up to and including each one along an axis.</summary>
    public static Value CumulativeSum(Value operand, int axis = -1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int at = Axis("CumulativeSum", operand, axis, location);
        CheckReducible(OpKind.Add, "CumulativeSum", operand, location);
        // Sums of 2, 4, 8, ... elements, each from two of the sums before: n log n additions (Hillis and Steele, 1986).
        Value sums = operand;
        Value zero = Neutral(OpKind.Add, operand.DType, location);
        long length = operand.Shape[at];
        for (long step = 1; step < length; step *= 2)
        {
            var low = new long[operand.Rank];
            low[at] = step;
            sums += Pad(SliceAxis(sums, at, 0, length - step, file, line), zero, low, new long[operand.Rank], default, file, line);
        }

        return sums;
    }

    internal static Value WindowWith(OpKind kind, string name, Value operand, ReadOnlySpan<long> window, long[]? strides,
        (long Low, long High)[]? padding, long[]? baseDilations, long[]? windowDilations, SourceLocation location)
    {
        ArgumentNullException.ThrowIfNull(operand);
        CheckReducible(kind, name, operand, location);
        Region body = Regions.Binary(kind, name, operand.DType, location);
        return WindowAt([operand], [Neutral(kind, operand.DType, location)], window, body, strides, padding, baseDilations, windowDilations, location)[0];
    }

    private static Value[] WindowAt(ReadOnlySpan<Value> operands, ReadOnlySpan<Value> initial, ReadOnlySpan<long> window, Region body,
        long[]? strides, (long Low, long High)[]? padding, long[]? baseDilations, long[]? windowDilations, SourceLocation location)
    {
        Shape shape = operands[0].Shape;
        int rank = shape.Rank;
        var attributes = new WindowAttributes(window.ToArray(), strides ?? Repeat(1, rank), baseDilations ?? Repeat(1, rank),
            windowDilations ?? Repeat(1, rank), padding ?? new (long, long)[rank]);
        if (window.Length != rank || attributes.Strides.Length != rank || attributes.BaseDilations.Length != rank
            || attributes.WindowDilations.Length != rank || attributes.Padding.Length != rank)
            throw GraphException.Invalid("ReduceWindow", operands, $"window, strides, padding and dilations must have {rank} entries, one a dimension", location);
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = WindowCount(shape[i], window[i], attributes.Strides[i], attributes.Padding[i], attributes.BaseDilations[i], attributes.WindowDilations[i])
                ?? throw GraphException.Invalid("ReduceWindow", operands, $"dimension {i}: window {window[i]}, stride {attributes.Strides[i]} and dilations {attributes.BaseDilations[i]}, {attributes.WindowDilations[i]} must be at least 1", location);
        }
        var results = new TensorType[operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i].Shape != shape || initial[i].Type != new TensorType(operands[i].DType, Shape.Scalar))
                throw GraphException.Invalid("ReduceWindow", [.. operands, .. initial], $"operand {i} and its initial value {initial[i].Type} do not fit: all operands have one shape, and each initial value is a scalar of its operand's type", location);
            results[i] = new(operands[i].DType, new Shape(sizes));
        }
        return Many(OpKind.ReduceWindow, [.. operands, .. initial], results, location, attributes, [body]);
    }

    /// <summary>How many windows fit: 0 where none does, null where a parameter is below 1.</summary>
    internal static long? WindowCount(long size, long window, long stride, (long Low, long High) padding, long baseDilation, long windowDilation)
    {
        if (window < 1 || stride < 1 || baseDilation < 1 || windowDilation < 1)
            return null;
        long padded = padding.Low + Dilated(size, baseDilation) + padding.High;
        long reach = Dilated(window, windowDilation);
        return padded < reach ? 0 : (padded - reach) / stride + 1;
    }

    internal static long Dilated(long size, long dilation) => size == 0 ? 0 : (size - 1) * dilation + 1;
}
