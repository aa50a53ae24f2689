using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native.Tests;

/// <summary>Host tensors and buffers.</summary>
public sealed class TensorTests
{
    [Test]
    public void ATensorIsZeroAndAligned()
    {
        using var tensor = Tensor<float>.Create(new Shape(3, 5));
        Assert.That(tensor.Span.Length, Is.EqualTo(15));
        Assert.That(tensor.Span.ContainsAnyExcept(0f), Is.False);
        using System.Buffers.MemoryHandle pin = tensor.Memory.Pin();
        Assert.That(Address(tensor) % 64, Is.Zero);
        Assert.That(tensor.ToString(), Is.EqualTo("f32[3,5]"));
    }

    [Test]
    public void SpanMemoryAndTensorSpanAreTheSameElements()
    {
        using var tensor = Tensor<int>.From([1, 2, 3, 4, 5, 6], new Shape(2, 3));
        tensor.Memory.Span[4] = 50;
        TensorSpan<int> view = tensor.AsTensorSpan();
        view[0, 0] = 10;
        Assert.That(tensor.Span.ToArray(), Is.EqualTo((int[])[10, 2, 3, 4, 50, 6]));
        Assert.That((view.Rank, view.Lengths[0], view.Lengths[1], view[1, 1]), Is.EqualTo((2, (nint)2, (nint)3, 50)));
        using HostView<int> map = tensor.Map();
        Assert.That(map.Span[0], Is.EqualTo(10));
    }

    [Test]
    public void AScalarAndAnEmptyTensorExist()
    {
        using var scalar = Tensor<double>.From([2.5], Shape.Scalar);
        using var empty = Tensor<double>.Create(new Shape(0, 4));
        Assert.That(scalar.Span[0], Is.EqualTo(2.5));
        Assert.That(empty.Span.Length, Is.Zero);
        Assert.That(empty.Memory.Length, Is.Zero);
    }

    [Test]
    public void TheWrongNumberOfElementsIsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Tensor<float>.From([1f, 2f], new Shape(3)))!;
        Assert.That(error.Message, Does.Contain("2 elements").And.Contain("[3]"));
        Assert.Throws<NotSupportedException>(() => Tensor<float>.Create(new Shape(1L << 32)));
        Assert.Throws<NotSupportedException>(() => Tensor<char>.Create(new Shape(1)));
    }

    [Test]
    public void ADisposedTensorSaysSo()
    {
        var tensor = Tensor<float>.Create(new Shape(4));
        tensor.Dispose();
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ = tensor.Span);
        Assert.Throws<ObjectDisposedException>(() => _ = tensor.Memory);
        Assert.Throws<ObjectDisposedException>(() => tensor.ToDlpack());
        Assert.Throws<ObjectDisposedException>(() => tensor.Map().Dispose());
    }

    [Test]
    public void AMapKeepsTheMemory()
    {
        Buffer buffer = Buffer.Create(64);
        long live = optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER);
        using (HostView<byte> view = buffer.Map<byte>())
        {
            buffer.Dispose();
            view.Span.Fill(1);
            Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live));
        }

        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live - 1));
    }

    [Test]
    public void MemoryThatIsNotThereIsAnError()
    {
        var error = Assert.Throws<OptiRsOutOfMemoryException>(() => Buffer.Create(1L << 60))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.ResourceExhausted));
        Assert.That(error.Operation, Is.EqualTo("optirs_buffer_create"));
        Assert.That(error.Message, Does.Contain("1152921504606846976"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Buffer.Create(-1));
    }

    [Test]
    public void TensorsThatAreNotDisposedOfDoNotPileUp()
    {
        // 200 MiB in 1 MiB pieces that nobody disposes of: memory pressure makes the collector look for them.
        long most = 0;
        for (int i = 0; i < 200; i++)
        {
            Forget();
            most = Math.Max(most, optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER));
        }

        int leaked = Leaks.Collect().Count;
        Assert.That(leaked, Is.EqualTo(200));
        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.Zero);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Forget() => _ = Buffer.Create(1 << 20);
    }

    private static long Address<T>(Tensor<T> tensor) where T : unmanaged
    {
        using DlpackTensor exported = tensor.ToDlpack();
        return Marshal.ReadInt64(exported.Address + 32);
    }
}
