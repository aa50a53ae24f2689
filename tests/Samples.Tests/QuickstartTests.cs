using System.Diagnostics;

namespace OptiRs.Samples.Tests;

/// <summary>The first program a reader of the README sees does what the README says.</summary>
public sealed class QuickstartTests
{
    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "OptiRs.Native.slnx"))) folder = folder.Parent!;
            return folder.FullName;
        }
    }

    [Test]
    public void TheReadmeShowsTheSampleAsItIs()
    {
        string sample = File.ReadAllText(Path.Combine(Root, "samples/Quickstart/Program.cs"));
        string readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        Assert.That(readme, Does.Contain($"```csharp\n{sample}```"));
    }

    [Test]
    public void TheSamplePrintsWhatTheReadmeSays()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Quickstart.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.StartWith("fitting y = 3x + 2 on "));
        Assert.That(lines[1], Is.EqualTo("slope 3.000, intercept 2.000"));
        Assert.That(File.ReadAllText(Path.Combine(Root, "README.md")), Does.Contain(lines[1]));
    }
}
