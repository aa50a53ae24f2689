using System.Diagnostics;
using System.Text;

namespace OptiRs.Native;

/// <summary>A key-value store in a folder that all processes can reach: one file for each key. For tests, and for one machine.</summary>
/// <remarks>Thread-safe, also between processes: values appear whole.</remarks>
public sealed class FileKeyValueStore : IKeyValueStore
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private readonly string _folder;

    /// <summary>Makes the folder if it is not there.</summary>
    public FileKeyValueStore(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
    }

    /// <inheritdoc/>
    public void Put(string key, ReadOnlySpan<byte> value)
    {
        string temporary = Path.Combine(_folder, $".{Guid.NewGuid():N}");
        File.WriteAllBytes(temporary, value.ToArray());
        File.Move(temporary, PathOf(key), overwrite: true);
    }

    /// <inheritdoc/>
    public byte[]? Get(string key, TimeSpan timeout)
    {
        string path = PathOf(key);
        if (File.Exists(path)) return File.ReadAllBytes(path);
        if (timeout <= TimeSpan.Zero) return null;
        using var changed = new AutoResetEvent(initialState: false);
        using var watcher = new FileSystemWatcher(_folder) { EnableRaisingEvents = true };
        watcher.Renamed += (_, _) => changed.Set();
        watcher.Created += (_, _) => changed.Set();
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            if (File.Exists(path)) return File.ReadAllBytes(path);
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return null;
            // Folders of other machines do not report what happens in them: those are looked at now and then.
            changed.WaitOne(left < LongestWait ? left : LongestWait);
        }
    }

    // Any text is a key; not any text is the name of a file.
    private string PathOf(string key) => Path.Combine(_folder, "k" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(key)));
}
