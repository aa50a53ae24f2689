using System.Globalization;
using System.Text.Json;

namespace OptiRs.Training;

/// <summary>
/// A checkpoint folder: <c>model-STEP.safetensors</c> and <c>checkpoint.json</c>, which names it. The JSON is written last and in
/// one step, so the folder holds a whole checkpoint at every moment: the new one from the rename on, the old one before.
/// </summary>
public static class Checkpoint
{
    /// <summary>The JSON's name within the folder.</summary>
    public const string InfoFile = "checkpoint.json";

    /// <summary>The name of the tensors' file of a step.</summary>
    public static string TensorFileOf(long step) => string.Create(CultureInfo.InvariantCulture, $"model-{step:d6}.safetensors");

    /// <summary>True if the folder holds a checkpoint.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, InfoFile));

    /// <summary>Creates the folder if there is none; done before training, a mistyped path costs seconds and not the run.</summary>
    /// <exception cref="CheckpointException">It cannot be created.</exception>
    public static void CreateFolder(string folder)
    {
        try { Directory.CreateDirectory(folder); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"cannot create the folder '{folder}': {error.Message.TrimEnd('.')}", error);
        }
    }

    /// <summary>Saves; tensor files of older steps are removed only when the new checkpoint is on the disk.</summary>
    /// <exception cref="CheckpointException">The disk refused; the previous checkpoint is as it was.</exception>
    public static void Save(string folder, CheckpointInfo info, IEnumerable<SafetensorsEntry> tensors, IFileSystem? files = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        files ??= DiskFileSystem.Instance;
        CreateFolder(folder);
        string tensorPath = Path.Combine(folder, info.TensorFile);
        bool replaces = File.Exists(tensorPath);
        AtomicFile.Write(tensorPath, stream => SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" }), files);
        try
        {
            AtomicFile.Write(Path.Combine(folder, InfoFile), stream => JsonSerializer.Serialize(stream, info, CheckpointJson.Default.CheckpointInfo), files);
        }
        catch when (!replaces)
        {
            // Nobody names the new tensors: on a full disk they would only be in the way.
            TryDelete(files, tensorPath);
            throw;
        }
        foreach (string path in Directory.EnumerateFiles(folder, "model-*.safetensors"))
            if (Path.GetFileName(path) != info.TensorFile) TryDelete(files, path);
    }

    /// <summary>Reads and checks <c>checkpoint.json</c>.</summary>
    /// <exception cref="CheckpointException">There is none, or it is not one that this version can read.</exception>
    public static CheckpointInfo LoadInfo(string folder)
    {
        string path = Path.Combine(folder, InfoFile);
        if (!Directory.Exists(folder)) throw new CheckpointException($"there is no checkpoint folder '{folder}'");
        if (!File.Exists(path)) throw new CheckpointException($"'{folder}' is not a checkpoint folder: it has no {InfoFile}");
        try
        {
            CheckpointInfo info = JsonSerializer.Deserialize(File.ReadAllBytes(path), CheckpointJson.Default.CheckpointInfo)
                ?? throw new JsonException("it is null");
            if (info.Format != CheckpointInfo.CurrentFormat)
                throw new CheckpointException($"'{path}' has the format '{info.Format}'; this version reads '{CheckpointInfo.CurrentFormat}'");
            if (Path.GetFileName(info.TensorFile) != info.TensorFile || info.Step < 0 || info.Options is null || info.Vocabulary is null)
                throw new JsonException("a field is missing or out of range");
            info.Options.Validate();
            return info;
        }
        catch (JsonException error)
        {
            throw new CheckpointException($"'{path}' is corrupt: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"cannot read '{path}': {error.Message.TrimEnd('.')}", error);
        }
    }

    // A leftover file costs space, not correctness: no reason to fail a save that succeeded.
    private static void TryDelete(IFileSystem files, string path)
    {
        try { files.Delete(path); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { }
    }
}
