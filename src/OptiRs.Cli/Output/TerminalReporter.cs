using OptiRs.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OptiRs.Cli.Output;

/// <summary>
/// A progress bar on a terminal. Spectre draws it from a thread of its own; the training thread only leaves the newest figures.
/// </summary>
internal sealed class TerminalReporter : TrainReporter
{
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _done = new();
    private ProgressTask? _task;
    private Thread? _thread;
    private StepReport? _last;
    private double _validationLoss = double.NaN;
    private bool _stopping;

    private TerminalReporter() { }

    public static TrainReporter Create() => new TerminalReporter();

    public override void OnCompiling() => AnsiConsole.MarkupLine("[grey]compiling the train step ...[/]");

    public override void OnStart(TrainStart start)
    {
        PlainReporter.Write(start, AnsiConsole.Console.WriteLine);
        using var ready = new ManualResetEventSlim();
        _thread = new Thread(() => Draw(start, ready)) { IsBackground = true, Name = "progress bar" };
        _thread.Start();
        ready.Wait();
    }

    public override void OnStep(in StepReport report)
    {
        lock (_lock) _last = report;
        if (_task is not null) _task.Value = report.Step;
    }

    public override void OnValidation(long step, double loss)
    {
        lock (_lock) _validationLoss = loss;
    }

    public override void OnStopping()
    {
        lock (_lock) _stopping = true;
    }

    public override void OnEnd(TrainEnd end)
    {
        Dispose();
        PlainReporter.Write(end, AnsiConsole.Console.WriteLine);
    }

    public override void Dispose()
    {
        _done.Set();
        _thread?.Join();
        _thread = null;
        base.Dispose();
    }

    private void Draw(TrainStart start, ManualResetEventSlim ready) =>
        AnsiConsole.Progress().AutoClear(false).HideCompleted(false)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new FiguresColumn(this))
            .Start(context =>
            {
                _task = context.AddTask("training", maxValue: start.TargetSteps);
                _task.Value = start.FirstStep - 1;
                ready.Set();
                _done.Wait();
                // The bar is full only if the run is; stopping early leaves it where it was.
                _task.StopTask();
            });

    private string Figures()
    {
        lock (_lock)
        {
            if (_stopping) return "stopping: finishing the step and saving";
            if (_last is not { } last) return "";
            string validation = double.IsNaN(_validationLoss) ? "" : FormattableString.Invariant($"  validation {_validationLoss:f3}");
            return FormattableString.Invariant(
                $"{last.Step}/{last.TargetSteps}  loss {last.Loss:f3}{validation}  {last.TokensPerSecond:n0} tokens/s  {Duration(last.Remaining)} left");
        }
    }

    private sealed class FiguresColumn(TerminalReporter owner) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(owner.Figures());
    }
}
