using System.Diagnostics;
using OptiRs.Training;

namespace OptiRs.Cli.Output;

/// <summary>Plain lines for pipes and logs: no control codes, and not more than a line every few seconds beside the validations.</summary>
internal sealed class PlainReporter : TrainReporter
{
    private const double SecondsBetweenLines = 5;
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private StepReport _last;
    private bool _first = true;

    public override void OnCompiling() => Console.Out.WriteLine("compiling the train step ...");

    public override void OnStart(TrainStart start) => Write(start, Console.Out.WriteLine);

    /// <summary>The lines at the start, shared with the terminal's reporter.</summary>
    public static void Write(TrainStart start, Action<string> line)
    {
        TrainingOptions o = start.Options;
        line($"device      {start.Device}");
        line(FormattableString.Invariant($"text        {start.DataPath}: {start.Characters:n0} characters, {start.VocabularySize} different"));
        line(FormattableString.Invariant($"model       {start.Parameters:n0} parameters: {o.Layers} layers, width {o.Width}, {o.Heads} heads, context {o.Context}"));
        string from = start.FirstStep > 1 ? FormattableString.Invariant($" from step {start.FirstStep}") : "";
        line(FormattableString.Invariant($"training    {start.TargetSteps:n0} steps{from}, batch {o.Batch}, learning rate {o.LearningRate:g3}, {(o.Precision == Precision.Bf16 ? "bf16" : "f32")}, seed {o.Seed}"));
    }

    public override void OnStep(in StepReport report)
    {
        _last = report;
        if (!_first && report.Step != report.TargetSteps && _sinceLine.Elapsed.TotalSeconds < SecondsBetweenLines) return;
        _first = false;
        _sinceLine.Restart();
        Console.Out.WriteLine(Line(report));
    }

    public override void OnValidation(long step, double loss)
    {
        _sinceLine.Restart();
        Console.Out.WriteLine(FormattableString.Invariant($"step {step}/{_last.TargetSteps}  loss {_last.Loss:f4}  validation loss {loss:f4}"));
    }

    public override void OnSaved(long step, string folder) => Console.Out.WriteLine($"saved step {step} to {folder}");

    public override void OnStopping() => Console.Out.WriteLine("stopping: finishing the step and saving ...");

    public override void OnEnd(TrainEnd end) => Write(end, Console.Out.WriteLine);

    /// <summary>The lines at the end, shared with the terminal's reporter.</summary>
    public static void Write(TrainEnd end, Action<string> line)
    {
        if (end.Sample.Length > 0)
        {
            line("--- sample ---");
            line(end.Sample.TrimEnd('\n'));
            line("--------------");
        }
        string loss = end.ValidationLoss is double value ? FormattableString.Invariant($", validation loss {value:f4}") : "";
        line($"{end.Step} steps in {Duration(TimeSpan.FromSeconds(end.Seconds))}{loss}");
        if (end.TracePath is not null)
            line($"trace {end.TracePath}: open it with ui.perfetto.dev{(end.TraceNote is null ? "" : $" (of the host alone: {end.TraceNote})")}");
        line($"checkpoint {end.Folder}, loss curve {end.CurvePath}{(end.Sample.Length > 0 ? $", sample {end.SamplePath}" : "")}");
        if (end.ResumeCommand is not null) line($"resume with: {end.ResumeCommand}");
    }

    private static string Line(in StepReport r) => FormattableString.Invariant(
        $"step {r.Step}/{r.TargetSteps}  loss {r.Loss:f4}  lr {r.LearningRate:g3}  {r.TokensPerSecond:n0} tokens/s  {Duration(r.Remaining)} left");
}
