using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>The few file operations that saving needs; a seam, so that tests can make the k-th of them fail.</summary>
public interface IFileSystem
{
    /// <summary>Creates or truncates a file for writing.</summary>
    Stream Create(string path);

    /// <summary>Brings the file's content to the disk (fsync).</summary>
    void Sync(Stream stream);

    /// <summary>Replaces <paramref name="to"/> by <paramref name="from"/> in one step.</summary>
    void Rename(string from, string to);

    /// <summary>Brings the folder's entries to the disk, so that a rename survives a power cut.</summary>
    void SyncDirectory(string path);

    /// <summary>Removes a file; none there is no error.</summary>
    void Delete(string path);
}

/// <summary>The operating system's files.</summary>
public sealed class DiskFileSystem : IFileSystem
{
    /// <summary>The one instance: the type has no state.</summary>
    public static DiskFileSystem Instance { get; } = new();

    private DiskFileSystem() { }

    /// <inheritdoc/>
    public Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);

    /// <inheritdoc/>
    public void Sync(Stream stream) => ((FileStream)stream).Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void SyncDirectory(string path) => NativeFiles.SyncDirectory(path);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);
}
