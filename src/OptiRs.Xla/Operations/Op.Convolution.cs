using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Convolutions of any number of spatial dimensions.
public static partial class Op
{
    /// <summary>
    /// The convolution (in the field's sense: cross-correlation) of an input with a kernel. Lists have one entry a spatial axis and
    /// may be left out: strides 1, no padding, no dilation.
    /// </summary>
    /// <param name="input">Batch, channels and spatial axes, in the order that <paramref name="dimensions"/> gives.</param>
    /// <param name="kernel">Output channels, input channels a group, and spatial axes.</param>
    /// <param name="dimensions">Which axis is what; null for channels first (NCHW, OIHW).</param>
    /// <param name="strides">Steps of the window.</param>
    /// <param name="padding">Zeros before and after the input; negative cuts.</param>
    /// <param name="inputDilation">1 more than the zeros between input elements: transposed convolution.</param>
    /// <param name="kernelDilation">1 more than the gaps between kernel elements.</param>
    /// <param name="reversal">True where the kernel is applied back to front.</param>
    /// <param name="featureGroups">Groups of channels that do not see each other.</param>
    /// <param name="batchGroups">Groups of the batch, each with its own output channels.</param>
    /// <param name="file">The calling file.</param>
    /// <param name="line">The calling line.</param>
    public static Value Convolution(Value input, Value kernel, ConvolutionDimensions? dimensions = null, long[]? strides = null, (long Low, long High)[]? padding = null,
        long[]? inputDilation = null, long[]? kernelDilation = null, bool[]? reversal = null, long featureGroups = 1, long batchGroups = 1,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(kernel);
        SourceLocation location = SourceLocation.Here(file, line);
        CheckSameElement("Convolution", input, kernel, location);
        int spatial = input.Rank - 2;
        if (spatial < 0 || kernel.Rank != input.Rank)
            throw GraphException.Invalid("Convolution", [input, kernel], "input and kernel need one rank of at least 2: batch, channels and the spatial axes", location);
        var attributes = new ConvolutionAttributes(dimensions ?? ConvolutionDimensions.ChannelsFirst(spatial), strides ?? Repeat(1, spatial),
            padding ?? new (long, long)[spatial], inputDilation ?? Repeat(1, spatial), kernelDilation ?? Repeat(1, spatial),
            reversal ?? new bool[spatial], featureGroups, batchGroups);
        return ConvolutionAt(input, kernel, attributes, location);
    }

    internal static Value ConvolutionAt(Value input, Value kernel, ConvolutionAttributes attributes, SourceLocation location)
    {
        ConvolutionDimensions d = attributes.Dimensions;
        int spatial = input.Rank - 2;
        CheckLayout(input, kernel, attributes, location);
        long inputFeatures = input.Shape[d.InputFeature];
        long kernelFeatures = kernel.Shape[d.KernelInputFeature];
        long outputFeatures = kernel.Shape[d.KernelOutputFeature];
        long batch = input.Shape[d.InputBatch];
        if (attributes.FeatureGroups < 1 || attributes.BatchGroups < 1 || (attributes.FeatureGroups > 1 && attributes.BatchGroups > 1))
            throw GraphException.Invalid("Convolution", [input, kernel], $"{attributes.FeatureGroups} feature groups and {attributes.BatchGroups} batch groups: one must be 1, the other at least 1", location);
        if (kernelFeatures * attributes.FeatureGroups != inputFeatures || outputFeatures % attributes.FeatureGroups != 0)
            throw GraphException.Invalid("Convolution", [input, kernel], $"the input has {inputFeatures} channels, but the kernel takes {kernelFeatures} in each of {attributes.FeatureGroups} groups, with {outputFeatures} output channels", location);
        if (batch % attributes.BatchGroups != 0 || outputFeatures % attributes.BatchGroups != 0)
            throw GraphException.Invalid("Convolution", [input, kernel], $"a batch of {batch} and {outputFeatures} output channels do not split into {attributes.BatchGroups} batch groups", location);
        long[] sizes = new long[input.Rank];
        sizes[d.OutputBatch] = batch / attributes.BatchGroups;
        sizes[d.OutputFeature] = outputFeatures;
        for (int i = 0; i < spatial; i++)
        {
            sizes[d.OutputSpatial[i]] = WindowCount(input.Shape[d.InputSpatial[i]], kernel.Shape[d.KernelSpatial[i]], attributes.Strides[i], attributes.Padding[i], attributes.LhsDilation[i], attributes.RhsDilation[i])
                ?? throw GraphException.Invalid("Convolution", [input, kernel], $"spatial axis {i}: kernel size, stride and dilations must be at least 1", location);
        }
        return One(OpKind.Convolution, [input, kernel], new(input.DType, new Shape(sizes)), location, attributes);
    }

    private static void CheckLayout(Value input, Value kernel, ConvolutionAttributes attributes, SourceLocation location)
    {
        ConvolutionDimensions d = attributes.Dimensions;
        int spatial = input.Rank - 2;
        int[][] layouts = [[d.InputBatch, d.InputFeature, .. d.InputSpatial], [d.KernelInputFeature, d.KernelOutputFeature, .. d.KernelSpatial], [d.OutputBatch, d.OutputFeature, .. d.OutputSpatial]];
        foreach (int[] layout in layouts)
        {
            if (!layout.Order().SequenceEqual(Enumerable.Range(0, input.Rank)))
                throw GraphException.Invalid("Convolution", [input, kernel], $"the axes [{string.Join(',', layout)}] do not name each of 0..{input.Rank - 1} once", location);
        }
        if (attributes.Strides.Length != spatial || attributes.Padding.Length != spatial || attributes.LhsDilation.Length != spatial
            || attributes.RhsDilation.Length != spatial || attributes.Reversal.Length != spatial)
            throw GraphException.Invalid("Convolution", [input, kernel], $"strides, padding, dilations and reversal must have {spatial} entries, one a spatial axis", location);
    }
}
