namespace OptiRs.Training;

/// <summary>
/// Replaces a file so that a reader, a crash or a full disk sees either the whole old content or the whole new one:
/// write a temporary file beside it, fsync it, rename it over the old one, fsync the folder.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> through <paramref name="content"/>.</summary>
    /// <exception cref="CheckpointException">The disk refused (full, read-only, ...). The old file, if there was one, is untouched.</exception>
    public static void Write(string path, Action<Stream> content, IFileSystem? files = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        files ??= DiskFileSystem.Instance;
        string temporary = path + ".tmp";
        try
        {
            using (Stream stream = files.Create(temporary))
            {
                content(stream);
                stream.Flush();
                files.Sync(stream);
            }
            files.Rename(temporary, path);
            files.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException || IsTooLarge(error))
        {
            DeleteQuietly(files, temporary);
            string reason = IsTooLarge(error) ? "the file would be larger than its file system or a limit (ulimit -f) allows" : error.Message.TrimEnd('.');
            string kept = File.Exists(path) ? "; the previous file is kept" : "";
            throw new CheckpointException($"cannot write '{path}': {reason}{kept}", error);
        }
    }

    // What .NET makes of EFBIG.
    private static bool IsTooLarge(Exception error) => error is ArgumentOutOfRangeException { ParamName: "value" };

    // The failure that matters is already on its way to the user; a second one while tidying up would hide it.
    private static void DeleteQuietly(IFileSystem files, string path)
    {
        try { files.Delete(path); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { }
    }
}
