namespace OptiRs.Xla;

/// <summary>How <see cref="Op.Gather"/> reads an operand: the dimension numbers of StableHLO, under its names.</summary>
public sealed record GatherDimensions
{
    /// <summary>Result axes that run over the slice, ascending.</summary>
    public int[] OffsetDims { get; init; } = [];

    /// <summary>Operand axes of slice size 1 that the result leaves out, ascending.</summary>
    public int[] CollapsedSliceDims { get; init; } = [];

    /// <summary>Operand axes that run together with <see cref="StartIndicesBatchingDims"/>, ascending.</summary>
    public int[] OperandBatchingDims { get; init; } = [];

    /// <summary>Axes of the indices that run together with <see cref="OperandBatchingDims"/>.</summary>
    public int[] StartIndicesBatchingDims { get; init; } = [];

    /// <summary>The operand axis that each component of an index vector moves along.</summary>
    public int[] StartIndexMap { get; init; } = [];

    /// <summary>The axis of the indices that holds the index vector; the rank of the indices for scalars.</summary>
    public int IndexVectorDim { get; init; }
}
