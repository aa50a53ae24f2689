using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// Finds <c>liboptirs</c> when it is first called, checks that it is the version these bindings were made from, and says
/// what was tried where it cannot be found.
/// </summary>
/// <remarks>
/// Order: <c>OPTIRS_NATIVE_PATH</c> (a file or a folder; if it is set, nothing else is tried), handlers of
/// <see cref="Resolve"/>, the folders of the program, the system's own search. Files are opened by their absolute path: the
/// system's message then has one line, which names the dependency that is missing.
/// </remarks>
public static class Loader
{
    /// <summary>Folder or file that overrides every other place.</summary>
    public const string PathVariable = "OPTIRS_NATIVE_PATH";

    private static readonly Lock Gate = new();
    private static IReadOnlyList<LoadAttempt> _attempts = [];
    private static nint _library;

    /// <summary>Asked before the usual folders; returns a handle of <see cref="NativeLibrary"/>, or 0 to pass.</summary>
    public static event DllImportResolver? Resolve;

    /// <summary>What was tried, in order; empty until native code is first needed.</summary>
    public static IReadOnlyList<LoadAttempt> Attempts => _attempts;

    /// <summary>The file that was loaded; null before, or where the system found it.</summary>
    public static string? LoadedPath { get; private set; }

    /// <summary>Name of the library's file on this system.</summary>
    public static string FileName =>
        OperatingSystem.IsWindows() ? "optirs.dll" : OperatingSystem.IsMacOS() ? "liboptirs.dylib" : "liboptirs.so";

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Bindings: the resolver must be there before any import is called.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(optirs).Assembly, ResolveImport);

    private static nint ResolveImport(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "optirs") return 0;
        lock (Gate)
        {
            if (_library != 0) return _library;
            var attempts = new List<LoadAttempt>();
            try
            {
                (_library, LoadedPath) = Find(
                    Environment.GetEnvironmentVariable(PathVariable), ApplicationFolders(), attempts, assembly, path);
            }
            finally
            {
                _attempts = attempts;
            }

            MemoryPressure.Register(_library);
            return _library;
        }
    }

    /// <summary>The search itself, over given places, so that tests can make each of them fail.</summary>
    /// <exception cref="DllNotFoundException">Nothing fits; the message is the table of what was tried.</exception>
    internal static (nint Library, string? Path) Find(
        string? overridePath, IEnumerable<(string Source, string Folder)> folders, List<LoadAttempt> attempts,
        Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (!string.IsNullOrEmpty(overridePath))
        {
            string file = Directory.Exists(overridePath) ? Path.Combine(overridePath, FileName) : overridePath;
            if (TryOpen(PathVariable, Path.GetFullPath(file), attempts, out nint chosen)) return (chosen, file);
            throw new DllNotFoundException(Table(attempts));
        }

        if (Resolve is { } handlers)
            foreach (DllImportResolver handler in handlers.GetInvocationList().Cast<DllImportResolver>())
            {
                nint given = handler("optirs", assembly, searchPath);
                string outcome = given == 0 ? "passed" : Handshake(given) ?? "loaded";
                attempts.Add(new LoadAttempt("Loader.Resolve", handler.Method.Name, outcome));
                if (outcome == "loaded") return (given, null);
            }

        foreach ((string source, string folder) in folders)
            if (TryOpen(source, Path.Combine(folder, FileName), attempts, out nint found))
                return (found, attempts[^1].Path);

        if (NativeLibrary.TryLoad(FileName, out nint fromSystem))
        {
            string? problem = Handshake(fromSystem);
            attempts.Add(new LoadAttempt("system", FileName, problem ?? "loaded"));
            if (problem is null) return (fromSystem, null);
            NativeLibrary.Free(fromSystem);
        }
        else
        {
            attempts.Add(new LoadAttempt("system", FileName, "not found by the system's search"));
        }

        throw new DllNotFoundException(Table(attempts));
    }

    private static bool TryOpen(string source, string path, List<LoadAttempt> attempts, out nint library)
    {
        library = 0;
        string outcome;
        if (!File.Exists(path))
        {
            outcome = "no such file";
        }
        else
        {
            try
            {
                library = NativeLibrary.Load(path);
                outcome = Handshake(library) ?? "loaded";
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                outcome = Cause(e.Message, path);
            }
        }

        attempts.Add(new LoadAttempt(source, path, outcome));
        if (outcome == "loaded") return true;
        if (library != 0) NativeLibrary.Free(library);
        library = 0;
        return false;
    }

    // .NET wraps the system's line in advice; the line that speaks of the file or its dependency is the cause.
    private static string Cause(string message, string path)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(l => l.Contains(".so", StringComparison.Ordinal) && l.Contains(": ", StringComparison.Ordinal)
            && !l.StartsWith("Unable", StringComparison.Ordinal)) ?? lines.FirstOrDefault() ?? $"cannot load {path}";
    }

    /// <summary>Null if the library is one that these bindings can call; otherwise a sentence on why not.</summary>
    private static unsafe string? Handshake(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, nameof(optirs.optirs_abi_version), out nint function))
            return "has no optirs_abi_version: not a build of liboptirs";
        uint version = ((delegate* unmanaged[Cdecl]<uint>)function)();
        (uint major, uint minor) = (version >> 16, version & 0xFFFF);
        const uint WantedMajor = optirs.OPTIRS_ABI_MAJOR;
        const uint WantedMinor = optirs.OPTIRS_ABI_MINOR;
        return major == WantedMajor && minor >= WantedMinor
            ? null
            : $"has ABI {major}.{minor}; these bindings need {WantedMajor}.{WantedMinor} or a later {WantedMajor}.x";
    }

    private static IEnumerable<(string Source, string Folder)> ApplicationFolders()
    {
        var seen = new HashSet<string>();
        foreach (string folder in (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(
            Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            if (seen.Add(Path.TrimEndingDirectorySeparator(folder))) yield return ("application", folder);
        string program = AppContext.BaseDirectory;
        if (seen.Add(Path.TrimEndingDirectorySeparator(program))) yield return ("program folder", program);
        yield return ("package", Path.Combine(program, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"));
    }

    /// <summary>The table as text, one line for each place.</summary>
    internal static string Table(IReadOnlyList<LoadAttempt> attempts)
    {
        var text = new StringBuilder($"Cannot load {FileName}. Tried, in order:\n");
        int width = attempts.Max(a => a.Source.Length);
        foreach (LoadAttempt attempt in attempts)
            text.Append("  ").Append(attempt.Source.PadRight(width)).Append("  ").Append(attempt.Path).Append(": ")
                .Append(attempt.Outcome).Append('\n');
        text.Append("Build it with `./build.sh build`, or set ").Append(PathVariable).Append(" to its folder.");
        return text.ToString();
    }
}
