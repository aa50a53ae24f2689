namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Results of programs for several partitions, of which a plugin may state the whole.</summary>
public sealed class PartitionedResultTests
{
    // It states four rows; each of two devices gives two of them.
    private const string Program = "devices 2\npartitions 2\narguments 1\noutput 4 2 3\n";

    private PjrtClient _client = null!;

    [SetUp]
    public void SetUp() => _client = PluginUnderTest.Get("fake").Open(devices: 2);

    [TearDown]
    public void TearDown() => _client?.Dispose();

    [Test]
    public void ABufferHasTheShapeOfThePartThatItHolds()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        Assert.That(executable.Outputs[0], Is.EqualTo((DType.S32, new Shape(4, 3))));
        PjrtBuffer[][] arguments = [.. _client.Devices.Select(device => (PjrtBuffer[])[Upload(device)])];
        foreach (PjrtBuffer[] row in executable.ExecuteOnDevices(arguments)) AssertPart(row[0]);
        using PjrtCall call = executable.Bind([.. arguments.Select(row => row[0])], [null, arguments[1][0]]);
        Assert.That(call.Results[0].Shape, Is.EqualTo(new Shape(4, 3)), "nothing is there yet");
        call.Run();
        foreach (PjrtBuffer result in call.Results) AssertPart(result);
        arguments[0][0].Dispose();
    }

    private PjrtBuffer Upload(PjrtDevice device) => _client.BufferFromHost<int>(new int[6], new Shape(2, 3), device);

    private static void AssertPart(PjrtBuffer result)
    {
        Assert.That(result.Shape, Is.EqualTo(new Shape(2, 3)));
        Assert.That(result.ToArray<int>(), Is.EqualTo(Enumerable.Repeat(PluginUnderTest.Step, 6)));
        result.Dispose();
    }
}
