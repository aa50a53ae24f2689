using System.Text.Json;
using OptiRs.Native.Interop;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>The extensions that the embedded plugin has.</summary>
[NonParallelizable]
public sealed class EmbeddedExtensionTests
{
    private PluginUnderTest _under = null!;
    private PjrtPlugin _plugin = null!;

    [SetUp]
    public void Load()
    {
        _under = PluginUnderTest.Get("embedded");
        _plugin = PjrtPlugin.Load(_under.Path);
    }

    [TearDown]
    public void Close() => _plugin?.Dispose();

    [Test]
    public void LayoutsShardingsAndMemoriesAreTold()
    {
        using PjrtClient client = _plugin.CreateClient();
        Assert.That(client.DefaultLayout(DType.Of<float>(), new Shape(2, 3, 4)).ToString(), Is.EqualTo("{2,1,0}"));
        using PjrtExecutable executable = client.Compile(_under.Add(4));
        Assert.That(executable.Facts.ParameterLayouts.Single().MinorToMajor, Is.EqualTo(new long[] { 0 }));
        Assert.That(executable.Facts.ParameterShardings, Is.Empty);
        using PjrtTopology topology = client.Topology;
        Assert.That(topology.DeviceMemories(0).Single().IsDefault, Is.True);
    }

    [Test]
    public void AFunctionOfTheProcessIsCalledByAProgram()
    {
        string name = $"tests.add_length_{Environment.TickCount64}";  // names last as long as the process
        _plugin.RegisterCustomCall(name, new PjrtCustomCall(CustomCallTarget.Address));
        using PjrtClient client = _plugin.CreateClient();
        using PjrtExecutable executable = client.Compile($$"""
            module @call {
              func.func public @main(%arg0: tensor<4xi32>) -> tensor<4xi32> {
                %0 = stablehlo.custom_call @{{name}}(%arg0) {backend_config = "12345"} : (tensor<4xi32>) -> tensor<4xi32>
                return %0 : tensor<4xi32>
              }
            }
            """);
        using PjrtBuffer argument = client.BufferFromHost<int>([1, 2, 3, 4], new Shape(4));
        using PjrtBuffer result = executable.Execute(argument)[0];
        Assert.That(result.ToArray<int>(), Is.EqualTo(new[] { 6, 7, 8, 9 }));
        Assert.That(
            () => _plugin.RegisterCustomCall(name, new PjrtCustomCall(CustomCallTarget.Address)),
            Throws.InstanceOf<Exception>().With.Message.Contains("is registered already"));
        Assert.That(
            () => _plugin.RegisterCustomCall(name, new PjrtCustomCall(CustomCallTarget.Address) { IsFfi = true }),
            Throws.InstanceOf<NotSupportedException>().With.Message.Contains("typed FFI handlers"));
    }

    [Test]
    public void ATraceShowsHostAndDevice()
    {
        using TraceRecording recording = TraceRecording.Start(_plugin);
        Assert.That(recording.PluginNote, Is.Null);
        using (PjrtClient client = _plugin.CreateClient())
        using (PjrtExecutable executable = client.Compile(_under.Add(4, name: "traced")))
        using (PjrtBuffer argument = client.BufferFromHost<int>([1, 2, 3, 4], new Shape(4)))
        using (PjrtBuffer result = executable.Execute(argument)[0])
            result.ToArray<int>();
        using var stream = new MemoryStream();
        recording.Write(stream);
        using JsonDocument trace = JsonDocument.Parse(stream.ToArray());
        JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        JsonElement[] spans = [.. events.Where(e => e.GetProperty("ph").GetString() == "X")];
        JsonElement compile = spans.Single(e => e.GetProperty("name").GetString() == "optirs.compile");
        JsonElement program = spans.Single(e => e.GetProperty("name").GetString() == "traced");
        Assert.That(compile.GetProperty("args").GetProperty("optirs.platform").GetString(), Is.EqualTo("optirs_cpu"));
        // One clock: the program ran after it was compiled, and within a second of it.
        double end = compile.GetProperty("ts").GetDouble() + compile.GetProperty("dur").GetDouble();
        Assert.That(program.GetProperty("ts").GetDouble(), Is.GreaterThanOrEqualTo(end - 1000).And.LessThan(end + 60e6));
        string[] groups = [.. events.Where(e => e.GetProperty("name").GetString() == "process_name")
            .Select(e => e.GetProperty("args").GetProperty("name").GetString()!)];
        Assert.That(groups, Is.EquivalentTo(new[] { "this process", "/device:OPTIRS_CPU:0" }));
        Assert.That(spans.Count(e => e.GetProperty("pid").GetInt32() == program.GetProperty("pid").GetInt32()), Is.GreaterThanOrEqualTo(2));
        Assert.That(() => recording.Write(stream), Throws.InvalidOperationException);
    }

    [Test]
    public void OneProfilerRecordsAtATime()
    {
        using PjrtProfiler first = _plugin.CreateProfiler();
        using PjrtProfiler second = _plugin.CreateProfiler();
        first.Start();
        Assert.That(second.Start, Throws.InstanceOf<Exception>().With.Message.Contains("another profiler records already"));
        Assert.That(() => first.Collect(), Throws.InstanceOf<Exception>().With.Message.Contains("stop it first"));
        using TraceRecording hostOnly = TraceRecording.Start(_plugin);
        Assert.That(hostOnly.PluginNote, Does.Contain("another profiler records already"));
        first.Stop();
        Assert.That(first.Collect(), Is.Empty);
        Assert.That(second.Stop, Throws.InstanceOf<Exception>().With.Message.Contains("start it first"));
    }
}
