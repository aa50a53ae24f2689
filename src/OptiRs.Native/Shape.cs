using System.Globalization;

namespace OptiRs.Native;

/// <summary>The extents of a tensor, outermost first. Immutable; the default value is the shape of a scalar.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly long[]? _dimensions;

    /// <summary>A shape of the given extents, which are copied.</summary>
    /// <exception cref="ArgumentException">An extent is negative, or the number of elements does not fit 63 bits.</exception>
    public Shape(params ReadOnlySpan<long> dimensions)
    {
        _dimensions = dimensions.ToArray();
        long count = 1;
        bool tooLarge = false;
        bool empty = false;
        foreach (long extent in dimensions)
        {
            if (extent < 0) throw new ArgumentException($"Shape {this}: extent {extent} is negative.", nameof(dimensions));
            empty |= extent == 0;
            tooLarge |= Math.BigMul(count, extent) > long.MaxValue;
            count = tooLarge ? 1 : count * extent;
        }

        // A shape with a zero has no elements, however large the others are.
        if (tooLarge && !empty)
            throw new ArgumentException($"Shape {this}: the number of elements does not fit 63 bits.", nameof(dimensions));
        ElementCount = empty ? 0 : count;
        _hasCount = true;
    }

    private readonly bool _hasCount;

    /// <summary>The shape without dimensions, which has one element.</summary>
    public static Shape Scalar => default;

    /// <summary>Number of dimensions.</summary>
    public int Rank => _dimensions?.Length ?? 0;

    /// <summary>Extent of a dimension; a negative index counts from the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public long this[int index]
    {
        get
        {
            int position = index < 0 ? index + Rank : index;
            return (uint)position < (uint)Rank
                ? _dimensions![position]
                : throw new ArgumentOutOfRangeException(nameof(index), index, $"Shape {this} has {Rank} dimensions.");
        }
    }

    /// <summary>The extents.</summary>
    public ReadOnlySpan<long> Dimensions => _dimensions;

    /// <summary>Product of the extents; 1 for a scalar.</summary>
    public long ElementCount => _hasCount ? field : 1;

    /// <summary>Bytes that a dense tensor of this shape takes in host memory.</summary>
    /// <exception cref="OverflowException">They do not fit 63 bits.</exception>
    public long ByteCount(DType dtype) => checked(ElementCount * dtype.ByteSize);

    /// <summary>Whether so many elements are those of a tensor of these extents. Allocates nothing.</summary>
    internal static bool IsFilled(ReadOnlySpan<long> dimensions, long elements)
    {
        Int128 count = dimensions.Contains(0) ? 0 : 1;
        foreach (long extent in dimensions)
        {
            count *= extent;
            if (extent < 0 || count > elements) return false;
        }

        return count == elements;
    }

    /// <summary>Distances between neighbours in elements, of a dense row-major tensor.</summary>
    public long[] RowMajorStrides()
    {
        var strides = new long[Rank];
        long stride = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(this[i], 1);
        }

        return strides;
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (long extent in Dimensions) hash.Add(extent);
        return hash.ToHashCode();
    }

    /// <summary>The extents in brackets, for instance <c>[2,3]</c>; <c>[]</c> for a scalar.</summary>
    public override string ToString() =>
        "[" + string.Join(',', (_dimensions ?? []).Select(e => e.ToString(CultureInfo.InvariantCulture))) + "]";

    /// <summary>Whether both have the same extents.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether some extent differs.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}
