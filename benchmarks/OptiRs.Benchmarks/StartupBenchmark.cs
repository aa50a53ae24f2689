using System.Diagnostics;

namespace OptiRs.Benchmarks;

/// <summary>The wall time of a whole process, from its start to its end.</summary>
internal static class StartupBenchmark
{
    private const int Runs = 21;

    public static void Run(string[] arguments)
    {
        string path = arguments.Length > 1 ? arguments[1] : throw new ArgumentException("startup needs the path of optirs");
        var milliseconds = new double[Runs];
        for (int i = -2; i < Runs; ++i)
        {
            double seconds = Report.Seconds(() =>
            {
                using Process process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true })!;
                process.StandardOutput.ReadToEnd();
                process.WaitForExit();
            });
            // The first two fill the page cache.
            if (i >= 0) milliseconds[i] = seconds * 1000;
        }
        Report.Line("startup.version", Report.Median(milliseconds), "ms", FormattableString.Invariant($"min={milliseconds.Min():f1} n={Runs}"));
    }
}
