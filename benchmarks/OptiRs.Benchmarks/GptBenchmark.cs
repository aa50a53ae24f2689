using System.Diagnostics;
using OptiRs.Native;
using OptiRs.Training;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>The train step of the peers' script gpt.py: same sizes, same parameters, AdamW with weight decay 0.01, no clipping, no dropout.</summary>
internal static class GptBenchmark
{
    private const int Batch = 8, WarmUp = 3, Rounds = 9, StepsPerRound = 3;

    private static readonly GptConfig Config = new() { Layers = 6, Width = 384, Heads = 6, ContextLength = 256, VocabularySize = 256 };

    public static void Run()
    {
        foreach (var (name, type) in new[] { ("f32", DType.F32), ("bf16", DType.BF16) }) Measure(name, type);
    }

    private static void Measure(string name, DType type)
    {
        using Session session = Session.Open();
        var model = new GptModel(Config);
        using TrainingState state = TrainingState.Create(session, model, new AdamW(), seed: 1);
        var shape = new Shape(Batch, Config.ContextLength + 1);
        TrainProgram? program = null;
        double compile = Report.Seconds(() =>
            program = new TrainProgram(session, state, shape, model.TokenLosses, new StepOptions { ComputeType = type }));
        Report.Line($"gpt.{name}.compile", compile, "s", "trace, StableHLO, compile");
        using (program)
        {
            var random = new HostRandom(1, "tokens");
            int[] tokens = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (int)(random.NextUInt64() % 256))];
            for (int i = 0; i < WarmUp; ++i) Steps(program!, tokens, 1);
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            var rates = new double[Rounds];
            for (int i = 0; i < Rounds; ++i)
            {
                long start = Stopwatch.GetTimestamp();
                Steps(program!, tokens, StepsPerRound);
                rates[i] = Batch * Config.ContextLength * StepsPerRound / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            Report.Line($"gpt.{name}.train", Report.Median(rates), "tok/s",
                FormattableString.Invariant($"max={rates.Max():f0} min={rates.Min():f0} n={Rounds}"));
            Report.Line($"gpt.{name}.allocated", (double)allocated / (Rounds * StepsPerRound), "B/step", "managed, all threads");
            Report.Line($"gpt.{name}.code", program!.Executable.GeneratedCodeBytes, "B");
            Report.Line($"gpt.{name}.resident", Report.ResidentBytes() / 1e6, "MB");
        }
    }

    // As the trainer does it: a step is enqueued before the one before it is read.
    private static void Steps(TrainProgram program, int[] tokens, int count)
    {
        for (int i = 0; i < count; ++i)
        {
            program.Run(tokens, 3e-4);
            if (program.InFlight == TrainProgram.Depth) Check(program.Read());
        }
        while (program.InFlight > 0) Check(program.Read());
    }

    private static void Check(StepMetrics metrics)
    {
        if (!float.IsFinite(metrics.Loss)) throw new InvalidOperationException("the loss is not finite");
    }
}
