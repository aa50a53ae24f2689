using OptiRs.Training;

namespace OptiRs.Cli.Commands;

/// <summary>What the user asked <c>optirs train</c> for; null where nothing was said.</summary>
internal sealed record TrainSettings
{
    public string? Data { get; init; }
    public string? Resume { get; init; }
    public string? Out { get; init; }
    public string? Device { get; init; }
    public string? Trace { get; init; }
    public bool Json { get; init; }
    public bool Overwrite { get; init; }
    public int? Steps { get; init; }
    public int? Batch { get; init; }
    public int? Context { get; init; }
    public int? Layers { get; init; }
    public int? Width { get; init; }
    public int? Heads { get; init; }
    public double? LearningRate { get; init; }
    public int? WarmupSteps { get; init; }
    public int? DecaySteps { get; init; }
    public double? Dropout { get; init; }
    public ulong? Seed { get; init; }
    public Precision? Precision { get; init; }
    public int SaveEvery { get; init; }
    public int EvaluateEvery { get; init; }
    public int SampleLength { get; init; }

    public const int DefaultSteps = 1000;
    public const int DefaultEvaluateEvery = 100;
    public const int DefaultSampleLength = 500;

    /// <summary>The options of a new run.</summary>
    public TrainingOptions NewOptions()
    {
        var defaults = new TrainingOptions();
        int steps = Steps ?? DefaultSteps;
        double rate = LearningRate ?? defaults.LearningRate;
        // The schedule does not shrink with --steps: a run of 100 steps, resumed to 200, is a run of 200.
        int decay = DecaySteps ?? Math.Max(steps, DefaultSteps);
        return defaults with
        {
            Layers = Layers ?? defaults.Layers,
            Width = Width ?? defaults.Width,
            Heads = Heads ?? defaults.Heads,
            Context = Context ?? defaults.Context,
            Batch = Batch ?? defaults.Batch,
            Dropout = Dropout ?? defaults.Dropout,
            LearningRate = rate,
            MinimumLearningRate = rate / 10,
            WarmupSteps = WarmupSteps ?? Math.Min(defaults.WarmupSteps, decay),
            DecaySteps = decay,
            Seed = Seed ?? defaults.Seed,
            Precision = Precision ?? defaults.Precision,
        };
    }

    /// <summary>Refuses options that a checkpoint has decided otherwise.</summary>
    /// <exception cref="TrainingException">An option was given and differs; the message names it and both values.</exception>
    public void CheckAgainst(TrainingOptions saved)
    {
        Check("layers", Layers, saved.Layers);
        Check("width", Width, saved.Width);
        Check("heads", Heads, saved.Heads);
        Check("context", Context, saved.Context);
        Check("batch", Batch, saved.Batch);
        Check("dropout", Dropout, saved.Dropout);
        Check("lr", LearningRate, saved.LearningRate);
        Check("warmup", WarmupSteps, saved.WarmupSteps);
        Check("decay-steps", DecaySteps, saved.DecaySteps);
        Check("seed", Seed, saved.Seed);
        Check("precision", Precision, saved.Precision);
    }

    private static void Check<T>(string option, T? asked, T saved) where T : struct, IEquatable<T>
    {
        if (asked is T value && !value.Equals(saved)) Refuse(option, value, saved);
    }

    private static void Check(string option, Precision? asked, Precision saved)
    {
        if (asked is Precision value && value != saved) Refuse(option, $"{value}".ToLowerInvariant(), $"{saved}".ToLowerInvariant());
    }

    private static void Refuse(string option, object asked, object saved) => throw new TrainingException(FormattableString.Invariant(
        $"--{option} {asked} does not fit the checkpoint, which was made with {saved}; leave --{option} out to resume, or start anew without --resume"));
}
