using System.Diagnostics;
using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>x + 1 on the device: bound once, then run and awaited again and again.</summary>
internal static class ScalarBenchmark
{
    private const int Batches = 41, CallsPerBatch = 5000;

    public static void Run() => Measure().GetAwaiter().GetResult();

    private static async Task Measure()
    {
        using Session session = Session.Open();
        PjrtExecutable executable = session.Jit(a => [a[0] + 1.0], new JitOptions { Name = "increment" }).Compile((DType.F32, Shape.Scalar));
        using PjrtBuffer x = session.Put<float>([1f], Shape.Scalar);
        using PjrtCall call = executable.Bind([x], [null]);
        // Enough for the tiered compiler to settle.
        for (int i = 0; i < 10 * CallsPerBatch; ++i) await call.RunAsync();

        var microseconds = new double[Batches];
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (int batch = 0; batch < Batches; ++batch)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < CallsPerBatch; ++i) await call.RunAsync();
            microseconds[batch] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / CallsPerBatch;
        }
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Report.Line("scalar.call", Report.Median(microseconds), "us",
            FormattableString.Invariant($"awaited; min={microseconds.Min():f3} n={Batches}x{CallsPerBatch} allocated={(double)allocated / (Batches * CallsPerBatch):f2}B"));
        if (call.Results[0].ToArray<float>()[0] != 2f) throw new InvalidOperationException("1 + 1 is not 2");
    }
}
