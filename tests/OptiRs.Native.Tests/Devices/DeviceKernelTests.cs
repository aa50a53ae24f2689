using OptiRs.Native.Tests.KernelTests;

namespace OptiRs.Native.Tests.DeviceTests;

/// <summary>Kernels on the memory of the mock machine, whose kernels run on the host: the same numbers as in host memory.</summary>
[TestFixture]
internal sealed class DeviceKernelTests
{
    private const int Rows = 5;
    private const int Columns = 24;
    private static readonly Shape Matrix = new(Rows, Columns);
    private static readonly Shape Vector = new(Columns);
    private static readonly Shape PerRow = new(Rows);

    private readonly List<IDisposable> _owned = [];
    private DeviceStream _stream = null!;

    [SetUp]
    public void Open() => _stream = MockMachine.Devices[0].CreateStream();

    [TearDown]
    public void Close()
    {
        foreach (IDisposable owned in _owned) owned.Dispose();
        _owned.Clear();
        _stream?.Dispose();
    }

    [Test]
    public void NormsAreThoseOfHostMemory()
    {
        float[] x = Compare.Numbers(Rows * Columns, 1), gamma = Compare.Numbers(Columns, 2), gradient = Compare.Numbers(Rows * Columns, 3);
        Tensor<float> hostX = Host(x, Matrix), hostGamma = Host(gamma, Vector), hostGradient = Host(gradient, Matrix);
        Tensor<float> y = Host(Matrix), mean = Host(PerRow), rstd = Host(PerRow), dx = Host(Matrix), dgamma = Host(Vector), dbeta = Host(Vector);
        Kernels.LayerNorm(hostX, y, hostGamma, mean: mean, rstd: rstd);
        Kernels.LayerNormBackward(hostGradient, hostX, hostGamma, mean, rstd, dx, dgamma, dbeta);

        DeviceTensor<float> deviceX = OnDevice(x, Matrix), deviceGamma = OnDevice(gamma, Vector), deviceGradient = OnDevice(gradient, Matrix);
        DeviceTensor<float> outY = OnDevice(Matrix), outMean = OnDevice(PerRow), outRstd = OnDevice(PerRow);
        DeviceTensor<float> outDx = OnDevice(Matrix), outDgamma = OnDevice(Vector), outDbeta = OnDevice(Vector);
        Kernels.LayerNorm(deviceX, outY, deviceGamma, mean: outMean, rstd: outRstd, stream: _stream);
        long before = _stream.Device.Allocator.ReadStats().UsedBytes;
        Kernels.LayerNormBackward(
            deviceGradient, deviceX, deviceGamma, outMean, outRstd, outDx, outDgamma, outDbeta, _stream);
        Assert.That(_stream.Device.Allocator.ReadStats().UsedBytes, Is.EqualTo(before), "the workspace went back");
        Assert.That(_stream.Device.Allocator.ReadTags().Single(tag => tag.Name == "kernel workspace").PeakBytes, Is.Positive);
        foreach ((DeviceTensor<float> actual, Tensor<float> expected, string what) in new[]
                 {
                     (outY, y, "y"), (outMean, mean, "mean"), (outRstd, rstd, "rstd"), (outDx, dx, "dx"), (outDgamma, dgamma, "dgamma"),
                     (outDbeta, dbeta, "dbeta"),
                 })
            Compare.Close(Read(actual), Array.ConvertAll(expected.ReadOnlySpan.ToArray(), n => (double)n), 1e-4, what);
    }

    [Test]
    public void OptimizersTakeListsOnTheDevice()
    {
        float[][] start = [.. Enumerable.Range(0, 4).Select(i => Array.ConvertAll(Compare.Numbers(100, 10 + i), Math.Abs))];
        var shape = new Shape(100);
        Tensor<float>[] host = [.. start.Select(numbers => Host(numbers, shape))];
        DeviceTensor<float>[] device = [.. start.Select(numbers => OnDevice(numbers, shape))];
        TensorList[] hostLists = [.. host.Select(tensor => Own(TensorList.Of(tensor)))];
        TensorList[] deviceLists = [.. device.Select(tensor => Own(TensorList.Of(tensor)))];
        OptimizerTensors onHost = Own(new OptimizerTensors(hostLists[0], hostLists[1], hostLists[2], hostLists[3]));
        OptimizerTensors onDevice = Own(new OptimizerTensors(deviceLists[0], deviceLists[1], deviceLists[2], deviceLists[3]));
        for (int step = 1; step <= 3; step++)
        {
            Kernels.AdamW(onHost, step, 1e-2);
            Kernels.AdamW(onDevice, step, 1e-2, stream: _stream);
        }

        foreach (int i in new[] { 0, 2, 3 })
            Compare.Close(Read(device[i]), Array.ConvertAll(host[i].ReadOnlySpan.ToArray(), n => (double)n), 1e-6, $"list {i}");
        Assert.That(Read(device[0]), Is.Not.EqualTo(start[0]));
    }

    [Test]
    public void ListsHoldTheirMemory()
    {
        float[] numbers = Compare.Numbers(100, 1);
        DeviceTensor<float> x = OnDevice(numbers, new Shape(100));
        TensorList list = Own(TensorList.Of(x));
        long used = _stream.Device.Allocator.ReadStats().UsedBytes;
        x.Memory.Dispose();
        Assert.That(_stream.Device.Allocator.ReadStats().UsedBytes, Is.EqualTo(used));
        list.Dispose();
        Assert.That(_stream.Device.Allocator.ReadStats().UsedBytes, Is.LessThan(used));
        Assert.That(() => TensorList.Of(x), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => TensorList.Of(default(DeviceTensor<float>)), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("tensors"));
    }

    [Test]
    public void WhatIsNotOnOneDeviceIsRefused()
    {
        Tensor<float> host = Host(new float[4], new Shape(4));
        DeviceTensor<float> x = OnDevice(new Shape(4)), y = OnDevice(new Shape(4));
        using DeviceStream other = MockMachine.Devices[1].CreateStream();
        DeviceTensor<float> foreign = Own(other.Allocate(16)).Tensor<float>(new Shape(4));
        Assert.Multiple(() =>
        {
            Refused(
                () => Kernels.Gelu(x, host, stream: _stream),
                "out f32[4] is on DLPack device 1:0, but x f32[4] is on 2:0; all tensors of a kernel are on one device");
            Refused(() => Kernels.Gelu(x, foreign, stream: _stream), "out f32[4] is on DLPack device 2:1, but x f32[4] is on 2:0");
            Refused(() => Kernels.Gelu(x, y), "stream is NULL; tensors on CUDA device 0 need a stream of that device");
            Refused(
                () => Kernels.Gelu(x, y, stream: other),
                "the stream belongs to device 1 of the backend cuda, the tensors are on CUDA device 0");
            Refused(() => Kernels.Gelu(host, Host(new Shape(4)), stream: _stream), "stream must be NULL for tensors in host memory");
            Refused(() => x.Memory.Tensor<float>(new Shape(4), offset: 12), "f32[4] is 16 bytes, which do not fit 24 bytes at offset 12");
        });
        DeviceMemory gone = _stream.Allocate(16);
        DeviceTensor<float> view = gone.Tensor<float>(new Shape(4));
        gone.Dispose();
        Assert.That(() => Kernels.Gelu(view, y, stream: _stream), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void AGraphHoldsKernelsAndTheirWorkspace()
    {
        DeviceTensor<float> x = OnDevice([1, -1], new Shape(2)), y = OnDevice(new Shape(2));
        using DeviceGraph graph = _stream.Capture(() => Kernels.Gelu(x, y, stream: _stream));
        Assert.That(Read(y), Is.EqualTo(new float[2]));
        graph.Launch(_stream);
        Compare.Close(Read(y), [0.841192, -0.158808], 1e-6, "y");
        DeviceTensor<float> z = OnDevice(Compare.Numbers(Rows * Columns, 1), Matrix), gradient = OnDevice(Compare.Numbers(Rows * Columns, 2), Matrix);
        DeviceTensor<float> normal = OnDevice(Matrix), rstd = OnDevice(PerRow), dz = OnDevice(Matrix), dgamma = OnDevice(Vector);
        DeviceTensor<float> gamma = OnDevice(Compare.Numbers(Columns, 3), Vector);
        Kernels.RmsNorm(z, normal, gamma, rstd: rstd, stream: _stream);
        void Backward() => Kernels.RmsNormBackward(gradient, z, gamma, rstd, dz, dgamma, stream: _stream);
        long before = _stream.Device.Allocator.ReadStats().UsedBytes;
        using (DeviceGraph backward = _stream.Capture(Backward))
        {
            Assert.That(_stream.Device.Allocator.ReadStats().UsedBytes, Is.GreaterThan(before), "the workspace is the graph's");
            Assert.That(Read(dgamma), Is.EqualTo(new float[Columns]));
            backward.Launch(_stream);
        }

        Assert.That(_stream.Device.Allocator.ReadStats().UsedBytes, Is.EqualTo(before));
        float[] replayed = Read(dgamma);
        Backward();
        Assert.That(replayed, Is.EqualTo(Read(dgamma)).And.Not.EqualTo(new float[Columns]));
    }

    [Test]
    public void ACallAllocatesNothing()
    {
        DeviceTensor<float> x = OnDevice(Matrix), dy = OnDevice(Matrix), dx = OnDevice(Matrix), mean = OnDevice(PerRow), rstd = OnDevice(PerRow);
        DeviceTensor<float> dgamma = OnDevice(Vector);
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) Run();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        // With workspace.
        void Run() => Kernels.LayerNormBackward(dy, x, default, mean, rstd, dx, dgamma, stream: _stream);
    }

    private static void Refused(TestDelegate call, string why) => Assert.That(call, Throws.InstanceOf<ArgumentException>().With.Message.Contains(why));

    private static float[] Read(DeviceTensor<float> tensor, DeviceStream stream)
    {
        var numbers = new float[tensor.Shape.ElementCount];
        tensor.Memory.Read<float>(numbers, stream, tensor.Offset);
        return numbers;
    }

    private float[] Read(DeviceTensor<float> tensor) => Read(tensor, _stream);

    private Tensor<float> Host(Shape shape) => Own(Tensor<float>.Create(shape));

    private Tensor<float> Host(float[] numbers, Shape shape) => Own(Tensor<float>.From(numbers, shape));

    private DeviceTensor<float> OnDevice(Shape shape) => OnDevice(new float[shape.ElementCount], shape);

    // Behind eight bytes that are not its own.
    private DeviceTensor<float> OnDevice(float[] numbers, Shape shape)
    {
        DeviceMemory memory = Own(_stream.Allocate((numbers.Length * sizeof(float)) + 8));
        memory.Write<float>(numbers, _stream, offset: 8);
        return memory.Tensor<float>(shape, offset: 8);
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
