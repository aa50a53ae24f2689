using System.Text;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>The rarer functions of the C API, on the fake plugin, which has all of them.</summary>
public sealed class CompleteTests
{
    private PluginUnderTest _plugin = null!;
    private PjrtClient _client = null!;

    [SetUp]
    public void Open()
    {
        _plugin = PluginUnderTest.Get("fake");
        _client = _plugin.Open(2);
    }

    [TearDown]
    public void Close() => _client?.Dispose();

    private PjrtBuffer Upload(params int[] values) => _client.BufferFromHost<int>(values, new Shape(values.Length));

    [Test]
    public void DevicesAndMemoriesKnowEachOther()
    {
        Assert.That(_client.Memories.Select(m => m.Kind), Is.EqualTo((string[])["device", "pinned_host"]));
        PjrtMemory memory = _client.Memories[1];
        Assert.That((memory.Id, memory.KindId, memory.DebugString), Is.EqualTo((1, 101, "FakeMemory")));
        Assert.That(memory.Devices, Is.EqualTo(_client.Devices));
        PjrtDevice device = _client.LookupDevice(1);
        Assert.That(device, Is.SameAs(_client.Devices[1]));
        Assert.That(_client.LookupLocalDevice(11), Is.SameAs(device));
        Assert.That(device.DefaultMemory, Is.SameAs(_client.Memories[0]));
        Assert.That(device.Memories, Has.Count.EqualTo(2));
        Assert.That(device.Description, Is.EqualTo("fake device"));
        Assert.That(_client.DefaultDeviceAssignment(2, 1), Is.EqualTo((int[])[0, 1]));
        Assert.That(device.ReadAttributes()["maker"], Is.EqualTo("fake"));
        Assert.That(device.PoisonExecution(7, ErrorCode.Aborted, "stop"), Is.True);
        device.ClearMemoryStats();
        using IDisposable span = device.Track("load");
        Assert.That(() => _client.LookupDevice(9), Throws.InstanceOf<OptiRsException>().With.Property("Code").EqualTo(ErrorCode.NotFound));
    }

    [Test]
    public void BuffersTellTheirPlace()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>(
            [1, 2, 3, 4], new Shape(4), new PjrtPlacement { Memory = _client.Memories[1] });
        Assert.That(buffer.Memory.Kind, Is.EqualTo("pinned_host"));
        Assert.That(buffer.Layout.ToString(), Is.EqualTo("{0}"));
        Assert.That((buffer.IsOnHost, buffer.DeviceByteCount), Is.EqualTo((true, 16L)));
        Assert.That(buffer.DynamicDimensions, Is.EqualTo((bool[])[true]));
        Assert.That(buffer.UnpaddedShape, Is.EqualTo(new Shape(4)));
        using PjrtBuffer copy = buffer.CopyTo(_client.Memories[0]);
        Assert.That(copy.Memory.Kind, Is.EqualTo("device"));
        Assert.That(copy.ToArray<int>(), Is.EqualTo((int[])[1, 2, 3, 4]));
        using PjrtBuffer cast = copy.Bitcast(DType.Of<float>(), new Shape(2, 2));
        Assert.That(cast.ToString(), Is.EqualTo("f32[2,2]"));
        using PjrtHold hold = copy.Hold();
        Assert.That((ulong)hold.Address, Is.EqualTo(copy.UnsafeAddress));
    }

    [Test]
    public async Task PartsOfBuffersAreReadAndWritten()
    {
        using Tensor<int> host = Tensor<int>.Allocate(new Shape(2));
        using PjrtBuffer buffer = Upload(1, 2, 3, 4);
        await buffer.CopyRawToHostAsync(8, host.Memory);
        Assert.That(host.Span.ToArray(), Is.EqualTo((int[])[3, 4]));
        Assert.That(
            () => _ = buffer.CopyRawToHostAsync(12, host.Memory),
            Throws.InstanceOf<OptiRsException>().With.Property("Code").EqualTo(ErrorCode.OutOfRange));
        Assert.That(() => _ = buffer.CopyRawToHostAsync(0, new int[2].AsMemory()), Throws.ArgumentException);

        using PjrtTransfer transfer = _client.CreateTransfer([(DType.Of<int>(), new Shape(4)), (DType.Of<int>(), new Shape(2))]);
        using PjrtBuffer first = transfer.TakeBuffer(0);
        await transfer.WriteAsync<int>(0, 8, host.Memory, isLast: false);
        await transfer.WriteAsync<int>(0, 0, host.Memory, isLast: true);
        await transfer.WriteAsync<int>(1, host.Memory);
        Assert.That(first.ToArray<int>(), Is.EqualTo((int[])[3, 4, 3, 4]));
        Assert.That((transfer.Count, transfer.ByteCount(1), transfer.Device.Id), Is.EqualTo((2, 8L, 0)));
        foreach (int wrong in (int[])[-1, 2])
        {
            Assert.That(
                () => _ = transfer.WriteAsync<int>(wrong, host.Memory),
                Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("index"));
            Assert.That(() => _ = transfer.WriteAsync<int>(wrong, 0, host.Memory, isLast: true), Throws.InstanceOf(typeof(IOptiRsError)));
            Assert.That(() => transfer.ByteCount(wrong), Throws.InstanceOf(typeof(IOptiRsError)));
            Assert.That(() => transfer.TakeBuffer(wrong), Throws.InstanceOf(typeof(IOptiRsError)));
            Assert.That(() => transfer.Fail(wrong, ErrorCode.DataLoss, "lost"), Throws.InstanceOf(typeof(IOptiRsError)));
        }

        transfer.Describe(new Dictionary<string, object> { ["why"] = "test" });
        transfer.Fail(1, ErrorCode.DataLoss, "lost");
    }

    [Test]
    public async Task StridesLeaveGaps()
    {
        using PjrtBuffer buffer = Upload(1, 2, 3, 4);
        using Tensor<int> host = Tensor<int>.Allocate(new Shape(7));
        host.Span.Clear();
        await buffer.CopyToHostAsync(host.Memory, PjrtLayout.Strided(8));
        Assert.That(host.Span.ToArray(), Is.EqualTo((int[])[1, 0, 2, 0, 3, 0, 4]));
    }

    [Test]
    public void WhatNoArrayHoldsSaysWhatToDo()
    {
        (PjrtBuffer large, PjrtPromise promise) = _client.PromiseBuffer(DType.U8, new Shape(1L << 31));
        using (large)
        using (promise)
        {
            var error = Assert.Throws<NotSupportedException>(() => large.ToArray<byte>())!;
            Assert.That(error.Message, Does.Contain("ui8[2147483648] has 2147483648 elements").And.Contain("CopyRawToHostAsync"));
        }
    }

    [Test]
    public async Task PromisesAreKeptOnce()
    {
        (PjrtBuffer alias, PjrtPromise promise) = _client.PromiseBuffer(DType.Of<int>(), new Shape(4));
        using (alias)
        using (promise)
        {
            using PjrtBuffer source = Upload(5, 6, 7, 8);
            promise.Keep(source);
            Assert.That(alias.ToArray<int>(), Is.EqualTo((int[])[5, 6, 7, 8]));
            Assert.That(() => promise.Keep(source), Throws.InstanceOf<OptiRsException>());
        }

        using PjrtBuffer given = Upload(1, 2, 3, 4);
        (PjrtPromise later, ValueTask done) = given.CopyRawToHostLater(0, 16);
        using Buffer room = Buffer.Create(16);
        using (later) later.Keep(room);
        await done;
        using (HostView<int> view = room.Map<int>()) Assert.That(view.Span.ToArray(), Is.EqualTo((int[])[1, 2, 3, 4]));

        (PjrtBuffer taken, PjrtPromise work) = given.DonateLater();
        using (taken)
        using (work)
        {
            work.Keep();
            Assert.That(given.IsDeleted, Is.True);
            Assert.That(() => given.ToArray<int>(), Throws.InstanceOf<OptiRsException>().With.Message.Contains("was donated"));
        }
    }

    [Test]
    public async Task ABrokenPromiseFailsWhoWaits()
    {
        using PjrtBuffer given = Upload(1, 2, 3, 4);
        (PjrtPromise later, ValueTask done) = given.CopyRawToHostLater(0, 16);
        using (later) later.Break(ErrorCode.Unavailable, "no room");
        Assert.That(async () => await done, Throws.InstanceOf<OptiRsException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
        using PjrtEvent end = _client.CreateEvent();
        ValueTask ready = end.ReadyAsync();
        Assert.That(end.IsReady, Is.False);
        end.Set();
        await ready;
        end.ThrowIfFailed();
    }

    [Test]
    public void ViewsTellWhenTheyAreOver()
    {
        using Tensor<int> memory = Tensor<int>.Allocate(new Shape(4));
        memory.Span.Fill(3);
        using var released = new ManualResetEventSlim();
        using (PjrtBuffer source = _client.BufferFromHost<int>(memory.Span, memory.Shape))
        using (PjrtHold hold = source.Hold())
        using (PjrtBuffer view = _client.ViewOfDeviceMemory(hold.Address, DType.Of<int>(), new Shape(4), released.Set))
            Assert.That(view.ToArray<int>(), Is.EqualTo((int[])[3, 3, 3, 3]));
        Assert.That(released.Wait(TimeSpan.FromSeconds(60)), Is.True);
    }

    [Test]
    public void ProgramsAreSavedAndLoaded()
    {
        using PjrtPlugin plugin = PjrtPlugin.Load(_plugin.Path);
        using PjrtTopology topology = plugin.CreateTopology("fake:2");
        Assert.That(topology.Devices.Select(d => d.Id), Is.EqualTo((int[])[0, 1]));
        using PjrtTopology again = plugin.DeserializeTopology(topology.Serialize());
        Assert.That(again.Fingerprint, Is.EqualTo(topology.Fingerprint));
        Assert.That(topology.MemoryKindIds, Is.EqualTo((int[])[100, 101]));
        Assert.That(topology.CanonicalShape(100, DType.Of<int>(), new Shape(3)), Is.EqualTo("shape"u8.ToArray()));

        using PjrtCompiledProgram compiled = topology.Compile(_plugin.Add(4));
        Assert.That(compiled.Facts.Name, Is.EqualTo("add"));
        byte[] bytes = compiled.Serialize();
        using PjrtBuffer argument = Upload(1, 2, 3, 4);
        foreach (PjrtExecutable executable in (PjrtExecutable[])[_client.Load(compiled), _client.Load(bytes)])
            using (executable)
            {
                PjrtBuffer[] results = executable.Execute(argument);
                Assert.That(results[0].ToArray<int>()[0], Is.EqualTo(1 + PluginUnderTest.Step));
                results[0].Dispose();
                Assert.That(executable.Facts.OptimizedProgram.Format, Is.EqualTo("hlo"));
                Assert.That(executable.Facts.OutputMemoryKinds, Is.EqualTo((string[])["device"]));
                Assert.That(executable.Facts.ParameterMemoryKinds, Is.EqualTo((string[])["pinned_host"]));
                Assert.That(executable.LogicalIds(0), Is.EqualTo((0, 0)));
                Assert.That(executable.Facts.Fingerprint, Is.EqualTo("print"u8.ToArray()));
                executable.Delete();
                Assert.That(executable.IsDeleted, Is.True);
            }

        Assert.That(() => _client.Load("nonsense"u8), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task ProgramsSendAndReceive()
    {
        var sent = new StringBuilder();
        var filled = new TaskCompletionSource<(long Total, long Granule, long Current)>();
        using PjrtExecutable executable = _client.Compile(_plugin.Add(4) + "send 5\nreceive 6\n");
        using PjrtBuffer argument = Upload(1, 2, 3, 4);
        (PjrtBuffer[] results, ValueTask done) = executable.Execute([argument], new PjrtExecutionOptions
        {
            CallLocation = "CompleteTests",
            Sends = new Dictionary<long, PjrtSendReceiver>
            {
                [5] = (data, total, isLast, device) => sent.Append(Encoding.UTF8.GetString(data)).Append(isLast ? '.' : ','),
            },
            Receives = new Dictionary<long, Func<PjrtCopyStream, int, Task>>
            {
                [6] = async (stream, device) =>
                {
                    await stream.WriteAsync("abcd"u8);
                    filled.SetResult(stream.Progress);
                },
            },
        });
        await done;
        results[0].Dispose();
        Assert.That(sent.ToString(), Is.EqualTo("par0,par1."));
        Assert.That(await filled.Task, Is.EqualTo((8L, 4L, 4L)));
    }

    [Test]
    public void AReceiverThatThrowsFailsItsExecutionOnly()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(4) + "send 5\n");
        using PjrtBuffer argument = Upload(1, 2, 3, 4);
        var options = new PjrtExecutionOptions
        {
            Sends = new Dictionary<long, PjrtSendReceiver> { [5] = (_, _, _, _) => throw new InvalidOperationException("not now") },
        };
        Assert.That(() => executable.Execute([argument], options), Throws.InstanceOf<OptiRsException>().With.Message.Contains("not now"));
        using PjrtBuffer result = executable.Execute(argument)[0];
        Assert.That(result.ToArray<int>()[0], Is.EqualTo(1 + PluginUnderTest.Step));
    }

    [Test]
    public void ASourceThatThrowsPassesItsMessageOn()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(4) + "receive 6\n");
        using PjrtBuffer argument = Upload(1, 2, 3, 4);
        (PjrtBuffer[] results, ValueTask done) = executable.Execute([argument], new PjrtExecutionOptions
        {
            Receives = new Dictionary<long, Func<PjrtCopyStream, int, Task>>
            {
                [6] = (_, _) => throw new InvalidOperationException("nothing to give"),
            },
        });
        results[0].Dispose();
        OptiRsException? error = Assert.ThrowsAsync<OptiRsException>(async () => await done);
        Assert.That(error!.Message, Does.Contain("the source of receive 6 threw InvalidOperationException: nothing to give"));
        Assert.That(error.InnerException, Is.InstanceOf<InvalidOperationException>());
    }

    [Test]
    public void TooOldAPluginIsNamedWithBothVersions()
    {
        using PjrtClient old = PjrtClient.Open(PluginUnderTest.FakePath("fake_57"));
        Assert.That(
            () => old.CreateTransfer([(DType.Of<int>(), new Shape(1))]),
            Throws.InstanceOf<NotSupportedException>().With.Message.Contains(
                "fake_57.so speaks PJRT 0.57; Client.CreateBuffersForAsyncHostToDevice needs 0.60"));
    }

    [Test]
    public void DlpackGoesThereAndBack()
    {
        using PjrtBuffer buffer = Upload(1, 2, 3, 4);
        using DlpackTensor tensor = buffer.ToDlpack();
        Assert.That(tensor.IsReadOnly, Is.True);
        using PjrtBuffer view = _client.FromDlpack(tensor);
        Assert.That(view.ToString(), Is.EqualTo("i32[4]"));
        Assert.That(view.ToArray<int>(), Is.EqualTo((int[])[1, 2, 3, 4]));
        Assert.That(() => tensor.Address, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task ALentTensorIsNotCopied()
    {
        using PjrtClient client = PluginUnderTest.Get("embedded").Open();
        using Tensor<float> tensor = Tensor<float>.Allocate(new Shape(1 << 16));
        tensor.Span.Fill(2);
        using PjrtBuffer buffer = client.BufferFromHost(tensor);
        await buffer.ReadyAsync();
        using PjrtBuffer same = client.BufferFromHost(tensor);
        Assert.That(same.UnsafeAddress, Is.EqualTo(buffer.UnsafeAddress), "two copies have two addresses");
        tensor.Span[7] = 5;  // seen, because it is the same memory
        Assert.That(buffer.ToArray<float>()[7], Is.EqualTo(5));
    }

    [Test]
    public void MemoryIsMappedUntilItIsLetGo()
    {
        using Buffer memory = Buffer.Create(64);
        using IDisposable mapping = _client.MapForDma(memory);
        _client.UpdateProcesses([new PjrtProcessInfo(1, 2, PjrtProcessState.Error, ErrorCode.Aborted, "gone")]);
    }
}
