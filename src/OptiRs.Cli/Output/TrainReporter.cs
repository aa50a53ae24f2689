using OptiRs.Training;

namespace OptiRs.Cli.Output;

/// <summary>What is known when training starts.</summary>
internal sealed record TrainStart(
    string Device, string DataPath, int Characters, int VocabularySize, long Parameters, long FirstStep, long TargetSteps, string Folder, TrainingOptions Options);

/// <summary>What lies where at the end.</summary>
internal sealed record TrainEnd(long Step, double Seconds, string Folder, string CurvePath, string SamplePath, string Sample, double? ValidationLoss, string? ResumeCommand,
    string? TracePath = null, string? TraceNote = null);

/// <summary>Shows a training run; one class for terminals, one for pipes, one for programs.</summary>
internal abstract class TrainReporter : TrainingObserver, IDisposable
{
    public static TrainReporter Create(bool json) =>
        json ? new JsonReporter()
        : Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" ? new PlainReporter()
        : TerminalReporter.Create();

    /// <summary>The programs are about to be compiled.</summary>
    public abstract void OnCompiling();

    public abstract void OnStart(TrainStart start);

    /// <summary>A request to stop was heard.</summary>
    public abstract void OnStopping();

    public abstract void OnEnd(TrainEnd end);

    /// <summary>Takes whatever was drawn off the screen; nothing is reported afterwards.</summary>
    public virtual void Dispose() { }

    protected static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? FormattableString.Invariant($"{(int)time.TotalHours}:{time.Minutes:d2}:{time.Seconds:d2}")
        : FormattableString.Invariant($"{time.Minutes}:{time.Seconds:d2}");
}
