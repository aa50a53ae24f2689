using System.Text.Json;

namespace OptiRs.Cli.Tests;

/// <summary><c>optirs doctor</c> and <c>optirs cache</c>.</summary>
public sealed class DoctorTests : CliTest
{
    [Test]
    public void Every_plugin_is_reported_with_what_it_has_or_lacks()
    {
        CliResult result = Run("doctor", "--json");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement[] plugins = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement cpu = plugins.First(p => p.GetProperty("name").GetString() == "cpu" && p.GetProperty("usable").GetBoolean());
        Assert.That(cpu.GetProperty("path").GetString(), Does.EndWith("libpjrt_optirs.so"));
        Assert.That(cpu.GetProperty("api_version").GetString(), Does.StartWith("0."));
        Assert.That(cpu.GetProperty("devices").GetArrayLength(), Is.EqualTo(1));
        foreach (JsonElement plugin in plugins.Where(p => !p.GetProperty("usable").GetBoolean()))
            Assert.That(plugin.GetProperty("problem").GetString(), Is.Not.Empty);
    }

    [Test]
    public void A_plugin_that_cannot_be_used_says_why_and_what_to_do()
    {
        Write("plugin.so", "no library");
        CliResult result = Cli.Run(Folder, ["doctor", "--probe", Path.Combine(Folder, "plugin.so")]);
        JsonElement report = JsonDocument.Parse(result.Output).RootElement;
        Assert.That(report.GetProperty("problem").GetString(), Does.Contain("plugin.so is not a shared library"));
        CliResult missing = Cli.Run(Folder, ["doctor", "--probe", Path.Combine(Folder, "gone.so")]);
        report = JsonDocument.Parse(missing.Output).RootElement;
        Assert.That(report.GetProperty("problem").GetString(), Does.Contain("there is no file"));
        Assert.That(report.GetProperty("advice").GetString(), Does.Contain("check the path"));
    }

    [Test]
    public void The_cache_is_listed_verified_and_cleared()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "cache"));
        Write("cache/a.program", "optirs program 1\n{\"name\":\"step\",\"plugin\":\"p\",\"topology\":\"t\",\"options\":\"o\",\"program\":\"x\",\"bytes\":0,"
            + "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n");
        Write("cache/b.program", "nonsense");
        CliResult list = Run("cache", "ls", "--dir", "cache", "--json");
        Assert.That(JsonDocument.Parse(list.Output).RootElement.GetProperty("program").GetString(), Is.EqualTo("step"));
        CliResult verify = Run("cache", "verify", "--dir", "cache");
        Assert.That(verify.ExitCode, Is.EqualTo(1));
        Assert.That(verify.Output, Does.Contain("b: it ").And.Contains("1 programs are sound, 1 were damaged"));
        Assert.That(Run("cache", "clear", "--dir", "cache").Output, Does.StartWith("1 programs deleted"));
        Assert.That(Run("cache", "ls", "--dir", "cache").Output, Does.StartWith("0 programs, 0 bytes"));
    }
}
