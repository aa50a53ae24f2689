using FsCheck;
using FsCheck.Fluent;

namespace OptiRs.Native.Tests;

/// <summary>Shapes are values.</summary>
public sealed class ShapeTests
{
    [Test]
    public void AScalarHasOneElement()
    {
        Assert.That(Shape.Scalar.Rank, Is.Zero);
        Assert.That(Shape.Scalar.ElementCount, Is.EqualTo(1));
        Assert.That(new Shape().ElementCount, Is.EqualTo(1));
        Assert.That(new Shape([]), Is.EqualTo(Shape.Scalar));
        Assert.That(Shape.Scalar.ToString(), Is.EqualTo("[]"));
    }

    [Test]
    public void ExtentsCountFromBothEnds()
    {
        var shape = new Shape(2, 3, 5);
        Assert.That((shape[0], shape[2], shape[-1], shape[-3]), Is.EqualTo((2L, 5L, 5L, 2L)));
        Assert.That(shape.ToString(), Is.EqualTo("[2,3,5]"));
        Assert.That(shape.RowMajorStrides(), Is.EqualTo((long[])[15, 5, 1]));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => _ = shape[3])!;
        Assert.That(error.Message, Does.Contain("[2,3,5]").And.Contain("3"));
    }

    [Test]
    public void NegativeAndOverflowingExtentsAreRefused()
    {
        Assert.That(() => new Shape(2, -1), Throws.ArgumentException.With.Message.Contains("-1"));
        Assert.That(() => new Shape(long.MaxValue, 2), Throws.ArgumentException.With.Message.Contains("63 bits"));
        Assert.That(new Shape(long.MaxValue, 2, 0).ElementCount, Is.Zero);
        Assert.That(() => new Shape(long.MaxValue).ByteCount(DType.F32), Throws.TypeOf<OverflowException>());
    }

    [Test]
    public void TheExtentsAreCopied()
    {
        long[] extents = [2, 3];
        var shape = new Shape(extents);
        extents[0] = 7;
        Assert.That(shape[0], Is.EqualTo(2));
    }

    [Test]
    public void EqualityIsThatOfTheExtents() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Extents(), Extents(), (a, b) =>
        {
            var (left, right) = (new Shape(a), new Shape(b));
            return (left == right) == a.SequenceEqual(b)
                && left == new Shape(a) && left.GetHashCode() == new Shape(a).GetHashCode()
                && left.ElementCount == a.Aggregate(1L, (x, y) => x * y);
        }));

    private static Arbitrary<long[]> Extents() =>
        Gen.Choose(0, 4).SelectMany(rank => Gen.Choose(0, 6).Select(e => (long)e).ArrayOf(rank)).ToArbitrary();
}
