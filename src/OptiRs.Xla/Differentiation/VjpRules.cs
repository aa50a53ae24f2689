namespace OptiRs.Xla;

/// <summary>The differentiation rule of every operation. An operation that is not in the table has none, and says so.</summary>
internal static class VjpRules
{
    private static readonly Dictionary<OpKind, Action<VjpContext>> Rules = new()
    {
        [OpKind.CustomGradient] = CustomGradient,
        // Piecewise constant: the gradient is zero.
        [OpKind.Ceil] = Zero,
        [OpKind.Floor] = Zero,
        [OpKind.RoundNearestAfz] = Zero,
        [OpKind.RoundNearestEven] = Zero,
        [OpKind.Sign] = ElementwiseRules.Sign,
        [OpKind.BitcastConvert] = Zero,
        [OpKind.RngBitGenerator] = Zero,
        [OpKind.Abs] = ElementwiseRules.Abs,
        [OpKind.Cbrt] = c => c.Give(0, g => g / (c.Result * c.Result * 3.0)),
        [OpKind.Cosine] = c => c.Give(0, g => -(g * Op.Sin(c[0]))),
        [OpKind.Exponential] = c => c.Give(0, g => g * c.Result),
        [OpKind.ExponentialMinusOne] = c => c.Give(0, g => g * (c.Result + 1.0)),
        [OpKind.Log] = c => c.Give(0, g => g / c[0]),
        [OpKind.LogPlusOne] = c => c.Give(0, g => g / (c[0] + 1.0)),
        [OpKind.Logistic] = c => c.Give(0, g => g * c.Result * (1.0 - c.Result)),
        [OpKind.Negate] = c => c.Give(0, g => -g),
        [OpKind.Rsqrt] = c => c.Give(0, g => g * (c.Result / c[0]) * -0.5),
        [OpKind.Sine] = c => c.Give(0, g => g * Op.Cos(c[0])),
        [OpKind.Sqrt] = c => c.Give(0, g => g * 0.5 / c.Result),
        [OpKind.Tan] = c => c.Give(0, g => g * (c.Result * c.Result + 1.0)),
        [OpKind.Tanh] = c => c.Give(0, g => g * (1.0 - c.Result * c.Result)),
        [OpKind.Real] = c => c.Give(0, g => Op.Complex(g, Op.ZerosLike(g))),
        [OpKind.Imag] = c => c.Give(0, g => Op.Complex(Op.ZerosLike(g), -g)),
        [OpKind.Complex] = ElementwiseRules.Complex,
        [OpKind.Add] = ElementwiseRules.Add,
        [OpKind.Subtract] = ElementwiseRules.Subtract,
        [OpKind.Multiply] = ElementwiseRules.Multiply,
        [OpKind.Divide] = ElementwiseRules.Divide,
        [OpKind.Atan2] = ElementwiseRules.Atan2,
        [OpKind.Maximum] = c => ElementwiseRules.Extremum(c, ComparisonDirection.Gt),
        [OpKind.Minimum] = c => ElementwiseRules.Extremum(c, ComparisonDirection.Lt),
        [OpKind.Power] = ElementwiseRules.Power,
        [OpKind.Remainder] = ElementwiseRules.Remainder,
        [OpKind.Clamp] = ElementwiseRules.Clamp,
        [OpKind.Select] = ElementwiseRules.Select,
        [OpKind.Convert] = ElementwiseRules.Convert,
        [OpKind.ReducePrecision] = ElementwiseRules.ReducePrecision,
        [OpKind.OptimizationBarrier] = c => c.Give(0, g => g),
        [OpKind.BroadcastInDim] = ShapeRules.BroadcastInDim,
        [OpKind.Concatenate] = ShapeRules.Concatenate,
        [OpKind.DynamicSlice] = ShapeRules.DynamicSlice,
        [OpKind.DynamicUpdateSlice] = ShapeRules.DynamicUpdateSlice,
        [OpKind.Pad] = ShapeRules.Pad,
        [OpKind.Reshape] = c => c.Give(0, g => Op.Reshape(g, c[0].Shape)),
        [OpKind.Reverse] = c => c.Give(0, g => Op.Reverse(g, [.. c.Node.As<DimensionsAttributes>().Dimensions.Select(d => (int)d)])),
        [OpKind.Slice] = ShapeRules.Slice,
        [OpKind.Transpose] = ShapeRules.Transpose,
        [OpKind.Gather] = IndexingRules.Gather,
        [OpKind.Scatter] = IndexingRules.Scatter,
        [OpKind.DotGeneral] = DotRules.DotGeneral,
        [OpKind.Convolution] = ConvolutionRules.Convolution,
        [OpKind.Reduce] = ReductionRules.Reduce,
        [OpKind.ReduceWindow] = WindowRules.ReduceWindow,
        [OpKind.Sort] = ControlFlowRules.Sort,
        [OpKind.If] = ControlFlowRules.Branches,
        [OpKind.Case] = ControlFlowRules.Branches,
        [OpKind.While] = LoopRules.While,
    };

    public static void Apply(VjpContext context)
    {
        if (!Rules.TryGetValue(context.Node.Kind, out Action<VjpContext>? rule))
            throw context.NotDifferentiable("there is none; wrap the operation in Op.CustomGradient, or stop the gradient before it with Op.StopGradient");
        rule(context);
    }

    private static void Zero(VjpContext context)
    {
    }

    private static void CustomGradient(VjpContext context)
    {
        var attributes = context.Node.As<CustomGradientAttributes>();
        if (attributes.InputCount == 0)
            return;
        Value?[] cotangents = attributes.Backward(context.Node.Operands[(1 + attributes.InputCount)..], context.Cotangent)
            ?? throw context.NotDifferentiable("the rule gives null instead of cotangents");
        if (cotangents.Length != attributes.InputCount)
            throw context.NotDifferentiable($"the rule gives {cotangents.Length} cotangents for {attributes.InputCount} inputs");
        for (int i = 0; i < cotangents.Length; i++)
        {
            if (cotangents[i] is { } cotangent && cotangent.Type != context[i + 1].Type)
                throw context.NotDifferentiable($"the rule gives the cotangent {cotangent.Type} for input {i}, which is {context[i + 1].Type}");
            context.Give(context[i + 1], cotangents[i]);
        }
    }
}
