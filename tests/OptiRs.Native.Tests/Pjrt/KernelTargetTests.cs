using System.Reflection;
using OptiRs.Native.Interop;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Every target <c>optirs.*</c> of the embedded plugin: bit for bit what the kernel itself gives.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class KernelTargetTests
{
    /// <summary>The kernels that programs cannot call, each with its reason.</summary>
    private static readonly Dictionary<string, string> WithoutTarget = new()
    {
        ["grad_norm"] = "its gradients are one list of any length; a call has one tensor for each field",
    };

    private PjrtPlugin _plugin = null!;
    private PjrtClient _client = null!;

    private static IEnumerable<KernelCall> Calls => KernelCalls.All;

    private static IEnumerable<KernelCall> OneOfEach => Calls.DistinctBy(call => call.Target);

    private static IEnumerable<string> Exceptions => WithoutTarget.Keys;

    [OneTimeSetUp]
    public void Open()
    {
        _plugin = PjrtPlugin.Load(PluginUnderTest.Get("embedded").Path);
        _client = _plugin.CreateClient();
    }

    [OneTimeTearDown]
    public void Close()
    {
        _client?.Dispose();
        _plugin?.Dispose();
    }

    [Test]
    public void EveryKernelHasATargetOrAReason() => Assert.That(
        OneOfEach.Select(call => call.Target).Concat(WithoutTarget.Keys),
        Is.EquivalentTo(
            typeof(optirs).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(field => field.IsLiteral && field.Name.StartsWith("OPTIRS_KERNEL_", StringComparison.Ordinal))
                .Select(field => field.Name["OPTIRS_KERNEL_".Length..].ToLowerInvariant())));

    [Test]
    public void GivesWhatTheKernelGives([ValueSource(nameof(Calls))] KernelCall call, [Values] bool named)
    {
        Array[] results = call.Run(_client, named), expected = call.Expected();
        for (int i = 0; i < expected.Length; i++) Assert.That(results[i], Is.EqualTo(expected[i]), call.Results[i].Name);
    }

    [Test]
    public void AWrongTypeIsNamed([ValueSource(nameof(OneOfEach))] KernelCall call)
    {
        (string name, CallValue value) = call.Operands[0];
        KernelCall wrong = call with { Operands = [(name, CallValue.Zeros<double>(value.Shape)), .. call.Operands[1..]] };
        Assert.That(
            () => wrong.Run(_client, named: false),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains($"optirs.{call.Target} at ").And.Message.Contains($"{name} f64["));
    }

    [Test]
    public void AWrongShapeIsNamed([ValueSource(nameof(OneOfEach))] KernelCall call)
    {
        (string name, CallValue value) = call.Results[0];
        KernelCall wrong = call with { Results = [(name, value.Reshaped([2, .. value.Shape])), .. call.Results[1..]] };
        Assert.That(
            () => wrong.Run(_client, named: true),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains($"optirs.{call.Target} at ").And.Message.Match($@"\b{name} \w+\[2,"));
    }

    [Test]
    public void OtherKernelsAreNoTargets([ValueSource(nameof(Exceptions))] string kernel) => Assert.That(
        () => new KernelCall(kernel, [("x", CallValue.Numbers(1, 3))], [("out", CallValue.Zeros<float>(3))], _ => { }).Run(_client, named: false),
        Throws.InstanceOf<NotSupportedException>().With.Message.Contains($"optirs.{kernel}"));
}
