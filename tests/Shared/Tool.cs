using System.ComponentModel;
using System.Diagnostics;

namespace OptiRs.Tests;

/// <summary>Programs that a test needs; the test is skipped, with the reason, where one is missing.</summary>
internal static class Tool
{
    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment.Remove("LD_PRELOAD");  // a sanitizer is for this process, not for a compiler
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (Win32Exception e)
        {
            Assert.Ignore($"{program} cannot be run: {e.Message}");
            return default;
        }
    }

    /// <summary>Compiles C source to a shared library, and returns its path.</summary>
    public static string SharedLibrary(string folder, string name, string source, params string[] flags)
    {
        string code = Path.Combine(folder, name + ".c");
        string library = Path.Combine(folder, name + ".so");
        File.WriteAllText(code, source);
        (int exit, string output) = Run("cc", ["-shared", "-fPIC", "-o", library, code, .. flags]);
        Assert.That(exit, Is.Zero, output);
        return library;
    }
}

/// <summary>A folder that is gone when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("optirs-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
