using NUnit.Framework.Interfaces;
using OptiRs.Native.Interop;

[assembly: OptiRs.Tests.LeakCheck]

namespace OptiRs.Tests;

/// <summary>
/// Fails the test that leaves a native object behind, or lets the finalizer dispose of one. (A test of leaks calls
/// <see cref="Leaks.Collect"/> itself, which forgets them.)
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class LeakCheckAttribute : Attribute, ITestAction
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, long>> _before = [];

    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test)
    {
        if (NativeLibraryIsThere) _before[test.Id] = Leaks.LiveNativeObjects();
    }

    public void AfterTest(ITest test)
    {
        if (!_before.Remove(test.Id, out IReadOnlyDictionary<string, long>? before)) return;
        // A completion may still be letting go of its buffers on a native thread. A leak is waited for in vain.
        if (!Same(before)) SpinWait.SpinUntil(() => Same(before), TimeSpan.FromSeconds(2));
        IReadOnlyList<string> leaks = Same(before) && Leaks.Count == 0 ? [] : Leaks.Collect();
        string left = Same(before) ? "" : $"live native objects before: {Text(before)}; after: {Text(Leaks.LiveNativeObjects())}";
        if (leaks.Count > 0 || left.Length > 0)
            Assert.Fail($"{test.FullName} leaked. {left}\nReleased by the finalizer: {string.Join("\n", leaks)}");
    }

    internal static bool NativeLibraryIsThere { get; } =
        File.Exists(Path.Combine(AppContext.BaseDirectory, OptiRs.Native.Loader.FileName))
        || Environment.GetEnvironmentVariable(OptiRs.Native.Loader.PathVariable) is not null;

    private static bool Same(IReadOnlyDictionary<string, long> before)
    {
        IReadOnlyDictionary<string, long> now = Leaks.LiveNativeObjects();
        return now.Count == before.Count && now.All(o => before.TryGetValue(o.Key, out long count) && count == o.Value);
    }

    private static string Text(IReadOnlyDictionary<string, long> objects) =>
        "{" + string.Join(", ", objects.Select(o => $"{o.Key}: {o.Value}")) + "}";
}
