namespace OptiRs.Xla;

/// <summary>How <see cref="Op.Scatter"/> writes into an operand: the dimension numbers of StableHLO, under its names.</summary>
public sealed record ScatterDimensions
{
    /// <summary>Axes of the updates that run over the window, ascending.</summary>
    public int[] UpdateWindowDims { get; init; } = [];

    /// <summary>Operand axes of window size 1 that the updates leave out, ascending.</summary>
    public int[] InsertedWindowDims { get; init; } = [];

    /// <summary>Operand axes that run together with <see cref="ScatterIndicesBatchingDims"/>, ascending.</summary>
    public int[] InputBatchingDims { get; init; } = [];

    /// <summary>Axes of the indices that run together with <see cref="InputBatchingDims"/>.</summary>
    public int[] ScatterIndicesBatchingDims { get; init; } = [];

    /// <summary>The operand axis that each component of an index vector moves along.</summary>
    public int[] ScatterDimsToOperandDims { get; init; } = [];

    /// <summary>The axis of the indices that holds the index vector; the rank of the indices for scalars.</summary>
    public int IndexVectorDim { get; init; }
}
