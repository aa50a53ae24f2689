using System.Collections;
using System.Globalization;

namespace OptiRs.Xla;

/// <summary>Values as MLIR writes attributes.</summary>
internal static class AttributeText
{
    public static string Quoted(string text) =>
        $"\"{string.Concat(text.Select(c => c switch { '\\' => "\\\\", '"' => "\\22", < ' ' => $"\\{(int)c:X2}", _ => c.ToString() }))}\"";

    /// <summary>The name of a function or module, with its @.</summary>
    public static string Symbol(string name) =>
        name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$' or '-')
            ? "@" + name : "@" + Quoted(name);

    /// <summary>Entries in the order of their names, so that one content has one text.</summary>
    /// <exception cref="ArgumentException">A value that has no form.</exception>
    public static string Dictionary(IReadOnlyDictionary<string, object> entries) =>
        $"{{{string.Join(", ", entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{Name(e.Key)} = {Of(e.Value, e.Key)}"))}}}";

    private static string Name(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0]) ? name : Quoted(name);

    private static string Of(object value, string name) => value switch
    {
        string text => Quoted(text),
        bool flag => flag ? "true" : "false",
        int or long or short or byte or uint => $"{Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)} : i64",
        float or double => $"{LiteralText.Number(Convert.ToDouble(value, CultureInfo.InvariantCulture))} : f64",
        Enum number => $"{Convert.ToInt64(number, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)} : i64",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(element => Of(element, name)))}]",
        _ => throw new ArgumentException($"backend_config: {name} is a {value?.GetType().Name ?? "null"}; it takes texts, numbers, truth values and lists of them"),
    };
}
