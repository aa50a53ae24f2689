using OptiRs.Native.Interop;
using OptiRs.Tests;

/// <summary>When all tests have run, nothing may be left: no handle for the finalizer, no native object.</summary>
[SetUpFixture]
public sealed class LeakTeardown
{
    [OneTimeTearDown]
    public void NothingIsLeft()
    {
        if (!LeakCheckAttribute.NativeLibraryIsThere) return;
        IReadOnlyList<string> leaks = Leaks.Collect();
        Assert.That(leaks, Is.Empty, "handles that the finalizer had to release");
        Assert.That(Kept(Leaks.LiveNativeObjects()), Is.Empty, "native objects that are still alive");
    }

    // Plugins and backends stay loaded until the process ends: that is their contract, not a leak.
    private static Dictionary<string, long> Kept(IReadOnlyDictionary<string, long> live) =>
        live.Where(o => o.Key is not ("pjrt_plugin" or "backend")).ToDictionary();
}
