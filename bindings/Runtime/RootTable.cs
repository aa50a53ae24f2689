namespace OptiRs.Native.Interop;

/// <summary>
/// Objects that native code knows by a number, and that live as long as they stand in the table. To put one in or out is a
/// store, where a GC handle costs a call into the runtime.
/// </summary>
internal sealed class RootTable<T> where T : class
{
    private const int ChunkBits = 8;
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private volatile Slot[][] _chunks = [];
    private int _places;

    /// <summary>What stands at a place that was reserved.</summary>
    public ref T? this[int place] => ref _chunks[place >> ChunkBits][place & ((1 << ChunkBits) - 1)].Value;

    /// <summary>A place of one's own, empty.</summary>
    public int Reserve()
    {
        lock (_lock)
        {
            if (_free.TryPop(out int place)) return place;
            // Chunks stay where they are, so that others may use their places meanwhile.
            if (_places == _chunks.Length << ChunkBits) _chunks = [.. _chunks, new Slot[1 << ChunkBits]];
            return _places++;
        }
    }

    /// <summary>Gives an empty place back.</summary>
    public void Free(int place)
    {
        lock (_lock) _free.Push(place);
    }

    // In a struct, so that a store into the array need not ask for the array's type.
    private struct Slot
    {
        public T? Value;
    }
}
