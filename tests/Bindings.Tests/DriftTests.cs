using OptiRs.Bindings.Generator;
using OptiRs.Tests;

namespace Bindings.Tests;

/// <summary>The generated files are those of today's headers, and the library keeps the ABI that was promised.</summary>
public sealed class DriftTests
{
    private static readonly string[] Generated =
        ["bindings/Generated/Optirs.g.cs", "bindings/Generated/Kernels.g.cs", "bindings/Generated/Layout.g.cs", "native/abi/layout.g.c"];

    [Test]
    public void RegeneratingChangesNothing()
    {
        string root = Checkout.Root;
        Tool.Run("clang-19", "--version");
        using var folder = new TemporaryFolder();
        using var log = new StringWriter();
        Generation.Run(root, folder.Path, "clang-19", log);
        foreach (string file in Generated)
            Assert.That(
                File.ReadAllText(Path.Combine(root, file)), Is.EqualTo(File.ReadAllText(Path.Combine(folder.Path, file))),
                $"{file} is not what the headers give: run ./build.sh bindings");
    }

    [Test]
    public void TheAbiIsThatOfTheBaseline()
    {
        foreach (string tool in (string[])["cmake", "cc", "abidw", "abidiff"]) Tool.Run(tool, "--version");
        string native = Path.Combine(Checkout.Root, "native");
        string abi = Path.Combine(native, "abi");
        using var folder = new TemporaryFolder();
        (int exit, string report) = Tool.Run(
            "cmake", "-DMODE=check", "-DCC=cc", $"-DINCLUDE={native}/include", $"-DBASELINE={abi}/optirs.abi",
            $"-DVERSION_SCRIPT={abi}/optirs.map", $"-DWORK={folder.Path}", "-DABIDW=abidw", "-DABIDIFF=abidiff", "-P",
            $"{abi}/abi.cmake");
        Assert.That(exit, Is.Zero, report);
    }
}
