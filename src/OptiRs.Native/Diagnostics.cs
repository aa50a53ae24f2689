using System.Runtime.InteropServices;
using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>What was loaded, what was tried, and why something cannot be used: the text for a bug report.</summary>
public static class Diagnostics
{
    /// <summary>Version, source revision and compiler of the native library.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message is the table of what was tried.</exception>
    public static string NativeVersion => NativeText.LibraryVersion();

    /// <summary>Native backends, usable or not; without those that only tests of bindings use.</summary>
    public static IReadOnlyList<BackendStatus> Backends
    {
        get
        {
            optirs.optirs_backend_count(out ulong count);
            var backends = new List<BackendStatus>();
            for (ulong i = 0; i < count; i++)
            {
                (string name, int score, string reason) = BackendNative.At(i);
                // Echo and fault compute nothing.
                if (name is not ("echo" or "fault")) backends.Add(new BackendStatus(name, score, reason));
            }

            return backends;
        }
    }

    /// <summary>Places where PJRT plugins are looked for, in order.</summary>
    public static IReadOnlyList<PluginCandidate> PluginCandidates =>
        [.. PjrtNative.Candidates().Select(c => new PluginCandidate(c.Name, c.Source, c.Path, (PluginState)c.State, c.Note))];

    /// <summary>Native objects that are alive, by kind; those of which there are none are left out. What grows without end is not disposed of.</summary>
    public static IReadOnlyDictionary<string, long> LiveObjects => Leaks.LiveNativeObjects();

    /// <summary>Everything, as text of several lines. Never throws: what cannot be found out says so.</summary>
    public static string Describe()
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        string assembly = typeof(Diagnostics).Assembly.GetName().Version?.ToString(3) ?? "?";
        Line($"OptiRs.Native {assembly} on {RuntimeInformation.FrameworkDescription}, "
            + $"{RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} processors");
        try
        {
            Line($"native: {NativeVersion}");
            Line($"loaded: {Loader.LoadedPath ?? "by the system's search"}");
            Section(text, "tried:", Loader.Attempts.Select(a => $"{a.Source}  {a.Path}: {a.Outcome}"));
            Section(text, "backends:", Backends.Select(b => $"{b.Name}: {(b.Score > 0 ? $"usable, score {b.Score}" : b.Reason)}"));
            Section(text, "PJRT plugins:", PluginCandidates.Select(c =>
                $"{c.Name}  ({c.Source})  {(c.Path.Length > 0 ? c.Path : "-")}: {(c.State == PluginState.Missing ? c.Note : c.State.ToString().ToLowerInvariant())}"));
            Section(text, "live native objects:", Leaks.LiveNativeObjects().Select(o => $"{o.Key}: {o.Value}"));
        }
        catch (Exception e) when (e is DllNotFoundException or IOptiRsError or EntryPointNotFoundException)
        {
            Line(e.Message);
        }

        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        text.Append(title).Append('\n');
        foreach (string line in lines) text.Append("  ").Append(line).Append('\n');
    }
}

/// <summary>A native backend.</summary>
/// <param name="Name">For instance <c>cpu</c>.</param>
/// <param name="Score">0 if it cannot be used here; the higher, the better it suits this machine.</param>
/// <param name="Reason">Why it cannot be used; empty if it can.</param>
public sealed record BackendStatus(string Name, int Score, string Reason);

/// <summary>What is known of a plugin without loading it.</summary>
public enum PluginState
{
    /// <summary>No such file, or its source is not set.</summary>
    Missing = 0,

    /// <summary>The file exists.</summary>
    Found = 1,

    /// <summary>Already loaded in this process.</summary>
    Loaded = 2,
}

/// <summary>One place where a PJRT plugin may be.</summary>
/// <param name="Name">For instance <c>tpu</c>, <c>cuda</c>, <c>cpu</c>.</param>
/// <param name="Source">Where the path comes from, for instance <c>OPTIRS_PJRT_PLUGIN</c>.</param>
/// <param name="Path">The file; empty where the source names none.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Note">Why it is missing; otherwise empty.</param>
public sealed record PluginCandidate(string Name, string Source, string Path, PluginState State, string Note);
