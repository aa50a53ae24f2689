using OptiRs.Native;
using OptiRs.Native.Interop;
using OptiRs.Tests;

namespace Bindings.Tests;

/// <summary>What the loader says when it cannot load: one table, with the cause of each failure.</summary>
public sealed class LoaderTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void AMissingFileIsNamed()
    {
        DllNotFoundException error = Fails(_folder.Path);
        Assert.That(error.Message, Does.Contain(Path.Combine(_folder.Path, Loader.FileName) + ": no such file"));
        Assert.That(error.Message, Does.Contain(Loader.PathVariable));
    }

    [Test]
    public void AFileThatIsNoLibraryIsNamed()
    {
        File.WriteAllText(Path.Combine(_folder.Path, Loader.FileName), "no ELF");
        Assert.That(Fails(_folder.Path).Message, Does.Contain("too short").Or.Contain("invalid ELF"));
    }

    [Test]
    public void AMissingDependencyIsNamed()
    {
        string dependency = Tool.SharedLibrary(_folder.Path, "libmissingdep", "int f(void) { return 1; }");
        Tool.SharedLibrary(
            _folder.Path, "liboptirs", "int f(void); int g(void) { return f(); }", $"-L{_folder.Path}", "-lmissingdep");
        File.Delete(dependency);
        Assert.That(Fails(_folder.Path).Message, Does.Contain("libmissingdep.so: cannot open shared object file"));
    }

    [Test]
    public void ALibraryOfSomethingElseIsRefused()
    {
        Tool.SharedLibrary(_folder.Path, "liboptirs", "int f(void) { return 1; }");
        Assert.That(Fails(_folder.Path).Message, Does.Contain("no optirs_abi_version"));
    }

    [Test]
    public void AnotherAbiIsRefusedWithBothVersions()
    {
        Tool.SharedLibrary(
            _folder.Path, "liboptirs", "unsigned optirs_abi_version(void) { return (77u << 16) + 3; }");
        Assert.That(Fails(_folder.Path).Message, Does.Contain("has ABI 77.3").And.Contain($"need {optirs.OPTIRS_ABI_MAJOR}."));
    }

    [Test]
    public void EveryPlaceHasItsLine()
    {
        var attempts = new List<LoadAttempt>();
        string[] folders = ["a", "b"];
        var error = Assert.Throws<DllNotFoundException>(() => Loader.Find(
            null, folders.Select(f => ("place " + f, Path.Combine(_folder.Path, f))), attempts, typeof(optirs).Assembly, null))!;
        Assert.That(attempts.Select(a => a.Source), Is.EqualTo((string[])["place a", "place b", "system"]));
        foreach (LoadAttempt attempt in attempts) Assert.That(error.Message, Does.Contain(attempt.Path));
    }

    [Test]
    public void AnOverrideIsTheOnlyPlace()
    {
        var attempts = new List<LoadAttempt>();
        Assert.Throws<DllNotFoundException>(() => Loader.Find(
            _folder.Path, [("program folder", AppContext.BaseDirectory)], attempts, typeof(optirs).Assembly, null));
        Assert.That(attempts, Has.Count.EqualTo(1));
    }

    [Test]
    public void WhatWasLoadedIsKnown()
    {
        _ = optirs.optirs_abi_version();
        Assert.That(Loader.Attempts, Is.Not.Empty);
        Assert.That(Loader.Attempts[^1].Outcome, Is.EqualTo("loaded"));
        Assert.That(Diagnostics.Describe(), Does.Contain("loaded:").And.Contain("  cpu: ").And.Contain("PJRT plugins:"));
    }

    [Test]
    public void TheBackendsOfTestsAreNotListed()
    {
        Assert.That(Diagnostics.Backends.Select(b => b.Name), Does.Contain("cpu").And.No.AnyOf("echo", "fault"));
        Assert.That(Diagnostics.Describe(), Does.Not.Contain("  echo: ").And.Not.Contain("  fault: "));
    }

    private static DllNotFoundException Fails(string overridePath)
    {
        var attempts = new List<LoadAttempt>();
        return Assert.Throws<DllNotFoundException>(
            () => Loader.Find(overridePath, [], attempts, typeof(optirs).Assembly, null))!;
    }
}
