using OptiRs.Native;
using OptiRs.Training;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>
/// Trains a small model for 1,000 steps and watches memory: the kernel's resident size and live device buffers after every 100 steps,
/// and managed allocation in between. The first 200 steps are warm-up: tiered compilation allocates in them.
/// </summary>
internal static class MemoryBenchmark
{
    private const int Batch = 4, WarmUp = 200, Steps = 1000;

    public static void Run()
    {
        using Session session = Session.Open();
        var model = new GptModel(new GptConfig { Layers = 2, Width = 64, Heads = 2, ContextLength = 64, VocabularySize = 64 });
        using TrainingState state = TrainingState.Create(session, model, new AdamW(), seed: 1);
        var shape = new Shape(Batch, 65);
        using var program = new TrainProgram(session, state, shape, model.TokenLosses, new StepOptions { ClipNorm = 1 });
        var tokens = new int[shape.ElementCount];
        for (int i = 0; i < WarmUp; ++i) Step(program, tokens);

        long resident = Report.ResidentBytes(), thread = GC.GetAllocatedBytesForCurrentThread(), total = GC.GetTotalAllocatedBytes(precise: true);
        var (buffers, bytes) = session.Client.LiveBuffers;
        for (int i = 1; i <= Steps; ++i)
        {
            Step(program, tokens);
            if (i == Steps)
            {
                Report.Line("memory.managed.thread", (GC.GetAllocatedBytesForCurrentThread() - thread) / (double)Steps, "B/step", "the training thread");
                Report.Line("memory.managed.all", (GC.GetTotalAllocatedBytes(precise: true) - total) / (double)Steps, "B/step", "all threads");
            }
        }
        long grown = Report.ResidentBytes() - resident;
        Report.Line("memory.native.growth", grown / 1024.0, "KiB", $"resident size (/proc/self/statm) over {Steps} steps, {resident / 1024} KiB at their start");
        var (buffersAfter, bytesAfter) = session.Client.LiveBuffers;
        Report.Line("memory.buffers.growth", buffersAfter - buffers, "buffers", $"{bytesAfter - bytes} bytes");
    }

    private static void Step(TrainProgram program, int[] tokens)
    {
        program.Run(tokens, 1e-3);
        if (program.InFlight == TrainProgram.Depth) program.Read();
    }
}
