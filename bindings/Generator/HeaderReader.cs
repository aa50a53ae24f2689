using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OptiRs.Bindings.Generator;

/// <summary>Reads the declarations that are ours, known by their prefix, out of clang's syntax tree.</summary>
internal static partial class HeaderReader
{
    public static CHeader Read(JsonDocument ast, IEnumerable<string> macros)
    {
        var header = new CHeader();
        // A struct may be declared several times before its body: one pass finds the bodies and the comments.
        var records = new Dictionary<string, (JsonElement? Body, Documentation Documentation)>();
        var order = new List<string>();
        foreach (JsonElement node in Json.Inner(ast.RootElement))
        {
            string name = Json.Text(node, "name");
            string kind = Json.Kind(node);
            if (kind == "EnumDecl") ReadEnum(header, node, name);
            if (!IsOurs(name)) continue;
            switch (kind)
            {
                case "RecordDecl":
                    NoteRecord(records, order, node, name);
                    break;
                case "TypedefDecl":
                    if (!ReadAlias(header, node, name) && Documentation.Read(node) is { Paragraphs.Count: > 0 } text)
                        AddComment(records, name, text);
                    break;
                case "FunctionDecl":
                    header.Functions.Add(ReadFunction(node, name));
                    break;
            }
        }

        foreach (string name in order)
        {
            (JsonElement? body, Documentation text) = records[name];
            if (body is { } declared) header.Structs.Add(ReadStruct(declared, name, text));
            else header.Opaque.Add(new COpaque(name, text));
        }

        foreach (string macro in macros) ReadMacro(header, macro);
        return header;
    }

    public static bool IsOurs(string name) =>
        name.StartsWith("optirs_", StringComparison.Ordinal) || name.StartsWith("OPTIRS_", StringComparison.Ordinal)
        || name.StartsWith("DL", StringComparison.Ordinal) || name.StartsWith("kDL", StringComparison.Ordinal);

    /// <summary>A pointer to a function, taken apart; null for any other type.</summary>
    public static CCallback? Callback(string ctype)
    {
        Match match = CallbackPattern().Match(ctype);
        return match.Success
            ? new CCallback(match.Groups["result"].Value.Trim(), SplitParameters(match.Groups["parameters"].Value))
            : null;
    }

    private static void NoteRecord(
        Dictionary<string, (JsonElement? Body, Documentation Documentation)> records, List<string> order, JsonElement node,
        string name)
    {
        if (records.TryAdd(name, (null, Documentation.None))) order.Add(name);
        if (node.TryGetProperty("completeDefinition", out _)) records[name] = (node, records[name].Documentation);
        AddComment(records, name, Documentation.Read(node));
    }

    private static void AddComment(
        Dictionary<string, (JsonElement? Body, Documentation Documentation)> records, string name, Documentation text)
    {
        if (records.TryGetValue(name, out var record) && record.Documentation.Paragraphs.Count == 0)
            records[name] = (record.Body, text);
    }

    private static void ReadEnum(CHeader header, JsonElement node, string enumName)
    {
        long next = 0;
        foreach (JsonElement constant in Json.Inner(node))
        {
            if (Json.Kind(constant) != "EnumConstantDecl") continue;
            string name = Json.Text(constant, "name");
            JsonElement value = Json.Inner(constant).FirstOrDefault(n => Json.Kind(n) == "ConstantExpr");
            if (value.ValueKind == JsonValueKind.Object)
                next = long.Parse(Json.Text(value, "value"), CultureInfo.InvariantCulture);
            if (IsOurs(name))
            {
                (string text, string type) = next is >= int.MinValue and <= int.MaxValue
                    ? (next.ToString(CultureInfo.InvariantCulture), "int")
                    : throw new GeneratorException($"{name}: {next} does not fit int; C11 knows no wider enum.");
                header.Constants.Add(new CConstant(name, next, text, type, Documentation.Read(constant)));
            }

            next++;
        }

        if (IsOurs(enumName)) header.Aliases[enumName] = new CAlias(enumName, "int32_t", null);
    }

    // False: a typedef of a struct, which C# has no need of.
    private static bool ReadAlias(CHeader header, JsonElement node, string name)
    {
        string target = Json.QualifiedType(node);
        if (Callback(target) is { } callback)
        {
            header.Aliases[name] = new CAlias(name, target, callback);
            return true;
        }

        if (target.StartsWith("struct ", StringComparison.Ordinal) || target.StartsWith("union ", StringComparison.Ordinal))
            return false;
        if (target.StartsWith("enum ", StringComparison.Ordinal)) target = "int32_t";
        header.Aliases[name] = new CAlias(name, target, null);
        return true;
    }

    private static CStruct ReadStruct(JsonElement node, string name, Documentation text)
    {
        var fields = new List<CField>();
        foreach (JsonElement field in Json.Inner(node))
        {
            if (Json.Kind(field) is "RecordDecl" or "IndirectFieldDecl")
                throw new GeneratorException($"{name}: a struct or union declared within a struct has no mapping.");
            if (Json.Kind(field) != "FieldDecl") continue;
            if (field.TryGetProperty("isBitfield", out _))
                throw new GeneratorException($"{name}.{Json.Text(field, "name")}: a bit-field has no blittable mapping.");
            fields.Add(new CField(Json.Text(field, "name"), Json.QualifiedType(field), Documentation.Read(field)));
        }

        return new CStruct(name, Json.Text(node, "tagUsed") == "union", fields, text);
    }

    private static CFunction ReadFunction(JsonElement node, string name)
    {
        string type = Json.QualifiedType(node);
        if (type.Contains("...", StringComparison.Ordinal))
            throw new GeneratorException($"{name}: a variadic function has no mapping.");
        var parameters = new List<CParameter>();
        foreach (JsonElement parameter in Json.Inner(node))
        {
            if (Json.Kind(parameter) != "ParmVarDecl") continue;
            string parameterName = Json.Text(parameter, "name");
            if (parameterName.Length == 0) throw new GeneratorException($"{name}: parameter {parameters.Count} has no name.");
            parameters.Add(new CParameter(parameterName, Json.QualifiedType(parameter)));
        }

        Documentation documentation = Documentation.Read(node);
        foreach (string named in documentation.NamedParameters)
            if (!parameters.Exists(p => p.Name == named))
                throw new GeneratorException($"{name}: its comment speaks of a parameter '{named}' that it does not have.");
        string result = type[..type.IndexOf('(', StringComparison.Ordinal)].Trim();
        return new CFunction(name, result, parameters, documentation);
    }

    private static void ReadMacro(CHeader header, string line)
    {
        Match match = MacroPattern().Match(line);
        if (!match.Success) return;
        string name = match.Groups["name"].Value;
        string digits = match.Groups["digits"].Value;
        bool hexadecimal = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        ulong magnitude = hexadecimal
            ? ulong.Parse(digits.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : ulong.Parse(digits, CultureInfo.InvariantCulture);
        bool unsigned = match.Groups["suffix"].Value.Contains('u', StringComparison.OrdinalIgnoreCase);
        bool wide = match.Groups["suffix"].Value.Contains('l', StringComparison.OrdinalIgnoreCase) || magnitude > uint.MaxValue
            || (!unsigned && magnitude > int.MaxValue);
        long value = match.Groups["sign"].Success ? -(long)magnitude : (long)magnitude;
        string type = (unsigned, wide) switch
        {
            (true, true) => "ulong",
            (true, false) => "uint",
            (false, true) => "long",
            _ => "int",
        };
        string text = (match.Groups["sign"].Success ? "-" : "") + digits;
        header.Constants.Add(new CConstant(name, value, text, type, Documentation.None));
    }

    private static List<string> SplitParameters(string list) =>
        list.Trim() is "void" or "" ? [] : [.. list.Split(',', StringSplitOptions.TrimEntries)];

    [GeneratedRegex(@"^(?<result>[^()]*)\(\*\)\((?<parameters>[^()]*)\)$")]
    private static partial Regex CallbackPattern();

    // Integers only: guards, annotations and initialisers are no constants.
    [GeneratedRegex(@"^#define (?<name>OPTIRS_\w+|DLPACK_\w+) \(?(?<sign>-)?(?<digits>0[xX][0-9a-fA-F]+|[0-9]+)(?<suffix>[uUlL]*)\)?$")]
    private static partial Regex MacroPattern();
}
