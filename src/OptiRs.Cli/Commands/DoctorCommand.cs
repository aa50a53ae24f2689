using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OptiRs.Cli.Output;
using OptiRs.Native;

namespace OptiRs.Cli.Commands;

/// <summary><c>optirs doctor</c>: every plugin and kernel backend, and what is wrong with those that cannot be used.</summary>
internal static class DoctorCommand
{
    // Opening TPUs takes long, and a plugin that hangs must not hang the doctor.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object per plugin and backend." };
        var probe = new Option<string?>("--probe") { Description = "Examine one plugin in this process.", Hidden = true };
        var command = new Command("doctor", "Looks at every PJRT plugin: where it is, whether it works, and what to do if not.") { json, probe };
        command.SetAction(result => result.GetValue(probe) is { } path ? Probe(path) : Run(result.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        int usable = 0;
        if (!json) Console.Out.WriteLine($"OptiRs.Native {ProductVersion.Number}, {Diagnostics.NativeVersion}");
        foreach (PluginCandidate candidate in Diagnostics.PluginCandidates)
        {
            PluginReport report = candidate.State == PluginState.Missing
                ? new PluginReport(candidate.Path, null, null, [], null, candidate.Note, null)
                : Examine(candidate.Path);
            if (report.Problem is null) usable++;
            if (json) WriteJson(candidate, report);
            else WriteText(candidate, report);
        }

        foreach (BackendStatus backend in Diagnostics.Backends)
        {
            if (json) WriteJson(backend);
            else Console.Out.WriteLine($"kernels {backend.Name}: {(backend.Score > 0 ? "usable" : backend.Reason)}");
        }

        if (usable > 0) return ExitCodes.Success;
        Failures.Report("no plugin can be used", json);
        return ExitCodes.Failure;
    }

    // In a process of its own: a plugin may end the process that loads it, and two plugins may not get on with each other.
    private static PluginReport Examine(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, typeof(DoctorCommand).Assembly.GetName().Name + ".dll"));
        foreach (string argument in (string[])["doctor", "--probe", path]) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return Failed($"it did not answer within {Patience.TotalMinutes:f0} minutes", "a device that hangs may need a reset");
        }

        string last = output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(l => l.StartsWith('{')) ?? "";
        if (last.Length > 0) return JsonSerializer.Deserialize<PluginReport>(last, Json)!;
        string said = errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "nothing";
        return Failed(
            $"it ended the process that loaded it (exit code {process.ExitCode}); the last it said: {said}",
            "report this to the makers of the plugin");

        PluginReport Failed(string problem, string advice) => new(path, null, null, [], null, problem, advice);
    }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static int Probe(string path)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(PluginCheckup.Examine(path), Json));
        return ExitCodes.Success;
    }

    private static void WriteText(PluginCandidate candidate, PluginReport report)
    {
        Console.Out.WriteLine($"{candidate.Name}  ({candidate.Source})");
        if (report.Path.Length > 0) Console.Out.WriteLine($"  path      {report.Path}");
        if (report.Version is not null) Console.Out.WriteLine($"  PJRT      {report.Version}");
        if (report.Platform is not null) Console.Out.WriteLine($"  platform  {report.Platform}");
        if (report.Devices.Count > 0) Console.Out.WriteLine($"  devices   {string.Join(", ", report.Devices)}");
        if (report.MemoryBytes is { } bytes) Console.Out.WriteLine(FormattableString.Invariant($"  memory    {bytes / (double)(1L << 30):f1} GiB"));
        if (report.Problem is not null) Console.Out.WriteLine($"  {(candidate.State == PluginState.Missing ? "absent " : "problem")}   {report.Problem}");
        if (report.Advice is not null) Console.Out.WriteLine($"  advice    {report.Advice}");
    }

    private static void WriteJson(BackendStatus backend) => JsonLines.Write("backend", w =>
    {
        w.WriteString("name", backend.Name);
        w.WriteBoolean("usable", backend.Score > 0);
        if (backend.Score <= 0) w.WriteString("problem", backend.Reason);
    });

    private static void WriteJson(PluginCandidate candidate, PluginReport report) => JsonLines.Write("plugin", w =>
    {
        w.WriteString("name", candidate.Name);
        w.WriteString("source", candidate.Source);
        w.WriteString("path", report.Path);
        w.WriteBoolean("usable", report.Problem is null);
        if (report.Version is not null) w.WriteString("api_version", report.Version);
        if (report.Platform is not null) w.WriteString("platform", report.Platform);
        w.WriteStartArray("devices");
        foreach (string device in report.Devices) w.WriteStringValue(device);
        w.WriteEndArray();
        if (report.MemoryBytes is { } bytes) w.WriteNumber("memory_bytes", bytes);
        if (report.Problem is not null) w.WriteString("problem", report.Problem);
        if (report.Advice is not null) w.WriteString("advice", report.Advice);
    });
}
