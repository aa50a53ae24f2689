namespace OptiRs.Native;

/// <summary>What became of a plugin that was loaded and whose devices were opened, for people.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Version">Version of the PJRT C API that it speaks, for instance <c>0.114</c>; null where it did not load.</param>
/// <param name="Platform">Name and version of its platform; null where its devices did not open.</param>
/// <param name="Devices">Its devices, one text each.</param>
/// <param name="MemoryBytes">Memory of all its devices together, of the host where they use that; null where the plugin does not say.</param>
/// <param name="Problem">Why it cannot be used, in a sentence; null if it can.</param>
/// <param name="Advice">What to do about it; null if nothing is to be done.</param>
public sealed record PluginReport(
    string Path, string? Version, string? Platform, IReadOnlyList<string> Devices, long? MemoryBytes, string? Problem,
    string? Advice);

/// <summary>Tries plugins, and says what is wrong with those that fail.</summary>
public static class PluginCheckup
{
    /// <summary>The file by which one process at a time owns the TPUs of a machine.</summary>
    public const string TpuLockFile = "/tmp/libtpu_lockfile";

    private const string DriverAdvice = "install the NVIDIA driver, or a newer one: nvidia-smi shows what there is";

    /// <summary>
    /// Loads a plugin and opens its devices. Errors are part of the answer; a plugin that ends the process does so here too,
    /// which is why <c>optirs doctor</c> does this in a process of its own.
    /// </summary>
    public static PluginReport Examine(string path)
    {
        string? version = null;
        try
        {
            using PjrtPlugin plugin = PjrtPlugin.Load(path);
            version = FormattableString.Invariant($"{plugin.ApiMajor}.{plugin.ApiMinor}");
            using PjrtClient client = plugin.CreateClient();
            long? memory = null;
            foreach (PjrtDevice device in client.AddressableDevices)
                if (device.MemoryStats() is { BytesLimit: > 0 } stats) memory = (memory ?? 0) + stats.BytesLimit;
            if (memory is null && client.IsHostMemory) memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            string[] devices = [.. client.AddressableDevices.Select(d => d.ToString())];
            return new PluginReport(
                plugin.Path, version, $"{client.PlatformName} ({client.PlatformVersion.ReplaceLineEndings("; ")})", devices, memory,
                devices.Length > 0 ? null : "it opens, but this process can use none of its devices",
                devices.Length > 0 ? null : "see the plugin's own log for what it expected to find");
        }
        catch (Exception e) when (e is IOptiRsError)
        {
            (string problem, string? advice) = Explain(((IOptiRsError)e).Code, e.Message);
            return new PluginReport(path, version, null, [], null, problem, advice);
        }
    }

    /// <summary>A sentence on an error of loading a plugin or of opening its devices, and what to do about it.</summary>
    public static (string Problem, string? Advice) Explain(ErrorCode code, string message)
    {
        bool Says(params ReadOnlySpan<string> words)
        {
            foreach (string word in words)
                if (message.Contains(word, StringComparison.OrdinalIgnoreCase)) return true;
            return false;
        }

        string? advice = null;
        if (Says("libcuda.so", "libnvidia"))
            advice = DriverAdvice;
        else if (Says("cannot open shared object file"))
            advice = "install the library that is named, or add its folder to LD_LIBRARY_PATH";
        else if (Says("speaks PJRT"))
            advice = "use a plugin of a version that this library speaks: 0.40 or newer, except 0.56";
        else if (Says("lockfile", "already in use by process", "TPU is already in use"))
            advice = $"end the other process that uses the TPU; if there is none, remove {TpuLockFile}";
        else if (Says("CUDA_ERROR_NO_DEVICE", "no CUDA-capable device", "CUDA_ERROR_INVALID_DEVICE"))
            advice = "no GPU is visible: check nvidia-smi and CUDA_VISIBLE_DEVICES";
        else if (Says("libcuda", "CUDA driver", "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "cuInit"))
            advice = DriverAdvice;
        else if (code == ErrorCode.PermissionDenied || Says("permission denied", "/dev/accel", "/dev/vfio"))
            advice = "the process may not open the device: run it as a user of the device's group, or pass the device to the container";
        else if (Says("does not export GetPjrtApi"))
            advice = "this is another kind of library: give the path of a PJRT plugin";
        else if (Says("no file", "no such file") || code == ErrorCode.NotFound)
            advice = "check the path and the variable that it comes from";
        else if (code == ErrorCode.ResourceExhausted)
            advice = "another process may hold the memory of the device";
        return (message.ReplaceLineEndings(" "), advice);
    }
}
