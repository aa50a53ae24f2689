using System.Runtime.Intrinsics;

namespace OptiRs.Benchmarks;

/// <summary>What the machine can do at most, measured: all cores streaming through memory, and multiplying and adding in registers.</summary>
internal static class Limits
{
    private static readonly int Threads = Environment.ProcessorCount;

    /// <summary>Prints both.</summary>
    public static void Run()
    {
        Report.Line("limit.copy", CopyBytesPerSecond() / 1e9, "GB/s");
        Report.Line("limit.f32", FlopsPerSecond() / 1e9, "GFLOP/s");
    }

    /// <summary>Bytes read and written in a second by copying between arrays of 256 MiB; the best of several rounds.</summary>
    private static double CopyBytesPerSecond()
    {
        const int Bytes = 256 << 20;
        byte[] from = GC.AllocateUninitializedArray<byte>(Bytes), to = GC.AllocateUninitializedArray<byte>(Bytes);
        from.AsSpan().Fill(1);
        double best = double.MaxValue;
        for (int i = 0; i < 8; ++i)
        {
            best = Math.Min(best, Report.Seconds(() => OnAllCores(t =>
            {
                var part = new Range((int)((long)Bytes * t / Threads), (int)((long)Bytes * (t + 1) / Threads));
                from.AsSpan(part).CopyTo(to.AsSpan(part));
            })));
        }
        return 2.0 * Bytes / best;
    }

    /// <summary>f32 multiply-adds, two operations each, in a second; the best of several rounds.</summary>
    private static double FlopsPerSecond()
    {
        const int Rounds = 20_000_000;
        int lanes = Vector512.IsHardwareAccelerated ? 16 : 8;
        double best = double.MaxValue;
        var sink = new float[Threads];
        for (int i = 0; i < 6; ++i)
            best = Math.Min(best, Report.Seconds(() => OnAllCores(t => sink[t] = lanes == 16 ? Wide(Rounds) : Narrow(Rounds))));
        return 2.0 * lanes * 12 * Rounds * Threads / best;
    }

    private static float Wide(int rounds)
    {
        Vector512<float> a = Vector512.Create(0.999f), b = Vector512.Create(1e-3f), c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < rounds; ++i)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, a, b); c1 = Vector512.FusedMultiplyAdd(c1, a, b); c2 = Vector512.FusedMultiplyAdd(c2, a, b); c3 = Vector512.FusedMultiplyAdd(c3, a, b);
            c4 = Vector512.FusedMultiplyAdd(c4, a, b); c5 = Vector512.FusedMultiplyAdd(c5, a, b); c6 = Vector512.FusedMultiplyAdd(c6, a, b); c7 = Vector512.FusedMultiplyAdd(c7, a, b);
            c8 = Vector512.FusedMultiplyAdd(c8, a, b); c9 = Vector512.FusedMultiplyAdd(c9, a, b); c10 = Vector512.FusedMultiplyAdd(c10, a, b); c11 = Vector512.FusedMultiplyAdd(c11, a, b);
        }
        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    private static float Narrow(int rounds)
    {
        Vector256<float> a = Vector256.Create(0.999f), b = Vector256.Create(1e-3f), c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < rounds; ++i)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, a, b); c1 = Vector256.FusedMultiplyAdd(c1, a, b); c2 = Vector256.FusedMultiplyAdd(c2, a, b); c3 = Vector256.FusedMultiplyAdd(c3, a, b);
            c4 = Vector256.FusedMultiplyAdd(c4, a, b); c5 = Vector256.FusedMultiplyAdd(c5, a, b); c6 = Vector256.FusedMultiplyAdd(c6, a, b); c7 = Vector256.FusedMultiplyAdd(c7, a, b);
            c8 = Vector256.FusedMultiplyAdd(c8, a, b); c9 = Vector256.FusedMultiplyAdd(c9, a, b); c10 = Vector256.FusedMultiplyAdd(c10, a, b); c11 = Vector256.FusedMultiplyAdd(c11, a, b);
        }
        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    private static void OnAllCores(Action<int> body)
    {
        Thread[] threads = [.. Enumerable.Range(1, Threads - 1).Select(t => new Thread(() => body(t)))];
        foreach (Thread thread in threads) thread.Start();
        body(0);
        foreach (Thread thread in threads) thread.Join();
    }
}
