using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OptiRs.Native;

/// <summary>One program of a <see cref="PjrtCompilationCache"/>.</summary>
/// <remarks>
/// The file: the line "optirs program 1", a line of JSON with what the program depends on, its length and the SHA-256 of the
/// compiled code, and then the code.
/// </remarks>
public sealed class PjrtCacheEntry
{
    private const string Magic = "optirs program 1";
    private const int LongestHeader = 1 << 20;

    internal PjrtCacheEntry(PjrtCacheKey key, string programName, string path) =>
        (Key, ProgramName, Plugin, Topology, Options, Program, FilePath) =
            (key.Name, programName, key.Plugin, key.Topology, key.Options, key.Program, path);

    private PjrtCacheEntry(JsonElement header, string path)
    {
        string Text(string name) => header.GetProperty(name).GetString() ?? "";
        (Key, FilePath) = (Path.GetFileNameWithoutExtension(path), path);
        (ProgramName, Plugin, Topology, Options, Program) =
            (Text("name"), Text("plugin"), Text("topology"), Text("options"), Text("program"));
        Checksum = Text("sha256");
        ByteCount = header.GetProperty("bytes").GetInt64();
        LastUsed = File.GetLastWriteTimeUtc(path);
    }

    /// <summary>Name of the entry: a hash of all that it depends on.</summary>
    public string Key { get; }

    /// <summary>Name of the program.</summary>
    public string ProgramName { get; }

    /// <summary>Platform, version and file of the plugin that compiled it.</summary>
    public string Plugin { get; }

    /// <summary>Devices that it was compiled for.</summary>
    public string Topology { get; }

    /// <summary>Options that it was compiled with.</summary>
    public string Options { get; }

    /// <summary>SHA-256 of the program's text.</summary>
    public string Program { get; }

    /// <summary>Bytes of compiled code.</summary>
    public long ByteCount { get; }

    /// <summary>When it was loaded or made last.</summary>
    public DateTime LastUsed { get; }

    /// <summary>Its file.</summary>
    public string FilePath { get; }

    private string Checksum { get; } = "";

    /// <summary>Null where the file is gone, or is no entry.</summary>
    internal static PjrtCacheEntry? TryRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return ReadHeader(file, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The compiled code; null where there is no entry (no problem) or where it is damaged.</summary>
    internal static byte[]? ReadCode(string path, out string problem)
    {
        problem = "";
        try
        {
            using FileStream file = File.OpenRead(path);
            PjrtCacheEntry entry = ReadHeader(file, path);
            if (file.Length - file.Position != entry.ByteCount)
                throw new InvalidDataException($"{file.Length - file.Position} bytes of code instead of {entry.ByteCount}");
            var code = new byte[entry.ByteCount];
            file.ReadExactly(code);
            return Convert.ToHexStringLower(SHA256.HashData(code)) == entry.Checksum
                ? code : throw new InvalidDataException("the checksum is not that of the code");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            problem = e.Message;
            return null;
        }
    }

    internal void Write(string path, byte[] code)
    {
        using var header = new MemoryStream();
        header.Write(Encoding.UTF8.GetBytes(Magic + "\n"));
        using (var writer = new Utf8JsonWriter(header))
        {
            writer.WriteStartObject();
            writer.WriteString("name", ProgramName);
            writer.WriteString("plugin", Plugin);
            writer.WriteString("topology", Topology);
            writer.WriteString("options", Options);
            writer.WriteString("program", Program);
            writer.WriteNumber("bytes", code.LongLength);
            writer.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(code)));
            writer.WriteEndObject();
        }

        header.WriteByte((byte)'\n');
        using FileStream file = File.Create(path);
        file.Write(header.GetBuffer().AsSpan(0, (int)header.Length));
        file.Write(code);
        file.Flush(flushToDisk: true);
    }

    /// <summary>How much this entry has in common with what is looked for: the same program counts most; 0 for nothing.</summary>
    internal int Likeness(PjrtCacheKey key)
    {
        int others = (Plugin == key.Plugin ? 1 : 0) + (Topology == key.Topology ? 1 : 0) + (Options == key.Options ? 1 : 0);
        return Program == key.Program ? 4 + others : 0;
    }

    internal string DifferenceTo(PjrtCacheKey key)
    {
        var changes = new List<string>();
        void Compare(string what, string before, string now)
        {
            if (before != now) changes.Add($"{what} changed from [{before}] to [{now}]");
        }

        Compare("the plugin", Plugin, key.Plugin);
        Compare("the devices", Topology, key.Topology);
        Compare("the options", Options, key.Options);
        return changes.Count == 0 ? "its entry was deleted" : string.Join("; ", changes);
    }

    private static PjrtCacheEntry ReadHeader(FileStream file, string path)
    {
        if (ReadLine(file) != Magic) throw new InvalidDataException($"it does not begin with \"{Magic}\"");
        try
        {
            using JsonDocument header = JsonDocument.Parse(ReadLine(file));
            var entry = new PjrtCacheEntry(header.RootElement, path);
            return entry.ByteCount is >= 0 and <= int.MaxValue ? entry : throw new InvalidDataException("its length cannot be");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"its second line does not describe it: {e.Message}");
        }
    }

    private static string ReadLine(FileStream file)
    {
        var line = new List<byte>();
        for (int next = file.ReadByte(); next != '\n'; next = file.ReadByte())
        {
            if (next < 0 || line.Count > LongestHeader) throw new InvalidDataException("it ends within its first lines");
            line.Add((byte)next);
        }

        return Encoding.UTF8.GetString([.. line]);
    }
}
