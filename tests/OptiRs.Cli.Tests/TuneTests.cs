using OptiRs.Native;

namespace OptiRs.Cli.Tests;

/// <summary><c>optirs tune</c> as far as it goes without a GPU: shapes are read, and what is missing is said.</summary>
public sealed class TuneTests : CliTest
{
    [TestCase("--matmul", "64x64x64")]
    [TestCase("--matmul", "2x64x64x64:ta:tb:bias:gelu:fast")]
    [TestCase("--attention", "2x128x8x64:kv=256:kvheads=2:causal:backward")]
    public void Without_a_GPU_it_says_what_is_missing(string option, string shape)
    {
        if (Diagnostics.Backends.Any(b => b is { Name: "cuda", Score: > 0 })) Assert.Ignore("There is a GPU.");
        CliResult result = Run("tune", option, shape, "--dtype", "f16");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Error);
        Assert.That(result.Error, Does.StartWith("error: ").And.Contains("driver"));
    }

    [Test]
    public void Shapes_come_from_a_file_too()
    {
        Write("shapes.txt", "# of one layer\nmatmul 64x64x64 bf16\n\n  attention 1x16x4x32 f32 # small\nmatmul 64x64\n");
        AssertFails(Run("tune", "--shapes", "shapes.txt"), 1, "'matmul 64x64' is no shape");
        AssertFails(Run("tune", "--shapes", "none.txt"), 1, "none.txt");
    }

    [TestCase("'64x64' is no shape, expected [BATCHx]MxNxK", "--matmul", "64x64")]
    [TestCase("'64x0x64' is no shape", "--matmul", "64x0x64")]
    [TestCase("'64x64x64:up' is no shape", "--matmul", "64x64x64:up")]
    [TestCase("'1x2x3' is no shape, expected BATCHxROWSxHEADSxWIDTH", "--attention", "1x2x3")]
    [TestCase("'1x2x3x4:kv=-1' is no shape", "--attention", "1x2x3x4:kv=-1")]
    [TestCase("'int7' is no element type", "--matmul", "1x1x1", "--dtype", "int7")]
    [TestCase("there is nothing to measure")]
    public void What_is_wrong_is_named(string message, params string[] arguments) => AssertFails(Run(["tune", .. arguments]), 1, message);
}
