using OptiRs.Native.Interop;

namespace Bindings.Tests;

/// <summary>The public structs are laid out alike by the compiler of the library and by C#.</summary>
public sealed class LayoutTests
{
    [Test]
    public void EveryRowIsTheSameOnBothSides()
    {
        var native = LayoutNative.Rows();
        var managed = Layout.Rows();
        Assert.That(managed, Has.Count.GreaterThan(50));
        Assert.That(managed, Has.Count.EqualTo(native.Count));
        Assert.Multiple(() =>
        {
            for (int i = 0; i < native.Count; i++) Assert.That(managed[i], Is.EqualTo(native[i]));
        });
    }

    [Test]
    public void TheVersionOfTheLibraryIsTheOneThatWasGenerated()
    {
        Assert.That(optirs.optirs_abi_version() >> 16, Is.EqualTo(optirs.OPTIRS_ABI_MAJOR));
        Assert.That(optirs.optirs_abi_version() & 0xFFFF, Is.GreaterThanOrEqualTo(optirs.OPTIRS_ABI_MINOR));
        Assert.That(NativeText.LibraryVersion(), Does.Contain("OptiRs.Native"));
    }
}
