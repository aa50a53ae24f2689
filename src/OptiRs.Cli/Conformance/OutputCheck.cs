using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using OptiRs.Native;

namespace OptiRs.Cli.Conformance;

/// <summary>What a program's printed results have to contain: its CHECK and CHECK-NEXT lines, blanks counted as one.</summary>
internal sealed partial class OutputCheck
{
    private readonly List<(bool IsNext, string Text)> _lines = [];
    private readonly IReadOnlyList<string> _names;

    private OutputCheck(IReadOnlyList<string> names) => _names = names;

    /// <summary>The lines of a test file; null when it has none.</summary>
    /// <param name="text">The file.</param>
    /// <param name="names">Of the results that the program prints itself, which show them.</param>
    public static OutputCheck? Of(string text, IReadOnlyList<string> names)
    {
        var check = new OutputCheck(names);
        foreach (Match line in CheckLine().Matches(text))
            check._lines.Add((line.Groups["next"].Success, Blanks().Replace(line.Groups["text"].Value.Trim(), " ")));
        return check._lines.Count > 0 ? check : null;
    }

    /// <summary>The first line that is not met, in words; null when all are.</summary>
    public string? FirstMissing(IEnumerable<PjrtBuffer> results)
    {
        string[] printed = [.. string.Concat(results.Select((result, i) => (i < _names.Count ? _names[i] + " = " : "") + Print(result))).Split('\n').Select(line => Blanks().Replace(line.Trim(), " "))];
        int next = 0;
        foreach (var (isNext, text) in _lines)
        {
            int found = isNext
                ? (next < printed.Length && printed[next].Contains(text, StringComparison.Ordinal) ? next : -1)
                : Array.FindIndex(printed, next, line => line.Contains(text, StringComparison.Ordinal));
            if (found < 0) return $"the results do not contain '{text}' where it is expected, but are {string.Join(" ", printed)}";
            next = found + 1;
        }
        return null;
    }

    /// <summary>A result in the form of the reference interpreter.</summary>
    private static string Print(PjrtBuffer result)
    {
        string[] elements = result.DType switch
        {
            DType.Pred => [.. result.ToArray<bool>().Select(v => v ? "true" : "false")],
            DType.S8 => Integers<sbyte>(result),
            DType.S16 => Integers<short>(result),
            DType.S32 => Integers<int>(result),
            DType.S64 => Integers<long>(result),
            DType.U8 => Integers<byte>(result),
            DType.U16 => Integers<ushort>(result),
            DType.U32 => Integers<uint>(result),
            DType.U64 => Integers<ulong>(result),
            DType.F16 => [.. result.ToArray<Half>().Select(v => Scientific((double)v))],
            DType.BF16 => [.. result.ToArray<BFloat16>().Select(v => Scientific((float)v))],
            DType.F32 => [.. result.ToArray<float>().Select(v => Scientific(v))],
            DType.F64 => [.. result.ToArray<double>().Select(Scientific)],
            var other => throw new NotSupportedException($"printing results of type {other.Name}"),
        };
        string type = string.Concat(result.Shape.Dimensions.ToArray().Select(d => FormattableString.Invariant($"{d}x"))) + result.DType.Name;
        var text = new StringBuilder($"tensor<{type}> {{\n");
        int position = 0;
        Append(text, result.Shape.Dimensions, elements, ref position);
        return text.Append("\n}\n").ToString();
    }

    private static void Append(StringBuilder text, ReadOnlySpan<long> dimensions, string[] elements, ref int position)
    {
        if (dimensions.Length == 0)
        {
            text.Append(elements[position++]);
            return;
        }
        text.Append('[');
        for (long i = 0; i < dimensions[0]; ++i)
        {
            if (i > 0) text.Append(dimensions.Length > 1 ? "," : ", ");
            if (dimensions.Length > 1) text.Append('\n');
            Append(text, dimensions[1..], elements, ref position);
        }
        text.Append(dimensions.Length > 1 ? "\n]" : "]");
    }

    private static string[] Integers<T>(PjrtBuffer result) where T : unmanaged, IBinaryInteger<T> =>
        [.. result.ToArray<T>().Select(v => v.ToString(null, CultureInfo.InvariantCulture))];

    private static string Scientific(double value) => value.ToString("0.000000e+00", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*//\s*CHECK(?<next>-NEXT)?:(?<text>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex CheckLine();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
