using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>The process's environment as native code sees it, which Environment.SetEnvironmentVariable does not change.</summary>
internal static partial class NativeEnvironment
{
    public static void Set(string name, string value)
    {
        if (setenv(name, value, 1) != 0) throw new ArgumentException($"The environment variable {name} cannot be set.");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setenv(string name, string value, int overwrite);
}
