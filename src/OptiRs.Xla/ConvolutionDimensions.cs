namespace OptiRs.Xla;

/// <summary>Which axis of the input, the kernel and the output of a convolution is what; spatial axes pair up in order.</summary>
public sealed record ConvolutionDimensions
{
    /// <summary>The batch axis of the input.</summary>
    public required int InputBatch { get; init; }

    /// <summary>The channel axis of the input.</summary>
    public required int InputFeature { get; init; }

    /// <summary>The spatial axes of the input.</summary>
    public required int[] InputSpatial { get; init; }

    /// <summary>The input-channel axis of the kernel.</summary>
    public required int KernelInputFeature { get; init; }

    /// <summary>The output-channel axis of the kernel.</summary>
    public required int KernelOutputFeature { get; init; }

    /// <summary>The spatial axes of the kernel.</summary>
    public required int[] KernelSpatial { get; init; }

    /// <summary>The batch axis of the output.</summary>
    public required int OutputBatch { get; init; }

    /// <summary>The channel axis of the output.</summary>
    public required int OutputFeature { get; init; }

    /// <summary>The spatial axes of the output.</summary>
    public required int[] OutputSpatial { get; init; }

    /// <summary>Channels second, as in PyTorch: NCHW input and output, OIHW kernel, for any number of spatial axes.</summary>
    public static ConvolutionDimensions ChannelsFirst(int spatialRank)
    {
        int[] spatial = [.. Enumerable.Range(2, spatialRank)];
        return new()
        {
            InputBatch = 0, InputFeature = 1, InputSpatial = spatial,
            KernelOutputFeature = 0, KernelInputFeature = 1, KernelSpatial = spatial,
            OutputBatch = 0, OutputFeature = 1, OutputSpatial = spatial,
        };
    }

    /// <summary>Channels last, as on TPUs: NHWC input and output, HWIO kernel.</summary>
    public static ConvolutionDimensions ChannelsLast(int spatialRank)
    {
        int[] spatial = [.. Enumerable.Range(1, spatialRank)];
        return new()
        {
            InputBatch = 0, InputFeature = spatialRank + 1, InputSpatial = spatial,
            KernelSpatial = [.. Enumerable.Range(0, spatialRank)], KernelInputFeature = spatialRank, KernelOutputFeature = spatialRank + 1,
            OutputBatch = 0, OutputFeature = spatialRank + 1, OutputSpatial = spatial,
        };
    }
}
