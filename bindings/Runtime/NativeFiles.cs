using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OptiRs.Native;

/// <summary>The one file operation that .NET does not offer.</summary>
public static partial class NativeFiles
{
    private const int ReadOnlyCloseOnExec = 0x80000; // O_RDONLY | O_CLOEXEC, the same on every Linux architecture

    /// <summary>
    /// Brings a folder's entries to the disk (fsync of the folder), so that a rename in it survives a power cut.
    /// Does nothing where folders cannot be synchronised (Windows does it by itself).
    /// </summary>
    /// <exception cref="IOException">The folder cannot be opened, or the disk refused.</exception>
    public static void SyncDirectory(string path)
    {
        if (!OperatingSystem.IsLinux()) return;
        int descriptor = Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0) throw Failure("open", path);
        try
        {
            if (Synchronise(descriptor) != 0) throw Failure("fsync", path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string operation, string path) =>
        new($"{operation} of the folder '{path}' failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
