using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Writing at computed positions.
public static partial class Op
{
    /// <summary>
    /// The operands with the elements at the given positions combined with the updates: <paramref name="combine"/> gets the old
    /// scalars and the updates, as many each as there are operands. Updates outside the operand are left out, as StableHLO defines.
    /// </summary>
    public static Value[] Scatter(ReadOnlySpan<Value> operands, Value indices, ReadOnlySpan<Value> updates, ScatterDimensions dimensions,
        Func<Value[], Value[], Value[]> combine, bool indicesAreSorted = false, bool uniqueIndices = false,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(dimensions);
        ArgumentNullException.ThrowIfNull(combine);
        SourceLocation location = SourceLocation.Here(file, line);
        if (operands.Length == 0 || operands.Length != updates.Length)
            throw GraphException.Invalid("Scatter", operands, $"{operands.Length} operands need as many updates, not {updates.Length}", location);
        Value first = operands[0];
        ScatterDimensions d = dimensions;
        CheckIndices("Scatter", first, indices, d.IndexVectorDim, d.ScatterDimsToOperandDims, d.InputBatchingDims, d.ScatterIndicesBatchingDims, location);
        int[] dropped = [.. d.InsertedWindowDims.Concat(d.InputBatchingDims).Order()];
        if (d.UpdateWindowDims.Length + dropped.Length != first.Rank || dropped.Distinct().Count() != dropped.Length)
            throw GraphException.Invalid("Scatter", [first, indices, updates[0]], $"update_window_dims ({d.UpdateWindowDims.Length}), inserted_window_dims and input_batching_dims ({dropped.Length}) must together name each of {first.Rank} operand axes once", location);
        Shape expected = Without(indices.Shape, d.IndexVectorDim < indices.Rank ? [d.IndexVectorDim] : []);
        Shape window = Without(first.Shape, dropped);
        for (int i = 0; i < operands.Length; i++)
        {
            CheckSameElement("Scatter", operands[i], updates[i], location);
            Shape shape = updates[i].Shape;
            bool fits = operands[i].Shape == first.Shape && shape == updates[0].Shape && shape.Rank == expected.Rank + d.UpdateWindowDims.Length;
            for (int axis = 0, w = 0, b = 0; fits && axis < shape.Rank; axis++)
                fits = d.UpdateWindowDims.Contains(axis) ? w < window.Rank && shape[axis] <= window[w++] : b < expected.Rank && shape[axis] == expected[b++];
            if (!fits)
                throw GraphException.Invalid("Scatter", [operands[i], indices, updates[i]], $"the updates {updates[i].Type} do not fit: batch dimensions {expected}, windows up to {window}", location);
        }
        var types = new TensorType[operands.Length];
        for (int i = 0; i < types.Length; i++)
            types[i] = operands[i].Type;
        Region body = Regions.Reducer("Scatter", operands, combine, location);
        return Many(OpKind.Scatter, [.. operands, indices, .. updates], types, location, new ScatterAttributes(d, indicesAreSorted, uniqueIndices), [body]);
    }

    /// <summary>The operand with the updates added at the given positions; repeated positions add up.</summary>
    public static Value ScatterAdd(Value operand, Value indices, Value updates, ScatterDimensions dimensions, bool indicesAreSorted = false, bool uniqueIndices = false,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return Scatter([operand], indices, [updates], dimensions, (old, update) => [Binary(OpKind.Add, old[0], update[0], location)], indicesAreSorted, uniqueIndices, file, line)[0];
    }

    /// <summary>The operand with the elements at the given positions replaced; of repeated positions one wins, not defined which.</summary>
    public static Value ScatterSet(Value operand, Value indices, Value updates, ScatterDimensions dimensions, bool indicesAreSorted = false, bool uniqueIndices = false,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Scatter([operand], indices, [updates], dimensions, (_, update) => update, indicesAreSorted, uniqueIndices, file, line)[0];
}
