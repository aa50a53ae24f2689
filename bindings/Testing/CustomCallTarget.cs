using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>A function for custom calls: four int32 -> the same plus the length of the call's configuration. Tests register it.</summary>
internal static unsafe class CustomCallTarget
{
    public static nint Address => (nint)(delegate* unmanaged[Cdecl]<void*, void**, byte*, nuint, void>)&Run;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(void* stream, void** buffers, byte* config, nuint configSize)
    {
        int* operand = (int*)buffers[0];
        int* result = (int*)buffers[1];
        for (int i = 0; i < 4; i++) result[i] = operand[i] + (int)configSize;
    }
}
