using OptiRs.Native;
using OptiRs.Training;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>
/// Trains the command's default model for 20 steps without dropout and writes what another framework needs to repeat it: the initial
/// weights, the batches, the learning rates, and the losses to compare with. <c>benchmarks/peers/reference.py</c> is that other framework.
/// </summary>
internal static class ReferenceRun
{
    private const int Steps = 20;

    public static void Run(string[] arguments)
    {
        if (arguments.Length != 3) throw new ArgumentException("reference needs a text and a folder to write to");
        var options = new TrainingOptions { Dropout = 0 };
        TextCorpus corpus = TextCorpus.Load(arguments[1], options.Context);
        Directory.CreateDirectory(arguments[2]);
        using Session session = Session.Open();
        using Trainer trainer = Trainer.Start(session, corpus, options, evaluateEvery: int.MaxValue);
        SafetensorsEntry[] initial = [.. trainer.State.Layout.Parameters.Select(p =>
            SafetensorsEntry.From(p.Name, DType.F32, p.Parameter.Shape, trainer.State.Read(p.Name)))];

        var sampler = new BatchSampler(corpus, options.Batch, options.Seed);
        var batches = new int[Steps * options.Batch * sampler.WindowLength];
        for (int step = 1; step <= Steps; ++step)
            sampler.Fill(step, batches.AsSpan((step - 1) * options.Batch * sampler.WindowLength, options.Batch * sampler.WindowLength));
        trainer.Run(Steps);

        var schedule = new CosineSchedule(options.LearningRate, options.MinimumLearningRate, options.WarmupSteps, options.DecaySteps);
        double[] rates = [.. Enumerable.Range(1, Steps).Select(s => schedule.At(s))];
        AtomicFile.Write(Path.Combine(arguments[2], "reference.safetensors"), stream => SafetensorsWriter.Write(stream,
        [
            .. initial,
            SafetensorsEntry.From("reference.batches", DType.S32, new Shape(Steps, options.Batch, sampler.WindowLength), batches),
            SafetensorsEntry.From("reference.losses", DType.F32, new Shape(Steps), trainer.Losses.ToArray()),
            SafetensorsEntry.From("reference.learning_rates", DType.F64, new Shape(Steps), rates),
        ], new Dictionary<string, string>
        {
            ["heads"] = $"{options.Heads}", ["clip_norm"] = FormattableString.Invariant($"{options.ClipNorm}"),
            ["weight_decay"] = FormattableString.Invariant($"{options.WeightDecay}"),
        }));
        for (int step = 0; step < Steps; ++step) Report.Line($"reference.loss.{step + 1}", trainer.Losses[step], "nats");
    }
}
