using System.Text.Json;
using System.Xml.Linq;

namespace OptiRs.Cli.Tests;

public sealed class TrainTests : CliTest
{
    [Test]
    public void A_run_leaves_checkpoint_curve_and_sample_and_says_where()
    {
        CliResult result = Train("--steps", "30", "--out", "run");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output, Does.Not.Contain("\u001b").And.Not.Contain("\r"), "no control codes without a terminal");
        Assert.That(result.Lines[^1], Does.Contain("checkpoint run").And.Contain("run/loss.svg").And.Contain("run/sample.txt"));
        Assert.That(result.Output, Does.Contain("validation loss").And.Contain("tokens/s").And.Contain("left"));
        string[] files = [.. Directory.GetFiles(Path.Combine(Folder, "run")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.That(files, Is.EqualTo(new[] { "checkpoint.json", "loss.svg", "model-000030.safetensors", "sample.txt" }));
        Assert.That(XDocument.Load(Path.Combine(Folder, "run", "loss.svg")).Root!.Name.LocalName, Is.EqualTo("svg"));
        Assert.That(File.ReadAllText(Path.Combine(Folder, "run", "sample.txt")), Has.Length.EqualTo(41));
    }

    [Test]
    public void Json_is_one_object_a_line()
    {
        CliResult result = Train("--steps", "5", "--out", "run", "--json");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement[] events = [.. result.Lines.Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.That(events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("step").GetInt32()),
            Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
        Assert.That(events[^1].GetProperty("event").GetString(), Is.EqualTo("end"));
        Assert.That(events[^1].GetProperty("checkpoint").GetString(), Is.EqualTo("run"));
        Assert.That(events.Single(e => e.GetProperty("event").GetString() == "start").GetProperty("vocabulary").GetInt32(), Is.EqualTo(28));
    }

    [Test]
    public void A_trace_shows_steps_and_the_device()
    {
        CliResult result = Train("--steps", "4", "--out", "run", "--trace", "trace.json");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("trace trace.json: open it with ui.perfetto.dev").And.Not.Contain("host alone"));
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "trace.json")));
        string[] names = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray().Select(e => e.GetProperty("name").GetString()!)];
        Assert.That(names.Count(n => n == "optirs.train.enqueue"), Is.EqualTo(4));
        Assert.That(names, Does.Contain("optirs.compile").And.Contains("optirs.train.read").And.Contains("optirs.train.evaluate")
            .And.Contains("optirs.train.save").And.Contains("process_name"));
        Assert.That(names.Length, Is.GreaterThan(100), "the steps of the programs");
        CliResult refused = Train("--steps", "4", "--out", "other", "--trace", "nowhere/trace.json");
        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("--trace nowhere/trace.json: there is no folder"));
    }

    [Test]
    public void Half_and_half_is_bit_for_bit_the_whole()
    {
        Assert.That(Train("--steps", "20", "--out", "whole").ExitCode, Is.Zero);
        Assert.That(Train("--steps", "10", "--out", "half").ExitCode, Is.Zero);
        CliResult resumed = Run("train", "--resume", "half", "--steps", "20", "--sample-length", "40");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(Tensors("half"), Is.EqualTo(Tensors("whole")));
        Assert.That(File.ReadAllText(Path.Combine(Folder, "half/sample.txt")), Is.EqualTo(File.ReadAllText(Path.Combine(Folder, "whole/sample.txt"))));
    }

    [Test, Category("Shell")]
    public void Interrupted_it_saves_and_says_how_to_go_on()
    {
        CliResult result = Cli.RunAndInterrupt(Folder, "\"step\":5,",
            ["train", "--data", "text.txt", .. Small, "--steps", "100000", "--out", "a run", "--json"]);
        Assert.That(result.ExitCode, Is.EqualTo(130), result.Error);
        using JsonDocument end = JsonDocument.Parse(result.Lines[^1]);
        string command = end.RootElement.GetProperty("resume").GetString()!;
        Assert.That(command, Does.EndWith("optirs train --resume 'a run' --json"));
        long step = end.RootElement.GetProperty("step").GetInt64();
        CliResult resumed = Cli.RunInShell(Folder, $"{command} --steps {step + 2}");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(resumed.Output, Does.Contain($"\"first_step\":{step + 1},"));
    }

    [Test]
    public void Without_out_every_run_gets_a_folder_of_its_own()
    {
        Assert.That(Train("--steps", "2").Output, Does.Contain("checkpoint runs/text-1"));
        Assert.That(Train("--steps", "2").Output, Does.Contain("checkpoint runs/text-2"));
    }

    [Test]
    public void A_checkpoint_is_not_replaced_unasked()
    {
        Assert.That(Train("--steps", "2", "--out", "run").ExitCode, Is.Zero);
        AssertFails(Train("--steps", "2", "--out", "run"), 1, "already holds a checkpoint");
        Assert.That(Train("--steps", "2", "--out", "run", "--overwrite").ExitCode, Is.Zero);
    }

    [Test]
    public void Bf16_runs() => Assert.That(Train("--steps", "3", "--precision", "bf16", "--out", "run").ExitCode, Is.Zero);
}
