using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// A DLPack tensor (<c>DLManagedTensorVersioned*</c>) on its way to or from another library. Whoever owns it calls its
/// deleter once: Dispose does, unless the address was handed over by <see cref="Detach"/>.
/// </summary>
/// <remarks>Any thread, one at a time.</remarks>
public sealed class DlpackTensor : IDisposable
{
    internal DlpackTensor(DlpackHandle handle) => Handle = handle;

    /// <summary>Takes over a tensor that another library has made.</summary>
    /// <param name="address">A <c>DLManagedTensorVersioned*</c> that the caller owns. Work that writes its memory must be done.</param>
    /// <exception cref="ArgumentException">The address is zero.</exception>
    public DlpackTensor(nint address)
    {
        if (address == 0) throw new ArgumentException("A DLPack tensor has an address that is not zero.", nameof(address));
        Handle = new DlpackHandle();
        Handle.Adopt(address);
    }

    internal DlpackHandle Handle { get; }

    /// <summary>The address, which this object keeps owning.</summary>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(Handle.IsDisposed, this);
            return Handle.Address;
        }
    }

    /// <summary>Version of DLPack that the producer wrote.</summary>
    public Version Version => HostMemory.Describe(Handle) is var (major, minor, _) ? new Version((int)major, (int)minor) : new();

    /// <summary>Whether the consumer may not write.</summary>
    public bool IsReadOnly => (HostMemory.Describe(Handle).Flags & optirs.OPTIRS_DL_READ_ONLY) != 0;

    /// <summary>Whether the producer made a copy that nobody else sees.</summary>
    public bool IsCopied => (HostMemory.Describe(Handle).Flags & optirs.OPTIRS_DL_IS_COPIED) != 0;

    /// <summary>Hands the tensor over: the caller owns it from now on, and must see to it that its deleter is called.</summary>
    public nint Detach()
    {
        nint address = Address;
        Handle.SetHandleAsInvalid();
        return address;
    }

    /// <summary>Calls the deleter, unless somebody has taken the tensor over.</summary>
    public void Dispose() => Handle.Dispose();
}
