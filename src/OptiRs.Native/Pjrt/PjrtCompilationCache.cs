using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using OptiRs.Native.Protos;

namespace OptiRs.Native;

/// <summary>
/// Compiled programs on disk, found again by program, options, plugin and devices. Several processes may share a folder:
/// entries appear whole or not at all, and an entry that vanishes is compiled again.
/// </summary>
/// <remarks>
/// Thread-safe. Entries hold machine code: the folder must be writable by trusted users only. What is read is checked
/// against its own SHA-256, and an entry that is damaged, or that the plugin refuses, is deleted and compiled anew.
/// </remarks>
public sealed class PjrtCompilationCache
{
    /// <summary>Size that the folder may grow to unless another one is given: 4 GiB.</summary>
    public const long DefaultMaxBytes = 4L << 30;

    private const string Extension = ".program";

    /// <summary>A cache in a folder, which is made when it is needed.</summary>
    /// <param name="folder">Null for <see cref="DefaultFolder"/>.</param>
    /// <param name="maxBytes">Beyond this, the entries that were not used for the longest time go.</param>
    public PjrtCompilationCache(string? folder = null, long maxBytes = DefaultMaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        Folder = Path.GetFullPath(folder ?? DefaultFolder);
        MaxBytes = maxBytes;
    }

    /// <summary>
    /// <c>programs</c> in OPTIRS_CACHE_DIR, or else in <c>optirs</c> of XDG_CACHE_HOME or <c>~/.cache</c>. The embedded plugin
    /// keeps its machine code beside it, in <c>cpu</c>; neither touches the other's.
    /// </summary>
    public static string DefaultFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("OPTIRS_CACHE_DIR") is { Length: > 0 } own)
                return Path.Combine(own, "programs");
            string caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
                ? xdg : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(caches, "optirs", "programs");
        }
    }

    /// <summary>Where the entries are.</summary>
    public string Folder { get; }

    /// <summary>Size that the folder may grow to, in bytes.</summary>
    public long MaxBytes { get; }

    /// <summary>All entries, the one used last first. Files that are none are left out; see <see cref="Verify"/>.</summary>
    public IReadOnlyList<PjrtCacheEntry> Entries =>
        [.. Files().Select(PjrtCacheEntry.TryRead).OfType<PjrtCacheEntry>().OrderByDescending(e => e.LastUsed)];

    /// <summary>Gives the compiled program from the cache, or compiles it and keeps it.</summary>
    /// <param name="client">Whose devices it is for.</param>
    /// <param name="program">As for <see cref="PjrtClient.Compile(ReadOnlySpan{byte}, PjrtCompileOptions?)"/>.</param>
    /// <param name="options">Null for one replica of one partition.</param>
    /// <returns>The program, and why it was compiled, if it was.</returns>
    public (PjrtExecutable Executable, PjrtCompilation Compilation) Compile(
        PjrtClient client, ReadOnlySpan<byte> program, PjrtCompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= PjrtCompileOptions.Default;
        long start = Stopwatch.GetTimestamp();
        var key = new PjrtCacheKey(client, program, options);
        string path = PathOf(key.Name);
        if (TryLoad(client, path, out string why) is { } found)
            return (found, Report(isHit: true, "the program is in the cache"));
        if (why.Length == 0) why = ExplainMiss(key);
        PjrtExecutable compiled = client.Compile(program, options);
        try
        {
            Store(path, new PjrtCacheEntry(key, compiled.Name, path), compiled.Serialize());
        }
        catch (Exception e) when (e is NotSupportedException or IOException or UnauthorizedAccessException)
        {
            why += $"; it could not be kept: {e.Message}";
        }

        return (compiled, Report(isHit: false, why));

        PjrtCompilation Report(bool isHit, string reason)
        {
            (isHit ? Telemetry.CacheHits : Telemetry.CacheMisses).Add(1);
            return new PjrtCompilation(isHit, key.Name, reason, Stopwatch.GetElapsedTime(start));
        }
    }

    /// <inheritdoc cref="Compile(PjrtClient, ReadOnlySpan{byte}, PjrtCompileOptions?)"/>
    public (PjrtExecutable Executable, PjrtCompilation Compilation) Compile(
        PjrtClient client, string program, PjrtCompileOptions? options = null) =>
        Compile(client, Encoding.UTF8.GetBytes(program), options);

    /// <summary>Deletes all entries, and gives back how many there were.</summary>
    public int Clear()
    {
        int count = 0;
        foreach (string file in Files())
            if (TryDelete(file)) count++;
        return count;
    }

    /// <summary>Checks every entry against its own checksum; deletes those that are damaged.</summary>
    /// <returns>Name and problem of each damaged entry.</returns>
    public IReadOnlyList<(string Name, string Problem)> Verify()
    {
        var damaged = new List<(string, string)>();
        foreach (string file in Files())
        {
            if (PjrtCacheEntry.ReadCode(file, out string problem) is not null || problem.Length == 0) continue;
            damaged.Add((Path.GetFileNameWithoutExtension(file), problem));
            TryDelete(file);
        }

        return damaged;
    }

    private static PjrtExecutable? TryLoad(PjrtClient client, string path, out string why)
    {
        byte[]? code = PjrtCacheEntry.ReadCode(path, out string problem);
        why = problem.Length == 0 ? "" : $"the entry is damaged: {problem}";
        if (code is not null)
        {
            try
            {
                PjrtExecutable executable = client.Load(code);
                Touch(path);
                return executable;
            }
            catch (Exception e) when (e is IOptiRsError and not OptiRsOutOfMemoryException)
            {
                why = $"the plugin refuses the entry: {e.Message}";
            }
        }

        if (why.Length > 0) TryDelete(path);
        return null;
    }

    // What is different from the entry that is most like it.
    private string ExplainMiss(PjrtCacheKey key)
    {
        PjrtCacheEntry? nearest = Entries
            .Select(e => (Entry: e, Likeness: e.Likeness(key))).Where(e => e.Likeness > 0)
            .OrderByDescending(e => e.Likeness).Select(e => e.Entry).FirstOrDefault();
        return nearest is null ? "the program is new" : nearest.DifferenceTo(key);
    }

    private void Store(string path, PjrtCacheEntry entry, byte[] code)
    {
        Directory.CreateDirectory(Folder);
        string temporary = Path.Combine(Folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            entry.Write(temporary, code);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        Shrink(keep: path);
    }

    private void Shrink(string keep)
    {
        FileInfo[] files = [.. Files().Select(f => new FileInfo(f)).Where(f => f.Exists).OrderBy(f => f.LastWriteTimeUtc)];
        long bytes = files.Sum(f => f.Length);
        foreach (FileInfo file in files)
        {
            if (bytes <= MaxBytes) return;
            if (file.FullName == keep && file.Length <= MaxBytes) continue;
            if (TryDelete(file.FullName)) bytes -= file.Length;
        }
    }

    private string PathOf(string name) => Path.Combine(Folder, name + Extension);

    private string[] Files() => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*" + Extension) : [];

    // The time of the last write is the time of the last use.
    private static void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has deleted it, or we may not write: it only ages sooner.
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>What became of one request to a <see cref="PjrtCompilationCache"/>.</summary>
/// <param name="IsHit">Whether the program was in the cache.</param>
/// <param name="Key">Name of its entry.</param>
/// <param name="Reason">Why it was compiled: what has changed against the entry that is most like it.</param>
/// <param name="Duration">Of loading or compiling.</param>
public sealed record PjrtCompilation(bool IsHit, string Key, string Reason, TimeSpan Duration);

/// <summary>Everything that a compiled program depends on.</summary>
internal sealed class PjrtCacheKey
{
    public PjrtCacheKey(PjrtClient client, ReadOnlySpan<byte> program, PjrtCompileOptions options)
    {
        Plugin = $"{client.PlatformName}, {client.PlatformVersion.ReplaceLineEndings("; ")}, {client.PluginIdentity}";
        Topology = TopologyOf(client);
        Options = $"{options.Format} {CompileOptionsProto.Parser.ParseFrom(options.ToBytes())}";
        Program = Convert.ToHexStringLower(SHA256.HashData(program));
        Name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Join('\n', "optirs program 1", Plugin, Topology, Options, Program))));
    }

    public string Plugin { get; }

    public string Topology { get; }

    public string Options { get; }

    public string Program { get; }

    public string Name { get; }

    private static string TopologyOf(PjrtClient client) => string.Join(", ", client.Devices
        .GroupBy(d => (d.Kind, d.ProcessIndex)).Select(g => $"{g.Count()} x {g.Key.Kind} in process {g.Key.ProcessIndex}"))
        + $", this is process {client.ProcessIndex}";
}
