using System.Text.RegularExpressions;

namespace OptiRs.Cli.Conformance;

/// <summary>
/// What a program prints with <c>interpreter.print</c>. The reference interpreter writes it to its output, which no plugin has: the
/// program is run as one that returns these values.
/// </summary>
internal static partial class PrintedValues
{
    /// <summary>The program with what its entry prints as its results, and their names; null when it prints nothing, or returns something itself.</summary>
    /// <param name="text">The program as <see cref="OptiRs.Native.StableHlo.Print"/> shows it.</param>
    public static (string Text, IReadOnlyList<string> Names)? AsResults(string text)
    {
        string[] lines = text.Split('\n');
        int start = Array.FindIndex(lines, line => Entry().IsMatch(line));
        int end = start < 0 ? -1 : Array.IndexOf(lines, "    return", start);
        int close = start < 0 ? -1 : Array.IndexOf(lines, "  }", start);
        if (end < 0 || end > close) return null;
        // Operations of the function itself: those in regions stand further to the right.
        Match[] prints = [.. lines[start..end].Select(line => Print().Match(line)).Where(match => match.Success)];
        if (prints.Length == 0) return null;
        string types = string.Join(", ", prints.Select(match => match.Groups["type"].Value));
        lines[start] = $"{lines[start][..^"{".Length]}-> ({types}) {{";
        lines[end] = $"    return {string.Join(", ", prints.Select(match => match.Groups["name"].Value))} : {types}";
        string program = string.Join('\n', lines.Where((line, i) => i < start || i > end || !Print().IsMatch(line)));
        return (program, [.. prints.Select(match => match.Groups["name"].Value)]);
    }

    [GeneratedRegex("""^  func\.func (public )?@("[^"]*"|\S+?)\([^)]*\) \{$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Entry();

    [GeneratedRegex("""^    interpreter\.print (?<name>%\S+) (\{.*\} )?: (?<type>tensor<.*>)$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Print();
}
