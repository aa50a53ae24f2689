using OptiRs.Bindings.Generator;
using OptiRs.Tests;

namespace Bindings.Tests;

/// <summary>The generated files are those of today's headers, and the library keeps the ABI that was promised.</summary>
public sealed class DriftTests
{
    private static readonly string[] Generated =
        ["bindings/Generated/Optirs.g.cs", "bindings/Generated/Layout.g.cs", "native/abi/layout.g.c"];

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
        string baseline = Path.Combine(Checkout.Root, "native", "abi", "optirs.abi");
        if (!File.Exists(baseline)) Assert.Ignore($"There is no baseline {baseline}.");
        string library = OptiRs.Native.Loader.LoadedPath ?? Path.Combine(AppContext.BaseDirectory, OptiRs.Native.Loader.FileName);
        (int exit, string report) = Tool.Run(
            "abidiff", "--no-added-syms", "--no-show-locs", "--headers-dir2",
            Path.Combine(Checkout.Root, "native", "include"), "--drop-private-types", baseline, library);
        Assert.That(exit, Is.Zero, report);
    }
}
