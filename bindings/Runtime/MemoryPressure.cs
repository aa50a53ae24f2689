using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>
/// When native code runs out of host or device memory, it asks once whether something can be freed: the collector does not
/// know how much memory hangs on the small objects that it has not looked at yet.
/// </summary>
internal static unsafe class MemoryPressure
{
    private static int _collections;

    /// <summary>How often native code has asked.</summary>
    public static int Collections => Volatile.Read(ref _collections);

    /// <summary>Called once, while the library is being loaded: imports cannot be used yet.</summary>
    public static void Register(nint library)
    {
        nint set = NativeLibrary.GetExport(library, nameof(optirs.optirs_memory_set_pressure_handler));
        delegate* unmanaged[Cdecl]<ulong, void*, byte> handler = &OnPressure;
        ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<ulong, void*, byte>, void*, void>)set)(handler, null);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnPressure(ulong bytes, void* context)
    {
        try
        {
            Interlocked.Increment(ref _collections);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return 1;
        }
        catch (Exception e)
        {
            Environment.FailFast("OptiRs: the memory pressure handler failed.", e);
            return 0;
        }
    }
}
