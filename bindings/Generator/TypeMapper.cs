using System.Text.RegularExpressions;

namespace OptiRs.Bindings.Generator;

/// <summary>C types to C# types. Only blittable ones of a fixed width exist; anything else is an error, never a guess.</summary>
internal sealed partial class TypeMapper(CHeader header)
{
    private static readonly Dictionary<string, string> Scalars = new()
    {
        ["void"] = "void", ["char"] = "byte", ["float"] = "float", ["double"] = "double", ["size_t"] = "nuint",
        ["int8_t"] = "sbyte", ["int16_t"] = "short", ["int32_t"] = "int", ["int64_t"] = "long",
        ["uint8_t"] = "byte", ["uint16_t"] = "ushort", ["uint32_t"] = "uint", ["uint64_t"] = "ulong",
        ["intptr_t"] = "nint", ["uintptr_t"] = "nuint",
    };

    public string Map(string ctype, string where)
    {
        if (HeaderReader.Callback(ctype) is { } callback) return MapCallback(callback, where);
        CPointer parsed = Parse(ctype, where);
        return MapBase(parsed.Name, parsed.Stars, where) + new string('*', parsed.Stars);
    }

    /// <summary>An array field: element type in C# and length; null when it is none.</summary>
    public (string Element, string Length)? Array(string ctype, string where)
    {
        Match match = ArrayPattern().Match(ctype);
        return match.Success ? (Map(match.Groups["element"].Value, where), match.Groups["length"].Value) : null;
    }

    /// <summary>Base name, number of stars, and whether the first pointee is const.</summary>
    public static CPointer Parse(string ctype, string where)
    {
        if (ctype.Contains('(', StringComparison.Ordinal) || ctype.Contains('[', StringComparison.Ordinal))
            throw new GeneratorException($"{where}: no blittable mapping for C type '{ctype}'.");
        int stars = ctype.Count(c => c == '*');
        bool isConst = ConstWord().IsMatch(ctype.Split('*')[0]);
        string name = ConstWord().Replace(ctype.Replace("*", " ", StringComparison.Ordinal), "").Trim();
        name = name.StartsWith("struct ", StringComparison.Ordinal) ? name[7..].Trim() : name;
        name = name.StartsWith("enum ", StringComparison.Ordinal) ? name[5..].Trim() : name;
        return new CPointer(name, stars, isConst);
    }

    private string MapBase(string name, int stars, string where)
    {
        if (Scalars.TryGetValue(name, out string? scalar)) return scalar;
        if (header.Aliases.TryGetValue(name, out CAlias? alias))
            return alias.Callback is { } callback ? MapCallback(callback, where) : Map(alias.Target, where);
        if (header.IsStruct(name)) return name;
        if (header.IsOpaque(name) && stars > 0) return name;
        throw new GeneratorException($"{where}: no blittable mapping for C type '{name}'.");
    }

    private string MapCallback(CCallback callback, string where)
    {
        IEnumerable<string> types = callback.Parameters.Append(callback.Result).Select(t => Map(t, where));
        return $"delegate* unmanaged[Cdecl]<{string.Join(", ", types)}>";
    }

    [GeneratedRegex(@"\b(const|restrict)\b")]
    private static partial Regex ConstWord();

    [GeneratedRegex(@"^(?<element>[^\[\]]+)\[(?<length>\d+)\]$")]
    private static partial Regex ArrayPattern();
}

internal readonly record struct CPointer(string Name, int Stars, bool IsConst);
