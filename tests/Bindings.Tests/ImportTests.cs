using System.Reflection;
using System.Runtime.InteropServices;
using OptiRs.Native.Interop;

namespace Bindings.Tests;

/// <summary>Every import finds its export. One that is missing or renamed would show only when somebody calls it.</summary>
public sealed class ImportTests
{
    private static IEnumerable<MethodInfo> Imports =>
        typeof(optirs).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));

    [Test]
    public void EveryImportIsExported()
    {
        MethodInfo[] imports = [.. Imports];
        Assert.That(imports, Has.Length.GreaterThan(100));
        Assert.Multiple(() =>
        {
            foreach (MethodInfo import in imports) Assert.DoesNotThrow(() => Marshal.Prelink(import), import.Name);
        });
    }

    [Test]
    public void EveryFallibleFunctionReturnsCheckedOrIsRaw()
    {
        IEnumerable<string> unchecked_ =
            from method in typeof(optirs).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            where method.ReturnType.IsPointer && method.ReturnType.GetElementType() == typeof(optirs_error)
                // Its error is its result.
                && method.Name != nameof(optirs.optirs_error_create)
            where !method.Name.EndsWith("_raw", StringComparison.Ordinal) && !method.Name.Contains("PInvoke", StringComparison.Ordinal)
            select method.Name;
        Assert.That(unchecked_, Is.Empty);
    }

    [Test]
    public void OnlyTheBindingsAreUnsafe()
    {
        string root = OptiRs.Tests.Checkout.Root;
        IEnumerable<string> projects = Directory.EnumerateFiles(Path.Combine(root, "src"), "*.csproj", SearchOption.AllDirectories);
        foreach (string project in projects)
            Assert.That(File.ReadAllText(project), Does.Not.Contain("AllowUnsafeBlocks>true"), project);
    }
}
