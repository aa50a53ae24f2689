using System.Text;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Extensions from C#, on a plugin of the tests' own that has all of them and makes its answers up.</summary>
public sealed class ExtensionTests
{
    private static readonly Shape Four = new(4);

    private PjrtPlugin _plugin = null!;
    private PjrtClient _client = null!;

    [SetUp]
    public void Open()
    {
        _plugin = PjrtPlugin.Load(PluginUnderTest.FakePath("fake_extensions"));
        _client = _plugin.CreateClient();
    }

    [TearDown]
    public void Close()
    {
        _client?.Dispose();
        _plugin?.Dispose();
    }

    [Test]
    public void ThePluginListsThem() => Assert.That(
        _plugin.Extensions, Does.Contain("Layouts").And.Contain("TpuTopology").And.Contain("CrossHostTransfers"));

    [Test]
    public void LayoutsAreRead()
    {
        PjrtLayout layout = _client.DefaultLayout(DType.Of<int>(), new Shape(16, 128));
        Assert.That(layout.MinorToMajor, Is.EqualTo(new long[] { 1, 0 }));
        Assert.That(layout.Tiles, Has.Count.EqualTo(2));
        Assert.That(layout.Tiles[1], Is.EqualTo(new long[] { 2, 1 }));
        Assert.That(layout.ToString(), Is.EqualTo("{1,0:T(8,128)(2,1)}"));
        using PjrtTopology topology = _client.Topology;
        Assert.That(topology.DefaultLayout(DType.Of<int>(), Four).MemorySpace, Is.EqualTo(5));
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2, 3, 4], Four);
        Assert.That(buffer.DetailedLayout.ToString(), Is.EqualTo("{0}"));
    }

    [TestCase("{1,0}")]
    [TestCase("{}")]
    [TestCase("{2,1,0:T(8,128)(2,1)S(5)}")]
    [TestCase("{0:T(*,128)L(1024)E(4)S(1)}")]
    public void NotationRoundTrips(string text) => Assert.That(PjrtLayout.Parse(text).ToString(), Is.EqualTo(text));

    [TestCase("1,0")]
    [TestCase("{1,0:}")]
    [TestCase("{1,0:T(8}")]
    [TestCase("{a}")]
    [TestCase("{1 0}")]
    [TestCase("{1,0:T(99999999999999999999)}")]
    [TestCase("{1,0:S(99999999999)}")]
    public void OtherTextsAreRefused(string text) =>
        Assert.That(() => PjrtLayout.Parse(text), Throws.InstanceOf<FormatException>().With.Message.Contains(text));

    [Test]
    public void AnOrderIsNotNull()
    {
        Assert.That(() => PjrtLayout.Ordered(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("minorToMajor"));
        Assert.That(() => PjrtLayout.Ordered([0], null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("tiles"));
    }

    [Test]
    public void ProgramsTellTheirLayoutsAndShardings()
    {
        using PjrtExecutable executable = Compile();
        Assert.That(executable.Facts.ParameterLayouts.Select(l => l.ToString()), Is.EqualTo(new[] { "{1,0}", "{0,1}" }));
        Assert.That(executable.Facts.OutputLayouts, Has.Count.EqualTo(1));
        Assert.That(executable.Facts.ParameterShardings[0], Is.EqualTo(new byte[] { 8, 1 }));
        Assert.That(executable.Facts.OutputShardings, Is.Empty);
        Assert.That(Encoding.UTF8.GetString(executable.Facts.Metadata), Is.EqualTo("metadata"));
    }

    [Test]
    public void DevicesOfATopologyTellTheirMemories()
    {
        using PjrtTopology topology = _plugin.CreateTopology("fake:2");
        Assert.That(topology.DeviceMemories(1), Is.EqualTo(new[]
        {
            new PjrtMemoryDescription("pinned_host", 11, false), new PjrtMemoryDescription("device", 6, true),
        }));
        Assert.That(() => topology.DeviceMemories(2), Throws.InstanceOf<Exception>().With.Message.Contains("device 2"));
    }

    [Test]
    public async Task RawBuffersReadAndWrite()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2, 3, 4], Four);
        using PjrtRawBuffer raw = buffer.OpenRaw();
        Assert.That(raw.ByteCount, Is.EqualTo(16));
        Assert.That(raw.HostAddress, Is.Not.Zero);
        Assert.That(raw.Memory, Is.SameAs(_client.Memories[0]));
        using var part = Tensor<int>.From([7, 8], new Shape(2));
        await raw.WriteAsync<int>(4, part.Memory);
        Assert.That(buffer.ToArray<int>(), Is.EqualTo(new[] { 1, 7, 8, 4 }));
        await raw.ReadAsync(8, part.Memory);
        Assert.That(part.Span.ToArray(), Is.EqualTo(new[] { 8, 4 }));
        Assert.That(() => raw.ReadAsync(0, new int[4].AsMemory()), Throws.ArgumentException.With.Message.Contains("native memory"));
        Assert.That(() => raw.ReadAsync(12, part.Memory), Throws.InstanceOf<Exception>().With.Message.Contains("bytes 12 to 20"));
    }

    [Test]
    public void StreamsAreThePlatforms()
    {
        Assert.That(_client.Devices[1].ExternalStream, Is.EqualTo(1001));
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2, 3, 4], Four);
        buffer.WaitOnStream(1001);
    }

    [Test]
    public async Task ABufferGoesToAPeer()
    {
        (PjrtBuffer[] received, Task<byte[][]> descriptors) = _client.ReceiveFromPeer([(DType.Of<int>(), Four)]);
        using PjrtBuffer arrived = received[0];
        using PjrtBuffer sent = _client.BufferFromHost<int>([5, 6, 7, 8], Four);
        await sent.SendToPeerAsync((await descriptors)[0]);
        Assert.That(arrived.ToArray<int>(), Is.EqualTo(new[] { 5, 6, 7, 8 }));
        OptiRsException? error = Assert.ThrowsAsync<OptiRsException>(async () => await sent.SendToPeerAsync("99"u8));
        Assert.That(error!.Code, Is.EqualTo(ErrorCode.NotFound));
    }

    [Test]
    public void CompilersRunInPhases()
    {
        Assert.That(_plugin.CompilerPhases, Is.EqualTo(new[] { "optimize", "emit" }));
        using PjrtTopology topology = _client.Topology;
        byte[][] programs = topology.RunPhases(["a"u8.ToArray(), "b"u8.ToArray()], ["emit"]);
        Assert.That(programs.Select(Encoding.UTF8.GetString), Is.EqualTo(new[] { "a|emit", "b|emit" }));
    }

    [Test]
    public void CustomCallsAndHandlersAreRegistered()
    {
        _plugin.RegisterCustomCall("mine", new PjrtCustomCall(0x1000) { IsFfi = true, Prepare = 0x2000, Traits = 1 });
        _plugin.RegisterFfiHandler("mine", "CUDA", 0x1000);
        Assert.That(() => _plugin.RegisterCustomCall("mine", new PjrtCustomCall(0)), Throws.InstanceOf<ArgumentException>().With.Message.Contains("is NULL"));
        long type = _plugin.RegisterFfiType("state");
        using var context = new PjrtExecutionContext(_client);
        context.AddUserData(type, 0x3000);
    }

    [Test]
    public void KernelsNeedAPluginThatTakesHandlers()
    {
        using PjrtPlugin bare = PjrtPlugin.Load(PluginUnderTest.FakePath("fake"));
        Assert.That(bare.RegisterKernels, Throws.InstanceOf<NotSupportedException>().With.Message.Contains("has no extension Gpu_Custom_Call"));
    }

    [Test]
    public void AProfilerRecords()
    {
        using PjrtProfiler profiler = _plugin.CreateProfiler("options"u8);
        profiler.Start();
        profiler.Stop();
        Assert.That(Encoding.UTF8.GetString(profiler.Collect()), Is.EqualTo("options+started+stopped"));
    }

    [Test]
    public void TopologiesOfTpusAnswer()
    {
        using PjrtTopology topology = _client.Topology;
        PjrtTpuTopology tpu = topology.Tpu;
        Assert.That(
            (tpu.ProcessCount, tpu.ChipCount, tpu.ChipsPerProcess, tpu.CoreCount, tpu.CoresPerChip, tpu.CoresPerProcess),
            Is.EqualTo((2, 8, 4, 8, 1, 4)));
        Assert.That((tpu.DeviceCount, tpu.DevicesPerChip, tpu.DevicesPerProcess), Is.EqualTo((8, 1, 4)));
        Assert.That((tpu.IsSubslice, tpu.HasEnhancedBarrier, tpu.HasLimitedInterconnect), Is.EqualTo((false, true, true)));
        Assert.That(tpu.ChipBounds, Is.EqualTo(new[] { 4, 2, 1 }));
        Assert.That(tpu.ChipsPerProcessBounds, Is.EqualTo(new[] { 2, 2, 1 }));
        Assert.That(tpu.ProcessBounds, Is.EqualTo(new[] { 2, 1, 1 }));
        Assert.That(tpu.ProcessIds, Is.EqualTo(new[] { 0, 1 }));
        Assert.That(tpu.DeviceIds(1), Is.EqualTo(new[] { 4, 5, 6, 7 }));
        Assert.That(tpu.PlaceOfChip(5), Is.EqualTo((1, 1)));
        Assert.That(tpu.PlaceOfDevice(3), Is.EqualTo((0, 3)));
        Assert.That(tpu.ProcessCoordinates(1), Is.EqualTo(new[] { 1, 0, 0 }));
        (IReadOnlyList<int> chip, int index) = tpu.DeviceCoordinates(6);
        Assert.That(chip, Is.EqualTo(new[] { 2, 1, 0 }));
        Assert.That(index, Is.Zero);
        Assert.That((tpu.ChipAt(2, 1, 0), tpu.DeviceAt([2, 1, 0])), Is.EqualTo((6, 6)));
        Assert.That((tpu.Reaches(0, 1), tpu.Reaches(0, 4)), Is.EqualTo((true, false)));
        Assert.That(tpu.RoutingStrategy, Is.EqualTo("dimension order"));
        Assert.That(() => tpu.PlaceOfChip(8), Throws.InstanceOf<Exception>().With.Message.Contains("no chip 8"));
        using PjrtTopology part = tpu.Subslice([2, 1], [1, 2]);
        Assert.That(part.Devices, Has.Count.EqualTo(4));
        using PjrtTopology rearranged = tpu.WithHosts(3, 1, 1);
        Assert.That(rearranged.Devices, Has.Count.EqualTo(3));
        Assert.That(tpu.DeviceIdInSubslice(part, [2, 0, 0], 5), Is.EqualTo(3));
    }

    [Test]
    public void PluginsOfTpusAnswer()
    {
        PjrtTpuPlugin tpu = _plugin.Tpu;
        Assert.That(tpu.Slice("fake", "large").Chips, Is.EqualTo(new[] { 8, 2, 1 }));
        Assert.That(tpu.Slices("fake").Select(s => (s.Chips[0], s.IsTwisted)), Is.EqualTo(new[] { (4, false), (8, true) }));
        Assert.That(tpu.Slices("fake")[0].Wraps, Is.EqualTo(new[] { true, false, false }));
        Assert.That(tpu.DefaultHost("fake"), Is.EqualTo((4L, 2L)));
        Assert.That(Encoding.UTF8.GetString(tpu.TargetArguments("p"u8)), Is.EqualTo("target_arguments:p"));
        Assert.That(Encoding.UTF8.GetString(tpu.HloModule("p"u8)), Is.EqualTo("hlo_module_with_config:p"));
        Assert.That(Encoding.UTF8.GetString(tpu.MemoryStats("p"u8)), Is.EqualTo("compiled_memory_stats:p"));
        Assert.That(Encoding.UTF8.GetString(tpu.CompletedEnvironments("e"u8)), Is.EqualTo("result_compilation_environments:e"));
        Assert.That(tpu.EnvironmentField("e"u8, "f"), Is.EqualTo("field_value:f"));
        Assert.That(tpu.Costs("t"u8, ["m"u8.ToArray(), "n"u8.ToArray()]), Has.Count.EqualTo(2).And.ContainKey("maker"));
        Assert.That((tpu.IsPredeterminedError("sure"u8), tpu.IsPredeterminedError("x"u8)), Is.EqualTo((true, false)));
        Assert.That((tpu.IsCancellation("cancelled"u8), tpu.IsCancellation("x"u8)), Is.EqualTo((true, false)));
    }

    [Test]
    public void WhatIsMissingIsNamedWithWhoHasIt()
    {
        using PjrtPlugin plain = PjrtPlugin.Load(PluginUnderTest.FakePath("fake_57"));
        Assert.That(
            () => plain.CreateProfiler(),
            Throws.InstanceOf<NotSupportedException>().With.Message.Contains(
                "fake_57.so speaks PJRT 0.57, but has no extension Profiler, which libtpu"));
        using PjrtClient client = plain.CreateClient();
        Assert.That(() => client.Topology.Dispose(), Throws.Nothing);
        Assert.That(
            () => client.ReceiveFromPeer([(DType.Of<int>(), Four)]),
            Throws.InstanceOf<NotSupportedException>().With.Message.Contains("CrossHostTransfers needs 0.114"));
    }

    private PjrtExecutable Compile() => _client.Compile("name add\narguments 1\noutput 4 4\n");
}
