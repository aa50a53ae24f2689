using System.Diagnostics.Tracing;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// The same figures as the <see cref="Telemetry"/> meter for tools that know event counters only
/// (<c>dotnet-counters monitor --counters EventCounters\OptiRs.Native</c>), and the live native objects.
/// Nothing is counted while nobody listens.
/// </summary>
[EventSource(Name = Telemetry.SourceName)]
internal sealed class EventCounters : EventSource
{
    public static readonly EventCounters Log = new();

    private DiagnosticCounter[]? _counters;

    private EventCounters()
    {
    }

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command != EventCommand.Enable) return;
        _counters ??=
        [
            Rate("executions", "Executions", "", () => Telemetry.Executions.Total),
            Rate("compilations", "Compilations", "", () => Telemetry.Compilations.Total),
            Rate("cache-hits", "Compilation cache hits", "", () => Telemetry.CacheHits.Total),
            Rate("cache-misses", "Compilation cache misses", "", () => Telemetry.CacheMisses.Total),
            Rate("host-to-device", "Host to device", "B", () => Telemetry.HostToDevice.Total),
            Rate("device-to-host", "Device to host", "B", () => Telemetry.DeviceToHost.Total),
            Level("live-buffers", "Live device buffers", () => optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_PJRT_BUFFER)),
            Level("live-executables", "Live executables", () => optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_PJRT_EXECUTABLE)),
        ];
    }

    private IncrementingPollingCounter Rate(string name, string title, string unit, Func<double> total) =>
        new(name, this, total) { DisplayName = title, DisplayUnits = unit, DisplayRateTimeScale = TimeSpan.FromSeconds(1) };

    private PollingCounter Level(string name, string title, Func<double> level) => new(name, this, level) { DisplayName = title };
}
