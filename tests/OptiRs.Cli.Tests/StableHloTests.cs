using System.Text.Json;

namespace OptiRs.Cli.Tests;

/// <summary><c>optirs stablehlo</c>, on programs written here.</summary>
public sealed class StableHloTests : CliTest
{
    private const string Valid = "func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {\n  %0 = stablehlo.add %a, %a : tensor<2xf32>\n  return %0 : tensor<2xf32>\n}\n";

    private string Program(string text) => Write("program.mlir", text);

    [Test]
    public void Print_gives_text_that_prints_the_same_again()
    {
        CliResult once = Run("stablehlo", "print", Program(Valid));
        Assert.That(once.ExitCode, Is.Zero, once.Error);
        Assert.That(once.Output, Does.Contain("%0 = stablehlo.add %arg0, %arg0 : tensor<"));
        Assert.That(Run("stablehlo", "print", Program(once.Output)).Output, Is.EqualTo(once.Output));
    }

    [Test, Category("Shell")]
    public void A_dash_is_the_standard_input()
    {
        Program(Valid);
        Assert.That(Cli.RunInShell(Folder, "\"$@\" < program.mlir", "stablehlo", "verify", "-").Output, Is.EqualTo("-: valid\n"));
    }

    [Test]
    public void Verify_says_so_or_names_the_place()
    {
        CliResult valid = Run("stablehlo", "verify", Program(Valid), "--json");
        Assert.That(valid.ExitCode, Is.Zero, valid.Error);
        using JsonDocument line = JsonDocument.Parse(valid.Lines[0]);
        Assert.That(line.RootElement.GetProperty("name").GetString(), Does.EndWith("program.mlir"));
        AssertFails(Run("stablehlo", "verify", Program(Valid.Replace("stablehlo.add", "stablehlo.and"))), 1, "line 2, column 8");
        AssertFails(Run("stablehlo", "print", Program("func.func @main(%a: tensor<2xf33>) {\n}\n")), 1, "line 1, column");
    }

    [Test]
    public void Damaged_bytecode_names_the_byte()
    {
        string path = Path.Combine(Folder, "program.bc");
        File.WriteAllBytes(path, [.. "ML"u8, 0xEF, (byte)'R', 0x0D, (byte)'x', 0]);
        AssertFails(Run("stablehlo", "print", path), 1, "byte 7");
    }

    [Test]
    public void A_file_that_is_not_there_is_named() => AssertFails(Run("stablehlo", "verify", "nowhere.mlir"), 1, "nowhere.mlir");
}
