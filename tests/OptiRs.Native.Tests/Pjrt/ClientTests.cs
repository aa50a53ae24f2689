using System.Numerics;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Devices and buffers of a client.</summary>
[TestFixture("fake")]
[TestFixture("embedded")]
public sealed class ClientTests(string pluginName)
{
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
    public void DevicesAreDescribed()
    {
        Assert.That(_client.PlatformName, Is.Not.Empty);
        Assert.That(_client.PlatformVersion, Is.Not.Empty);
        Assert.That(_client.Devices, Has.Count.EqualTo(2));
        Assert.That(_client.AddressableDevices, Is.EqualTo(_client.Devices));
        foreach (PjrtDevice device in _client.Devices)
        {
            Assert.That(device.Kind, Is.Not.Empty);
            Assert.That(device.DebugString, Is.Not.Empty);
            Assert.That(device.IsAddressable, Is.True);
            Assert.That(device.ProcessIndex, Is.EqualTo(_client.ProcessIndex));
            Assert.That(() => device.Attributes, Throws.Nothing);
            Assert.That(() => device.MemoryStats(), Throws.Nothing);
        }

        Assert.That(_client.Devices.Select(d => d.Id), Is.Unique);
    }

    [Test]
    public void EveryElementTypeMakesTheRoundTrip()
    {
        if (pluginName == "fake") Assert.Ignore("The fake plugin knows elements of four bytes only.");
        RoundTrip<double>(1.5, -2);
        RoundTrip<Half>((Half)1.5, (Half)(-2));
        RoundTrip<BFloat16>((BFloat16)1.5f, (BFloat16)(-2f));
        RoundTrip<sbyte>(1, -2);
        RoundTrip<short>(1, -2);
        RoundTrip<long>(1, -2);
        RoundTrip<byte>(1, 2);
        RoundTrip<ushort>(1, 2);
        RoundTrip<ulong>(1, 2);
        RoundTrip(true, false);
        RoundTrip(new Complex64(1, 2), new Complex64(3, 4));
        RoundTrip(new Complex(1, 2), new Complex(3, 4));
    }

    [Test]
    public void FourByteElementsMakeTheRoundTrip()
    {
        RoundTrip(1.5f, -2f);
        RoundTrip(1, -2);
        RoundTrip(1u, 2u);
    }

    [Test]
    public void BytesMakeABufferOfAnyType()
    {
        using PjrtBuffer buffer = _client.BufferFromHost([1, 0, 0, 0, 0, 1, 0, 0], DType.S32, new Shape(2), _client.Devices[1]);
        Assert.That(buffer.ToArray<int>(), Is.EqualTo((int[])[1, 256]));
        Assert.That(buffer.Device, Is.SameAs(_client.Devices[1]));
        Assert.That(
            () => _client.BufferFromHost(new byte[7], DType.S32, new Shape(2)),
            Throws.ArgumentException.With.Message.Contains("7 bytes for i32[2], which has 8"));
    }

    [Test]
    public void AScalarAndAnEmptyBufferExist()
    {
        using PjrtBuffer scalar = _client.BufferFromHost<float>([2.5f], Shape.Scalar);
        using PjrtBuffer empty = _client.BufferFromHost<float>([], new Shape(0, 3));
        Assert.That(scalar.ToArray<float>(), Is.EqualTo((float[])[2.5f]));
        Assert.That(empty.ToArray<float>(), Is.Empty);
        Assert.That((scalar.Shape, empty.Shape), Is.EqualTo((Shape.Scalar, new Shape(0, 3))));
    }

    [Test]
    public void ABufferIsOnItsDevice()
    {
        using PjrtBuffer first = _client.BufferFromHost<int>([1, 2], new Shape(2));
        using PjrtBuffer second = _client.BufferFromHost<int>([1, 2], new Shape(2), _client.Devices[1]);
        Assert.That(first.Device, Is.SameAs(_client.Devices[0]));
        Assert.That(second.Device, Is.SameAs(_client.Devices[1]));
        Assert.That(_client.LiveBuffers, Is.EqualTo((2L, 16L)));
    }

    [Test]
    public async Task DataIsReadAsynchronouslyIntoNativeMemory()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2, 3], new Shape(3));
        using var tensor = Tensor<int>.Create(new Shape(3));
        await buffer.ReadyAsync();
        await buffer.CopyToHostAsync(tensor.Memory);
        Assert.That(tensor.Span.ToArray(), Is.EqualTo((int[])[1, 2, 3]));
        using Tensor<int> copy = buffer.ToTensor<int>();
        Assert.That(copy.Span.ToArray(), Is.EqualTo((int[])[1, 2, 3]));
    }

    [Test]
    public void AnArrayIsNoDestinationOfAnAsynchronousCopy()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1], new Shape(1));
        var error = Assert.Throws<ArgumentException>(() => buffer.CopyToHostAsync(new int[1].AsMemory()))!;
        Assert.That(error.Message, Does.Contain("Tensor<T>.Memory"));
    }

    [Test]
    public async Task ATensorIsLentUntilTheDeviceIsDone()
    {
        var tensor = Tensor<int>.From([5, 6], new Shape(2));
        PjrtBuffer buffer = _client.BufferFromHost(tensor);
        tensor.Dispose();
        Assert.That(buffer.ToArray<int>(), Is.EqualTo((int[])[5, 6]));
        ValueTask released = buffer.HostReleased;
        buffer.Dispose();
        await released;
    }

    [Test]
    public void AnUploadKeepsTheCell()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2], new Shape(2), _client.Devices[1]);
        _client.Upload<int>([3, 4], buffer);
        Assert.That(buffer.ToArray<int>(), Is.EqualTo((int[])[3, 4]));
        Assert.That(buffer.Device, Is.SameAs(_client.Devices[1]));
        Assert.That(_client.LiveBuffers.Count, Is.EqualTo(1));
    }

    [Test]
    public void AnUploadAllocatesNothing()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2], new Shape(2));
        int[] data = [3, 4];
        for (int i = 0; i < 50; i++) _client.Upload<int>(data, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) _client.Upload<int>(data, buffer);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void WrongSizesAndTypesAreNamed()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2], new Shape(2));
        Assert.Multiple(() =>
        {
            Assert.That(
                () => _client.BufferFromHost<int>([1], new Shape(2)),
                Throws.ArgumentException.With.Message.Contains("1 elements for i32[2]"));
            Assert.That(() => buffer.ToArray<float>(), Throws.ArgumentException.With.Message.Contains("i32[2]"));
            Assert.That(() => buffer.CopyToHost<int>(new int[3]), Throws.ArgumentException.With.Message.Contains("2 elements"));
            Assert.That(() => _client.Upload<float>([1, 2], buffer), Throws.ArgumentException.With.Message.Contains("f32"));
            Assert.That(() => _client.Upload<int>([1], buffer), Throws.ArgumentException.With.Message.Contains("Upload"));
        });
    }

    [Test]
    public void ABufferIsCopiedToAnotherDevice()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2], new Shape(2));
        try
        {
            using PjrtBuffer copy = buffer.CopyTo(_client.Devices[1]);
            Assert.That(copy.Device, Is.SameAs(_client.Devices[1]));
            Assert.That(copy.ToArray<int>(), Is.EqualTo((int[])[1, 2]));
        }
        catch (OptiRsNotSupportedException e)
        {
            Assert.That(e.Message, Does.Contain("PJRT_Buffer_CopyToDevice"));
        }
    }

    [Test]
    public void ADeletedBufferSaysSo()
    {
        using PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2], new Shape(2));
        Assert.That(buffer.IsDeleted, Is.False);
        buffer.Delete();
        Assert.That(buffer.IsDeleted, Is.True);
        var error = Assert.Throws<OptiRsException>(() => buffer.ToArray<int>())!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.FailedPrecondition));
        Assert.That(error.Message, Does.Contain("deleted"));
    }

    [Test]
    public void WhatIsDisposedOfSaysSo()
    {
        PjrtBuffer buffer = _client.BufferFromHost<int>([1, 2], new Shape(2));
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.ToArray<int>());
        Assert.Throws<ObjectDisposedException>(() => _client.Upload<int>([1, 2], buffer));
        _client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _client.BufferFromHost<int>([1], new Shape(1)));
        Assert.Throws<ObjectDisposedException>(() => _client.Compile(_plugin.Add(1)));
        Assert.Throws<ObjectDisposedException>(() => _client.Devices[0].MemoryStats());
    }

    private void RoundTrip<T>(params T[] values) where T : unmanaged
    {
        using PjrtBuffer buffer = _client.BufferFromHost<T>(values, new Shape(values.Length));
        Assert.That(buffer.DType, Is.EqualTo(DType.Of<T>()));
        Assert.That(buffer.ToArray<T>(), Is.EqualTo(values));
    }
}
