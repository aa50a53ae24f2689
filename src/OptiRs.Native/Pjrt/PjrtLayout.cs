using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>The order of the elements of an array in memory: an order of the dimensions with tiles, or strides.</summary>
public sealed record PjrtLayout
{
    private PjrtLayout()
    {
    }

    internal PjrtLayout(LayoutData data)
    {
        MinorToMajor = data.MinorToMajor ?? [];
        ByteStrides = data.ByteStrides;
        IsStrided = data.MinorToMajor is null;
        var tiles = new List<IReadOnlyList<long>>();
        int next = 0;
        foreach (ulong rank in data.TileRanks)
        {
            tiles.Add(data.TileDims[next..(next + (int)rank)]);
            next += (int)rank;
        }

        Tiles = tiles;
    }

    /// <summary>Dimensions, the fastest one first; empty for strides.</summary>
    public IReadOnlyList<long> MinorToMajor { get; private init; } = [];

    /// <summary>Extents of the tiles, the outermost tile first.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Tiles { get; private init; } = [];

    /// <summary>Bytes from one index to the next, by dimension; empty for tiles.</summary>
    public IReadOnlyList<long> ByteStrides { get; private init; } = [];

    /// <summary>Whether the layout is given by <see cref="ByteStrides"/>.</summary>
    public bool IsStrided { get; private init; }

    /// <summary>The last dimension is the fastest, as in C.</summary>
    public static PjrtLayout RowMajor(int rank) =>
        Ordered([.. Enumerable.Range(0, rank).Select(i => (long)(rank - 1 - i))]);

    /// <summary>An order of the dimensions, the fastest one first, and tiles if there are any.</summary>
    public static PjrtLayout Ordered(IReadOnlyList<long> minorToMajor, params IReadOnlyList<long>[] tiles) =>
        new() { MinorToMajor = [.. minorToMajor], Tiles = tiles };

    /// <summary>Bytes from one index to the next, by dimension.</summary>
    public static PjrtLayout Strided(params IReadOnlyList<long> byteStrides) =>
        new() { ByteStrides = [.. byteStrides], IsStrided = true };

    internal LayoutData Data => new(
        IsStrided ? null : [.. MinorToMajor], [.. Tiles.SelectMany(t => t)], [.. Tiles.Select(t => (ulong)t.Count)],
        [.. ByteStrides]);

    /// <summary>As XLA writes it: <c>{1,0:T(8,128)}</c>.</summary>
    public override string ToString() => IsStrided
        ? $"{{strides {string.Join(',', ByteStrides)}}}"
        : $"{{{string.Join(',', MinorToMajor)}{(Tiles.Count == 0 ? "" : ":T" + string.Concat(Tiles.Select(t => $"({string.Join(',', t)})")))}}}";
}

/// <summary>Where a buffer is to be, and in which layout; everything may be left to the plugin.</summary>
public sealed record PjrtPlacement
{
    /// <summary>On the first device, in the layout of the plugin's choice.</summary>
    public static PjrtPlacement Default { get; } = new();

    /// <summary>The device; null for the first one. Not beside <see cref="Memory"/>.</summary>
    public PjrtDevice? Device { get; init; }

    /// <summary>The memory; null for the default one of the device.</summary>
    public PjrtMemory? Memory { get; init; }

    /// <summary>The layout there; null for the plugin's.</summary>
    public PjrtLayout? Layout { get; init; }

    internal PjrtArray Array(DType dtype, Shape shape) =>
        new((int)dtype, shape.Dimensions, Device?.Pointer ?? 0, Memory?.Pointer ?? 0, Layout?.Data);
}
