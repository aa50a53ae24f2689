using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OptiRs.Cli.Tests;

/// <summary>What a process left behind.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the built <c>optirs</c> as a user does: as a process of its own, in a folder of its own.</summary>
internal static class Cli
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static string Executable => Path.Combine(TestContext.CurrentContext.TestDirectory, "optirs");

    public static CliResult Run(string folder, params string[] arguments)
    {
        using Process process = Start(folder, Executable, arguments);
        return Finish(process);
    }

    /// <summary>Runs through the shell; <c>"$@"</c> is the command with its arguments.</summary>
    public static CliResult RunInShell(string folder, string script, params string[] arguments)
    {
        using Process process = Start(folder, "/bin/sh", ["-c", script, "sh", Executable, .. arguments]);
        return Finish(process);
    }

    /// <summary>Sends a signal once a line of the output contains <paramref name="text"/>.</summary>
    public static CliResult RunAndInterrupt(string folder, string text, params string[] arguments)
    {
        // A job in the background, as in many a CI, hands down that SIGINT is ignored: the run under test starts as from a terminal.
        using Process process = Start(folder, "/usr/bin/env", ["--default-signal=INT", Executable, .. arguments]);
        var output = new StringBuilder();
        Task<string> error = process.StandardError.ReadToEndAsync();
        bool sent = false;
        while (process.StandardOutput.ReadLine() is string line)
        {
            output.AppendLine(line);
            if (sent || !line.Contains(text, StringComparison.Ordinal)) continue;
            sent = true;
            using Process kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -INT {process.Id}")]);
            kill.WaitForExit();
        }
        Assert.That(process.WaitForExit(Patience), Is.True);
        return new CliResult(process.ExitCode, output.ToString(), error.Result);
    }

    private static Process Start(string folder, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        return Process.Start(start)!;
    }

    private static CliResult Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail("optirs did not end");
        }
        return new CliResult(process.ExitCode, output.Result, error.Result);
    }
}
