using System.Globalization;

namespace OptiRs.Native;

/// <summary>Which process of a job this one is, read from the environment that its launcher has set.</summary>
/// <param name="Index">Number of this process.</param>
/// <param name="Count">Number of all processes.</param>
/// <param name="Coordinator">Host of the first process; null where the launcher does not say.</param>
/// <param name="Source">The launcher.</param>
public sealed record JobProcess(int Index, int Count, string? Coordinator, string Source)
{
    /// <summary>Client options of this process: <c>node_id</c> and <c>num_nodes</c>.</summary>
    public IReadOnlyDictionary<string, object> ClientOptions =>
        new Dictionary<string, object> { ["node_id"] = (long)Index, ["num_nodes"] = (long)Count };

    /// <summary>
    /// Looks for OPTIRS_PROCESS_INDEX, then Slurm, Open MPI, GKE (JobSet's TPU webhook) and Google Cloud TPU VMs; null for a
    /// process on its own.
    /// </summary>
    /// <exception cref="FormatException">A variable is there and makes no sense; the message names it.</exception>
    public static JobProcess? Detect() => Detect(Environment.GetEnvironmentVariable);

    internal static JobProcess? Detect(Func<string, string?> variable)
    {
        var environment = new Variables(variable);
        return Own(environment) ?? Slurm(environment) ?? OpenMpi(environment) ?? CloudTpu(environment);
    }

    private static JobProcess? Own(Variables v) =>
        v.Number("OPTIRS_PROCESS_INDEX") is { } index && v.Number("OPTIRS_PROCESS_COUNT") is { } count
            ? Checked(index, count, v.Text("OPTIRS_COORDINATOR"), "OPTIRS_PROCESS_INDEX") : null;

    private static JobProcess? Slurm(Variables v) =>
        v.Number("SLURM_PROCID") is { } index && (v.Number("SLURM_STEP_NUM_TASKS") ?? v.Number("SLURM_NTASKS")) is { } count
            ? Checked(index, count, FirstHost(v.Text("SLURM_STEP_NODELIST") ?? v.Text("SLURM_JOB_NODELIST")), "Slurm") : null;

    private static JobProcess? OpenMpi(Variables v) =>
        v.Number("OMPI_COMM_WORLD_RANK") is { } index && v.Number("OMPI_COMM_WORLD_SIZE") is { } count
            ? Checked(index, count, null, "Open MPI") : null;

    // GKE and TPU VMs set the same two variables; GKE adds the name of the job's set.
    private static JobProcess? CloudTpu(Variables v)
    {
        if (v.Number("TPU_WORKER_ID") is not { } index || v.Text("TPU_WORKER_HOSTNAMES") is not { } hosts) return null;
        string[] names = hosts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length == 0
            ? null
            : Checked(index, names.Length, names[0], v.Text("MEGASCALE_COORDINATOR_ADDRESS") is null && v.Text("JOBSET_NAME") is null ? "Cloud TPU VM" : "GKE");
    }

    private static JobProcess Checked(int index, int count, string? coordinator, string source) =>
        count >= 1 && index >= 0 && index < count
            ? new JobProcess(index, count, coordinator, source)
            : throw new FormatException($"{source} says that this is process {index} of {count}, which cannot be.");

    /// <summary>First host of Slurm's short form: <c>node[03-05,9],other</c> -> <c>node03</c>.</summary>
    internal static string? FirstHost(string? list)
    {
        if (string.IsNullOrEmpty(list)) return null;
        int bracket = list.IndexOf('[', StringComparison.Ordinal), comma = list.IndexOf(',', StringComparison.Ordinal);
        if (bracket < 0 || (comma >= 0 && comma < bracket)) return comma < 0 ? list : list[..comma];
        int end = list.IndexOfAny([',', '-', ']'], bracket);
        int close = list.IndexOf(']', bracket);
        return end < 0 || close < 0
            ? throw new FormatException($"Slurm's list of nodes '{list}' has a bracket that is not closed.")
            : string.Concat(list.AsSpan(0, bracket), list.AsSpan(bracket + 1, end - bracket - 1));
    }

    private sealed class Variables(Func<string, string?> variable)
    {
        public string? Text(string name) => variable(name) is { Length: > 0 } text ? text : null;

        public int? Number(string name) => Text(name) is not { } text
            ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number : throw new FormatException($"{name} is '{text}', which is not a number.");
    }
}
