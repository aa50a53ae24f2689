using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>What listeners of <see cref="Telemetry"/> see. Others may work at the same time: sums are lower bounds.</summary>
public sealed class TelemetryTests
{
    [Test]
    public void CompilingExecutingAndCopyingAreReported()
    {
        PluginUnderTest plugin = PluginUnderTest.Get("fake");
        var sums = new ConcurrentDictionary<string, long>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Telemetry.SourceName) listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        meters.Start();
        var activities = new ConcurrentBag<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => activities.Add($"{activity.OperationName} {activity.GetTagItem("optirs.platform")}"),
        };
        ActivitySource.AddActivityListener(listener);

        using PjrtClient client = plugin.Open();
        using PjrtExecutable executable = client.Compile(plugin.Add(4));
        using PjrtExecutable loaded = client.Load(executable.Serialize());
        using PjrtBuffer argument = client.BufferFromHost<int>([1, 2, 3, 4], new Shape(4));
        using PjrtBuffer result = loaded.Execute(argument)[0];
        result.ToArray<int>();

        Assert.That(sums["optirs.compilations"], Is.GreaterThanOrEqualTo(1));
        Assert.That(sums["optirs.executions"], Is.GreaterThanOrEqualTo(1));
        Assert.That(sums["optirs.host_to_device"], Is.GreaterThanOrEqualTo(16));
        Assert.That(sums["optirs.device_to_host"], Is.GreaterThanOrEqualTo(16));
        Assert.That(activities, Does.Contain("optirs.compile fake").And.Contains("optirs.load fake"));
    }
}
