using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OptiRs.Bindings.Generator;

/// <summary>
/// A Doxygen comment, and the annotations in it that steer the generator: <c>@fallible</c>, <c>@fast</c>, <c>@workspace</c> (of a
/// kernel that needs some) on a function, <c>@owned</c>, <c>@borrowed</c>, <c>@size_of{parameter}</c> on a parameter, <c>@list</c> on a
/// field that points to several.
/// </summary>
internal sealed partial class Documentation
{
    private readonly List<string> _paragraphs = [];
    private readonly Dictionary<string, string> _parameters = [];
    private readonly Dictionary<string, HashSet<string>> _annotations = [];
    private readonly Dictionary<string, string> _sizes = [];

    public static Documentation None { get; } = new();

    public IReadOnlyList<string> Paragraphs => _paragraphs;

    public IReadOnlyDictionary<string, string> Parameters => _parameters;

    public string? Returns { get; private set; }

    public bool Has(string annotation) => Has("", annotation);

    public bool Has(string parameter, string annotation) =>
        _annotations.TryGetValue(parameter, out HashSet<string>? found) && found.Contains(annotation);

    /// <summary>The parameter that holds the length of <paramref name="pointer"/>, when the header says so.</summary>
    public string? SizeOf(string pointer) => _sizes.GetValueOrDefault(pointer);

    /// <summary>Every parameter that the comment names, for the check that they all exist.</summary>
    public IEnumerable<string> NamedParameters => _parameters.Keys.Concat(_sizes.Keys).Concat(_sizes.Values).Distinct();

    public static Documentation Read(JsonElement declaration)
    {
        if (!declaration.TryGetProperty("inner", out JsonElement inner)) return None;
        foreach (JsonElement child in inner.EnumerateArray())
            if (Json.Kind(child) == "FullComment") return new Documentation(child);
        return None;
    }

    private Documentation()
    {
    }

    private Documentation(JsonElement comment)
    {
        foreach (JsonElement block in Json.Inner(comment))
        {
            string text = Text(block);
            switch (Json.Kind(block))
            {
                case "ParamCommandComment":
                    string name = block.GetProperty("param").GetString()!;
                    _parameters[name] = Annotate(name, text);
                    break;
                case "BlockCommandComment" when Json.Text(block, "name") is "return" or "returns" or "result":
                    Returns = Annotate("", text);
                    break;
                default:
                    string paragraph = Annotate("", text);
                    if (paragraph.Length > 0) _paragraphs.Add(paragraph);
                    break;
            }
        }
    }

    // Takes the annotations out of the text, and remembers them.
    private string Annotate(string subject, string text)
    {
        string plain = AnnotationPattern().Replace(text, match =>
        {
            string name = match.Groups["name"].Value;
            if (name == "size_of") _sizes[match.Groups["argument"].Value] = subject;
            else if (_annotations.TryGetValue(subject, out HashSet<string>? set)) set.Add(name);
            else _annotations[subject] = [name];
            return "";
        });
        return Spaces().Replace(plain, " ").Trim().TrimStart(',', ';', '.', ' ');
    }

    // The text of a comment block with its inline commands put back where they were written.
    private static string Text(JsonElement block)
    {
        var text = new StringBuilder();
        Append(block, text);
        return Spaces().Replace(text.ToString(), " ").Trim();
    }

    private static void Append(JsonElement node, StringBuilder text)
    {
        switch (Json.Kind(node))
        {
            case "TextComment":
            case "VerbatimLineComment":
            case "VerbatimBlockLineComment":
                text.Append(Json.Text(node, "text"));
                break;
            case "InlineCommandComment":
                string name = Json.Text(node, "name");
                bool decoration = name is "p" or "c" or "a" or "b" or "e" or "em" or "ref";
                text.Append(decoration ? " " : "@" + name);
                if (node.TryGetProperty("args", out JsonElement arguments))
                    foreach (JsonElement argument in arguments.EnumerateArray()) text.Append(argument.GetString());
                break;
        }

        // Lines come as separate nodes; their text starts with the space that followed the comment's star.
        foreach (JsonElement child in Json.Inner(node)) Append(child, text);
    }

    [GeneratedRegex(@"[@\\](?<name>fallible|fast|workspace|owned|borrowed|list|size_of)(\{\s*(?<argument>\w+)\s*\})?(?!\w)")]
    private static partial Regex AnnotationPattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}

/// <summary>Short hands for clang's JSON.</summary>
internal static class Json
{
    public static string Kind(JsonElement node) => Text(node, "kind");

    public static string Text(JsonElement node, string property) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty(property, out JsonElement value)
            ? value.GetString() ?? "" : "";

    public static IEnumerable<JsonElement> Inner(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty("inner", out JsonElement inner)
            ? inner.EnumerateArray() : [];

    public static string QualifiedType(JsonElement node) => node.GetProperty("type").GetProperty("qualType").GetString()!;
}
