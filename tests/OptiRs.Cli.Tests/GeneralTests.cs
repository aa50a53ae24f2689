using System.Text.Json;
using System.Text.RegularExpressions;

namespace OptiRs.Cli.Tests;

public sealed partial class GeneralTests : CliTest
{
    [Test]
    public void Version_is_one_line()
    {
        CliResult result = Run("--version");
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(Version().IsMatch(result.Output), Is.True, result.Output);
    }

    [GeneratedRegex(@"^optirs \d+\.\d+\.\d+\n$")]
    private static partial Regex Version();

    [Test]
    public void Help_lists_every_option_and_its_default()
    {
        CliResult result = Run("train", "--help");
        Assert.That(result.ExitCode, Is.Zero);
        foreach (string option in (string[])["--data", "--steps", "--batch", "--context", "--layers", "--width", "--heads", "--lr", "--seed", "--device", "--precision", "--out", "--resume", "--json", "--verbose"])
            Assert.That(result.Output, Does.Contain(option));
        Assert.That(result.Output, Does.Contain("Ctrl-C saves").And.Contain("Default: 1000"));
        Assert.That(result.Output, Does.Not.Contain("\u001b"));
    }

    [Test]
    public void Without_arguments_it_says_what_there_is()
    {
        CliResult result = Run();
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Output + result.Error, Does.Contain("train").And.Contain("--help"));
    }

    [Test]
    public void Devices_are_listed_for_people_and_for_programs()
    {
        CliResult text = Run("devices"), json = Run("devices", "--json");
        Assert.That((text.ExitCode, json.ExitCode), Is.EqualTo((0, 0)), text.Error + json.Error);
        Assert.That(text.Lines, Has.Length.GreaterThanOrEqualTo(2));
        foreach (string line in json.Lines)
        {
            using JsonDocument device = JsonDocument.Parse(line);
            Assert.That(text.Output, Does.Contain(device.RootElement.GetProperty("kind").GetString()));
        }
    }

    [TestCase("--stpes", "--stpes")]
    [TestCase("--steps=many", "many")]
    [TestCase("--precision=f8", "f8")]
    public void A_mistyped_option_is_named(string option, string message) =>
        AssertFails(Run("train", "--data", "text.txt", option), 2, message);
}
