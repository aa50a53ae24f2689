using System.Text.Json.Serialization;
using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>The precision of a run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>Everything in f32.</summary>
    [JsonStringEnumMemberName("f32")] F32,

    /// <summary>Matrix products in bf16; weights, sums, norms, softmax and the optimizer in f32.</summary>
    [JsonStringEnumMemberName("bf16")] Bf16,
}

/// <summary>
/// Everything that decides what a run computes. Two runs with equal options on equal text have equal weights after equal steps;
/// the number of steps is deliberately not among the options, so that a run may end, and be resumed, anywhere.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The number of transformer blocks.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>The size of a token's vector.</summary>
    public int Width { get; init; } = 128;

    /// <summary>The number of attention heads; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>The number of characters that a prediction may look back on.</summary>
    public int Context { get; init; } = 128;

    /// <summary>The dropout rate.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Windows per step.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>The learning rate at and after <see cref="DecaySteps"/>.</summary>
    public double MinimumLearningRate { get; init; } = 3e-4;

    /// <summary>Steps until the highest learning rate.</summary>
    public int WarmupSteps { get; init; } = 100;

    /// <summary>The step at which the learning rate is at its minimum.</summary>
    public int DecaySteps { get; init; } = 1000;

    /// <summary>AdamW's weight decay.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>The greatest global gradient norm; 0 does not clip.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Decides initial weights, batches, dropout and samples.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The precision.</summary>
    public Precision Precision { get; init; } = Precision.F32;

    [JsonIgnore]
    internal DType ComputeType => Precision == Precision.Bf16 ? DType.BF16 : DType.F32;

    /// <summary>Checks every option.</summary>
    /// <exception cref="TrainingException">An option is out of its range; the message names it, its value and the range.</exception>
    public void Validate()
    {
        Require(Layers is >= 1 and <= 1000, "layers", Layers, "from 1 to 1000");
        Require(Width >= 1, "width", Width, "1 or more");
        Require(Heads >= 1, "heads", Heads, "1 or more");
        if (Width % Heads != 0) throw new TrainingException($"--heads {Heads} does not divide --width {Width}: every head needs an equal share");
        Require(Context >= 1, "context", Context, "1 or more");
        Require(Dropout is >= 0 and < 1, "dropout", Dropout, "from 0 to below 1");
        Require(Batch >= 1, "batch", Batch, "1 or more");
        Require(LearningRate > 0 && double.IsFinite(LearningRate), "lr", LearningRate, "above 0");
        Require(MinimumLearningRate >= 0 && MinimumLearningRate <= LearningRate, "min-lr", MinimumLearningRate, "from 0 to --lr");
        Require(WarmupSteps >= 0, "warmup", WarmupSteps, "0 or more");
        Require(DecaySteps >= WarmupSteps, "decay-steps", DecaySteps, "at least --warmup");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), "weight-decay", WeightDecay, "0 or more");
        Require(ClipNorm >= 0 && double.IsFinite(ClipNorm), "clip", ClipNorm, "0 or more");
    }

    private static void Require<T>(bool holds, string option, T value, string range) where T : IFormattable
    {
        if (!holds) throw new TrainingException(FormattableString.Invariant($"--{option} is {value}; it must be {range}"));
    }
}
