using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OptiRs.Cli.Conformance;

/// <summary>The text of one program: its functions, and which of them is run.</summary>
internal sealed partial class ProgramText
{
    private readonly string _text;
    private readonly List<Function> _functions = [];

    public ProgramText(string text)
    {
        _text = text;
        string code = WithoutComments(text);
        IsEmpty = string.IsNullOrWhiteSpace(code);
        ReplicaCount = Count(ReplicaNumber().Match(code));
        PartitionCount = Count(PartitionNumber().Match(code));
        foreach (Match match in PrettyFunction().Matches(code))
        {
            string visibility = match.Groups["visibility"].Value;
            _functions.Add(new Function(match.Groups["name"].Value, visibility.Length > 0 && visibility != "public",
                match.Groups["empty"].Success, match.Groups["keyword"].Index, match.Groups["visibility"]));
        }
        foreach (Match match in GenericFunction().Matches(code))
        {
            string properties = match.Groups["properties"].Value;
            if (SymbolName().Match(properties) is not { Success: true } name) continue;
            bool hidden = properties.Contains("sym_visibility = \"private\"", StringComparison.Ordinal);
            _functions.Add(new Function(name.Groups[1].Value, hidden, NoInputs().IsMatch(properties), -1, null));
        }
    }

    /// <summary>Whether there is nothing to load.</summary>
    public bool IsEmpty { get; }

    /// <summary><c>mhlo.num_replicas</c> of the module; 1 where it does not say, or says what no device count is.</summary>
    public int ReplicaCount { get; }

    /// <summary>The same of <c>mhlo.num_partitions</c>.</summary>
    public int PartitionCount { get; }

    /// <summary>Whether it shows functions. Those in an old generic form do so once they are printed.</summary>
    public bool HasFunctions => _functions.Count > 0;

    /// <summary>What a client runs: @main or the only public function, and whether it takes no arguments; null: there is none.</summary>
    public (string Name, bool TakesNothing)? Entry
    {
        get
        {
            Function[] visible = [.. _functions.Where(f => !f.IsPrivate)];
            Function? entry = _functions.Find(f => f.Name == "main") ?? (visible.Length == 1 ? visible[0] : null);
            return entry is null ? null : (entry.Name, entry.TakesNothing);
        }
    }

    /// <summary>Whether the program says which of its errors are expected.</summary>
    public bool ExpectsError => _text.Contains("expected-error", StringComparison.Ordinal);

    /// <summary>
    /// Programs with one entry each: @main where there is one, else every public function without arguments, else the whole.
    /// </summary>
    /// <returns>The name of the function where there are several, whether it takes no arguments, and the text.</returns>
    public IEnumerable<(string? Name, bool TakesNothing, string Text)> Entries()
    {
        Function? main = _functions.Find(f => f.Name == "main");
        Function[] visible = [.. _functions.Where(f => !f.IsPrivate)];
        if (main is not null || visible.Length <= 1)
        {
            Function? only = main ?? visible.FirstOrDefault();
            return [(null, only is { TakesNothing: true }, _text)];
        }
        Function[] runnable = [.. visible.Where(f => f is { TakesNothing: true, Keyword: >= 0 })];
        // Where none can be run, each is compiled.
        if (runnable.Length == 0) runnable = [.. visible.Where(f => f.Keyword >= 0)];
        return runnable.Length == 0
            ? [(null, false, _text)]
            : runnable.Select(f => ((string?)f.Name, f.TakesNothing, WithEntry(f, visible)));
    }

    /// <summary>Hides every public function but one, so that it is what a client runs.</summary>
    private string WithEntry(Function entry, Function[] visible)
    {
        var text = new StringBuilder(_text);
        foreach (Function other in visible.OrderByDescending(f => f.Keyword))
        {
            if (other == entry || other.Keyword < 0) continue;
            if (other.Visibility is { Success: true } written) text.Remove(written.Index, written.Length).Insert(written.Index, "private");
            else text.Insert(other.Keyword + "func.func".Length, " private");
        }
        return text.ToString();
    }

    private static int Count(Match match) =>
        int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count : 1;

    /// <summary>Comments become blanks, so that places in the text stay what they are.</summary>
    private static string WithoutComments(string text) =>
        Comment().Replace(text, m => m.Value.StartsWith('"') ? m.Value : new string(' ', m.Length));

    // Strings are matched so that a // inside them is none.
    [GeneratedRegex("""
        "(\\.|[^"\\\n])*"|//[^\n]*
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Comment();

    [GeneratedRegex("""
        (?<![\w."])(?<keyword>func\.func)\s+((?<visibility>public|private|nested)\s+)?@(?<name>[\w$.\-]+|"[^"]*")\s*\((?<empty>\s*\))?
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex PrettyFunction();

    [GeneratedRegex("\"func\\.func\"\\s*\\(\\s*\\)\\s*<\\{(?<properties>[^{}]*)\\}>", RegexOptions.ExplicitCapture)]
    private static partial Regex GenericFunction();

    [GeneratedRegex(@"\bmhlo\.num_replicas\s*=\s*(\d+)")]
    private static partial Regex ReplicaNumber();

    [GeneratedRegex(@"\bmhlo\.num_partitions\s*=\s*(\d+)")]
    private static partial Regex PartitionNumber();

    [GeneratedRegex("sym_name\\s*=\\s*\"([^\"]*)\"")]
    private static partial Regex SymbolName();

    [GeneratedRegex(@"function_type\s*=\s*\(\s*\)")]
    private static partial Regex NoInputs();

    // Keyword: where func.func stands; -1 in the generic form.
    private sealed record Function(string Name, bool IsPrivate, bool TakesNothing, int Keyword, Group? Visibility);
}
