using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace OptiRs.Bindings.Generator;

/// <summary>
/// Asks clang what a header declares. The JSON form of its syntax tree is not promised to be stable, hence one
/// pinned version of clang, and generated files that are checked in: who only builds never needs clang.
/// </summary>
internal sealed class ClangDump(string clang, string includeFolder)
{
    private static readonly string[] Language = ["-x", "c", "-std=c23"];

    public JsonDocument Ast(string header) =>
        JsonDocument.Parse(
            Run([.. Language, "-Xclang", "-ast-dump=json", "-fparse-all-comments", "-fsyntax-only", "-I", includeFolder, header]),
            new JsonDocumentOptions { MaxDepth = 1024 });

    /// <summary>Macros that are defined after the header, as lines of <c>#define</c>; the syntax tree has none.</summary>
    public string[] Macros(string header) =>
        Run([.. Language, "-dM", "-E", "-I", includeFolder, header]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string Run(string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(clang, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment.Remove("LD_PRELOAD");  // a sanitizer is for this process, not for a compiler
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? output
                : throw new GeneratorException($"{clang} exits with {process.ExitCode}:\n{errors.Result}");
        }
        catch (Win32Exception e)
        {
            throw new GeneratorException($"cannot run {clang}: {e.Message}. Install clang-19 or pass --clang PROGRAM.");
        }
    }
}
