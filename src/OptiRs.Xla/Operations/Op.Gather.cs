using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Reading at computed positions.
public static partial class Op
{
    /// <summary>
    /// For every index vector in <paramref name="indices"/>, the slice of the operand that starts there. Slices that would leave
    /// the operand are moved back inside, as StableHLO defines.
    /// </summary>
    public static Value Gather(Value operand, Value indices, GatherDimensions dimensions, ReadOnlySpan<long> sliceSizes, bool indicesAreSorted = false,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(dimensions);
        SourceLocation location = SourceLocation.Here(file, line);
        GatherDimensions d = dimensions;
        CheckIndices("Gather", operand, indices, d.IndexVectorDim, d.StartIndexMap, d.OperandBatchingDims, d.StartIndicesBatchingDims, location);
        int[] dropped = [.. d.CollapsedSliceDims.Concat(d.OperandBatchingDims).Order()];
        if (sliceSizes.Length != operand.Rank || d.OffsetDims.Length + dropped.Length != operand.Rank || dropped.Distinct().Count() != dropped.Length)
            throw GraphException.Invalid("Gather", [operand, indices], $"slice sizes must have {operand.Rank} entries, and offset_dims ({d.OffsetDims.Length}), collapsed_slice_dims and operand_batching_dims ({dropped.Length}) together name each operand axis once", location);
        for (int i = 0; i < operand.Rank; i++)
        {
            if (sliceSizes[i] < 0 || sliceSizes[i] > operand.Shape[i] || (dropped.Contains(i) && sliceSizes[i] > 1))
                throw GraphException.Invalid("Gather", [operand, indices], $"the slice size {sliceSizes[i]} of axis {i} does not fit: at most {(dropped.Contains(i) ? 1 : operand.Shape[i])}", location);
        }
        var batch = new Queue<long>(Without(indices.Shape, d.IndexVectorDim < indices.Rank ? [d.IndexVectorDim] : []).Dimensions.ToArray());
        var window = new Queue<long>(Without(new Shape(sliceSizes), dropped).Dimensions.ToArray());
        long[] sizes = new long[batch.Count + window.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            Queue<long> source = d.OffsetDims.Contains(i) ? window : batch;
            if (source.Count == 0)
                throw GraphException.Invalid("Gather", [operand, indices], $"offset_dims [{string.Join(',', d.OffsetDims)}] are not axes of a result of rank {sizes.Length}", location);
            sizes[i] = source.Dequeue();
        }
        return One(OpKind.Gather, [operand, indices], new(operand.DType, new Shape(sizes)), location, new GatherAttributes(d, sliceSizes.ToArray(), indicesAreSorted));
    }

    /// <summary>
    /// The parts of <paramref name="operand"/> along <paramref name="axis"/> that integer indices of any shape name; the shape of the
    /// indices takes the place of the axis. With axis 0 and a table [V, D], rows: an embedding.
    /// </summary>
    /// <remarks>
    /// Indices count from 0. One that is negative or past the end takes the nearest part that there is, the first or the last, as
    /// StableHLO's gather; negative ones do not count from the end as NumPy's do. Constant indices are checked while tracing.
    /// </remarks>
    /// <exception cref="GraphException">A constant index is out of range, the axis is, or the indices are no integers.</exception>
    public static Value Take(Value operand, Value indices, int axis = 0, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(indices);
        SourceLocation location = SourceLocation.Here(file, line);
        int at = Axis("Take", operand, axis, location);
        CheckConstant("Take", operand, indices, at, location);
        long[] sizes = operand.Shape.Dimensions.ToArray();
        sizes[at] = 1;
        var dimensions = new GatherDimensions
        {
            OffsetDims = [.. Enumerable.Range(0, at), .. Enumerable.Range(at + indices.Rank, operand.Rank - at - 1)],
            CollapsedSliceDims = [at],
            StartIndexMap = [at],
            IndexVectorDim = indices.Rank,
        };
        return Gather(operand, indices, dimensions, sizes, false, file, line);
    }

    /// <summary>
    /// For each position, the element of the operand whose index along the axis is given: NumPy's take_along_axis, but with
    /// indices as those of <see cref="Take"/>.
    /// </summary>
    /// <exception cref="GraphException">As <see cref="Take"/>, or the shapes differ in another axis.</exception>
    public static Value TakeAlongAxis(Value operand, Value indices, int axis, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        ArgumentNullException.ThrowIfNull(indices);
        SourceLocation location = SourceLocation.Here(file, line);
        int at = Axis("TakeAlongAxis", operand, axis, location);
        if (indices.Rank != operand.Rank || Enumerable.Range(0, operand.Rank).Any(i => i != at && indices.Shape[i] != operand.Shape[i]))
            throw GraphException.Invalid("TakeAlongAxis", [operand, indices], $"operand and indices must agree in all but axis {at}", location);
        CheckConstant("TakeAlongAxis", operand, indices, at, location);
        int[] others = [.. Enumerable.Range(0, operand.Rank).Where(i => i != at)];
        var dimensions = new GatherDimensions
        {
            CollapsedSliceDims = [at],
            OperandBatchingDims = others,
            StartIndicesBatchingDims = others,
            StartIndexMap = [at],
            IndexVectorDim = indices.Rank,
        };
        return Gather(operand, indices, dimensions, Repeat(1, operand.Rank), false, file, line);
    }

    // What is known to be out of range while tracing is a mistake, most often a negative index that was to count from the end.
    private static void CheckConstant(string operation, Value operand, Value indices, int axis, SourceLocation location)
    {
        if (indices.Node.Attributes is not ConstantAttributes constant) return;
        long size = operand.Shape[axis];
        foreach (long index in constant.Value.Integers())
        {
            if (index < 0 || index >= size)
                throw GraphException.Invalid(operation, [operand, indices], $"index {index} is not within the {size} parts along axis {axis}; indices count from 0, and negative ones do not count from the end", location);
        }
    }

    private static void CheckIndices(string operation, Value operand, Value indices, int vectorDim, int[] map, int[] operandBatch, int[] indexBatch, SourceLocation location)
    {
        if (!indices.DType.IsInteger)
            throw GraphException.Invalid(operation, [operand, indices], $"the indices are {indices.DType.Name}, not integers", location);
        if (vectorDim < 0 || vectorDim > indices.Rank)
            throw GraphException.Invalid(operation, [operand, indices], $"index_vector_dim {vectorDim} is out of the range 0..{indices.Rank}", location);
        long components = vectorDim == indices.Rank ? 1 : indices.Shape[vectorDim];
        if (components != map.Length || map.Any(axis => axis < 0 || axis >= operand.Rank))
            throw GraphException.Invalid(operation, [operand, indices], $"index vectors of {components} components cannot move along the axes [{string.Join(',', map)}]", location);
        if (operandBatch.Length != indexBatch.Length)
            throw GraphException.Invalid(operation, [operand, indices], $"{operandBatch.Length} batching axes of the operand meet {indexBatch.Length} of the indices", location);
        for (int i = 0; i < operandBatch.Length; i++)
        {
            if (operandBatch[i] < 0 || operandBatch[i] >= operand.Rank || indexBatch[i] < 0 || indexBatch[i] >= indices.Rank || indexBatch[i] == vectorDim
                || operand.Shape[operandBatch[i]] != indices.Shape[indexBatch[i]])
                throw GraphException.Invalid(operation, [operand, indices], $"batching axis {operandBatch[i]} of the operand does not fit axis {indexBatch[i]} of the indices", location);
        }
    }
}
