using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace OptiRs.Native.Interop;

/// <summary>
/// One reference to a native object. Dispose releases it; the finalizer is the safety net, and counts as a leak
/// (<see cref="Leaks"/>). The generated handles derive from this.
/// </summary>
/// <param name="nativeType">Name of the type in C, for messages.</param>
internal abstract class NativeHandle(string nativeType) : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    // Below this, telling the collector (57 ns) costs more than it helps.
    private const long PressureThreshold = 64 * 1024;

    private readonly string? _origin = Leaks.CaptureOrigins ? new StackTrace(2, fNeedFileInfo: true).ToString() : null;
    private NativeHandle? _parent;
    private long _pressure;
    private bool _isDisposed;

    public string NativeType { get; } = nativeType;

    /// <summary>Whether its owner has disposed of it or given it away: others may keep the object open.</summary>
    public bool IsDisposed => _isDisposed || IsClosed;

    /// <summary>Takes over a reference that raw code was given.</summary>
    public void Adopt(nint reference) => SetHandle(reference);

    /// <summary>Keeps <paramref name="parent"/> alive, once, for as long as this handle is open.</summary>
    public void Retain(NativeHandle parent)
    {
        Debug.Assert(_parent is null, "A handle has one parent.");
        bool added = false;
        parent.DangerousAddRef(ref added);
        _parent = parent;
    }

    /// <summary>Tells the collector how many bytes of host memory hang on this small object.</summary>
    public void AddPressure(long bytes)
    {
        if (bytes < PressureThreshold || _pressure != 0) return;
        _pressure = bytes;
        GC.AddMemoryPressure(bytes);
    }

    protected abstract void ReleaseNative();

    protected sealed override bool ReleaseHandle()
    {
        ReleaseNative();
        if (_pressure > 0) GC.RemoveMemoryPressure(_pressure);
        _parent?.DangerousRelease();
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing && !IsInvalid && !IsClosed) Leaks.Record(NativeType, _origin);
        _isDisposed = true;
        base.Dispose(disposing);
    }
}
