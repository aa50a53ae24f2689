namespace OptiRs.Xla;

/// <summary>
/// Differentiation of convolutions: both gradients are convolutions again. That of the input slides the reversed kernel over the
/// cotangent spread by the strides; that of the kernel slides the cotangent, spread by the strides, over the input.
/// </summary>
internal static class ConvolutionRules
{
    public static void Convolution(VjpContext c)
    {
        var a = c.Node.As<ConvolutionAttributes>();
        SourceLocation location = c.Node.Location;
        c.Give(0, g => OfInput(g, c[0], c[1], a, location));
        c.Give(1, g => OfKernel(g, c[0], c[1], a, location));
    }

    private static Value OfInput(Value g, Value input, Value kernel, ConvolutionAttributes a, SourceLocation location)
    {
        ConvolutionDimensions d = a.Dimensions;
        // Groups change sides: a group of output channels is a group of input channels of the transposed convolution.
        long groups = Math.Max(a.FeatureGroups, a.BatchGroups);
        if (groups > 1)
            kernel = MoveGroups(kernel, d.KernelOutputFeature, d.KernelInputFeature, groups);
        var padding = new (long, long)[a.Strides.Length];
        for (int i = 0; i < padding.Length; i++)
        {
            (long inputReach, long kernelReach, long outputReach) = Reach(input, kernel, g, a, i);
            long before = kernelReach - 1 - a.Padding[i].Low;
            padding[i] = (before, inputReach + kernelReach - 1 - outputReach - before);
        }
        var dimensions = new ConvolutionDimensions
        {
            InputBatch = d.OutputBatch, InputFeature = d.OutputFeature, InputSpatial = d.OutputSpatial,
            KernelInputFeature = d.KernelOutputFeature, KernelOutputFeature = d.KernelInputFeature, KernelSpatial = d.KernelSpatial,
            OutputBatch = d.InputBatch, OutputFeature = d.InputFeature, OutputSpatial = d.InputSpatial,
        };
        bool[] reversal = [.. a.Reversal.Select(reversed => !reversed)];
        Value reversedKernel = Op.Reverse(kernel, [.. d.KernelSpatial.Where((_, i) => reversal[i])]);
        var transposed = new ConvolutionAttributes(dimensions, a.LhsDilation, padding, a.Strides, a.RhsDilation, new bool[padding.Length], groups, 1);
        Value result = Op.ConvolutionAt(g, reversedKernel, transposed, location);
        return a.BatchGroups > 1 ? MoveGroups(result, d.InputFeature, d.InputBatch, a.BatchGroups) : result;
    }

    private static Value OfKernel(Value g, Value input, Value kernel, ConvolutionAttributes a, SourceLocation location)
    {
        ConvolutionDimensions d = a.Dimensions;
        var padding = new (long, long)[a.Strides.Length];
        for (int i = 0; i < padding.Length; i++)
        {
            (long inputReach, long kernelReach, long outputReach) = Reach(input, kernel, g, a, i);
            long low = a.Padding[i].Low;
            padding[i] = (low, outputReach - inputReach + kernelReach - low - 1);
        }
        // Batch and channels change places: the sum over the batch becomes the contraction.
        var dimensions = new ConvolutionDimensions
        {
            InputBatch = d.InputFeature, InputFeature = d.InputBatch, InputSpatial = d.InputSpatial,
            KernelInputFeature = d.OutputBatch, KernelOutputFeature = d.OutputFeature, KernelSpatial = d.OutputSpatial,
            OutputBatch = d.KernelInputFeature, OutputFeature = d.KernelOutputFeature, OutputSpatial = d.KernelSpatial,
        };
        var transposed = new ConvolutionAttributes(dimensions, a.RhsDilation, padding, a.LhsDilation, a.Strides, new bool[padding.Length],
            FeatureGroups: a.BatchGroups, BatchGroups: a.FeatureGroups);
        Value result = Op.ConvolutionAt(input, g, transposed, location);
        return Op.Reverse(result, [.. d.KernelSpatial.Where((_, i) => a.Reversal[i])]);
    }

    /// <summary>The extents along one spatial axis with dilations: of the input, the kernel, and the output spread by the stride.</summary>
    private static (long Input, long Kernel, long Output) Reach(Value input, Value kernel, Value output, ConvolutionAttributes a, int i) =>
        (Op.Dilated(input.Shape[a.Dimensions.InputSpatial[i]], a.LhsDilation[i]),
            Op.Dilated(kernel.Shape[a.Dimensions.KernelSpatial[i]], a.RhsDilation[i]),
            Op.Dilated(output.Shape[a.Dimensions.OutputSpatial[i]], a.Strides[i]));

    /// <summary>Splits the group index off axis <paramref name="from"/> (where it is the slow part) and makes it the slow part of axis <paramref name="to"/>.</summary>
    private static Value MoveGroups(Value value, int from, int to, long groups)
    {
        List<long> split = [.. value.Shape.Dimensions];
        split[from] /= groups;
        split.Insert(from, groups);
        Value parts = Op.Reshape(value, split.ToArray());
        // Axes of the split value, without the group, in the old order; the group goes right before axis "to".
        List<int> order = [.. Enumerable.Range(0, parts.Rank).Where(axis => axis != from)];
        order.Insert(to, from);
        long[] merged = value.Shape.Dimensions.ToArray();
        merged[from] /= groups;
        merged[to] *= groups;
        return Op.Reshape(Op.Transpose(parts, order.ToArray()), merged);
    }
}
