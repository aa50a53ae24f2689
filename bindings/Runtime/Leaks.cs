using System.Collections.Concurrent;

namespace OptiRs.Native.Interop;

/// <summary>
/// Handles that the finalizer had to release because nobody disposed of them. Tests fail when there are any.
/// </summary>
internal static class Leaks
{
    private static readonly ConcurrentQueue<string> Recorded = new();

    /// <summary>Set OPTIRS_LEAK_TRACE=1 to learn where each leaked handle was created; slow.</summary>
    public static bool CaptureOrigins { get; } = Environment.GetEnvironmentVariable("OPTIRS_LEAK_TRACE") == "1";

    public static int Count => Recorded.Count;

    public static void Record(string type, string? origin) =>
        Recorded.Enqueue(origin is null ? $"{type} (set OPTIRS_LEAK_TRACE=1 to see where)" : $"{type} created\n{origin}");

    /// <summary>Collects garbage until every unreachable handle was finalized, then returns and forgets what leaked.</summary>
    public static IReadOnlyList<string> Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        var found = new List<string>();
        while (Recorded.TryDequeue(out string? leak)) found.Add(leak);
        return found;
    }

    /// <summary>Native objects that are alive, by kind; those of which there are none are left out.</summary>
    public static IReadOnlyDictionary<string, long> LiveNativeObjects()
    {
        var live = new Dictionary<string, long>();
        for (int kind = 0; kind < optirs.OPTIRS_OBJECT_KIND_COUNT; kind++)
        {
            long count = optirs.optirs_live_objects(kind);
            if (count != 0) live[NativeText.ObjectKindName(kind)] = count;
        }

        return live;
    }
}
