using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using OptiRs.Native.Interop;

namespace OptiRs.Native.Tests;

/// <summary>Tensors through DLPack: shared where that is possible, copied where not, freed once in any order.</summary>
public sealed class DlpackTests
{
    [Test]
    public void ARoundTripSharesTheMemory()
    {
        using var tensor = Tensor<float>.From([1, 2, 3, 4, 5, 6], new Shape(2, 3));
        using var back = Tensor<float>.FromDlpack(tensor.ToDlpack());
        Assert.That(back.Shape, Is.EqualTo(tensor.Shape));
        Assert.That(back.IsCopied, Is.False);
        back.Span[5] = 60;
        Assert.That(tensor.Span[5], Is.EqualTo(60));
    }

    [Test]
    public void TheMemoryLivesAsLongAsEitherSide([Values] bool exporterFirst)
    {
        var tensor = Tensor<long>.From([7, 8], new Shape(2));
        var back = Tensor<long>.FromDlpack(tensor.ToDlpack());
        if (exporterFirst)
        {
            tensor.Dispose();
            Assert.That(back.Span.ToArray(), Is.EqualTo((long[])[7, 8]));
            back.Dispose();
        }
        else
        {
            back.Dispose();
            Assert.That(tensor.Span.ToArray(), Is.EqualTo((long[])[7, 8]));
            tensor.Dispose();
        }
    }

    [Test]
    public void ATensorThatNobodyConsumesIsFreed()
    {
        using var tensor = Tensor<float>.Create(new Shape(4));
        DlpackTensor exported = tensor.ToDlpack();
        Assert.That(exported.Version, Is.EqualTo(new Version(1, 1)));
        Assert.That(exported.IsReadOnly, Is.False);
        exported.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ = exported.Address);
    }

    [Test]
    public void ADetachedTensorBelongsToWhoTakesIt()
    {
        using var tensor = Tensor<float>.From([3f], new Shape(1));
        nint address = tensor.ToDlpack().Detach();
        using var back = Tensor<float>.FromDlpack(new DlpackTensor(address));
        Assert.That(back.Span[0], Is.EqualTo(3));
    }

    [Test]
    public void EveryElementTypeGoesThrough()
    {
        RoundTrip<float>();
        RoundTrip<double>();
        RoundTrip<Half>();
        RoundTrip<BFloat16>();
        RoundTrip<Float8E4M3>();
        RoundTrip<Float8E5M2>();
        RoundTrip<sbyte>();
        RoundTrip<short>();
        RoundTrip<int>();
        RoundTrip<long>();
        RoundTrip<byte>();
        RoundTrip<ushort>();
        RoundTrip<uint>();
        RoundTrip<ulong>();
        RoundTrip<bool>();
        RoundTrip<System.Numerics.Complex>();
    }

    [Test]
    public void AnotherElementTypeIsRefused()
    {
        using var tensor = Tensor<float>.Create(new Shape(2));
        var error = Assert.Throws<ArgumentException>(() => Tensor<int>.FromDlpack(tensor.ToDlpack()))!;
        Assert.That(error.Message, Does.Contain("f32[2]").And.Contain("i32"));
    }

    [Test]
    public void AForeignTensorIsReleasedByItsOwnDeleterOnce()
    {
        using var foreign = new ForeignTensor([1, 2, 3, 4, 5, 6], [2, 3], null);
        var tensor = Tensor<float>.FromDlpack(new DlpackTensor(foreign.Address));
        Assert.That(tensor.Span.ToArray(), Is.EqualTo((float[])[1, 2, 3, 4, 5, 6]));
        Assert.That(foreign.Deletions, Is.Zero);
        tensor.Dispose();
        Assert.That(foreign.Deletions, Is.EqualTo(1));
    }

    [Test]
    public void StridesAreHonouredByACopy()
    {
        using var foreign = new ForeignTensor([1, 2, 3, 4, 5, 6], [3, 2], [1, 3]);
        using var tensor = Tensor<float>.FromDlpack(new DlpackTensor(foreign.Address));
        Assert.That(tensor.IsCopied, Is.True);
        Assert.That(tensor.Span.ToArray(), Is.EqualTo((float[])[1, 4, 2, 5, 3, 6]));
    }

    [Test]
    public void ReadOnlyMemoryIsNotWritten()
    {
        using var foreign = new ForeignTensor([1, 2], [2], null, flags: optirs.OPTIRS_DL_READ_ONLY);
        using var tensor = Tensor<float>.FromDlpack(new DlpackTensor(foreign.Address));
        Assert.That(tensor.IsReadOnly, Is.True);
        Assert.That(tensor.ReadOnlySpan.ToArray(), Is.EqualTo((float[])[1, 2]));
        Assert.Throws<InvalidOperationException>(() => _ = tensor.Span);
        Assert.Throws<InvalidOperationException>(() => _ = tensor.Memory);
    }

    [Test]
    public void AnotherMajorVersionIsRefusedAndReleased()
    {
        using var foreign = new ForeignTensor([1], [1], null, major: 2);
        using (var offered = new DlpackTensor(foreign.Address))
        {
            var error = Assert.Throws<OptiRsArgumentException>(() => Tensor<float>.FromDlpack(offered))!;
            Assert.That(error.Message, Does.Contain("version"));
            Assert.That(foreign.Deletions, Is.Zero);
        }

        Assert.That(foreign.Deletions, Is.EqualTo(1));
    }

    [Test]
    public void MemoryOfAnotherDeviceIsRefused()
    {
        using var foreign = new ForeignTensor([1], [1], null, deviceType: optirs.OPTIRS_DL_CUDA);
        using var offered = new DlpackTensor(foreign.Address);
        Assert.Throws<OptiRsArgumentException>(() => Tensor<float>.FromDlpack(offered));
    }

    [Test]
    public void ATensorSurvivesAnyNumberOfHands() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(0, 3).SelectMany(rank => Gen.Choose(0, 4).Select(e => (long)e).ArrayOf(rank)).ToArbitrary(),
            extents =>
            {
                var shape = new Shape(extents);
                using var first = Tensor<int>.Create(shape);
                for (int i = 0; i < first.Span.Length; i++) first.Span[i] = i;
                using var second = Tensor<int>.FromDlpack(first.ToDlpack());
                using var third = Tensor<int>.FromDlpack(second.ToDlpack());
                return third.Shape == shape && third.ReadOnlySpan.SequenceEqual(first.ReadOnlySpan);
            }));

    private static void RoundTrip<T>() where T : unmanaged
    {
        using var tensor = Tensor<T>.Create(new Shape(3));
        MemoryMarshal.AsBytes(tensor.Span).Fill(1);
        using var back = Tensor<T>.FromDlpack(tensor.ToDlpack());
        Assert.That(back.DType, Is.EqualTo(DType.Of<T>()));
        Assert.That(MemoryMarshal.AsBytes(back.Span).ToArray(), Is.EqualTo(MemoryMarshal.AsBytes(tensor.Span).ToArray()));
        Assert.That(Unsafe.SizeOf<T>() * 3, Is.EqualTo(MemoryMarshal.AsBytes(back.Span).Length));
    }
}
