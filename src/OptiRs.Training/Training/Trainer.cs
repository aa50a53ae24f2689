using System.Diagnostics;
using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// Trains a <see cref="GptModel"/> on a text. While the device computes a step, the next batch is being prepared by another thread
/// and the metrics of the step before are read: the device never waits for the host.
/// </summary>
/// <remarks>Any thread, one at a time. Dispose frees the device memory.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly Session _session;
    private readonly TextCorpus _corpus;
    private readonly LearningRateSchedule _schedule;
    private readonly BatchSampler _sampler;
    private readonly StepOptions _stepOptions;
    private readonly TrainProgram _program;
    private readonly EvaluationProgram _evaluation;
    private readonly List<float> _losses;
    private readonly List<LossPoint> _validation;

    private Trainer(Session session, TextCorpus corpus, TrainingOptions options, GptModel model, TrainingState state,
        IEnumerable<float> losses, IEnumerable<LossPoint> validation)
    {
        (_session, _corpus, Options, Model, State) = (session, corpus, options, model, state);
        _losses = [.. losses];
        _validation = [.. validation];
        _schedule = new CosineSchedule(options.LearningRate, options.MinimumLearningRate, options.WarmupSteps, options.DecaySteps);
        _sampler = new BatchSampler(corpus, options.Batch, options.Seed);
        _stepOptions = new StepOptions
        {
            ComputeType = options.ComputeType,
            ClipNorm = options.ClipNorm > 0 ? options.ClipNorm : null,
            Seed = options.Seed,
        };
        _program = new TrainProgram(session, state, BatchShape, Model.TokenLosses, _stepOptions);
        _evaluation = new EvaluationProgram(session, state, model, BatchSampler.ValidationWindows(corpus), options.Batch, options.ComputeType);
    }

    /// <summary>What the run computes.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The text.</summary>
    public TextCorpus Corpus => _corpus;

    /// <summary>The model.</summary>
    public GptModel Model { get; }

    /// <summary>The parameters and the optimizer's state, on the device.</summary>
    public TrainingState State { get; }

    /// <summary>The number of steps done.</summary>
    public long Step => _losses.Count;

    /// <summary>The training loss of every step so far.</summary>
    public IReadOnlyList<float> Losses => _losses;

    /// <summary>The validation losses measured so far.</summary>
    public IReadOnlyList<LossPoint> Validation => _validation;

    /// <summary>Measure the validation loss after every this many steps, and after the last.</summary>
    public int EvaluateEvery { get; init; } = 100;

    /// <summary>Save after every this many steps; 0 saves only when asked.</summary>
    public int SaveEvery { get; init; }

    /// <summary>Where <see cref="SaveEvery"/> saves.</summary>
    public string? Folder { get; init; }

    private Shape BatchShape => new(Options.Batch, _sampler.WindowLength);

    /// <summary>A trainer at step 0.</summary>
    /// <exception cref="TrainingException">An option is out of its range.</exception>
    public static Trainer Start(Session session, TextCorpus corpus, TrainingOptions options, string? folder = null, int saveEvery = 0, int evaluateEvery = 100)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        GptModel model = ModelOf(options, corpus.Vocabulary.Count);
        return new Trainer(session, corpus, options, model, TrainingState.Create(session, model, OptimizerOf(options), options.Seed), [], [])
        {
            Folder = folder, SaveEvery = saveEvery, EvaluateEvery = evaluateEvery,
        };
    }

    /// <summary>A trainer that goes on, bit for bit, where the checkpoint in <paramref name="folder"/> was saved.</summary>
    /// <param name="session">The device.</param>
    /// <param name="folder">A checkpoint folder.</param>
    /// <param name="dataPath">The text, if it has moved; it must be the same text.</param>
    /// <param name="saveTo">Where to save; the same folder when null.</param>
    /// <param name="saveEvery">Save after every this many steps.</param>
    /// <param name="evaluateEvery">Measure the validation loss after every this many steps.</param>
    /// <exception cref="CheckpointException">The checkpoint is missing, corrupt, or does not fit.</exception>
    /// <exception cref="DataException">The text is not the one that the checkpoint was trained on.</exception>
    public static Trainer Resume(Session session, string folder, string? dataPath = null, string? saveTo = null, int saveEvery = 0, int evaluateEvery = 100)
    {
        ArgumentNullException.ThrowIfNull(session);
        CheckpointInfo info = Checkpoint.LoadInfo(folder);
        TrainingOptions options = info.Options;
        dataPath ??= info.DataPath;
        TextCorpus corpus = LoadSameText(dataPath, info, folder);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, info.TensorFile));
        GptModel model = ModelOf(options, corpus.Vocabulary.Count);
        float[] losses = file.Read<float>("history.training_loss", DType.F32, new Shape(info.Step));
        TrainingState state = TrainingState.Load(session, model, OptimizerOf(options), file);
        if (state.InitialStep != info.Step)
        {
            state.Dispose();
            throw new CheckpointException($"'{folder}' is inconsistent: {Checkpoint.InfoFile} is of step {info.Step}, {info.TensorFile} of step {state.InitialStep}");
        }
        return new Trainer(session, corpus, options, model, state, losses, info.Validation)
        {
            Folder = saveTo ?? folder, SaveEvery = saveEvery, EvaluateEvery = evaluateEvery,
        };
    }

    /// <summary>Trains up to step <paramref name="targetSteps"/>, or until asked to stop; every enqueued step is finished and counted.</summary>
    /// <returns>True if the target was reached, false if stopped before.</returns>
    /// <exception cref="NonFiniteLossException">The loss became NaN or infinite.</exception>
    public bool Run(long targetSteps, TrainingObserver? observer = null, CancellationToken stop = default)
    {
        observer ??= TrainingObserver.None;
        _losses.EnsureCapacity((int)targetSteps);
        using var loader = new BatchLoader(_sampler, Step + 1);
        var clock = new StepClock((long)Options.Batch * Options.Context);
        for (long step = Step + 1; step <= targetSteps && !stop.IsCancellationRequested; ++step)
        {
            using (TrainingActivities.Start("optirs.train.enqueue", step)) _program.Run(loader.Next(), _schedule.At(step));
            if (_program.InFlight == TrainProgram.Depth) ReadStep(targetSteps, clock, observer);
            bool evaluate = step % EvaluateEvery == 0 || step == targetSteps;
            bool save = SaveEvery > 0 && step % SaveEvery == 0 && step != targetSteps;
            if (!evaluate && !save) continue;
            Drain(targetSteps, clock, observer);
            using (clock.Pause())
            {
                if (evaluate) Evaluate(observer);
                if (save) Save(Folder!, targetSteps, observer);
            }
        }
        Drain(targetSteps, clock, observer);
        return Step >= targetSteps;
    }

    /// <summary>Saves a checkpoint from which <see cref="Resume"/> goes on.</summary>
    /// <exception cref="CheckpointException">The disk refused; the previous checkpoint is as it was.</exception>
    public void Save(string folder, long targetSteps, TrainingObserver? observer = null, IFileSystem? files = null)
    {
        using Activity? activity = TrainingActivities.Start("optirs.train.save", Step);
        var info = new CheckpointInfo
        {
            Format = CheckpointInfo.CurrentFormat,
            Step = Step,
            TargetSteps = targetSteps,
            Tokens = Step * Options.Batch * Options.Context,
            TensorFile = Checkpoint.TensorFileOf(Step),
            Options = Options,
            Optimizer = State.Layout.Optimizer.Name,
            Vocabulary = _corpus.Vocabulary.ToString(),
            DataPath = Path.GetFullPath(_corpus.Path),
            DataSha256 = _corpus.Fingerprint,
            Validation = _validation,
        };
        SafetensorsEntry history = SafetensorsEntry.From("history.training_loss", DType.F32, new Shape(Step), _losses.ToArray());
        Checkpoint.Save(folder, info, State.Entries().Append(history), files);
        observer?.OnSaved(Step, folder);
    }

    /// <summary>A generator of text with the current weights.</summary>
    public TextGenerator CreateGenerator() => new(_session, State, Model, _corpus.Vocabulary, Options.ComputeType);

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _evaluation.Dispose();
        State.Dispose();
    }

    private static GptModel ModelOf(TrainingOptions options, int vocabularySize) => new(new GptConfig
    {
        Layers = options.Layers, Width = options.Width, Heads = options.Heads,
        ContextLength = options.Context, VocabularySize = vocabularySize, Dropout = options.Dropout,
    });

    private static AdamW OptimizerOf(TrainingOptions options) => new(weightDecay: options.WeightDecay);

    private static TextCorpus LoadSameText(string path, CheckpointInfo info, string folder)
    {
        string Other() => $"'{path}' is not the text that the checkpoint '{folder}' was trained on ('{info.DataPath}', SHA-256 {info.DataSha256[..Math.Min(12, info.DataSha256.Length)]}...); resume with that text";
        TextCorpus corpus;
        try { corpus = TextCorpus.Load(path, info.Options.Context, new Vocabulary(info.Vocabulary)); }
        catch (DataException) when (File.Exists(path) && TextCorpus.FingerprintOf(path) != info.DataSha256) { throw new DataException(Other()); }
        return corpus.Fingerprint == info.DataSha256 ? corpus : throw new DataException(Other());
    }

    private void Drain(long targetSteps, StepClock clock, TrainingObserver observer)
    {
        while (_program.InFlight > 0) ReadStep(targetSteps, clock, observer);
    }

    private void ReadStep(long targetSteps, StepClock clock, TrainingObserver observer)
    {
        long step = Step + 1;
        StepMetrics metrics;
        using (TrainingActivities.Start("optirs.train.read", step)) metrics = _program.Read();
        if (!float.IsFinite(metrics.Loss) || (_stepOptions.ClipNorm is not null && !float.IsFinite(metrics.GradientNorm)))
            throw Explain(step, metrics);
        _losses.Add(metrics.Loss);
        clock.Tick();
        observer.OnStep(new StepReport(step, targetSteps, metrics.Loss, metrics.GradientNorm, _schedule.At(step),
            clock.TokensPerSecond, clock.TimeFor(targetSteps - step)));
    }

    private void Evaluate(TrainingObserver observer)
    {
        using Activity? activity = TrainingActivities.Start("optirs.train.evaluate", Step);
        double loss = _evaluation.Run();
        _validation.Add(new LossPoint(Step, loss));
        observer.OnValidation(Step, loss);
    }

    private NonFiniteLossException Explain(long step, StepMetrics metrics)
    {
        while (_program.InFlight > 0) _program.Read();
        var batch = new int[BatchShape.ElementCount];
        _sampler.Fill(step, batch);
        NonFiniteDiagnosis.Finding finding = NonFiniteDiagnosis.Run(_session, State, BatchShape, batch, Model.TokenLosses, _stepOptions);
        string what = float.IsFinite(metrics.Loss) ? "gradient" : "loss";
        float value = float.IsFinite(metrics.Loss) ? metrics.GradientNorm : metrics.Loss;
        string where = finding.Parameter is null ? "no single parameter stands out" : $"'{finding.Parameter}' went first: {finding.What}";
        return new NonFiniteLossException(step, finding.Parameter,
            FormattableString.Invariant($"the {what} became {(float.IsNaN(value) ? "NaN" : "infinite")} at step {step}; {where}; try a smaller --lr (it was {_schedule.At(step):g3} at this step)"));
    }
}
