namespace OptiRs.Native.Tests.DeviceTests;

[TestFixture]
internal sealed class DeviceTests
{
    [Test]
    public void FactsAreRead()
    {
        Device device = MockMachine.Devices[0];
        Assert.Multiple(() =>
        {
            Assert.That(MockMachine.Devices, Has.Count.EqualTo(2));
            Assert.That(device.Name, Is.EqualTo("Mock GPU 0"));
            Assert.That(device.Uuid, Is.EqualTo("a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf"));
            Assert.That(device.Address, Is.EqualTo("0000:01:00.0"));
            Assert.That((device.CapabilityMajor, device.CapabilityMinor), Is.EqualTo((9, 0)));
            Assert.That(device.Multiprocessors, Is.EqualTo(132));
            Assert.That(device.MemoryBytes, Is.EqualTo(1L << 30));
            Assert.That(device.SharedBytesPerBlock, Is.EqualTo(227 * 1024));
            Assert.That(device.ReadFreeBytes(), Is.InRange(1, device.MemoryBytes));
            Assert.That(device.ToString(), Is.EqualTo("Mock GPU 0 0"));
            Assert.That(device.EnablePeer(MockMachine.Devices[1]), Is.True);
        });
    }

    [Test]
    public void CopiesReturnWhatWasWritten()
    {
        using DeviceStream stream = MockMachine.Devices[0].CreateStream();
        using DeviceMemory first = stream.Allocate(400, "copy");
        using DeviceMemory second = stream.Allocate(400, "copy");
        int[] source = [.. Enumerable.Range(0, 100)];
        first.Write<int>(source, stream);
        second.Fill(0, stream);
        second.CopyFrom(first, stream, bytes: 40, offset: 8, sourceOffset: 80);
        var result = new int[100];
        second.Read<int>(result, stream);
        Assert.That(result, Is.EqualTo(Enumerable.Repeat(0, 2).Concat(source[20..30]).Concat(Enumerable.Repeat(0, 88))));
        Assert.That(() => first.Write<int>(source, stream, offset: 4), Throws.InstanceOf<OptiRsException>()
            .With.Message.Contains("400 bytes at offset 4 do not fit"));
    }

    [Test]
    public async Task StreamsAreAwaited()
    {
        using DeviceStream stream = MockMachine.Devices[0].CreateStream(priority: 1);
        using DeviceStream other = MockMachine.Devices[0].CreateStream();
        using DeviceEvent start = MockMachine.Devices[0].CreateEvent(timing: true);
        using DeviceEvent end = MockMachine.Devices[0].CreateEvent(timing: true);
        using DeviceMemory memory = stream.Allocate(16);
        start.Record(stream);
        memory.Fill(1, stream);
        end.Record(stream);
        other.Follow(end);
        memory.UsedBy(other);
        await stream.WhenDone();
        end.Wait();
        Assert.That(stream.IsDone && end.IsDone, Is.True);
        Assert.That(end.Since(start), Is.GreaterThan(TimeSpan.Zero));
        Assert.That(stream.NativeHandle, Is.Not.Zero);
        Assert.That(memory.Address, Is.Not.Zero);
    }

    [Test]
    public void GraphsReplay()
    {
        using DeviceStream stream = MockMachine.Devices[0].CreateStream();
        using DeviceMemory memory = stream.Allocate(4);
        memory.Fill(1, stream);
        using DeviceGraph graph = stream.Capture(() => memory.Fill(2, stream));
        var bytes = new byte[4];
        memory.Read<byte>(bytes, stream);
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 1, 1, 1 }));
        graph.Launch(stream);
        memory.Read<byte>(bytes, stream);
        Assert.That(bytes, Is.EqualTo(new byte[] { 2, 2, 2, 2 }));
        Assert.That(() => stream.Capture(() => stream.Wait()), Throws.InstanceOf<OptiRsException>()
            .With.Message.Contains("being captured"));
        stream.Wait(); // the failed recording has ended
    }

    [Test]
    public void MemoryIsReusedAndCounted()
    {
        Device device = MockMachine.Devices[0];
        using DeviceStream stream = device.CreateStream();
        device.Allocator.Trim();
        DeviceAllocatorStats before = device.Allocator.ReadStats();
        nint address;
        using (DeviceMemory memory = stream.Allocate(3 << 20, "counted"))
        {
            address = memory.Address;
            Assert.That(device.Allocator.ReadStats().UsedBytes - before.UsedBytes, Is.EqualTo(3 << 20));
            Assert.That(device.Allocator.ReadTags().Single(tag => tag.Name == "counted").UsedBytes, Is.EqualTo(3 << 20));
        }

        using (DeviceMemory again = stream.Allocate(3 << 20)) Assert.That(again.Address, Is.EqualTo(address));
        device.Allocator.SetSplitLimit(1L << 40);
        Assert.That(() => device.Allocator.SetSplitLimit(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Allocator.SetSplitLimit(1), Throws.InstanceOf<ArgumentException>().With.Message.Contains("the least is 20971520"));
        device.Allocator.ResetPeaks();
        Assert.That(device.Allocator.ReadTags().Single(tag => tag.Name == "counted").PeakBytes, Is.Zero);
        Assert.That(device.Allocator.Trim(), Is.GreaterThanOrEqualTo(20 << 20));
        Assert.That(
            () => stream.Allocate(1L << 40),
            Throws.InstanceOf<OptiRsOutOfMemoryException>().With.Message.Contains("no device memory for 1099511627776 bytes"));
        Assert.That(() => stream.Allocate(1, new string('x', 300)), Throws.ArgumentException.With.Message.Contains("256 bytes"));
    }

    [Test]
    public void PinnedBuffersAreBuffers()
    {
        using Buffer buffer = MockMachine.Devices[0].CreatePinnedBuffer(100);
        Assert.That(buffer.Size, Is.EqualTo(100));
        using HostView<byte> view = buffer.Map<byte>();
        view.Span.Fill(3);
    }

    [Test]
    public void TensorsAreExchanged()
    {
        Device device = MockMachine.Devices[0];
        using DeviceStream stream = device.CreateStream();
        using DeviceMemory memory = stream.Allocate(64);
        using DlpackTensor tensor = memory.ToDlpack(DType.F32, new Shape(2, 3), offset: 8);
        using DeviceMemory imported = device.ImportDlpack(tensor, out DType dtype, out Shape shape);
        Assert.That(imported.Address, Is.EqualTo(memory.Address + 8));
        Assert.That((dtype, shape), Is.EqualTo((DType.F32, new Shape(2, 3))));
        Assert.That(imported.Size, Is.EqualTo(24));
    }

    [Test]
    public void ArchitecturesAreATable()
    {
        Assert.That(GpuArchitecture.All, Has.Count.EqualTo(10));
        GpuArchitecture hopper = GpuArchitecture.Find(9, 0)!;
        Assert.Multiple(() =>
        {
            Assert.That(hopper.Name, Is.EqualTo("Hopper"));
            Assert.That(hopper.Features.HasFlag(GpuFeatures.WarpGroupMma | GpuFeatures.TensorF8), Is.True);
            Assert.That(hopper.SharedKibPerBlock, Is.EqualTo(227));
            Assert.That(hopper.NewestToolkit, Is.Null);
            Assert.That(GpuArchitecture.Find(7, 0)!.NewestToolkit, Is.EqualTo(new Version(12, 9)));
            Assert.That(GpuArchitecture.Find(6, 0), Is.Null);
        });
    }
}
