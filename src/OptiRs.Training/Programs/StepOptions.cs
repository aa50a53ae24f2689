using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>How a train step computes.</summary>
public sealed record StepOptions
{
    /// <summary>The dtype of matrix products: f32, or bf16 over f32 master weights.</summary>
    public DType ComputeType { get; init; } = DType.F32;

    /// <summary>The greatest global gradient norm; null does not clip.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Decides dropout's masks, with the step's number.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What one train step measured.</summary>
/// <param name="Loss">The mean loss over the batch, before the update.</param>
/// <param name="GradientNorm">The global norm before clipping; NaN when there is no clipping.</param>
public readonly record struct StepMetrics(float Loss, float GradientNorm);
