using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;

namespace OptiRs.Native;

/// <summary>
/// Records what this process and a plugin do, for one picture: the activities of every source whose name begins with
/// <c>OptiRs.</c>, and beside them what the plugin's own profiler sees, if it has one.
/// </summary>
/// <remarks>Thread-safe. The clocks are the system's: plugins that keep another one show up shifted.</remarks>
public sealed class TraceRecording : IDisposable
{
    private const long NanosecondsPerTick = 100;
    private const string ProcessGroup = "this process";

    private readonly ConcurrentQueue<TraceEvent> _events = new();
    private readonly ActivityListener _listener;
    private readonly PjrtProfiler? _profiler;
    private bool _isOver;

    private TraceRecording(PjrtPlugin? plugin)
    {
        (_profiler, PluginNote) = StartProfiler(plugin);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("OptiRs.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = Record,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Why the plugin's part is missing, in a sentence; null if it is there.</summary>
    public string? PluginNote { get; private set; }

    /// <summary>Begins to record.</summary>
    /// <param name="plugin">The plugin whose profiler is to record too; null for none.</param>
    public static TraceRecording Start(PjrtPlugin? plugin = null) => new(plugin);

    /// <summary>Ends the recording and writes it in the trace event format, which ui.perfetto.dev and chrome://tracing open.</summary>
    /// <exception cref="InvalidOperationException">It was written before.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!End()) throw new InvalidOperationException("The recording was written before, or was disposed of.");
        List<TraceEvent> all = [.. _events];
        all.AddRange(CollectProfile());
        ChromeTrace.Write(stream, all);
    }

    /// <summary>Ends the recording; what was not written is lost.</summary>
    public void Dispose()
    {
        End();
        _profiler?.Dispose();
    }

    private bool End()
    {
        lock (_events)
        {
            if (_isOver) return false;
            _isOver = true;
        }

        _listener.Dispose();
        return true;
    }

    private static (PjrtProfiler? Profiler, string? Note) StartProfiler(PjrtPlugin? plugin)
    {
        if (plugin is null) return (null, "no plugin was to be recorded");
        PjrtProfiler? profiler = null;
        try
        {
            profiler = plugin.CreateProfiler();
            profiler.Start();
            return (profiler, null);
        }
        catch (Exception e) when (e is IOptiRsError)
        {
            // A trace of the host alone is still of use.
            profiler?.Dispose();
            return (null, e.Message);
        }
    }

    private IEnumerable<TraceEvent> CollectProfile()
    {
        if (_profiler is null) return [];
        try
        {
            _profiler.Stop();
            return [.. PluginProfile.Read(_profiler.Collect())];
        }
        catch (Exception e) when (e is IOptiRsError or InvalidProtocolBufferException)
        {
            PluginNote = e.Message;
            return [];
        }
    }

    private void Record(Activity activity) => _events.Enqueue(new TraceEvent(
        ProcessGroup, string.Create(CultureInfo.InvariantCulture, $"thread {Environment.CurrentManagedThreadId}"),
        activity.OperationName, (activity.StartTimeUtc - DateTime.UnixEpoch).Ticks * NanosecondsPerTick,
        activity.Duration.Ticks * NanosecondsPerTick,
        [.. activity.TagObjects.Select(tag => KeyValuePair.Create(
            tag.Key, Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? ""))]));
}
