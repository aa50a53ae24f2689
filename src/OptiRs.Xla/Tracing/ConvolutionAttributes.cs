namespace OptiRs.Xla;

/// <summary>Everything about a convolution but its operands; lists have one entry a spatial axis.</summary>
internal sealed record ConvolutionAttributes(
    ConvolutionDimensions Dimensions,
    long[] Strides,
    (long Low, long High)[] Padding,
    long[] LhsDilation,
    long[] RhsDilation,
    bool[] Reversal,
    long FeatureGroups,
    long BatchGroups);

internal sealed record GatherAttributes(GatherDimensions Dimensions, long[] SliceSizes, bool IndicesAreSorted);

internal sealed record ScatterAttributes(ScatterDimensions Dimensions, bool IndicesAreSorted, bool UniqueIndices);
