using System.Diagnostics;
using OptiRs.Native;
using OptiRs.Training;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>
/// The peers' script gpt.py: same sizes, same parameters, AdamW with weight decay 0.01, no clipping, no dropout; a train step, and the forward
/// pass with its loss alone.
/// </summary>
internal static class GptBenchmark
{
    private const int Batch = 8, WarmUp = 3, Rounds = 7, StepsPerRound = 2;
    private const int TokensPerStep = Batch * 256;

    private static readonly GptConfig Config = new() { Layers = 6, Width = 384, Heads = 6, ContextLength = 256, VocabularySize = 256 };

    /// <summary>Runs the parts whose names contain one of the arguments (gpt.f32.train, gpt.f32.forward, gpt.bf16.train, gpt.bf16.forward), or all.</summary>
    public static void Run(string[] arguments)
    {
        string[] parts = arguments[1..];
        foreach (var (type, dtype) in new[] { ("f32", DType.F32), ("bf16", DType.BF16) })
        {
            foreach (var (what, measure) in new (string, Action<string, DType>)[] { ("train", Train), ("forward", Forward) })
            {
                string name = $"gpt.{type}.{what}";
                if (parts.Length == 0 || parts.Any(name.Contains)) measure(name, dtype);
            }
        }
    }

    private static void Train(string name, DType type)
    {
        using Session session = Session.Open();
        var model = new GptModel(Config);
        using TrainingState state = TrainingState.Create(session, model, new AdamW(), seed: 1);
        var shape = new Shape(Batch, Config.ContextLength + 1);
        TrainProgram? program = null;
        double compile = Report.Seconds(() =>
            program = new TrainProgram(session, state, shape, model.TokenLosses, new StepOptions { ComputeType = type }));
        using (program)
        {
            int[] tokens = Tokens((int)shape.ElementCount);
            for (int i = 0; i < WarmUp; ++i) Steps(program!, tokens, 1);
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            var rates = new double[Rounds];
            for (int i = 0; i < Rounds; ++i)
            {
                long start = Stopwatch.GetTimestamp();
                Steps(program!, tokens, StepsPerRound);
                rates[i] = TokensPerStep * StepsPerRound / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            Rate(name, rates);
            Report.Line($"{name}.compile", compile, "s", "trace, StableHLO, compile");
            Report.Line($"{name}.allocated", (double)allocated / (Rounds * StepsPerRound), "B/step", "managed, all threads");
            byte[] serialized = program!.Executable.Serialize();
            Report.Line($"{name}.load", Report.Median(Enumerable.Range(0, 5).Select(_ =>
                Report.Seconds(() => session.Client.Load(serialized).Dispose()))), "s", $"serialized, {serialized.Length} bytes, as the caches keep it");
            Report.Line($"{name}.code", program.Executable.GeneratedCodeBytes, "B");
            Report.Line($"{name}.resident", Report.ResidentBytes() / 1e6, "MB");
        }
    }

    private static void Forward(string name, DType type)
    {
        using Session session = Session.Open();
        var model = new GptModel(Config);
        using TrainingState state = TrainingState.Create(session, model, new AdamW(), seed: 1);
        int[][] windows = [.. Tokens(Batch * (Config.ContextLength + 1)).Chunk(Config.ContextLength + 1)];
        using var program = new EvaluationProgram(session, state, model, windows, Batch, type);
        for (int i = 0; i < WarmUp; ++i) program.Run();
        var rates = new double[Rounds];
        for (int i = 0; i < Rounds; ++i)
        {
            double seconds = Report.Seconds(() => { for (int k = 0; k < StepsPerRound; ++k) program.Run(); });
            rates[i] = TokensPerStep * StepsPerRound / seconds;
        }
        Rate(name, rates);
    }

    // Operations as in gpt.py: 6 a weight and token, embeddings left out, and the causal half of the attention; a third of it forwards.
    private static void Rate(string name, double[] rates)
    {
        const double Width = 384, Layers = 6, Context = 256;
        double weights = new GptModel(Config).ParameterCount - Config.VocabularySize * Width - Context * Width;
        double flops = (6 * weights + 6 * Layers * Width * Context) / (name.EndsWith("forward", StringComparison.Ordinal) ? 3 : 1);
        Report.Line(name, Report.Median(rates), "tok/s",
            FormattableString.Invariant($"max={rates.Max():f0} min={rates.Min():f0} n={rates.Length} flops={flops * TokensPerStep:g4}"));
    }

    private static int[] Tokens(int count)
    {
        var random = new HostRandom(1, "tokens");
        return [.. Enumerable.Range(0, count).Select(_ => (int)(random.NextUInt64() % 256))];
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
