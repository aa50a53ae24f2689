using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OptiRs.Native;

/// <summary>
/// What the library reports of its work, for <c>ActivityListener</c>, <c>MeterListener</c>, OpenTelemetry and
/// <c>dotnet-counters monitor --counters OptiRs.Native</c>. Without a listener it costs a nanosecond, and allocates nothing.
/// </summary>
/// <remarks>
/// Activities: <c>optirs.compile</c> and <c>optirs.load</c> (tags <c>optirs.platform</c>, <c>optirs.program.bytes</c>).
/// Instruments: <c>optirs.compilations</c>, <c>optirs.compile.duration</c> (s), <c>optirs.cache.hits</c>,
/// <c>optirs.cache.misses</c>, <c>optirs.executions</c>, <c>optirs.host_to_device</c> (By), <c>optirs.device_to_host</c> (By).
/// </remarks>
public static class Telemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string SourceName = "OptiRs.Native";

    private static readonly ActivitySource Activities = new(SourceName);
    private static readonly Meter Meter = new(SourceName);

    private static readonly Counter<long> Compilations =
        Meter.CreateCounter<long>("optirs.compilations", description: "Programs that were compiled.");

    private static readonly Histogram<double> CompileDuration =
        Meter.CreateHistogram<double>("optirs.compile.duration", "s", "Time that plugins took to compile a program.");

    internal static readonly Counter<long> CacheHits =
        Meter.CreateCounter<long>("optirs.cache.hits", description: "Programs that were found in a compilation cache.");

    internal static readonly Counter<long> CacheMisses =
        Meter.CreateCounter<long>("optirs.cache.misses", description: "Programs that were not.");

    internal static readonly Counter<long> Executions =
        Meter.CreateCounter<long>("optirs.executions", description: "Executions that were started.");

    internal static readonly Counter<long> HostToDevice =
        Meter.CreateCounter<long>("optirs.host_to_device", "By", "Bytes handed to devices; lent ones are counted too.");

    internal static readonly Counter<long> DeviceToHost =
        Meter.CreateCounter<long>("optirs.device_to_host", "By", "Bytes read from devices.");

    /// <summary>One compilation (or loading of a compiled program), from here until it is disposed of.</summary>
    internal static Span Start(string name, string platform, int bytes) => new(name, platform, bytes);

    internal readonly struct Span : IDisposable
    {
        private readonly Activity? _activity;
        private readonly long _start = Stopwatch.GetTimestamp();
        private readonly bool _isCompilation;

        public Span(string name, string platform, int bytes)
        {
            _isCompilation = name == "optirs.compile";
            _activity = Activities.StartActivity(name);
            _activity?.SetTag("optirs.platform", platform).SetTag("optirs.program.bytes", bytes);
        }

        public void Dispose()
        {
            _activity?.Dispose();
            if (!_isCompilation) return;
            Compilations.Add(1);
            CompileDuration.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds);
        }
    }
}
