using System.Runtime.CompilerServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A block of native host memory: aligned to 64 bytes, never moved, so that devices and other libraries can use it while
/// .NET runs on. Dispose frees it at once.
/// </summary>
/// <remarks>Thread-safe, except for the bytes themselves: whoever writes them must keep readers away.</remarks>
public sealed class Buffer : IDisposable
{
    internal Buffer(BufferHandle handle)
    {
        Handle = handle;
        IsReadOnly = optirs.optirs_buffer_is_read_only(handle) != 0;
    }

    internal BufferHandle Handle { get; }

    /// <summary>Number of bytes.</summary>
    public long Size => (long)optirs.optirs_buffer_size(Handle);

    /// <summary>Whether the bytes may not be written: memory imported from a producer that said so.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Allocates memory. Its bytes are not initialised.</summary>
    /// <param name="bytes">How many; 0 is allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    /// <exception cref="OptiRsOutOfMemoryException">There is no memory, even after a garbage collection.</exception>
    public static Buffer Create(long bytes) => new(HostMemory.Create(bytes));

    /// <summary>The bytes as elements, held open until the view is disposed of. The safest way to work on them.</summary>
    public HostView<T> Map<T>() where T : unmanaged => new(Handle, Length<T>());

    /// <summary>
    /// The bytes as elements, for APIs that keep memory. It stays valid until the buffer is disposed of; an operation that
    /// has pinned it delays that until it is done.
    /// </summary>
    public Memory<T> AsMemory<T>() where T : unmanaged
    {
        ThrowIfReadOnly();
        return new NativeMemoryManager<T>(Handle, Length<T>()).Memory;
    }

    /// <summary>Frees the memory, or hands it back to the library it was imported from.</summary>
    public void Dispose() => Handle.Dispose();

    internal void ThrowIfReadOnly()
    {
        if (IsReadOnly)
            throw new InvalidOperationException("This memory is read-only: its producer said so. Copy it to write to it.");
    }

    private int Length<T>() where T : unmanaged
    {
        long size = Size;
        long length = size / Unsafe.SizeOf<T>();
        return length <= int.MaxValue
            ? (int)length
            : throw new NotSupportedException(
                $"A span holds at most {int.MaxValue} elements; this buffer of {size} bytes has {length} of {typeof(T).Name}.");
    }
}

/// <summary>A view of host memory that keeps it from being freed until the view is disposed of.</summary>
/// <typeparam name="T">Element type.</typeparam>
public ref struct HostView<T> : IDisposable
    where T : unmanaged
{
    private Lease _lease;

    internal HostView(BufferHandle buffer, int length)
    {
        _lease = new Lease(buffer);
        Span = HostMemory.Span<T>(buffer, length);
    }

    /// <summary>The elements.</summary>
    public Span<T> Span { get; }

    /// <summary>Lets go of the memory.</summary>
    public void Dispose() => _lease.Dispose();
}
