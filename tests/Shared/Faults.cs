using OptiRs.Native.Interop;

namespace OptiRs.Tests;

/// <summary>Faults of the native library, armed and counted.</summary>
internal static class Faults
{
    public static ulong Fired => optirs.optirs_fault_fired();

    public static void Set(string specification)
    {
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(specification);
        optirs.optirs_fault_set(utf8, (ulong)utf8.Length);
    }
}
