using OptiRs.Training;

namespace OptiRs.Cli.Output;

/// <summary>Every event as one JSON object on a line.</summary>
internal sealed class JsonReporter : TrainReporter
{
    public override void OnCompiling() => JsonLines.Write("compiling", _ => { });

    public override void OnStart(TrainStart start) => JsonLines.Write("start", w =>
    {
        w.WriteString("device", start.Device);
        w.WriteString("data", start.DataPath);
        w.WriteNumber("characters", start.Characters);
        w.WriteNumber("vocabulary", start.VocabularySize);
        w.WriteNumber("parameters", start.Parameters);
        w.WriteNumber("first_step", start.FirstStep);
        w.WriteNumber("steps", start.TargetSteps);
        w.WriteString("out", start.Folder);
    });

    public override void OnStep(in StepReport report)
    {
        StepReport step = report;
        JsonLines.Write("step", w =>
        {
            w.WriteNumber("step", step.Step);
            w.WriteFinite("loss", step.Loss);
            w.WriteFinite("gradient_norm", step.GradientNorm);
            w.WriteFinite("lr", step.LearningRate);
            w.WriteFinite("tokens_per_second", Math.Round(step.TokensPerSecond, 1));
            w.WriteFinite("seconds_left", Math.Round(step.Remaining.TotalSeconds, 1));
        });
    }

    public override void OnValidation(long step, double loss) => JsonLines.Write("validation", w =>
    {
        w.WriteNumber("step", step);
        w.WriteFinite("loss", loss);
    });

    public override void OnSaved(long step, string folder) => JsonLines.Write("checkpoint", w =>
    {
        w.WriteNumber("step", step);
        w.WriteString("folder", folder);
    });

    public override void OnStopping() => JsonLines.Write("stopping", _ => { });

    public override void OnEnd(TrainEnd end) => JsonLines.Write("end", w =>
    {
        w.WriteNumber("step", end.Step);
        w.WriteNumber("seconds", Math.Round(end.Seconds, 3));
        w.WriteString("checkpoint", end.Folder);
        w.WriteString("curve", end.CurvePath);
        w.WriteString("sample_file", end.SamplePath);
        w.WriteString("sample", end.Sample);
        if (end.ValidationLoss is double loss) w.WriteFinite("validation_loss", loss);
        if (end.TracePath is not null) w.WriteString("trace", end.TracePath);
        if (end.TraceNote is not null) w.WriteString("trace_note", end.TraceNote);
        if (end.ResumeCommand is not null) w.WriteString("resume", end.ResumeCommand);
    });
}
