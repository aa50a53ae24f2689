using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Parts of a value at positions known when tracing, or only when running.
public static partial class Op
{
    /// <summary>The elements from <paramref name="start"/> up to before <paramref name="limit"/> in steps of <paramref name="strides"/>, each dimension for itself.</summary>
    public static Value Slice(Value operand, ReadOnlySpan<long> start, ReadOnlySpan<long> limit, ReadOnlySpan<long> strides = default,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int rank = operand.Rank;
        long[] steps = strides.Length == 0 ? Repeat(1, rank) : strides.ToArray();
        if (start.Length != rank || limit.Length != rank || steps.Length != rank)
            throw GraphException.Invalid("Slice", [operand], $"start, limit and strides must have {rank} entries, one a dimension", location);
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            if (start[i] < 0 || limit[i] < start[i] || limit[i] > operand.Shape[i] || steps[i] < 1)
                throw GraphException.Invalid("Slice", [operand], $"dimension {i}: [{start[i]}:{limit[i]}:{steps[i]}] is not within 0..{operand.Shape[i]}", location);
            sizes[i] = (limit[i] - start[i] + steps[i] - 1) / steps[i];
        }
        var shape = new Shape(sizes);
        return shape == operand.Shape ? operand
            : One(OpKind.Slice, [operand], new(operand.DType, shape), location, new SliceAttributes(start.ToArray(), limit.ToArray(), steps));
    }

    /// <summary>The elements <paramref name="start"/> up to before <paramref name="limit"/> of one axis, all of the others.</summary>
    public static Value SliceAxis(Value operand, int axis, long start, long limit, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        int at = Axis("Slice", operand, axis, SourceLocation.Here(file, line));
        long[] low = new long[operand.Rank];
        long[] high = operand.Shape.Dimensions.ToArray();
        (low[at], high[at]) = (start, limit);
        return Slice(operand, low, high, default, file, line);
    }

    /// <summary>Cuts an axis into equal parts.</summary>
    public static Value[] Split(Value operand, int parts, int axis = -1, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int at = Axis("Split", operand, axis, location);
        long size = operand.Shape[at];
        if (parts < 1 || size % parts != 0)
            throw GraphException.Invalid("Split", [operand], $"dimension {at} of size {size} does not split into {parts} equal parts", location);
        long part = size / parts;
        var results = new Value[parts];
        for (int i = 0; i < parts; i++)
            results[i] = SliceAxis(operand, at, i * part, (i + 1) * part, file, line);
        return results;
    }

    /// <summary>
    /// A block of the given sizes that starts at positions computed when running: one integer scalar a dimension. A block that
    /// would leave the operand is moved back inside, as StableHLO defines.
    /// </summary>
    public static Value DynamicSlice(Value operand, ReadOnlySpan<Value> start, ReadOnlySpan<long> sizes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        CheckStart("DynamicSlice", operand, start, location);
        CheckBlock("DynamicSlice", operand, sizes, location);
        return One(OpKind.DynamicSlice, [operand, .. start], new(operand.DType, new Shape(sizes)), location, new DynamicSliceAttributes(sizes.ToArray()));
    }

    /// <summary>The operand with the block that starts at the given positions replaced by <paramref name="update"/>.</summary>
    public static Value DynamicUpdateSlice(Value operand, Value update, ReadOnlySpan<Value> start, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(update);
        SourceLocation location = SourceLocation.Here(file, line);
        CheckSameElement("DynamicUpdateSlice", operand, update, location);
        CheckStart("DynamicUpdateSlice", operand, start, location);
        CheckBlock("DynamicUpdateSlice", operand, update.Shape.Dimensions, location);
        return One(OpKind.DynamicUpdateSlice, [operand, update, .. start], operand.Type, location);
    }

    /// <summary>Element <paramref name="index"/> (an integer scalar) of the first axis, without that axis.</summary>
    public static Value DynamicIndex(Value operand, Value index, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(index);
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        Axis("DynamicIndex", operand, 0, location);
        long[] sizes = operand.Shape.Dimensions.ToArray();
        sizes[0] = 1;
        Value block = DynamicSlice(operand, StartAt(index, operand.Rank), sizes);
        return ReshapeAt(block, new Shape(sizes.AsSpan(1)), location);
    }

    /// <summary>The operand with element <paramref name="index"/> (an integer scalar) of its first axis replaced.</summary>
    public static Value DynamicUpdateIndex(Value operand, Value update, Value index, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(index);
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        Axis("DynamicUpdateIndex", operand, 0, location);
        Value block = ReshapeAt(update, new Shape([1, .. update.Shape.Dimensions]), location);
        return DynamicUpdateSlice(operand, block, StartAt(index, operand.Rank));
    }

    private static Value[] StartAt(Value index, int rank)
    {
        var start = new Value[rank];
        for (int i = 0; i < rank; i++)
            start[i] = i == 0 ? index : Constant(0L, index.DType);
        return start;
    }

    private static void CheckStart(string operation, Value operand, ReadOnlySpan<Value> start, SourceLocation location)
    {
        if (start.Length != operand.Rank)
            throw GraphException.Invalid(operation, [operand], $"{start.Length} start positions are given for {operand.Rank} dimensions", location);
        foreach (Value position in start)
        {
            if (position.Rank != 0 || !position.DType.IsInteger || position.DType != start[0].DType)
                throw GraphException.Invalid(operation, [operand, .. start], $"the start position {position.Type} is not an integer scalar of one common type", location);
        }
    }

    private static void CheckBlock(string operation, Value operand, ReadOnlySpan<long> sizes, SourceLocation location)
    {
        if (sizes.Length != operand.Rank)
            throw GraphException.Invalid(operation, [operand], $"the block has {sizes.Length} dimensions, the operand {operand.Rank}", location);
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] < 0 || sizes[i] > operand.Shape[i])
                throw GraphException.Invalid(operation, [operand], $"the block's size {sizes[i]} in dimension {i} is not within 0..{operand.Shape[i]}", location);
        }
    }

    private static long[] Repeat(long value, int count)
    {
        long[] values = new long[count];
        Array.Fill(values, value);
        return values;
    }
}
