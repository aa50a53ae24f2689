namespace OptiRs.Xla;

/// <summary>Differentiation of operations that move elements: what was copied adds up, what was cut off is zero.</summary>
internal static class ShapeRules
{
    public static void BroadcastInDim(VjpContext c) => c.Give(0, g =>
    {
        long[] kept = c.Node.As<DimensionsAttributes>().Dimensions;
        Shape source = c[0].Shape;
        var summed = new List<int>();
        for (int axis = 0; axis < g.Rank; axis++)
        {
            int operandAxis = Array.IndexOf(kept, axis);
            if (operandAxis < 0 || source[operandAxis] != g.Shape[axis])
                summed.Add(axis);
        }
        Value sum = summed.Count == 0 ? g : Op.Sum(g, [.. summed]);
        // What remains has the operand's axes in result order; put them in the operand's, then restore sizes of 1.
        int[] remaining = [.. Enumerable.Range(0, g.Rank).Where(axis => !summed.Contains(axis))];
        int[] permutation = [.. kept.Select(axis => Array.IndexOf(remaining, (int)axis)).Where(position => position >= 0)];
        return Op.Reshape(permutation.Length < 2 ? sum : Op.Transpose(sum, permutation), source);
    });

    public static void Concatenate(VjpContext c)
    {
        int axis = c.Node.As<DimensionAttributes>().Dimension;
        long start = 0;
        for (int i = 0; i < c.Node.Operands.Length; i++)
        {
            (long from, long size) = (start, c[i].Shape[axis]);
            c.Give(i, g => Op.SliceAxis(g, axis, from, from + size));
            start += size;
        }
    }

    public static void DynamicSlice(VjpContext c) =>
        c.Give(0, g => Op.DynamicUpdateSlice(Op.ZerosLike(c[0]), g, c.Node.Operands.AsSpan(1)));

    public static void DynamicUpdateSlice(VjpContext c)
    {
        c.Give(0, g => Op.DynamicUpdateSlice(g, Op.ZerosLike(c[1]), c.Node.Operands.AsSpan(2)));
        c.Give(1, g => Op.DynamicSlice(g, c.Node.Operands.AsSpan(2), c[1].Shape.Dimensions));
    }

    public static void Pad(VjpContext c)
    {
        var attributes = c.Node.As<PadAttributes>();
        c.Give(0, g => Unpad(g, attributes));
        c.Give(1, g => Op.Sum(g) - Op.Sum(Unpad(g, attributes)));
    }

    public static void Slice(VjpContext c) => c.Give(0, g =>
    {
        var attributes = c.Node.As<SliceAttributes>();
        int rank = g.Rank;
        long[] high = new long[rank];
        long[] interior = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            interior[i] = attributes.Strides[i] - 1;
            high[i] = c[0].Shape[i] - attributes.Start[i] - Op.Dilated(g.Shape[i], attributes.Strides[i]);
        }
        return Op.Pad(g, Op.Constant(0L, g.DType), attributes.Start, high, interior);
    });

    public static void Transpose(VjpContext c) => c.Give(0, g =>
    {
        long[] permutation = c.Node.As<DimensionsAttributes>().Dimensions;
        int[] inverse = new int[permutation.Length];
        for (int i = 0; i < inverse.Length; i++)
            inverse[permutation[i]] = i;
        return Op.Transpose(g, inverse);
    });

    /// <summary>The elements that were not padding; what negative padding cut off comes back as zeros.</summary>
    private static Value Unpad(Value g, PadAttributes attributes)
    {
        long[] low = [.. attributes.Low.Select(l => -l)];
        long[] high = [.. attributes.High.Select(h => -h)];
        Value inner = Op.Pad(g, Op.Constant(0L, g.DType), low, high);
        return Op.Slice(inner, new long[g.Rank], inner.Shape.Dimensions, [.. attributes.Interior.Select(i => i + 1)]);
    }
}
