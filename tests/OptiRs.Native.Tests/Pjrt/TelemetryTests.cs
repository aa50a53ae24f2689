using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;

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

    [Test]
    public void WhatDoesNotCompileIsNoCompilation()
    {
        PluginUnderTest plugin = PluginUnderTest.Get("fake");
        // Measurements and activities come on the thread that works: those of other tests do not count.
        int thread = Environment.CurrentManagedThreadId;
        long compilations = 0;
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Telemetry.SourceName && instrument.Name == "optirs.compilations") listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((_, value, _, _) => compilations += Environment.CurrentManagedThreadId == thread ? value : 0);
        meters.Start();
        var ended = new List<(ActivityStatusCode Status, string? Reason)>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Environment.CurrentManagedThreadId == thread) ended.Add((activity.Status, activity.StatusDescription));
            },
        };
        ActivitySource.AddActivityListener(listener);

        using PjrtClient client = plugin.Open();
        Exception refused = Assert.Catch(() => client.Compile(plugin.Malformed))!;
        Assert.That(compilations, Is.Zero);
        using PjrtExecutable executable = client.Compile(plugin.Add(4));
        Assert.That(compilations, Is.EqualTo(1));
        Exception damaged = Assert.Catch(() => client.Load([1, 2, 3]))!;
        Assert.That(ended, Is.EqualTo(new[]
        {
            (ActivityStatusCode.Error, refused.Message), (ActivityStatusCode.Unset, null), (ActivityStatusCode.Error, damaged.Message),
        }));
    }

    /// <summary>What <c>dotnet-counters</c> does, in this process.</summary>
    [Test]
    public void EventCountersTellRatesAndLevels()
    {
        PluginUnderTest plugin = PluginUnderTest.Get("fake");
        using var counters = new CounterListener();
        using PjrtClient client = plugin.Open();
        using PjrtExecutable executable = client.Compile(plugin.Add(4));
        using PjrtBuffer argument = client.BufferFromHost<int>([1, 2, 3, 4], new Shape(4));
        // Until an interval has gone by in which something was executed.
        Assert.That(
            () =>
            {
                using PjrtBuffer result = executable.Execute(argument)[0];
                return counters.Seen.TryGetValue("executions", out double rate) && rate > 0
                    && counters.Seen.TryGetValue("live-buffers", out double level) && level >= 1;
            },
            Is.True.After(delayInMilliseconds: 20_000, pollingInterval: 10));
        Assert.That(counters.Seen.Keys, Does.Contain("host-to-device").And.Contains("cache-hits").And.Contains("live-executables"));
    }

    private sealed class CounterListener : EventListener
    {
        public ConcurrentDictionary<string, double> Seen { get; } = new();

        protected override void OnEventSourceCreated(EventSource source)
        {
            if (source.Name != Telemetry.SourceName) return;
            EnableEvents(source, EventLevel.Informational, EventKeywords.All, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.1" });
        }

        protected override void OnEventWritten(EventWrittenEventArgs e)
        {
            if (e.EventName != "EventCounters" || e.Payload is not [IDictionary<string, object?> values, ..]) return;
            object? value = values.TryGetValue("Increment", out object? increment) ? increment : values["Mean"];
            string name = (string)values["Name"]!;
            // The largest that was seen: intervals without work follow.
            Seen.AddOrUpdate(name, (double)value!, (_, old) => Math.Max(old, (double)value!));
        }
    }
}
