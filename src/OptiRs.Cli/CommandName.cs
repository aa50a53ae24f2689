namespace OptiRs.Cli;

/// <summary>How this program was started, in words that a shell takes: the commands that it prints must work when pasted.</summary>
internal static class CommandName
{
    /// <summary>Set by whatever wraps this program, as build.sh does, to the words that stand for it.</summary>
    private const string Variable = "OPTIRS_COMMAND";

    public static string Text
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } wrapper) return wrapper;
            string? program = Environment.ProcessPath;
            // The dotnet host runs an assembly; optirs' own host is the program itself.
            if (Path.GetFileNameWithoutExtension(program) == "dotnet")
                return $"dotnet {Quoted(Path.Combine(AppContext.BaseDirectory, "optirs.dll"))}";
            return program is null || IsOnPath(program) ? "optirs" : Quoted(program);
        }
    }

    /// <summary>The text as one word of a POSIX shell.</summary>
    public static string Quoted(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+=:,@%".Contains(c, StringComparison.Ordinal)) ? text
            : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => Path.Combine(folder, Path.GetFileName(program)) == program);
}
