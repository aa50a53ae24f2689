namespace OptiRs.Xla;

/// <summary>Differentiation of window reductions by sum, maximum and minimum.</summary>
internal static class WindowRules
{
    public static void ReduceWindow(VjpContext c)
    {
        OpKind? kind = c.Node.Operands.Length == 2 ? Regions.AsBinary(c.Node.Regions[0]) : null;
        var attributes = c.Node.As<WindowAttributes>();
        if (c.Needs(1))
            throw c.NotDifferentiable("there is none with respect to the initial value; make it a constant");
        switch (kind)
        {
            case OpKind.Add:
                c.Give(0, g => Sum(g, c[0].Shape, attributes, c.Node.Location));
                break;
            case OpKind.Maximum:
                c.Give(0, g => Extremum(c, g, attributes, ComparisonDirection.Gt));
                break;
            case OpKind.Minimum:
                c.Give(0, g => Extremum(c, g, attributes, ComparisonDirection.Lt));
                break;
            default:
                throw c.NotDifferentiable("only windows reduced by Add, Max and Min have one; wrap yours in Op.CustomGradient");
        }
    }

    /// <summary>Each element gets the sum of the cotangents of all windows that it lies in: again a sum over windows.</summary>
    private static Value Sum(Value g, Shape shape, WindowAttributes a, SourceLocation location)
    {
        int rank = g.Rank;
        long[] low = new long[rank];
        long[] high = new long[rank];
        long[] interior = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            long reach = Op.Dilated(a.Dimensions[i], a.WindowDilations[i]);
            long before = reach - 1 - a.Padding[i].Low;
            interior[i] = a.Strides[i] - 1;
            low[i] = before;
            high[i] = Op.Dilated(shape[i], a.BaseDilations[i]) + reach - 1 - Op.Dilated(g.Shape[i], a.Strides[i]) - before;
        }
        Value spread = Op.Pad(g, Op.Constant(0L, g.DType), low, high, interior);
        return Op.WindowWith(OpKind.Add, "SumWindow", spread, a.Dimensions, a.BaseDilations, null, null, a.WindowDilations, location);
    }

    /// <summary>
    /// Each window gives its cotangent to its first best element, whose flat index a second window reduction carries along; -1, the
    /// index of padding, lies outside and is left away by the scatter.
    /// </summary>
    private static Value Extremum(VjpContext c, Value g, WindowAttributes a, ComparisonDirection better)
    {
        Shape shape = c[0].Shape;
        Value numbers = Op.Reshape(Op.Iota(DType.S32, new Shape(shape.ElementCount)), shape);
        Value[] best = Op.ReduceWindow([c[0], numbers], [c[1], Op.Constant(-1L, DType.S32)], a.Dimensions, (left, right) =>
        {
            Value rightWins = Op.Compare(right[0], left[0], better) | (Op.Less(left[1], 0) & Op.GreaterEqual(right[1], 0))
                | (Op.Equal(left[0], right[0]) & Op.Less(right[1], left[1]) & Op.GreaterEqual(right[1], 0));
            return [Op.Select(rightWins, right[0], left[0]), Op.Select(rightWins, right[1], left[1])];
        }, a.Strides, a.Padding, a.BaseDilations, a.WindowDilations);
        Value flat = Op.ScatterAdd(Op.Zeros(g.DType, new Shape(shape.ElementCount)), Op.Reshape(best[1], [-1]), Op.Reshape(g, [-1]), new ScatterDimensions
        {
            InsertedWindowDims = [0],
            ScatterDimsToOperandDims = [0],
            IndexVectorDim = 1,
        });
        return Op.Reshape(flat, shape);
    }
}
