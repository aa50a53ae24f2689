using System.Diagnostics;
using OptiRs.Native;

namespace OptiRs.Benchmarks;

/// <summary>What a call of a kernel from C# costs on next to no data; kernels_benchmark has the same calls from C++.</summary>
internal static class KernelCallBenchmark
{
    private const int Batches = 41, CallsPerBatch = 20_000;

    public static void Run()
    {
        using Tensor<float> x = Tensor<float>.From(1f), amax = Tensor<float>.From(0f);
        float[] array = [1];
        Measure("kernel.call.amax.tensor", () => Kernels.Amax(x, amax));
        Measure("kernel.call.amax.array", () => Kernels.Amax(ReadOnlyKernelTensor.Of<float>(array, 1), amax));
        using TensorList p = TensorList.Of(x), g = TensorList.Of(amax);
        using var tensors = new OptimizerTensors(p, g);
        Measure("kernel.call.sgd", () => Kernels.Sgd(tensors, 0));
    }

    private static void Measure(string name, Action call)
    {
        for (int i = 0; i < 5 * CallsPerBatch; i++) call();
        var nanoseconds = new double[Batches];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int batch = 0; batch < Batches; batch++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < CallsPerBatch; i++) call();
            nanoseconds[batch] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / CallsPerBatch;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Report.Line(name, Report.Median(nanoseconds), "ns", FormattableString.Invariant($"min={nanoseconds.Min():f1} allocated={allocated}B"));
    }
}
