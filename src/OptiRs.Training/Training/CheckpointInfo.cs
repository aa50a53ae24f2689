using System.Text.Json.Serialization;

namespace OptiRs.Training;

/// <summary>The content of <c>checkpoint.json</c>: what is needed beside the tensors to go on, or to use the weights elsewhere.</summary>
public sealed record CheckpointInfo
{
    /// <summary>The format's name and version.</summary>
    public const string CurrentFormat = "optirs-checkpoint/1";

    /// <summary>Must be <see cref="CurrentFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The number of steps done.</summary>
    public required long Step { get; init; }

    /// <summary>The number of steps that the run was to do.</summary>
    public required long TargetSteps { get; init; }

    /// <summary>The number of tokens trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>The tensors' file, in the same folder.</summary>
    public required string TensorFile { get; init; }

    /// <summary>What the run computes.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>The optimizer's name.</summary>
    public required string Optimizer { get; init; }

    /// <summary>The characters, in the order of their tokens.</summary>
    public required string Vocabulary { get; init; }

    /// <summary>Where the text was.</summary>
    public required string DataPath { get; init; }

    /// <summary>The SHA-256 of the text's bytes.</summary>
    public required string DataSha256 { get; init; }

    /// <summary>The validation losses measured so far.</summary>
    public IReadOnlyList<LossPoint> Validation { get; init; } = [];
}

/// <summary>Reads and writes the JSON without reflection, so that it works in trimmed programs too.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(CheckpointInfo))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
