namespace OptiRs.Xla;

// The attributes of the operations that have any. Names are StableHLO's.

internal sealed record ConstantAttributes(Literal Value);

internal sealed record DimensionAttributes(int Dimension);

internal sealed record DimensionsAttributes(long[] Dimensions);

internal sealed record CompareAttributes(ComparisonDirection Direction);

internal sealed record ReducePrecisionAttributes(int ExponentBits, int MantissaBits);

internal sealed record SliceAttributes(long[] Start, long[] Limit, long[] Strides);

internal sealed record DynamicSliceAttributes(long[] Sizes);

internal sealed record PadAttributes(long[] Low, long[] High, long[] Interior);

internal sealed record DotAttributes(int[] LhsBatch, int[] RhsBatch, int[] LhsContracting, int[] RhsContracting);

internal sealed record WindowAttributes(long[] Dimensions, long[] Strides, long[] BaseDilations, long[] WindowDilations, (long Low, long High)[] Padding);

internal sealed record SortAttributes(int Dimension, bool IsStable);

internal sealed record RngAttributes(RngAlgorithm Algorithm);

// The configuration is as StableHLO writes it: a string or, from version 4 of the calls on, a dictionary.
internal sealed record CustomCallAttributes(string Target, bool HasSideEffect, string? BackendConfig, bool IsDictionary);

/// <summary>
/// The rule that replaces differentiation of the first operand. The operands after it are the inputs, then the residuals that
/// the rule reads: a rule holds no values of its own, so that it can be cloned into the backward pass of a loop.
/// </summary>
internal sealed record CustomGradientAttributes(int InputCount, Func<Value[], Value, Value?[]> Backward);
