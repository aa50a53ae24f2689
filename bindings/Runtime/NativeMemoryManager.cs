using System.Buffers;
using System.Runtime.CompilerServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// Native host memory as <see cref="Memory{T}"/>. It does not own the buffer, but keeps it from being finalized, and a
/// pin keeps it open. Pinning moves nothing and costs no GC work: the memory never moves.
/// </summary>
internal sealed unsafe class NativeMemoryManager<T>(BufferHandle buffer, int length) : MemoryManager<T>
    where T : unmanaged
{
    public BufferHandle Buffer => buffer;

    public override Span<T> GetSpan()
    {
        ObjectDisposedException.ThrowIf(buffer.IsClosed, buffer);
        return new Span<T>(optirs.optirs_buffer_data_raw(buffer.Pointer), length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, length);
        bool added = false;
        buffer.DangerousAddRef(ref added);
        return new MemoryHandle(Unsafe.Add<T>(optirs.optirs_buffer_data_raw(buffer.Pointer), elementIndex), default, this);
    }

    public override void Unpin() => buffer.DangerousRelease();

    protected override void Dispose(bool disposing)
    {
    }
}
