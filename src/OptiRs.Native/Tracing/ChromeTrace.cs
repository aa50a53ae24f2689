using System.Text.Json;

namespace OptiRs.Native;

/// <summary>Writes events in the trace event format, which Perfetto (ui.perfetto.dev) and chrome://tracing open.</summary>
internal static class ChromeTrace
{
    private const double NanosecondsPerMicrosecond = 1000;

    public static void Write(Stream stream, IReadOnlyCollection<TraceEvent> events)
    {
        // Microseconds since 1970 have no digits left for nanoseconds: the trace begins at zero.
        long origin = events.Count == 0 ? 0 : events.Min(e => e.StartNs);
        var groups = new Dictionary<string, int>();
        var lines = new Dictionary<(string Group, string Line), int>();
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ns");
        json.WriteStartArray("traceEvents");
        foreach (TraceEvent e in events)
        {
            if (groups.TryAdd(e.Group, groups.Count + 1)) WriteName(json, "process_name", e.Group, groups[e.Group], 0);
            int group = groups[e.Group];
            if (lines.TryAdd((e.Group, e.Line), lines.Count + 1))
                WriteName(json, "thread_name", e.Line, group, lines[(e.Group, e.Line)]);
            json.WriteStartObject();
            json.WriteString("ph", "X");
            json.WriteNumber("pid", group);
            json.WriteNumber("tid", lines[(e.Group, e.Line)]);
            json.WriteNumber("ts", (e.StartNs - origin) / NanosecondsPerMicrosecond);
            json.WriteNumber("dur", e.DurationNs / NanosecondsPerMicrosecond);
            json.WriteString("name", e.Name);
            if (e.Details.Count > 0)
            {
                json.WriteStartObject("args");
                foreach ((string name, string value) in e.Details) json.WriteString(name, value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteName(Utf8JsonWriter json, string kind, string name, int group, int line)
    {
        json.WriteStartObject();
        json.WriteString("ph", "M");
        json.WriteNumber("pid", group);
        json.WriteNumber("tid", line);
        json.WriteString("name", kind);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
