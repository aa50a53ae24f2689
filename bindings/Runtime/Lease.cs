namespace OptiRs.Native.Interop;

/// <summary>
/// Keeps a handle open for a scope, so that its raw pointer may be used in it any number of times: one AddRef instead of
/// one for each call.
/// </summary>
internal ref struct Lease : IDisposable
{
    private NativeHandle? _handle;

    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    public Lease(NativeHandle handle)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    public void Dispose()
    {
        _handle?.DangerousRelease();
        _handle = null;
    }
}
