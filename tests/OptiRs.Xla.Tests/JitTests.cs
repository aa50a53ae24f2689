namespace OptiRs.Xla.Tests;

/// <summary>Compiled functions on the embedded plugin: the cache, explained recompilations, donation, bound calls.</summary>
[TestFixture]
internal sealed class JitTests
{
    [Test]
    public void CompilesOncePerSignatureAndExplainsRecompilation()
    {
        using Session session = PluginSession.Open();
        JittedFunction twice = session.Jit(x => x * 2.0);
        var explanations = new List<string>();
        twice.Recompiled += explanations.Add;
        Assert.That(Call(session, twice, 1, 2, 3), Is.EqualTo([2f, 4f, 6f]));
        Assert.That(Call(session, twice, 4, 5, 6), Is.EqualTo([8f, 10f, 12f]));
        Assert.That((twice.CacheMisses, twice.CacheHits, twice.LastRecompilation), Is.EqualTo((1, 1, (string?)null)));
        Assert.That(Call(session, twice, 1, 2), Is.EqualTo([2f, 4f]));
        Assert.That(twice.LastRecompilation, Is.EqualTo("argument 0 changed from f32[3] to f32[2]"));
        Assert.That(explanations, Is.EqualTo(["argument 0 changed from f32[3] to f32[2]"]));
        Assert.That(Call(session, twice, 7, 8, 9), Is.EqualTo([14f, 16f, 18f]));
        Assert.That(twice.CacheMisses, Is.EqualTo(2));
    }

    [Test]
    public void KernelsTakeTheirOptionsByName()
    {
        using Session session = PluginSession.Open();
        JittedFunction norm = session.Jit(x => Op.CustomCall("optirs.rms_norm", [x], [(DType.F32, x.Shape)], new Dictionary<string, object> { ["epsilon"] = 0.5 })[0]);
        using PjrtBuffer x = session.Put<float>([1, 2], new Shape(1, 2));
        using PjrtBuffer result = norm.Call(x)[0];
        float scale = 1 / MathF.Sqrt(2.5f + 0.5f);
        Assert.That(result.ToArray<float>(), Is.EqualTo([scale, 2 * scale]).Within(1e-6f));
        Assert.That(() => Op.CustomCall("t", [], [], new Dictionary<string, object> { ["x"] = new object() }),
            Throws.ArgumentException.With.Message.Contains("backend_config: x is a Object"));
    }

    [Test]
    public void SharesPrograms()
    {
        using Session session = PluginSession.Open();
        for (int i = 0; i < 2; i++)
            session.Jit(x => Op.Exp(x)).Compile((DType.F32, new Shape(3)));
        Assert.That(session.ProgramCount, Is.EqualTo(1));
    }

    [Test]
    public void DonatedStateIsUpdatedInPlace()
    {
        using Session session = PluginSession.Open();
        JittedFunction step = session.Jit((state, gradient) => state - gradient * 0.5, new() { DonatedArguments = [0], Name = "step" });
        using PjrtBuffer state = session.Put<float>([1, 2], new Shape(2));
        using PjrtBuffer gradient = session.Put<float>([2, 4], new Shape(2));
        using PjrtCall call = step.Bind([state, gradient], [state]);
        call.Run();
        call.Run();
        Assert.That(state.ToArray<float>(), Is.EqualTo([-1f, -2f]));
    }

    [Test]
    public void RefusesAnotherNumberOfArguments()
    {
        using Session session = PluginSession.Open();
        JittedFunction negate = session.Jit(x => -x, new() { Name = "negate" });
        Assert.That(() => negate.Compile(), Throws.ArgumentException.With.Message.Contains("'negate' takes 1 arguments, not 0"));
    }

    [Test]
    public void LowersWithoutCompiling()
    {
        using Session session = PluginSession.Open();
        JittedFunction f = session.Jit((x, y) => x + y, new() { Name = "sum" });
        Assert.That(f.Lower((DType.F32, new Shape(2)), (DType.F32, new Shape(2))), Does.Contain("module @sum").And.Contain("stablehlo.add"));
        Assert.That(session.ProgramCount, Is.Zero);
    }

    [Test]
    public void RunsOnTheDeviceThatIsAskedFor()
    {
        using PjrtClient client = PjrtClient.Open(PluginSession.Path, new Dictionary<string, object> { ["device_count"] = 2L });
        using Session second = Session.On(client, 1);
        JittedFunction twice = second.Jit(x => x * 2.0);
        using PjrtBuffer argument = second.Put<float>([1, 2], new Shape(2));
        using PjrtBuffer result = twice.Call(argument)[0];
        Assert.That(result.Device.Id, Is.EqualTo(client.AddressableDevices[1].Id));
        Assert.That(result.ToArray<float>(), Is.EqualTo([2f, 4f]));
    }

    [Test]
    public void OpensTheSecondEmulatedDeviceByName()
    {
        _ = PluginSession.Path;
        using Session session = Session.Open("cpu:1");
        Assert.That(session.Device.Id, Is.EqualTo(session.Client.AddressableDevices[1].Id));
    }

    [Test]
    public void NamesTheDevicesThatThereAre()
    {
        using Session session = PluginSession.Open();
        Assert.That(() => Session.On(session.Client, 99), Throws.InstanceOf<OptiRsException>().With.Message.Contains("no device 99"));
    }

    private static float[] Call(Session session, JittedFunction function, params float[] values)
    {
        using PjrtBuffer argument = session.Put<float>(values, new Shape(values.Length));
        using PjrtBuffer result = function.Call(argument)[0];
        return result.ToArray<float>();
    }
}
