using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Operations that move elements without computing.
public static partial class Op
{
    /// <summary>The same elements in row-major order under other dimensions; one dimension may be -1 and is then inferred.</summary>
    public static Value Reshape(Value operand, ReadOnlySpan<long> dimensions, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        long[] sizes = dimensions.ToArray();
        int inferred = Array.IndexOf(sizes, -1L);
        long known = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (i == inferred)
                continue;
            if (sizes[i] < 0)
                throw GraphException.Invalid("Reshape", [operand], $"dimension {i} is {sizes[i]}; only one may be -1", location);
            known *= sizes[i];
        }
        long count = operand.Shape.ElementCount;
        if (inferred >= 0 && known > 0 && count % known == 0)
            sizes[inferred] = count / known;
        else if (inferred >= 0 || known != count)
            throw GraphException.Invalid("Reshape", [operand], $"{count} elements do not fill [{string.Join(',', sizes)}]", location);
        return ReshapeAt(operand, new Shape(sizes), location);
    }

    /// <summary>The same elements in row-major order under another shape.</summary>
    public static Value Reshape(Value operand, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Reshape(operand, shape.Dimensions, file, line);

    /// <summary>Adds a dimension of size 1 before <paramref name="axis"/> (up to and including the rank).</summary>
    public static Value ExpandDims(Value operand, int axis, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int at = axis < 0 ? axis + operand.Rank + 1 : axis;
        if (at < 0 || at > operand.Rank)
            throw GraphException.Invalid("ExpandDims", [operand], $"axis {axis} is out of the range {-operand.Rank - 1}..{operand.Rank}", location);
        List<long> sizes = [.. operand.Shape.Dimensions];
        sizes.Insert(at, 1);
        return ReshapeAt(operand, new Shape([.. sizes]), location);
    }

    /// <summary>Removes dimensions of size 1.</summary>
    public static Value Squeeze(Value operand, int axis, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int at = Axis("Squeeze", operand, axis, location);
        if (operand.Shape[at] != 1)
            throw GraphException.Invalid("Squeeze", [operand], $"dimension {at} has size {operand.Shape[at]}, not 1", location);
        List<long> sizes = [.. operand.Shape.Dimensions];
        sizes.RemoveAt(at);
        return ReshapeAt(operand, new Shape([.. sizes]), location);
    }

    /// <summary>Reorders dimensions: result dimension i is operand dimension <c>permutation[i]</c>. None given: reversed.</summary>
    public static Value Transpose(Value operand, ReadOnlySpan<int> permutation = default, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int[] order = permutation.Length == 0 ? [.. Enumerable.Range(0, operand.Rank).Reverse()] : new int[permutation.Length];
        for (int i = 0; i < permutation.Length; i++)
            order[i] = Axis("Transpose", operand, permutation[i], location);
        if (order.Length != operand.Rank || order.Distinct().Count() != order.Length)
            throw GraphException.Invalid("Transpose", [operand], $"[{string.Join(',', permutation.ToArray())}] is no permutation of its {operand.Rank} axes", location);
        long[] sizes = [.. order.Select(axis => operand.Shape[axis])];
        return order.SequenceEqual(Enumerable.Range(0, order.Length))
            ? operand
            : One(OpKind.Transpose, [operand], new(operand.DType, new Shape(sizes)), location, new DimensionsAttributes([.. order.Select(axis => (long)axis)]));
    }

    /// <summary>
    /// The operand repeated along new dimensions: operand dimension i becomes result dimension <c>dimensions[i]</c>, and its
    /// size is that of the result or 1.
    /// </summary>
    public static Value BroadcastInDim(Value operand, Shape shape, ReadOnlySpan<int> dimensions, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        if (dimensions.Length != operand.Rank)
            throw GraphException.Invalid("BroadcastInDim", [operand], $"{dimensions.Length} dimensions are given for rank {operand.Rank}", location);
        for (int i = 0; i < dimensions.Length; i++)
        {
            int target = dimensions[i];
            if (target < 0 || target >= shape.Rank || dimensions[..i].Contains(target))
                throw GraphException.Invalid("BroadcastInDim", [operand], $"dimension {i} goes to {target}, which is not a free axis of {shape}", location);
            if (operand.Shape[i] != 1 && operand.Shape[i] != shape[target])
                throw GraphException.Invalid("BroadcastInDim", [operand], $"dimension {i} of size {operand.Shape[i]} does not fit size {shape[target]} of axis {target} of {shape}", location);
        }
        return One(OpKind.BroadcastInDim, [operand], new(operand.DType, shape), location, new DimensionsAttributes([.. dimensions.ToArray().Select(d => (long)d)]));
    }

    /// <summary>NumPy's broadcast to a shape: aligned at the last dimension.</summary>
    public static Value BroadcastTo(Value operand, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int lead = shape.Rank - operand.Rank;
        for (int i = 0; i < operand.Rank; i++)
        {
            if (lead < 0 || (operand.Shape[i] != 1 && operand.Shape[i] != shape[lead + i]))
                throw GraphException.Invalid("BroadcastTo", [operand], $"the shape does not broadcast to {shape}", location);
        }
        return BroadcastAt(operand, shape, location);
    }

    /// <summary>The operand with the elements along the given axes in reverse order.</summary>
    public static Value Reverse(Value operand, ReadOnlySpan<int> axes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        int[] dimensions = axes.Length == 0 ? [] : Axes("Reverse", operand, axes.ToArray(), location);
        return dimensions.Length == 0 ? operand
            : One(OpKind.Reverse, [operand], operand.Type, location, new DimensionsAttributes([.. dimensions.Select(d => (long)d)]));
    }

    /// <summary>The values one after another along an axis; the other dimensions are equal.</summary>
    public static Value Concatenate(ReadOnlySpan<Value> operands, int axis = 0, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        if (operands.Length == 0)
            throw GraphException.Invalid("Concatenate", "no operands are given; give at least one", location);
        Value first = operands[0];
        int at = Axis("Concatenate", first, axis, location);
        long total = 0;
        foreach (Value operand in operands)
        {
            bool fits = operand.DType == first.DType && operand.Rank == first.Rank;
            for (int i = 0; fits && i < first.Rank; i++)
                fits = i == at || operand.Shape[i] == first.Shape[i];
            if (!fits)
                throw GraphException.Invalid("Concatenate", operands, $"{operand.Type} does not fit beside {first.Type}: all but axis {at} must be equal", location);
            total += operand.Shape[at];
        }
        long[] sizes = first.Shape.Dimensions.ToArray();
        sizes[at] = total;
        return operands.Length == 1 ? first : One(OpKind.Concatenate, operands, new(first.DType, new Shape(sizes)), location, new DimensionAttributes(at));
    }

    /// <summary>The values one beside another along a new axis.</summary>
    public static Value Stack(ReadOnlySpan<Value> operands, int axis = 0, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var expanded = new Value[operands.Length];
        for (int i = 0; i < operands.Length; i++)
            expanded[i] = ExpandDims(operands[i], axis, file, line);
        int at = operands.Length > 0 && axis < 0 ? axis + operands[0].Rank + 1 : axis;
        return Concatenate(expanded, at, file, line);
    }

    /// <summary>
    /// Adds <paramref name="low"/> elements before, <paramref name="high"/> after and <paramref name="interior"/> between the
    /// elements of each dimension, all of the value <paramref name="padding"/> (a scalar). Negative low and high cut elements off.
    /// </summary>
    public static Value Pad(Value operand, Value padding, ReadOnlySpan<long> low, ReadOnlySpan<long> high, ReadOnlySpan<long> interior = default,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(padding);
        SourceLocation location = SourceLocation.Here(file, line);
        int rank = operand.Rank;
        long[] between = interior.Length == 0 ? new long[rank] : interior.ToArray();
        CheckSameElement("Pad", operand, padding, location);
        if (padding.Rank != 0)
            throw GraphException.Invalid("Pad", [operand, padding], "the padding value must be a scalar", location);
        if (low.Length != rank || high.Length != rank || between.Length != rank)
            throw GraphException.Invalid("Pad", [operand, padding], $"low, high and interior must have {rank} entries, one a dimension", location);
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            long size = operand.Shape[i];
            sizes[i] = low[i] + size + Math.Max(size - 1, 0) * between[i] + high[i];
            if (between[i] < 0 || sizes[i] < 0)
                throw GraphException.Invalid("Pad", [operand, padding], $"dimension {i} would get size {sizes[i]} from low {low[i]}, high {high[i]}, interior {between[i]}", location);
        }
        var shape = new Shape(sizes);
        return shape == operand.Shape && low.ToArray().All(l => l == 0) ? operand
            : One(OpKind.Pad, [operand, padding], new(operand.DType, shape), location, new PadAttributes(low.ToArray(), high.ToArray(), between));
    }
}
