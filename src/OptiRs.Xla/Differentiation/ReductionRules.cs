namespace OptiRs.Xla;

/// <summary>Differentiation of reductions by sum, product, maximum and minimum.</summary>
internal static class ReductionRules
{
    public static void Reduce(VjpContext c)
    {
        OpKind? kind = c.Node.Operands.Length == 2 ? Regions.AsBinary(c.Node.Regions[0]) : null;
        int[] axes = [.. c.Node.As<DimensionsAttributes>().Dimensions.Select(d => (int)d)];
        if (c.Needs(1) && kind != OpKind.Add)
            throw c.NotDifferentiable("only sums have one with respect to the initial value; combine it with the result instead");
        switch (kind)
        {
            case OpKind.Add:
                c.Give(0, g => Spread(g, c[0].Shape, axes));
                c.Give(1, g => Op.Sum(g));
                break;
            case OpKind.Maximum or OpKind.Minimum:
                c.Give(0, g => Extremum(c, g, axes));
                break;
            case OpKind.Multiply:
                c.Give(0, g => Product(c[0], g, axes));
                break;
            default:
                throw c.NotDifferentiable("only reductions by Add, Multiply, Max and Min have one; wrap yours in Op.CustomGradient");
        }
    }

    /// <summary>The value repeated along the axes that a reduction took away.</summary>
    public static Value Spread(Value value, Shape shape, int[] axes) =>
        Op.BroadcastInDim(value, shape, [.. Enumerable.Range(0, shape.Rank).Where(axis => !axes.Contains(axis))]);

    private static Value Extremum(VjpContext c, Value g, int[] axes)
    {
        Shape shape = c[0].Shape;
        Value isBest = Op.Equal(c[0], Spread(c.Result, shape, axes));
        Value each = Op.Convert(isBest, g.DType);
        Value count = Op.Sum(each, axes);
        return Op.Select(isBest, Spread(g / count, shape, axes), Op.ZerosLike(c[0]));
    }

    /// <summary>
    /// The product is computed again by halving, which has no division and so is right for zeros too, and that is differentiated.
    /// </summary>
    private static Value Product(Value operand, Value g, int[] axes)
    {
        int[] kept = [.. Enumerable.Range(0, operand.Rank).Where(axis => !axes.Contains(axis))];
        Value moved = Op.Transpose(operand, [.. kept, .. axes]);
        Value product = Op.Reshape(moved, new Shape([.. kept.Select(axis => operand.Shape[axis]), axes.Aggregate(1L, (n, axis) => n * operand.Shape[axis])]));
        int last = product.Rank - 1;
        while (product.Shape[last] > 1)
        {
            long size = product.Shape[last];
            long half = size / 2;
            Value halves = Op.SliceAxis(product, last, 0, half) * Op.SliceAxis(product, last, half, 2 * half);
            product = size % 2 == 0 ? halves : Op.Concatenate([halves, Op.SliceAxis(product, last, size - 1, size)], last);
        }
        Value output = Op.Reshape(product, g.Shape);
        return Backpropagation.Run([output], [g], [operand], stopAtTargets: true)[0] ?? Op.ZerosLike(operand);
    }
}
