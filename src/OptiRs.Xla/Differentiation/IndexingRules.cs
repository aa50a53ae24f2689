namespace OptiRs.Xla;

/// <summary>Differentiation of gather and scatter: each is the other's transpose.</summary>
internal static class IndexingRules
{
    public static void Gather(VjpContext c) => c.Give(0, g =>
    {
        var attributes = c.Node.As<GatherAttributes>();
        GatherDimensions d = attributes.Dimensions;
        var scatter = new ScatterDimensions
        {
            UpdateWindowDims = d.OffsetDims,
            InsertedWindowDims = d.CollapsedSliceDims,
            InputBatchingDims = d.OperandBatchingDims,
            ScatterIndicesBatchingDims = d.StartIndicesBatchingDims,
            ScatterDimsToOperandDims = d.StartIndexMap,
            IndexVectorDim = d.IndexVectorDim,
        };
        // A gather moves slices inside the operand, a scatter leaves updates outside away: clamped indices make them agree.
        Value indices = ClampIndices(c[1], c[0].Shape, d, attributes.SliceSizes);
        return Op.ScatterAdd(Op.ZerosLike(c[0]), indices, g, scatter, attributes.IndicesAreSorted);
    });

    public static void Scatter(VjpContext c)
    {
        if (c.Node.Operands.Length != 3)
            throw c.NotDifferentiable("a scatter of several operands at once has none; scatter them one by one");
        Region body = c.Node.Regions[0];
        if (Regions.AsBinary(body) == OpKind.Add)
        {
            c.Give(0, g => g);
            c.Give(2, g => GatherUpdates(c, g));
        }
        else if (ReferenceEquals(body.Results[0], body.Arguments[1]))
        {
            Set(c);
        }
        else
        {
            throw c.NotDifferentiable("only adding and replacing scatters have one; use Op.ScatterAdd or Op.ScatterSet");
        }
    }

    /// <summary>Of a replacing scatter: the update that won an element gets its gradient, the operand that of elements nobody wrote.</summary>
    private static void Set(VjpContext c)
    {
        var attributes = c.Node.As<ScatterAttributes>();
        Shape updates = c[2].Shape;
        // Every update element writes its own number, from 1; what is read back tells the winner.
        Value flat = Op.Iota(DType.S32, new Shape(updates.ElementCount)) + 1L;
        Value numbers = Op.Reshape(flat, updates);
        Value written = Op.ScatterSet(Op.Zeros(DType.S32, c[0].Shape), c[1], numbers, attributes.Dimensions, attributes.IndicesAreSorted, attributes.UniqueIndices);
        c.Give(0, g => Op.Select(Op.Equal(written, 0), g, Op.ZerosLike(g)));
        c.Give(2, g =>
        {
            Value winner = GatherUpdates(c, written);
            Value gradient = GatherUpdates(c, g);
            return Op.Select(Op.Equal(winner, numbers), gradient, Op.ZerosLike(gradient));
        });
    }

    /// <summary>What stands at the places that the updates went to; zero for updates that were left out.</summary>
    private static Value GatherUpdates(VjpContext c, Value source)
    {
        var attributes = c.Node.As<ScatterAttributes>();
        ScatterDimensions d = attributes.Dimensions;
        var gather = new GatherDimensions
        {
            OffsetDims = d.UpdateWindowDims,
            CollapsedSliceDims = d.InsertedWindowDims,
            OperandBatchingDims = d.InputBatchingDims,
            StartIndicesBatchingDims = d.ScatterIndicesBatchingDims,
            StartIndexMap = d.ScatterDimsToOperandDims,
            IndexVectorDim = d.IndexVectorDim,
        };
        long[] sizes = new long[source.Rank];
        int window = 0;
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            bool dropped = d.InsertedWindowDims.Contains(axis) || d.InputBatchingDims.Contains(axis);
            sizes[axis] = dropped ? 1 : c[2].Shape[d.UpdateWindowDims[window++]];
        }
        Value gathered = Op.Gather(source, c[1], gather, sizes, attributes.IndicesAreSorted);
        Value inside = Op.Equal(ClampIndices(c[1], source.Shape, gather, sizes), c[1]);
        if (gather.IndexVectorDim < inside.Rank)
            inside = Op.ReduceAnd(inside, [gather.IndexVectorDim]);
        int[] batch = [.. Enumerable.Range(0, gathered.Rank).Where(axis => !d.UpdateWindowDims.Contains(axis))];
        return Op.Select(Op.BroadcastInDim(inside, gathered.Shape, batch), gathered, Op.ZerosLike(gathered));
    }

    /// <summary>The indices that a gather really reads at: each component within 0 and operand size minus slice size.</summary>
    private static Value ClampIndices(Value indices, Shape operand, GatherDimensions d, long[] sliceSizes)
    {
        (_, long greatest) = Literal.Range(indices.DType);
        long[] limits = [.. d.StartIndexMap.Select(axis => Math.Min(operand[axis] - sliceSizes[axis], greatest))];
        Value high;
        if (limits.Distinct().Count() == 1)
        {
            high = Op.ConstantLike(indices, limits[0], SourceLocation.OfOperator());
        }
        else
        {
            Value vector = Op.Convert(Op.Constant<long>(limits), indices.DType);
            high = Op.BroadcastInDim(vector, indices.Shape, [d.IndexVectorDim]);
        }
        return limits.Length == 0 ? indices : Op.Clamp(Op.ZerosLike(indices), indices, high);
    }
}
