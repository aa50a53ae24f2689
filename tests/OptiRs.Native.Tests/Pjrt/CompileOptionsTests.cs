using OptiRs.Native.Protos;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>The bytes of compile options, read back by an independent reader of the wire format.</summary>
public sealed class CompileOptionsTests
{
    [Test]
    public void TheDefaultIsOneReplicaOfOnePartition()
    {
        // By the wire format: field 3 with a message of fields 1 (-1), 4 (1) and 5 (1).
        byte[] expected = [0x1a, 0x0f, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x20, 0x01, 0x28, 0x01];
        Assert.That(PjrtCompileOptions.Default.ToBytes(), Is.EqualTo(expected));
    }

    [Test]
    public void TheAssignmentIsByPartition()
    {
        byte[] bytes = new PjrtCompileOptions { ReplicaCount = 2, PartitionCount = 2, DeviceAssignment = new long[] { 0, 1, 2, 3 } }.ToBytes();
        DeviceAssignmentProto assignment = CompileOptionsProto.Parser.ParseFrom(bytes).ExecutableBuildOptions.DeviceAssignment;
        Assert.That(assignment.ComputationDevices[0].ReplicaDeviceIds, Is.EqualTo((long[])[0, 2]));
        Assert.That(assignment.ComputationDevices[1].ReplicaDeviceIds, Is.EqualTo((long[])[1, 3]));
    }

    [Test]
    public void DebugOptionsAreCheckedByNameAndType()
    {
        CompileOptionsProto proto = CompileOptionsProto.Parser.ParseFrom(new PjrtCompileOptions
        {
            DebugOptions = new Dictionary<string, object> { ["xla_cpu_enable_fast_math"] = true, ["xla_backend_optimization_level"] = 2 },
            PluginOptions = new Dictionary<string, object> { ["mine"] = "x" },
        }.ToBytes());
        Assert.That(proto.EnvOptionOverrides["xla_cpu_enable_fast_math"].BoolField, Is.True);
        Assert.That(proto.EnvOptionOverrides["xla_backend_optimization_level"].IntField, Is.EqualTo(2));
        Assert.That(proto.EnvOptionOverrides["mine"].StringField, Is.EqualTo("x"));
        Assert.That(
            () => Options("xla_cpu_enable_fast_mth", true).ToBytes(),
            Throws.ArgumentException.With.Message.Contains("xla_cpu_enable_fast_math"));
        Assert.That(
            () => Options("xla_cpu_enable_fast_math", 1).ToBytes(), Throws.ArgumentException.With.Message.Contains("Bool"));
    }

    [Test]
    public void BytesDoNotDependOnTheOrderOfADictionary()
    {
        var forth = new Dictionary<string, object> { ["a"] = 1L, ["b"] = true };
        var back = new Dictionary<string, object> { ["b"] = true, ["a"] = 1L };
        Assert.That(
            new PjrtCompileOptions { PluginOptions = forth }.ToBytes(),
            Is.EqualTo(new PjrtCompileOptions { PluginOptions = back }.ToBytes()));
    }

    [Test]
    public void CountsAndAssignmentsAreChecked()
    {
        Assert.That(() => new PjrtCompileOptions { ReplicaCount = 0 }.ToBytes(), Throws.ArgumentException);
        Assert.That(
            () => new PjrtCompileOptions { DeviceAssignment = new long[] { 0, 1 } }.ToBytes(),
            Throws.ArgumentException.With.Message.Contains("has 2 devices"));
    }

    private static PjrtCompileOptions Options(string name, object value) =>
        new() { DebugOptions = new Dictionary<string, object> { [name] = value } };
}
