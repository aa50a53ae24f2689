using System.Text;
using OptiRs.Native;

namespace OptiRs.Cli.Conformance;

/// <summary>Reads test files: parts between <c>// -----</c> lines, with one or several functions each.</summary>
internal static class TestFile
{
    /// <summary>The test files below a folder (or the one file), by name.</summary>
    /// <exception cref="IOException">There is no such folder or file.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(path)) return [path];
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"there is no folder or file '{path}' with test programs");
        return [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".mlir", StringComparison.Ordinal) || file.EndsWith(".bc", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The programs of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What to call it.</param>
    public static IEnumerable<TestProgram> Programs(string path, string name) =>
        path.EndsWith(".bc", StringComparison.Ordinal) ? [Bytecode(path, name)] : Text(path, name);

    private static TestProgram Bytecode(string path, string name)
    {
        // The text beside it, if any, says whether it is one that has to be refused.
        string text = path[..^".bc".Length];
        bool mustFail = File.Exists(text) && new RunLines(File.ReadAllText(text)).MustFail;
        byte[] code = File.ReadAllBytes(path);
        ProgramText? program = !mustFail && Printed(code) is { } printed ? new ProgramText(printed) : null;
        return new TestProgram
        {
            Name = name,
            Code = code,
            MustFail = mustFail,
            Executes = program?.Entry is { TakesNothing: true },
            IsLibrary = program is { Entry: null },
            ReplicaCount = program?.ReplicaCount ?? 1,
            PartitionCount = program?.PartitionCount ?? 1,
        };
    }

    // What cannot be read is given to the plugin as it is, which says why.
    private static string? Printed(byte[] code)
    {
        try
        {
            return StableHlo.Print(code);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException or OptiRsException)
        {
            return null;
        }
    }

    private static IEnumerable<TestProgram> Text(string path, string name)
    {
        string text = File.ReadAllText(path);
        var lines = new RunLines(text);
        if (lines.DisabledReason is { } reason)
        {
            yield return new TestProgram { Name = name, SkipReason = reason };
            yield break;
        }
        if (lines.UsesBytecode && File.Exists(path + ".bc"))
        {
            yield return new TestProgram { Name = name, SkipReason = "explains the bytecode beside it, which is what is tested" };
            yield break;
        }
        var parts = Split(text).Select(Part).Where(part => !part.IsEmpty).ToList();
        for (int i = 0; i < parts.Count; ++i)
            foreach (var (function, takesNothing, code) in parts[i].Entries())
            {
                string place = (parts.Count > 1 ? $" part {i + 1}" : "") + (function is null ? "" : $" @{function}");
                bool prints = lines.ChecksOutput && takesNothing && code.Contains("interpreter.print", StringComparison.Ordinal);
                var printed = prints && Printed(Encoding.UTF8.GetBytes(code)) is { } plain ? PrintedValues.AsResults(plain) : null;
                yield return new TestProgram
                {
                    Name = name + place,
                    Code = Encoding.UTF8.GetBytes(printed?.Text ?? code),
                    Executes = lines.Interprets && (takesNothing || lines.ArgumentText is not null),
                    MustFail = parts[i].ExpectsError || lines.MustFail,
                    Arguments = lines.ArgumentText is { } arguments ? ArgumentList.Split(arguments) : [],
                    ReplicaCount = parts[i].ReplicaCount,
                    PartitionCount = parts[i].PartitionCount,
                    Output = lines.ChecksOutput ? OutputCheck.Of(text, printed?.Names ?? []) : null,
                };
            }
    }

    private static ProgramText Part(string text)
    {
        var program = new ProgramText(text);
        if (program.IsEmpty || program.HasFunctions || program.ExpectsError) return program;
        return Printed(Encoding.UTF8.GetBytes(text)) is { } printed ? new ProgramText(printed) : program;
    }

    private static IEnumerable<string> Split(string text)
    {
        var part = new StringBuilder();
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("// -----", StringComparison.Ordinal))
            {
                yield return part.ToString();
                part.Clear();
            }
            else part.Append(line).Append('\n');
        }
        yield return part.ToString();
    }
}
