using System.CommandLine;
using OptiRs.Cli.Conformance;
using OptiRs.Cli.Output;
using OptiRs.Native;

namespace OptiRs.Cli.Commands;

/// <summary><c>optirs conformance</c>: runs StableHLO test programs on a plugin.</summary>
internal static class ConformanceCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "A folder with test programs (.mlir, .bc), or one of them." };
        var plugin = new Option<string?>("--plugin") { Description = "The plugin under test: a name (cpu, tpu, cuda) or a path. Default: the best found.", HelpName = "NAME|PATH" };
        var devices = new Option<int?>("--devices") { Description = "Devices to open the plugin with, where it has the option device_count, as the embedded one.", HelpName = "N" };
        var filter = new Option<string?>("--filter") { Description = "Only programs with this in their name.", HelpName = "TEXT" };
        var jobs = new Option<int>("--jobs") { Description = "Programs at a time. Default: one for each processor.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
        var timeout = new Option<int>("--timeout") { Description = "Seconds that one program may run. Default: 60.", HelpName = "N", DefaultValueFactory = _ => 60 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per program instead of text." };
        var verbose = new Option<bool>("--verbose") { Description = "Also name the programs that pass, with their times." };
        var command = new Command("conformance", "Runs StableHLO test programs on a plugin, and says which pass.")
        {
            folder, plugin, devices, filter, jobs, timeout, json, verbose,
        };
        command.SetAction(result => Run(result.GetValue(folder)!, result.GetValue(plugin), result.GetValue(devices), result.GetValue(filter) ?? "",
            result.GetValue(jobs), result.GetValue(timeout), result.GetValue(json), result.GetValue(verbose)));
        return command;
    }

    private static int Run(string folder, string? plugin, int? devices, string filter, int jobs, int timeout, bool json, bool verbose)
    {
        if (jobs < 1) throw new ArgumentException($"--jobs is {jobs}; it must be 1 or more");
        if (timeout < 1) throw new ArgumentException($"--timeout is {timeout}; it must be 1 or more");
        if (devices < 1) throw new ArgumentException($"--devices is {devices}; it must be 1 or more");
        string root = File.Exists(folder) ? Path.GetDirectoryName(Path.GetFullPath(folder))! : folder;
        IEnumerable<TestProgram> programs = TestFile.Find(folder)
            .SelectMany(path => TestFile.Programs(path, Path.GetRelativePath(root, path)))
            .Where(program => program.Name.Contains(filter, StringComparison.Ordinal));
        using PjrtClient client = PjrtClient.Open(plugin, devices is { } count ? new Dictionary<string, object> { ["device_count"] = (long)count } : null);
        var runner = new ConformanceRunner(client, TimeSpan.FromSeconds(timeout));
        int[] counts = new int[3];
        foreach (TestResult result in programs.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Min(jobs, 512))
                     .WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(runner.Run))
        {
            ++counts[(int)result.Outcome];
            if (json) WriteJson(result);
            else if (result.Outcome != Outcome.Passed) Console.Out.WriteLine($"{Word(result.Outcome)}  {result.Name}: {result.Reason}");
            else if (verbose) Console.Out.WriteLine(FormattableString.Invariant($"{Word(result.Outcome)}  {result.Name} ({result.Seconds:f3} s)"));
        }
        if (json) WriteJson(counts);
        else Console.Out.WriteLine($"{counts[(int)Outcome.Passed]} passed, {counts[(int)Outcome.Failed]} failed, {counts[(int)Outcome.Skipped]} skipped");
        if (counts.Sum() == 0) throw new ArgumentException(filter.Length > 0 ? $"no test program in '{folder}' has '{filter}' in its name" : $"'{folder}' holds no test programs (.mlir, .bc)");
        return counts[(int)Outcome.Failed] == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "passed",
        Outcome.Failed => "FAILED",
        _ => "skipped",
    };

    private static void WriteJson(TestResult result) => JsonLines.Write("program", w =>
    {
        w.WriteString("name", result.Name);
        w.WriteString("outcome", Word(result.Outcome).ToLowerInvariant());
        if (result.Outcome != Outcome.Passed) w.WriteString("reason", result.Reason);
        w.WriteNumber("seconds", Math.Round(result.Seconds, 6));
    });

    private static void WriteJson(int[] counts) => JsonLines.Write("summary", w =>
    {
        w.WriteNumber("passed", counts[(int)Outcome.Passed]);
        w.WriteNumber("failed", counts[(int)Outcome.Failed]);
        w.WriteNumber("skipped", counts[(int)Outcome.Skipped]);
    });
}
