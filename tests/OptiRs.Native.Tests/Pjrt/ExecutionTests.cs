namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Compiling and running.</summary>
[TestFixture("fake")]
[TestFixture("embedded")]
public sealed class ExecutionTests(string pluginName)
{
    private const int Step = PluginUnderTest.Step;
    private PluginUnderTest _plugin = null!;
    private PjrtClient _client = null!;

    [SetUp]
    public void SetUp()
    {
        _plugin = PluginUnderTest.Get(pluginName);
        _client = _plugin.Open(devices: 2);
    }

    [TearDown]
    public void TearDown() => _client?.Dispose();

    [Test]
    public void AProgramIsDescribed()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(3, name: "thing"));
        Assert.That(executable.Name, Does.Contain("thing"));
        Assert.That(executable.OutputCount, Is.EqualTo(1));
        Assert.That(executable.Outputs, Is.EqualTo(((DType, Shape)[])[(DType.S32, new Shape(3))]));
        Assert.That(executable.Devices, Is.EqualTo((PjrtDevice[])[_client.Devices[0]]));
    }

    [Test]
    public void AProgramRuns()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(3));
        using PjrtBuffer argument = _client.BufferFromHost<int>([1, 2, 3], new Shape(3));
        PjrtBuffer[] results = executable.Execute(argument);
        using PjrtBuffer result = results[0];
        Assert.That(results, Has.Length.EqualTo(1));
        Assert.That(result.ToArray<int>(), Is.EqualTo((int[])[1 + Step, 2 + Step, 3 + Step]));
        Assert.That(argument.ToArray<int>(), Is.EqualTo((int[])[1, 2, 3]));
    }

    [Test]
    public async Task ACallThatWritesItsArgumentCountsUp()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2, donates: true));
        using PjrtBuffer state = _client.BufferFromHost<int>([0, 1], new Shape(2));
        using PjrtCall call = executable.Bind([state], [state]);
        for (int i = 0; i < 50; i++) call.Run();
        await call.RunAsync();
        Assert.That(state.ToArray<int>(), Is.EqualTo((int[])[51 * Step, 1 + (51 * Step)]));
        Assert.That(_client.LiveBuffers.Count, Is.EqualTo(1));
    }

    [Test]
    public void ACallMakesTheResultsThatItIsNotGiven()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2));
        using PjrtBuffer argument = _client.BufferFromHost<int>([0, 1], new Shape(2));
        using PjrtCall call = executable.Bind([argument], [null]);
        using PjrtBuffer result = call.Results[0];
        Assert.That(result.IsDeleted, Is.True);
        call.Run();
        Assert.That(result.IsDeleted, Is.False);
        Assert.That(result.ToArray<int>(), Is.EqualTo((int[])[Step, 1 + Step]));
    }

    [Test]
    public void RunningABoundCallAllocatesNothing()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2, donates: true));
        using PjrtBuffer state = _client.BufferFromHost<int>([0, 1], new Shape(2));
        using PjrtCall call = executable.Bind([state], [state]);
        for (int i = 0; i < 100; i++) call.Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) call.Run();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void AwaitingABoundCallAllocatesNothing()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2, donates: true));
        using PjrtBuffer state = _client.BufferFromHost<int>([0, 1], new Shape(2));
        using PjrtCall call = executable.Bind([state], [state]);
        for (int i = 0; i < 100; i++) Wait(call.RunAsync());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Wait(call.RunAsync());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        static void Wait(ValueTask task)
        {
            var spin = new SpinWait();
            while (!task.IsCompleted) spin.SpinOnce();
            task.GetAwaiter().GetResult();
        }
    }

    [Test]
    public void ADonatedBufferSaysWhichProgramTookIt()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2, donates: true, name: "taker"));
        using PjrtBuffer argument = _client.BufferFromHost<int>([0, 1], new Shape(2));
        using PjrtBuffer result = executable.Execute(argument)[0];
        Assert.That(argument.IsDeleted, Is.True);
        foreach (TestDelegate use in (TestDelegate[])[() => argument.ToArray<int>(), () => executable.Execute(argument)])
        {
            var error = Assert.Throws<OptiRsException>(use)!;
            Assert.That(error.Code, Is.EqualTo(ErrorCode.FailedPrecondition));
            Assert.That(error.Message, Does.Contain("donated").And.Contain("taker"));
        }

        // The cell can be filled again.
        _client.Upload<int>([5, 6], argument);
        Assert.That(argument.ToArray<int>(), Is.EqualTo((int[])[5, 6]));
    }

    [Test]
    public void AProgramRunsOnSeveralDevices()
    {
        using PjrtExecutable executable = _plugin.CompileOnDevices(_client, 2, devices: 2);
        Assert.That(executable.DeviceCount, Is.EqualTo(2));
        using PjrtBuffer first = _client.BufferFromHost<int>([1, 2], new Shape(2), executable.Devices[0]);
        using PjrtBuffer second = _client.BufferFromHost<int>([3, 4], new Shape(2), executable.Devices[1]);
        PjrtBuffer[][] results = executable.ExecuteOnDevices([[first], [second]]);
        using PjrtBuffer ofFirst = results[0][0];
        using PjrtBuffer ofSecond = results[1][0];
        Assert.That(ofFirst.ToArray<int>(), Is.EqualTo((int[])[1 + Step, 2 + Step]));
        Assert.That(ofSecond.ToArray<int>(), Is.EqualTo((int[])[3 + Step, 4 + Step]));
        Assert.That(ofSecond.Device, Is.SameAs(executable.Devices[1]));
        Assert.Throws<InvalidOperationException>(() => executable.Execute(first));
        Assert.That(() => executable.ExecuteOnDevices([null!, [second]]), Throws.ArgumentNullException);
        Assert.That(() => executable.ExecuteOnDevices([[first]]), Throws.ArgumentException.With.Message.Contains("2 devices"));
    }

    [Test]
    public void WrongArgumentsAreErrors()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2));
        using PjrtBuffer argument = _client.BufferFromHost<int>([0, 1], new Shape(2));
        Assert.That(() => executable.Execute(argument, argument), Throws.InstanceOf(typeof(IOptiRsError)));
        Assert.That(() => executable.Execute(), Throws.InstanceOf(typeof(IOptiRsError)));
        Assert.That(() => executable.Execute((PjrtBuffer)null!), Throws.ArgumentNullException);
        Assert.That(() => executable.Bind([argument], []), Throws.ArgumentException.With.Message.Contains("1 results"));
    }

    [Test]
    public void ABufferOfAnotherClientIsRefused()
    {
        using PjrtClient other = _plugin.Open();
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2));
        using PjrtBuffer foreign = other.BufferFromHost<int>([0, 1], new Shape(2));
        Assert.Throws<OptiRsArgumentException>(() => executable.Execute(foreign));
    }

    [Test]
    public void AMalformedProgramIsTheCompilersError()
    {
        Exception error = Assert.Catch(() => _client.Compile(_plugin.Malformed))!;
        Assert.That(error, Is.InstanceOf<IOptiRsError>());
        Assert.That(((IOptiRsError)error).Operation, Is.EqualTo("optirs_pjrt_executable_compile"));
        Assert.That(() => _client.Compile(""), Throws.TypeOf<OptiRsArgumentException>());
    }

    [Test]
    public void AnHloProtoIsPassedOnAndRefusedInThePluginsWords()
    {
        // An HloModuleProto whose name is "m".
        byte[] module = [0x0A, 1, (byte)'m'];
        var options = new PjrtCompileOptions { Format = PjrtProgramFormat.Hlo };
        Exception error = Assert.Catch(() => _client.Compile(module, options))!;
        // The fake plugin does not look at formats and cannot parse the bytes; the embedded one names the format.
        Assert.That(error, Is.InstanceOf<IOptiRsError>());
        Assert.That(error.Message, Does.Contain("PJRT_Client_Compile"));
        if (error is NotSupportedException) Assert.That(error.Message, Does.Contain("\"hlo\""));
    }

    [Test]
    public void ADisposedCallSaysSo()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2));
        using PjrtBuffer argument = _client.BufferFromHost<int>([0, 1], new Shape(2));
        PjrtCall call = executable.Bind([argument], [null]);
        call.Results[0].Dispose();
        call.Run();
        call.Dispose();
        Assert.Throws<ObjectDisposedException>(call.Run);
        executable.Dispose();
        Assert.Throws<ObjectDisposedException>(() => executable.Execute(argument));
    }
}
