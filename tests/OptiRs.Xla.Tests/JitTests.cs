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
    public void NaNIsSortedAsGreaterThanAnyNumber()
    {
        using Session session = PluginSession.Open();
        float[] values = [3, float.NaN, 1, float.PositiveInfinity, float.NaN, 2];
        Assert.That(Call(session, session.Jit(x => Op.Sort(x)), values), Is.EqualTo([1, 2, 3, float.PositiveInfinity, float.NaN, float.NaN]));
        Assert.That(Call(session, session.Jit(x => Op.Sort(x, descending: true)), values), Is.EqualTo([float.NaN, float.NaN, float.PositiveInfinity, 3, 2, 1]));
        Assert.That(Call(session, session.Jit(x => Op.Convert(Op.Argsort(x), DType.F32)), values), Is.EqualTo([2f, 5, 0, 3, 1, 4]));
    }

    [Test]
    public void CumulativeSumsOfAnyLengthAlongAnyAxis()
    {
        using Session session = PluginSession.Open();
        foreach (int length in (int[])[1, 2, 3, 7, 64, 65, 1000])
        {
            float[] ones = [.. Enumerable.Repeat(1f, length)];
            Assert.That(Call(session, session.Jit(x => Op.CumulativeSum(x)), ones), Is.EqualTo(Enumerable.Range(1, length).Select(i => (float)i)));
        }

        using PjrtBuffer matrix = session.Put<float>([1, 2, 3, 4, 5, 6], new Shape(3, 2));
        using PjrtBuffer sums = session.Jit(x => Op.CumulativeSum(x, 0)).Call(matrix)[0];
        Assert.That(sums.ToArray<float>(), Is.EqualTo([1f, 2, 4, 6, 9, 12]));
    }

    [Test]
    public void AMeanOf16BitsIsTakenIn32()
    {
        using Session session = PluginSession.Open();
        foreach (DType narrow in (DType[])[DType.F16, DType.BF16])
            Assert.That(Call(session, session.Jit(x => Op.Convert(Op.Mean(Op.Convert(x, narrow)), DType.F32)), [.. Enumerable.Repeat(128f, 1000)]), Is.EqualTo([128f]));
    }

    [Test]
    public void NamesAreQuotedWhereTheyMustBe()
    {
        using Session session = PluginSession.Open();
        foreach (string name in (string[])["my step-1", "a\"b", "1abc", "zurück\n"])
            Assert.That(Call(session, session.Jit((Value[] v) => [v[0] + 1.0], new() { Name = name, ArgumentNames = [name] }), 1), Is.EqualTo([2f]), name);
    }

    [Test]
    public void OneBufferTakesOneResult()
    {
        using Session session = PluginSession.Open();
        using PjrtBuffer x = session.Put<float>([1], new Shape(1)), both = session.Put<float>([5, 6], new Shape(2));
        Assert.That(() => session.Jit((Value[] v) => [v[0], v[0] * 2.0]).Bind([x], [both, both]),
            Throws.ArgumentException.With.Message.Contains("one buffer is given for result 0 and result 1"));
        Assert.That(both.ToArray<float>(), Is.EqualTo(new float[] { 5, 6 }), "a call that is not bound leaves its results as they are");
    }

    [Test]
    public void WhatIsDisposedOfIsGoneWhoeverElseHoldsIt()
    {
        Session session = PluginSession.Open();
        using PjrtBuffer x = session.Put<float>([1], new Shape(1));
        JittedFunction twice = session.Jit(v => v * 2.0);
        using PjrtCall call = twice.Bind([x], [null]);
        using PjrtBuffer result = call.Results[0];
        x.Dispose();
        Assert.That(() => x.ToArray<float>(), Throws.TypeOf<ObjectDisposedException>());
        call.Run();
        Assert.That(result.ToArray<float>(), Is.EqualTo([2f]));
        session.Dispose();
        Assert.That(() => session.Put<float>([1], new Shape(1)), Throws.TypeOf<ObjectDisposedException>());
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
