// Every target of the project. ./build.sh is the entrance; it passes a target's own arguments in OPTIRS_ARGUMENTS.
#load "build/native.cake"
#load "build/tests.cake"
#load "build/cuda.cake"

using System.Diagnostics;

var target = Argument("target", "Build");

Task("Native").Description("builds the native libraries (CMake, release preset)")
    .Does(() => BuildNative("release"));

Task("Bindings").Description("regenerates the C# bindings and layout tables from the C headers")
    .Does(() => DotNetRunProject("bindings/Generator"));

Task("Build").Description("builds everything: native libraries, then the .NET solution")
    .IsDependentOn("Native")
    .Does(() => Run("dotnet", "build", "OptiRs.Native.slnx", "-c", "Release", "-v", "quiet", "--nologo", "-clp:NoSummary"));

Task("Test").Description("runs every test and checks formatting and the ABI; prints the counts")
    .IsDependentOn("Build")
    .Does(() =>
    {
        var results = new TestResults("artifacts/tests");
        CheckFormat();
        results.RunNative("release");
        results.RunManaged();
        results.Finish();
    });

Task("Sanitize").Description("runs native and .NET tests under ASan+UBSan and under TSan")
    .IsDependentOn("Build")
    .Does(Sanitize);

Task("Fuzz").Description("fuzzes the readers of programs under ASan+UBSan: ./build.sh fuzz [SECONDS each, default 600]")
    .Does(Fuzz);

Task("Lint").Description("runs clang-tidy over the native sources")
    .IsDependentOn("Native")
    .Does(Lint);

Task("Abi").Description("compares the C ABI with its baseline (--update writes a new baseline)")
    .IsDependentOn("Native")
    .Does(() => Run("cmake", "--build", "artifacts/native/release", "--target",
        CallerArguments().Contains("--update") ? "abi-update" : "abi-check"));

Task("Bench").Description("runs the benchmarks (arguments go to the program; see benchmarks/README.md)")
    .IsDependentOn("Build")
    .Does(() => DotNetRunProject("benchmarks/OptiRs.Benchmarks", CallerArguments()));

Task("Pack").Description("makes the NuGet packages in artifacts/package")
    .IsDependentOn("Build")
    .Does(() =>
    {
        BundleLibraries("release");
        Run("dotnet", "pack", "OptiRs.Native.slnx", "-c", "Release", "-v", "quiet", "--nologo");
    });

Task("Train").Description("trains a small transformer: ./build.sh train --data FILE (--help tells the options)")
    .IsDependentOn("Build")
    .Does(() =>
    {
        // Ctrl-C reaches the whole process group: the training run saves and ends; Cake waits for it.
        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = true;
        var program = System.IO.Path.GetFullPath("artifacts/bin/OptiRs.Cli/release/optirs.dll");
        var code = RunIn(CallerDirectory(), "dotnet", [program, "train", .. CallerArguments()], ("OPTIRS_COMMAND", "./build.sh"));
        // The training run's own last line is the last word, and its exit code ours.
        Environment.Exit(code);
    });

string[] CallerArguments() =>
    (Environment.GetEnvironmentVariable("OPTIRS_ARGUMENTS") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);

string CallerDirectory() => Environment.GetEnvironmentVariable("OPTIRS_CALLER_DIR") ?? Environment.CurrentDirectory;

void DotNetRunProject(string project, params string[] arguments) =>
    Run("dotnet", ["run", "--project", project, "-c", "Release", "--", .. arguments]);

// Runs a program with this terminal and fails the target when it fails.
void Run(string program, params string[] arguments)
{
    var code = RunIn(Environment.CurrentDirectory, program, arguments);
    if (code != 0)
    {
        throw new CakeException(code, $"{program} {string.Join(' ', arguments)} failed with exit code {code}");
    }
}

int RunIn(string directory, string program, string[] arguments, params (string Name, string Value)[] environment)
{
    var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, UseShellExecute = false };
    foreach (var (name, value) in environment)
    {
        start.Environment[name] = value;
    }

    using var process = Process.Start(start);
    process.WaitForExit();
    return process.ExitCode;
}

RunTarget(target);
