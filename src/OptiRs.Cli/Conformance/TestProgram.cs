namespace OptiRs.Cli.Conformance;

/// <summary>One program of a test file, and what is to be done with it.</summary>
internal sealed record TestProgram
{
    /// <summary>The file, from the folder that was given, and where it has several programs also the part and function.</summary>
    public required string Name { get; init; }

    /// <summary>StableHLO text in UTF-8, or portable bytecode.</summary>
    public ReadOnlyMemory<byte> Code { get; init; }

    /// <summary>Whether it is run, or only compiled: programs for which no arguments are known are loaded and verified.</summary>
    public bool Executes { get; init; }

    /// <summary>Whether it has no function that a client could run: it is read and verified, which needs no plugin.</summary>
    public bool IsLibrary { get; init; }

    /// <summary>Whether the plugin has to refuse it.</summary>
    public bool MustFail { get; init; }

    /// <summary>Arguments as MLIR text, <c>dense&lt;1&gt; : tensor&lt;2xi32&gt;</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Replicas that the module says it is for: each runs on devices of its own.</summary>
    public int ReplicaCount { get; init; } = 1;

    /// <summary>Partitions of each replica.</summary>
    public int PartitionCount { get; init; } = 1;

    /// <summary>What the printed results have to contain; null where the program checks itself.</summary>
    public OutputCheck? Output { get; init; }

    /// <summary>Why it is left out; null when it is not.</summary>
    public string? SkipReason { get; init; }
}

/// <summary>How a program ended.</summary>
internal enum Outcome
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>How a program ended, and why, where it did not pass.</summary>
internal sealed record TestResult(string Name, Outcome Outcome, string Reason, double Seconds);
