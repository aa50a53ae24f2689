using System.Globalization;
using System.Text.RegularExpressions;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>The order of the elements of an array in memory: an order of the dimensions with tiles, or strides.</summary>
public sealed partial record PjrtLayout
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
        new()
        {
            MinorToMajor = [.. minorToMajor ?? throw new ArgumentNullException(nameof(minorToMajor))],
            Tiles = tiles ?? throw new ArgumentNullException(nameof(tiles)),
        };

    /// <summary>Bytes from one index to the next, by dimension.</summary>
    public static PjrtLayout Strided(params IReadOnlyList<long> byteStrides) =>
        new() { ByteStrides = [.. byteStrides], IsStrided = true };

    /// <summary>Number of the memory space, where a plugin names one.</summary>
    public int MemorySpace { get; private init; }

    /// <summary>What else XLA's notation says (bits of an element, padding), as it stands there; empty for nothing.</summary>
    public string Remainder { get; private init; } = "";

    /// <summary>Reads XLA's notation: <c>{1,0:T(8,128)(2,1)S(5)}</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PjrtLayout Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Match match = Notation().Match(text);
        if (!match.Success) throw NoLayout(text);
        try
        {
            return new PjrtLayout
            {
                MinorToMajor = Numbers(match.Groups["order"].Value),
                Tiles = [.. match.Groups["tile"].Captures.Select(c => Numbers(c.Value))],
                MemorySpace = match.Groups["space"] is { Success: true } space
                    ? int.Parse(space.Value, CultureInfo.InvariantCulture) : 0,
                Remainder = string.Concat(match.Groups["other"].Captures.Select(c => c.Value)),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw NoLayout(text, e);
        }
    }

    private static FormatException NoLayout(string text, Exception? cause = null) =>
        new($"'{text}' is not a layout such as {{1,0:T(8,128)}}.", cause);

    private static long[] Numbers(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => n.Trim() == "*" ? -1 : long.Parse(n, CultureInfo.InvariantCulture))];

    [GeneratedRegex(
        @"^\{(?<order>[0-9, ]*)(:(T(\((?<tile>[-0-9,* ]*)\))+|S\((?<space>[0-9]+)\)|(?<other>[A-Z#*][A-Z0-9]*(\([^()]*\))+))+)?\}$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Notation();

    internal LayoutData Data => new(
        IsStrided ? null : [.. MinorToMajor], [.. Tiles.SelectMany(t => t)], [.. Tiles.Select(t => (ulong)t.Count)],
        [.. ByteStrides]);

    /// <summary>As XLA writes it: <c>{1,0:T(8,128)}</c>.</summary>
    public override string ToString()
    {
        if (IsStrided) return $"{{strides {string.Join(',', ByteStrides)}}}";
        string tiles = Tiles.Count == 0
            ? "" : "T" + string.Concat(Tiles.Select(t => $"({string.Join(',', t.Select(n => n < 0 ? "*" : n.ToString(CultureInfo.InvariantCulture)))})"));
        string details = tiles + Remainder + (MemorySpace == 0 ? "" : $"S({MemorySpace})");
        return $"{{{string.Join(',', MinorToMajor)}{(details.Length == 0 ? "" : ":" + details)}}}";
    }
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
