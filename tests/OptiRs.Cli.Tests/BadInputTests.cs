using System.Text.Json;

namespace OptiRs.Cli.Tests;

/// <summary>Everything a user can hand over that cannot work: one clear line, an exit code, and no trace of our insides.</summary>
public sealed class BadInputTests : CliTest
{
    private CliResult TrainOn(string data) => Run(["train", "--data", data, .. Small]);

    [Test]
    public void A_missing_file() => AssertFails(TrainOn("none.txt"), 1, "'none.txt' does not exist");

    [Test]
    public void No_file_at_all() => AssertFails(Run("train"), 1, "--data FILE is missing");

    [Test]
    public void A_folder() => AssertFails(TrainOn("."), 1, "is a folder");

    [Test]
    public void An_empty_file() => AssertFails(TrainOn(Write("empty", "")), 1, "is empty");

    [Test]
    public void A_binary_file() => AssertFails(TrainOn("/bin/sh"), 1, "is binary");

    [Test]
    public void A_file_that_is_too_short() => AssertFails(TrainOn(Write("short", "too short")), 1, "it has 9 characters, and a context of 16 needs at least 34");

    [Test]
    public void An_unknown_device() => AssertFails(Train("--device", "abacus"), 1, "abacus");

    [Test]
    public void A_plugin_that_is_no_plugin()
    {
        Write("plugin.so", "this is no shared library");
        AssertFails(Train("--device", "./plugin.so"), 1, "plugin.so");
    }

    [Test]
    public void A_library_without_the_plugin_function()
    {
        string library = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so").Single();
        AssertFails(Train("--device", library), 1, "GetPjrtApi");
    }

    [Test]
    public void A_plugin_of_another_major_version()
    {
        // The head of PJRT_Api: struct_size, extensions, and the version with a head of its own.
        Compile("plugin.so", """
            #include <stddef.h>
            static struct { size_t size; void* extensions; struct { size_t size; void* extensions; int major, minor; } version; void* functions[200]; } api;
            void* GetPjrtApi(void) {
                api.size = sizeof api; api.version.size = sizeof api.version; api.version.major = 7; api.version.minor = 1;
                return &api;
            }
            """);
        AssertFails(Train("--device", "./plugin.so"), 1, "7.1");
    }

    [Test]
    public void A_plugin_whose_dependency_is_missing()
    {
        Compile("libneeded.so", "int needed(void) { return 1; }");
        Compile("plugin.so", "int needed(void); void* GetPjrtApi(void) { return (void*)(long)needed(); }", "libneeded.so");
        File.Delete(Path.Combine(Folder, "libneeded.so"));
        AssertFails(Train("--device", "./plugin.so"), 1, "libneeded.so");
    }

    private void Compile(string library, string source, params string[] libraries)
    {
        Write("source.c", source);
        if (!File.Exists("/usr/bin/cc")) Assert.Ignore("there is no C compiler to build the bad plugin with");
        var start = new System.Diagnostics.ProcessStartInfo(
            "/usr/bin/cc", ["-shared", "-fPIC", "-o", library, "source.c", .. libraries]) { WorkingDirectory = Folder };
        start.Environment.Remove("LD_PRELOAD");  // a sanitizer is for these programs, not for a compiler
        using var compiler = System.Diagnostics.Process.Start(start)!;
        compiler.WaitForExit();
        Assert.That(compiler.ExitCode, Is.Zero);
    }

    [Test]
    public void Options_out_of_range()
    {
        AssertFails(Train("--heads", "3"), 1, "--heads 3 does not divide --width 16");
        AssertFails(Train("--lr", "-1"), 1, "--lr is -1");
        AssertFails(Train("--steps", "0"), 1, "--steps is 0");
    }

    [Test]
    public void Checkpoints_that_cannot_be_resumed()
    {
        Assert.That(Train("--steps", "3", "--out", "run").ExitCode, Is.Zero);
        AssertFails(Run("train", "--resume", "nowhere"), 1, "no checkpoint folder 'nowhere'");
        AssertFails(Run("train", "--resume", "run"), 1, "already at step 3");
        AssertFails(Run("train", "--resume", "run", "--steps", "9", "--width", "32"), 1, "--width 32 does not fit the checkpoint");
        Write("other.txt", new string('x', 500));
        AssertFails(Run("train", "--resume", "run", "--steps", "9", "--data", "other.txt"), 1, "is not the text that the checkpoint");
        string tensors = Directory.GetFiles(Path.Combine(Folder, "run"), "*.safetensors").Single();
        File.WriteAllBytes(tensors, File.ReadAllBytes(tensors)[..1000]);
        AssertFails(Run("train", "--resume", "run", "--steps", "9"), 1, "is corrupt");
        Write("run/checkpoint.json", "{");
        AssertFails(Run("train", "--resume", "run", "--steps", "9"), 1, "is corrupt");
    }

    [Test, Category("Shell")]
    public void A_full_disk_keeps_the_previous_checkpoint()
    {
        Assert.That(Train("--steps", "3", "--out", "run").ExitCode, Is.Zero);
        byte[] before = Tensors("run");
        // A limit on the size of files stands in for the full disk: it fails in the same place, with the same kind of error.
        // (The runtime's own double mapping is a large file too, hence the switch.)
        CliResult result = Cli.RunInShell(Folder, "trap '' XFSZ; ulimit -f 20; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"",
            "train", "--resume", "run", "--steps", "6");
        AssertFails(result, 1, "cannot write 'run/model-000006.safetensors'");
        Assert.That(Tensors("run"), Is.EqualTo(before));
        Assert.That(Run("train", "--resume", "run", "--steps", "6").ExitCode, Is.Zero);
    }

    [Test]
    public void A_folder_that_cannot_be_written() => AssertFails(Train("--steps", "1", "--out", "text.txt/run"), 1, "text.txt/run");

    [Test]
    public void A_loss_that_is_not_finite() =>
        AssertFails(Train("--steps", "50", "--lr", "1e30", "--warmup", "0", "--out", "run"), 1, "went first");

    [Test]
    public void A_stack_trace_only_when_asked_for()
    {
        Assert.That(TrainOn("none.txt").Error, Does.Not.Contain(" at OptiRs."));
        Assert.That(Run("train", "--data", "none.txt", "--verbose").Error, Does.Contain(" at OptiRs."));
    }

    [Test]
    public void With_json_the_error_is_an_object_too()
    {
        CliResult result = Run("train", "--data", "none.txt", "--json");
        using JsonDocument error = JsonDocument.Parse(result.Lines.Single());
        Assert.That(error.RootElement.GetProperty("event").GetString(), Is.EqualTo("error"));
        Assert.That(error.RootElement.GetProperty("message").GetString(), Does.Contain("does not exist"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
    }
}
