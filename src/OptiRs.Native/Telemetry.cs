using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OptiRs.Native;

/// <summary>
/// What the library reports of its work, for <c>ActivityListener</c>, <c>MeterListener</c>, OpenTelemetry and
/// <c>dotnet-counters monitor --counters OptiRs.Native</c>. Without a listener it costs some nanoseconds, and allocates nothing.
/// </summary>
/// <remarks>
/// Activities: <c>optirs.compile</c> and <c>optirs.load</c> (tags <c>optirs.platform</c>, <c>optirs.program.bytes</c>; those that
/// failed have the status error, and are not counted as compilations).
/// Instruments: <c>optirs.compilations</c>, <c>optirs.compile.duration</c> (s), <c>optirs.cache.hits</c>,
/// <c>optirs.cache.misses</c>, <c>optirs.executions</c>, <c>optirs.host_to_device</c> (By), <c>optirs.device_to_host</c> (By).
/// Event counters of the event source of the same name: <c>executions</c>, <c>compilations</c>, <c>cache-hits</c>,
/// <c>cache-misses</c>, <c>host-to-device</c>, <c>device-to-host</c> (each by second), <c>live-buffers</c>,
/// <c>live-executables</c>. <see cref="TraceRecording"/> puts activities and a plugin's profile into one picture.
/// </remarks>
public static class Telemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string SourceName = "OptiRs.Native";

    private static readonly ActivitySource Activities = new(SourceName);
    private static readonly Meter Meter = new(SourceName);

    internal static readonly Count Compilations = new("optirs.compilations", null, "Programs that were compiled.");

    private static readonly Histogram<double> CompileDuration =
        Meter.CreateHistogram<double>("optirs.compile.duration", "s", "Time that plugins took to compile a program.");

    internal static readonly Count CacheHits = new("optirs.cache.hits", null, "Programs that were found in a compilation cache.");

    internal static readonly Count CacheMisses = new("optirs.cache.misses", null, "Programs that were not.");

    internal static readonly Count Executions = new("optirs.executions", null, "Executions that were started.");

    internal static readonly Count HostToDevice =
        new("optirs.host_to_device", "By", "Bytes handed to devices; lent ones are counted too.");

    internal static readonly Count DeviceToHost = new("optirs.device_to_host", "By", "Bytes read from devices.");

    /// <summary>One compilation (or loading of a compiled program), from here until it is disposed of.</summary>
    internal static Span Start(string name, string platform, int bytes) => new(name, platform, bytes);

    /// <summary>A counter of the meter, with a total for those who listen to event counters.</summary>
    internal sealed class Count(string name, string? unit, string description)
    {
        private readonly Counter<long> _counter = Meter.CreateCounter<long>(name, unit, description);
        private long _total;

        /// <summary>Since somebody began to listen to <see cref="EventCounters"/>.</summary>
        public long Total => Interlocked.Read(ref _total);

        public void Add(long amount)
        {
            _counter.Add(amount);
            if (EventCounters.Log.IsEnabled()) Interlocked.Add(ref _total, amount);
        }
    }

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

        public void Dispose() => _activity?.Dispose();

        public void Failed(Exception error) => _activity?.SetStatus(ActivityStatusCode.Error, error.Message);

        public void Succeeded()
        {
            if (!_isCompilation) return;
            Compilations.Add(1);
            CompileDuration.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds);
        }
    }
}
