using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
[assembly: SuppressMessage(
    "Security", "CA5393:Do not use unsafe DllImportSearchPath value",
    Justification = "The native library is shipped beside the assembly; the loader opens it by its absolute path.")]
[assembly: InternalsVisibleTo("OptiRs.Native")]
[assembly: InternalsVisibleTo("OptiRs.Native.Tests")]
[assembly: InternalsVisibleTo("Bindings.Tests")]
[assembly: InternalsVisibleTo("OptiRs.Xla.Tests")]
