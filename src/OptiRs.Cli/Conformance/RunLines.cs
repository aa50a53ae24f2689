using System.Text.RegularExpressions;

namespace OptiRs.Cli.Conformance;

/// <summary>What the <c>// RUN:</c> lines of a test file ask for.</summary>
internal sealed partial class RunLines
{
    public RunLines(string text)
    {
        foreach (Match line in Line().Matches(text))
        {
            string command = line.Groups["command"].Value;
            if (line.Groups["disabled"].Success)
            {
                DisabledReason ??= line.Groups["reason"] is { Success: true, Value: var reason } ? $"disabled upstream: {reason}" : "disabled upstream";
                continue;
            }
            HasAny = true;
            UsesBytecode |= command.Contains("%s.bc", StringComparison.Ordinal);
            if (command.StartsWith("not ", StringComparison.Ordinal))
            {
                // A command that has to fail: of the file as it stands, when it is about nothing else.
                Fails |= !command.Contains("--args", StringComparison.Ordinal);
                continue;
            }
            Succeeds = true;
            if (!command.Contains("--interpret", StringComparison.Ordinal)) continue;
            Interprets = true;
            ChecksOutput |= command.Contains("FileCheck", StringComparison.Ordinal);
            if (Arguments().Match(command) is { Success: true } arguments) ArgumentText = arguments.Groups["value"].Value;
        }
        // Without such lines a program is taken as what it looks like.
        if (!HasAny && DisabledReason is null) Interprets = Succeeds = true;
        if (Interprets) DisabledReason = null;
    }

    public bool HasAny { get; }

    /// <summary>Whether the reference interpreter runs the file.</summary>
    public bool Interprets { get; }

    /// <summary>Why the interpreter would but does not; null otherwise.</summary>
    public string? DisabledReason { get; }

    /// <summary>Whether the file is about the bytecode beside it, not about its own text.</summary>
    public bool UsesBytecode { get; }

    /// <summary>Whether reading the file has to fail.</summary>
    public bool MustFail => Fails && !Succeeds;

    /// <summary>Whether the results are printed and compared with the file's CHECK lines.</summary>
    public bool ChecksOutput { get; }

    /// <summary>The value of <c>--args</c>, if any.</summary>
    public string? ArgumentText { get; }

    private bool Fails { get; }

    private bool Succeeds { get; }

    [GeneratedRegex(@"^\s*//\s*RUN(?<disabled>-DISABLED(\((?<reason>[^)]*)\))?)?:?\s+(?<command>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex("""--args=("(?<value>[^"]*)"|'(?<value>[^']*)'|(?<value>\S+))""", RegexOptions.ExplicitCapture)]
    private static partial Regex Arguments();
}
