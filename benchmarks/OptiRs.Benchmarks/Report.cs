using System.Diagnostics;

namespace OptiRs.Benchmarks;

/// <summary>Medians, and the one form in which they are printed.</summary>
internal static class Report
{
    public static void Line(string name, double value, string unit, string details = "") =>
        Console.WriteLine(FormattableString.Invariant($"{name} {value:g6} {unit}{(details.Length > 0 ? " # " + details : "")}"));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Resident memory of this process in bytes, as the kernel counts it.</summary>
    public static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
