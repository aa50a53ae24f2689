using System.Diagnostics;
using System.Runtime.InteropServices;
using OptiRs.Cli.Output;
using OptiRs.Native;
using OptiRs.Training;
using OptiRs.Xla;

namespace OptiRs.Cli.Commands;

/// <summary>One run of <c>optirs train</c>: open, train, save, draw, sample, say where everything is.</summary>
internal static class TrainRun
{
    public static int Run(TrainSettings settings)
    {
        CheckRanges(settings);
        return settings.Resume is null ? Start(settings) : Resume(settings);
    }

    private static int Start(TrainSettings settings)
    {
        if (settings.Data is null) throw new TrainingException("--data FILE is missing: the text to learn from (or --resume DIR to go on)");
        TrainingOptions options = settings.NewOptions();
        options.Validate();
        TextCorpus corpus = TextCorpus.Load(settings.Data, options.Context);
        string folder = settings.Out ?? NewFolder(settings.Data);
        if (Checkpoint.Exists(folder) && !settings.Overwrite)
            throw new TrainingException($"'{folder}' already holds a checkpoint: go on with --resume {CommandName.Quoted(folder)}, choose another --out, or pass --overwrite");
        return Train(settings, settings.Steps ?? TrainSettings.DefaultSteps, folder,
            session => Trainer.Start(session, corpus, options, folder, settings.SaveEvery, settings.EvaluateEvery));
    }

    private static int Resume(TrainSettings settings)
    {
        CheckpointInfo info = Checkpoint.LoadInfo(settings.Resume!);
        settings.CheckAgainst(info.Options);
        long target = settings.Steps ?? info.TargetSteps;
        if (target <= info.Step)
            throw new TrainingException($"the checkpoint in '{settings.Resume}' is already at step {info.Step}: pass --steps with more than that to go on");
        string folder = settings.Out ?? settings.Resume!;
        return Train(settings, target, folder,
            session => Trainer.Resume(session, settings.Resume!, settings.Data, folder, settings.SaveEvery, settings.EvaluateEvery));
    }

    private static int Train(TrainSettings settings, long target, string folder, Func<Session, Trainer> create)
    {
        var watch = Stopwatch.StartNew();
        using TrainReporter reporter = TrainReporter.Create(settings.Json);
        using var stop = new StopRequest(reporter);
        using Session session = Session.Open(settings.Device);
        Checkpoint.CreateFolder(folder);
        using PjrtPlugin? plugin = settings.Trace is null ? null : PjrtPlugin.Load(session.Client.PluginPath);
        using TraceRecording? recording = plugin is null ? null : TraceRecording.Start(plugin);
        reporter.OnCompiling();
        using Trainer trainer = create(session);
        reporter.OnStart(new TrainStart(
            $"{session.Device.Kind} ({session.Client.PlatformName})", trainer.Corpus.Path,
            trainer.Corpus.Length, trainer.Corpus.Vocabulary.Count, trainer.Model.ParameterCount, trainer.Step + 1, target, folder, trainer.Options));

        bool finished = trainer.Run(target, reporter, stop.Token);
        trainer.Save(folder, target, reporter);
        string curve = Path.Combine(folder, "loss.svg"), samplePath = Path.Combine(folder, "sample.txt");
        WriteCurve(curve, trainer);
        string sample = finished && settings.SampleLength > 0 ? WriteSample(samplePath, trainer, settings.SampleLength) : "";
        if (recording is not null) AtomicFile.Write(settings.Trace!, recording.Write);
        reporter.OnEnd(new TrainEnd(trainer.Step, watch.Elapsed.TotalSeconds, folder, curve, samplePath, sample,
            trainer.Validation.Count > 0 ? trainer.Validation[^1].Loss : null,
            finished ? null : ResumeCommand(settings, folder), settings.Trace, recording?.PluginNote));
        return finished ? ExitCodes.Success : ExitCodes.Interrupted;
    }

    private static void WriteCurve(string path, Trainer trainer)
    {
        LossPoint[] train = [.. trainer.Losses.Select((loss, i) => new LossPoint(i + 1, loss))];
        string svg = LossCurve.Draw($"{Path.GetFileName(trainer.Corpus.Path)}: loss over {trainer.Step} steps", train, trainer.Validation);
        AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(svg)));
    }

    private static string WriteSample(string path, Trainer trainer, int length)
    {
        using TextGenerator generator = trainer.CreateGenerator();
        string prompt = trainer.Corpus.Vocabulary.Contains('\n') ? "\n" : trainer.Corpus.Vocabulary.ToString()[..1];
        string sample = generator.Generate(prompt, length, new SamplingOptions { Seed = trainer.Options.Seed })[prompt.Length..];
        AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(sample + "\n")));
        return sample;
    }

    private static string ResumeCommand(TrainSettings settings, string folder)
    {
        string command = $"{CommandName.Text} train --resume {CommandName.Quoted(folder)}";
        if (settings.Device is not null) command += $" --device {CommandName.Quoted(settings.Device)}";
        return settings.Json ? command + " --json" : command;
    }

    private static string NewFolder(string dataPath)
    {
        string name = Path.Combine("runs", Path.GetFileNameWithoutExtension(dataPath));
        int number = 1;
        while (Directory.Exists($"{name}-{number}")) ++number;
        return $"{name}-{number}";
    }

    private static void CheckRanges(TrainSettings settings)
    {
        void AtLeast(int minimum, string option, int? value)
        {
            if (value < minimum) throw new TrainingException($"--{option} is {value}; it must be {minimum} or more");
        }
        AtLeast(1, "steps", settings.Steps);
        AtLeast(0, "save-every", settings.SaveEvery);
        AtLeast(1, "eval-every", settings.EvaluateEvery);
        AtLeast(0, "sample-length", settings.SampleLength);
        // Said now, and not when everything has been trained.
        if (settings.Trace is { } trace && Path.GetDirectoryName(Path.GetFullPath(trace)) is { } folder && !Directory.Exists(folder))
            throw new TrainingException($"--trace {trace}: there is no folder '{folder}'");
    }

    /// <summary>Turns Ctrl-C and a request to terminate into a token; a second one ends the process at once.</summary>
    private sealed class StopRequest : IDisposable
    {
        private readonly CancellationTokenSource _source = new();
        private readonly PosixSignalRegistration _interrupt, _terminate;
        private readonly TrainReporter _reporter;

        public StopRequest(TrainReporter reporter)
        {
            _reporter = reporter;
            _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
            _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
        }

        public CancellationToken Token => _source.Token;

        public void Dispose()
        {
            _interrupt.Dispose();
            _terminate.Dispose();
            _source.Dispose();
        }

        private void Handle(PosixSignalContext context)
        {
            if (_source.IsCancellationRequested) return;
            context.Cancel = true;
            _reporter.OnStopping();
            _source.Cancel();
        }
    }
}
