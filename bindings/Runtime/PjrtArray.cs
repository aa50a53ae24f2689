using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>A layout as arrays: an order of dimensions with tiles, or strides (then the order is null).</summary>
internal sealed record LayoutData(long[]? MinorToMajor, long[] TileDims, ulong[] TileRanks, long[] ByteStrides);

/// <summary>An <see cref="optirs_pjrt_array"/> with everything that it points at, alive until disposed of.</summary>
internal sealed unsafe class PjrtArray : IDisposable
{
    private readonly optirs_pjrt_array* _array;

    public PjrtArray(int dtype, ReadOnlySpan<long> dims, nint device = 0, nint memory = 0, LayoutData? layout = null)
    {
        _array = (optirs_pjrt_array*)NativeMemory.AllocZeroed((nuint)(sizeof(optirs_pjrt_array) + dims.Length * sizeof(long)));
        long* extents = (long*)(_array + 1);
        dims.CopyTo(new Span<long>(extents, dims.Length));
        *_array = new optirs_pjrt_array
        {
            struct_size = (nuint)sizeof(optirs_pjrt_array),
            dims = extents,
            rank = dims.Length,
            device = (optirs_pjrt_device*)device,
            memory = (optirs_pjrt_memory*)memory,
            dtype = dtype,
            layout = layout is null ? null : Write(layout),
        };
    }

    public optirs_pjrt_array* Pointer => _array;

    public void Dispose()
    {
        NativeMemory.Free(_array->layout);
        NativeMemory.Free(_array);
    }

    /// <summary>One block, to be freed by <see cref="NativeMemory.Free"/>: the view, and after it the arrays.</summary>
    public static optirs_pjrt_layout_view* Write(LayoutData layout)
    {
        int order = layout.MinorToMajor?.Length ?? 0;
        int count = order + layout.TileDims.Length + layout.TileRanks.Length + layout.ByteStrides.Length;
        var view = (optirs_pjrt_layout_view*)NativeMemory.AllocZeroed(
            (nuint)(sizeof(optirs_pjrt_layout_view) + count * sizeof(long)));
        long* free = (long*)(view + 1);
        view->kind = layout.MinorToMajor is null ? optirs.OPTIRS_PJRT_LAYOUT_STRIDES : optirs.OPTIRS_PJRT_LAYOUT_TILED;
        view->rank = (ulong)order;
        view->minor_to_major = Append(ref free, layout.MinorToMajor);
        view->tile_dims = Append(ref free, layout.TileDims);
        view->tile_ranks = (ulong*)Append(ref free, MemoryMarshal.Cast<ulong, long>(layout.TileRanks));
        view->num_tiles = (ulong)layout.TileRanks.Length;
        view->byte_strides = Append(ref free, layout.ByteStrides);
        view->num_strides = (ulong)layout.ByteStrides.Length;
        return view;
    }

    public static LayoutData Read(PjrtLayoutHandle layout)
    {
        optirs.optirs_pjrt_layout_read(layout, out optirs_pjrt_layout_view view);
        using var lease = new Lease(layout);
        ulong[] ranks = new ReadOnlySpan<ulong>(view.tile_ranks, checked((int)view.num_tiles)).ToArray();
        int extents = checked((int)ranks.Aggregate(0UL, (sum, rank) => sum + rank));
        bool isTiled = view.kind == optirs.OPTIRS_PJRT_LAYOUT_TILED;
        return new LayoutData(
            isTiled ? new ReadOnlySpan<long>(view.minor_to_major, checked((int)view.rank)).ToArray() : null,
            new ReadOnlySpan<long>(view.tile_dims, extents).ToArray(), ranks,
            new ReadOnlySpan<long>(view.byte_strides, checked((int)view.num_strides)).ToArray());
    }

    private static long* Append(ref long* free, ReadOnlySpan<long> items)
    {
        long* start = free;
        items.CopyTo(new Span<long>(free, items.Length));
        free += items.Length;
        return start;
    }
}
