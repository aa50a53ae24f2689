namespace OptiRs.Native;

/// <summary>Something that took time, on one line of a trace.</summary>
/// <param name="Group">What the line belongs to: this process, or one device of a plugin.</param>
/// <param name="Line">A thread, or a line of the plugin's.</param>
/// <param name="Name">What it was.</param>
/// <param name="StartNs">Nanoseconds since 1970.</param>
/// <param name="DurationNs">Nanoseconds.</param>
/// <param name="Details">More about it, by name.</param>
internal readonly record struct TraceEvent(
    string Group, string Line, string Name, long StartNs, long DurationNs, IReadOnlyList<KeyValuePair<string, string>> Details);
