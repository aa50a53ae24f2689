#:property PublishAot=false

// Writes the declarations of the PJRT C API from a table of facts about it (names, types, offsets, sizes, versions).
//
//     dotnet run generate.cs -- FACTS.json FOLDER
//
// FOLDER receives pjrt_abi.h (the API), pjrt_abi_extensions.h (the extensions) and pjrt_abi_versions.h (which version
// brought what). Each struct comes with static asserts of every offset and size, so that a compiler with another idea
// of the layout refuses to build. The same facts give the same bytes.

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: dotnet run generate.cs -- FACTS.json FOLDER");
    return 2;
}

using var document = JsonDocument.Parse(File.ReadAllText(args[0]));
var facts = new Facts(document.RootElement);
Directory.CreateDirectory(args[1]);
var main = new HeaderWriter(facts, isMain: true);
var extensions = new HeaderWriter(facts, isMain: false);
File.WriteAllText(Path.Combine(args[1], "pjrt_abi.h"), main.Write());
File.WriteAllText(Path.Combine(args[1], "pjrt_abi_extensions.h"), extensions.Write());
File.WriteAllText(Path.Combine(args[1], "pjrt_abi_versions.h"), new VersionsWriter(facts).Write());
Console.WriteLine($"{facts.Structs.Count} structs, {facts.Enums.Count} enums, {facts.Table.Count} functions in the table");
return 0;

/// <summary>A field, or the members of an anonymous union (then <see cref="Union"/> is not empty).</summary>
internal sealed record Field(string Name, string Type, int Offset, int Size, int Since, IReadOnlyList<Field> Union);

internal sealed record Struct(
    string Name, bool IsMain, int Size, int? UsedSize, int Since, IReadOnlyList<Field> Fields, IReadOnlyList<string> Aliases);

internal sealed record Enumeration(string Name, bool IsMain, IReadOnlyList<(string Name, long Value)> Values);

internal sealed record Function(string Name, string Result, string Parameters);

internal sealed record Callback(string Name, string Type, bool IsMain);

internal sealed record TableEntry(int Index, string Name, int Offset, int Since);

/// <summary>The facts as typed records, in the order of the file.</summary>
internal sealed class Facts
{
    private const string MainHeader = "/pjrt_c_api.h";

    public Facts(JsonElement root)
    {
        Major = root.GetProperty("version").GetProperty("PJRT_API_MAJOR").GetInt32();
        Minor = root.GetProperty("version").GetProperty("PJRT_API_MINOR").GetInt32();
        Structs = [.. root.GetProperty("structs").EnumerateArray().Select(ReadStruct)];
        Enums = [.. root.GetProperty("enums").EnumerateArray().Select(e => new Enumeration(
            Text(e, "name"), IsMain(e),
            [.. e.GetProperty("values").EnumerateArray().Select(v => (Text(v, "name"), v.GetProperty("value").GetInt64()))]))];
        Opaque = [.. root.GetProperty("opaque_types").EnumerateArray().Select(t => t.GetString()!)];
        Functions = root.GetProperty("function_types").EnumerateArray().ToDictionary(
            f => Text(f, "name"), f => new Function(Text(f, "name"), Text(f, "ret"), Text(f, "params")));
        Callbacks = [.. root.GetProperty("callback_types").EnumerateArray().Select(
            c => new Callback(Text(c, "name"), Text(c, "type"), IsMain(c)))];
        Table = [.. root.GetProperty("api_table").GetProperty("functions").EnumerateArray().Select(f => new TableEntry(
            f.GetProperty("index").GetInt32(), Text(f, "name"), f.GetProperty("offset").GetInt32(), Since(f)))];
        Layouts = [.. root.GetProperty("layout_history").GetProperty("functions_per_minor").EnumerateArray().Select(
            m => (m.GetProperty("minor").GetInt32(), m.GetProperty("functions").GetInt32(),
                  m.GetProperty("prefix_of_current").GetBoolean()))];
    }

    public int Major { get; }
    public int Minor { get; }
    public IReadOnlyList<Struct> Structs { get; }
    public IReadOnlyList<Enumeration> Enums { get; }
    public IReadOnlyList<string> Opaque { get; }
    public IReadOnlyDictionary<string, Function> Functions { get; }
    public IReadOnlyList<Callback> Callbacks { get; }
    public IReadOnlyList<TableEntry> Table { get; }
    public IReadOnlyList<(int Minor, int Functions, bool IsPrefix)> Layouts { get; }

    private static string Text(JsonElement e, string name) => e.GetProperty(name).GetString()!;

    private static bool IsMain(JsonElement e) => Text(e, "header").EndsWith(MainHeader, StringComparison.Ordinal);

    // Minor version that brought the thing; 0 where it is older than the numbering.
    private static int Since(JsonElement e) =>
        e.TryGetProperty("since", out JsonElement since) && since.GetProperty("minor").ValueKind == JsonValueKind.Number
            ? since.GetProperty("minor").GetInt32() : 0;

    private static Struct ReadStruct(JsonElement e) => new(
        Text(e, "name"), IsMain(e), e.GetProperty("size").GetInt32(),
        e.TryGetProperty("struct_size_constant", out JsonElement used) ? used.GetInt32() : null,
        Since(e), [.. e.GetProperty("fields").EnumerateArray().Select(ReadField)],
        e.TryGetProperty("aliases", out JsonElement aliases) ? [.. aliases.EnumerateArray().Select(a => a.GetString()!)] : []);

    private static Field ReadField(JsonElement e)
    {
        int offset = e.GetProperty("offset").GetInt32();
        if (e.TryGetProperty("union", out JsonElement union))
            return new Field("", "", offset, 0, 0, [.. union.EnumerateArray().Select(ReadField)]);
        int since = e.TryGetProperty("since_minor", out JsonElement m) && m.ValueKind == JsonValueKind.Number ? m.GetInt32() : 0;
        return new Field(Text(e, "name"), Text(e, "type"), offset, e.GetProperty("size").GetInt32(), since, []);
    }
}

/// <summary>Spells types as C and C++ both read them.</summary>
internal sealed partial class Spelling(Facts facts)
{
    // C++ classes of which only pointers cross; C sees them as bytes without a type.
    public static string Plain(string type) => CppClass().Replace(type, "void").Replace("struct ", "", StringComparison.Ordinal);

    /// <summary>A declaration of <paramref name="name"/> with <paramref name="type"/>.</summary>
    public string Declare(string type, string name)
    {
        type = Plain(type);
        if (type.EndsWith(" *", StringComparison.Ordinal) && facts.Functions.TryGetValue(type[..^2], out Function? function))
            return $"{Join(Plain(function.Result), $"(*{name})")}({Plain(function.Parameters)})";
        int pointer = type.IndexOf("(*)", StringComparison.Ordinal);
        if (pointer >= 0)
            return Empty(type[..(pointer + 2)] + name + type[(pointer + 2)..]);
        int array = type.IndexOf('[', StringComparison.Ordinal);
        return array >= 0 ? $"{type[..array]} {name}{type[array..]}" : Join(type, name);
    }

    private static string Join(string type, string name) =>
        type.EndsWith('*') ? type + name : type + " " + name;

    // An empty parameter list means "any" in C11.
    private static string Empty(string declaration) =>
        declaration.EndsWith("()", StringComparison.Ordinal) ? declaration[..^2] + "(void)" : declaration;

    [GeneratedRegex(@"xla::\w+")]
    private static partial Regex CppClass();
}

/// <summary>Writes one of the two C headers.</summary>
internal sealed class HeaderWriter(Facts facts, bool isMain)
{
    private readonly Spelling _spelling = new(facts);
    private readonly StringBuilder _text = new();

    public string Write()
    {
        string guard = isMain ? "OPTIRS_PJRT_ABI_H_" : "OPTIRS_PJRT_ABI_EXTENSIONS_H_";
        Line("// Generated by generate.cs from the facts of the PJRT C API; do not edit.");
        Line(isMain ? "// The PJRT C API: types, argument structs and the function table." : "// The extensions of the PJRT C API.");
        Line($"#ifndef {guard}\n#define {guard}\n");
        if (isMain)
        {
            Line("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n");
            Line($"#define PJRT_API_MAJOR {facts.Major}\n#define PJRT_API_MINOR {facts.Minor}\n");
            WriteAssertMacros();
        }
        else
        {
            Line("#include \"pjrt_abi/pjrt_abi.h\"\n");
        }

        Line("#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
        foreach (Enumeration e in facts.Enums.Where(e => e.IsMain == isMain)) WriteEnum(e);
        WriteForwardDeclarations();
        foreach (Callback c in facts.Callbacks.Where(c => c.IsMain == isMain)) Line($"typedef {_spelling.Declare(c.Type, c.Name)};");
        Line("");
        foreach (Struct s in InOrder(facts.Structs.Where(s => s.IsMain == isMain))) WriteStruct(s);
        Line("#ifdef __cplusplus\n}\n#endif\n");
        Line($"#endif  // {guard}");
        return _text.ToString();
    }

    private void Line(string line) => _text.Append(line).Append('\n');

    private void WriteAssertMacros()
    {
        Line("#ifdef __cplusplus\n#define PJRT_ABI_ASSERT(condition) static_assert(condition, #condition)");
        Line("#else\n#define PJRT_ABI_ASSERT(condition) _Static_assert(condition, #condition)\n#endif");
        Line("#define PJRT_ABI_FIELD(type, field, offset, size)          \\");
        Line("    PJRT_ABI_ASSERT(offsetof(type, field) == (offset)); \\");
        Line("    PJRT_ABI_ASSERT(sizeof(((type*)0)->field) == (size))\n");
        // A plugin may be newer and send numbers that have no name here, which only a fixed type can hold in C++.
        Line("#ifdef __cplusplus\n#define PJRT_ABI_ENUM(name) name : int");
        Line("#else\n#define PJRT_ABI_ENUM(name) name\n#endif\n");
        Line("PJRT_ABI_ASSERT(sizeof(void*) == 8 && sizeof(size_t) == 8 && sizeof(bool) == 1);\n");
    }

    private void WriteEnum(Enumeration e)
    {
        Line($"typedef enum PJRT_ABI_ENUM({e.Name}) {{");
        foreach ((string name, long value) in e.Values) Line($"    {name} = {value.ToString(CultureInfo.InvariantCulture)},");
        Line($"}} {e.Name};\nPJRT_ABI_ASSERT(sizeof({e.Name}) == 4);\n");
    }

    private void WriteForwardDeclarations()
    {
        // A type is opaque in the main header if the main header's structs or functions mention it.
        if (isMain)
            foreach (string name in facts.Opaque) Line($"typedef struct {name} {name};");
        foreach (Struct s in facts.Structs.Where(s => s.IsMain == isMain))
        {
            Line($"typedef struct {s.Name} {s.Name};");
            foreach (string alias in s.Aliases) Line($"typedef struct {s.Name} {alias};");
        }

        if (!isMain)
            foreach (string name in facts.Functions.Values.SelectMany(f => Arguments(f.Parameters)).Distinct().Where(Unknown).Order(StringComparer.Ordinal))
                Line($"typedef struct {name} {name};");
        Line("");
    }

    private static IEnumerable<string> Arguments(string parameters) =>
        parameters.Split(',').Select(p => p.Replace("const ", "", StringComparison.Ordinal).Trim(' ', '*'));

    private bool Unknown(string type) =>
        type.EndsWith("_Args", StringComparison.Ordinal) && !facts.Structs.Any(s => s.Name == type || s.Aliases.Contains(type));

    // Structs that are members by value come before the structs that hold them.
    private static List<Struct> InOrder(IEnumerable<Struct> structs)
    {
        List<Struct> waiting = [.. structs];
        Dictionary<string, Struct> byName = waiting.ToDictionary(s => s.Name);
        HashSet<string> done = [];
        List<Struct> ordered = [];
        foreach (Struct s in waiting) Visit(s);
        return ordered;

        void Visit(Struct s)
        {
            if (!done.Add(s.Name)) return;
            foreach (Field f in s.Fields.SelectMany(f => f.Union.Count > 0 ? f.Union : [f]))
                if (byName.TryGetValue(f.Type, out Struct? member)) Visit(member);
            ordered.Add(s);
        }
    }

    private void WriteStruct(Struct s)
    {
        Line($"struct {s.Name} {{");
        foreach (Field f in s.Fields)
        {
            if (f.Union.Count == 0)
            {
                Line($"    {_spelling.Declare(f.Type, f.Name)};");
                continue;
            }

            Line("    union {");
            foreach (Field member in f.Union) Line($"        {_spelling.Declare(member.Type, member.Name)};");
            Line("    };");
        }

        Line("};");
        if (s.UsedSize is int used) Line($"enum {{ {s.Name}_STRUCT_SIZE = {used} }};");
        foreach (Field f in s.Fields.SelectMany(f => f.Union.Count > 0 ? f.Union : [f]))
            Line($"PJRT_ABI_FIELD({s.Name}, {f.Name}, {f.Offset}, {f.Size});");
        Line($"PJRT_ABI_ASSERT(sizeof({s.Name}) == {s.Size});\n");
    }
}

/// <summary>Writes which minor version brought each function, and how the structs grew.</summary>
internal sealed class VersionsWriter(Facts facts)
{
    private readonly StringBuilder _text = new();

    public string Write()
    {
        Line("// Generated by generate.cs from the facts of the PJRT C API; do not edit.");
        Line("// Which minor version brought each function of the table, and how the structs grew. 0: before versions were counted.");
        Line("#ifndef OPTIRS_PJRT_ABI_VERSIONS_H_\n#define OPTIRS_PJRT_ABI_VERSIONS_H_\n");
        Line("#include <cstddef>\n\n#include \"pjrt_abi/pjrt_abi.h\"\n");
        Line("namespace pjrt_abi {\n");
        Line("// Functions in the order of the table; the index is the position.");
        Line("struct FunctionFact {\n    const char* name;\n    std::size_t offset;\n    int since_minor;\n};\n");
        Line("inline constexpr FunctionFact kFunctions[] = {");
        foreach (TableEntry f in facts.Table) Line($"    {{\"{f.Name}\", {f.Offset}, {f.Since}}},");
        Line("};\n");
        Line("// Versions whose table holds functions in another order than today's, so that it cannot be read as a prefix.");
        Line("inline constexpr int kForeignTableMinors[] = {" +
             string.Join(", ", facts.Layouts.Where(l => !l.IsPrefix).Select(l => l.Minor)) + "};\n");
        Line("// Names of the extension types, by number.");
        Line("inline constexpr const char* kExtensionNames[] = {");
        foreach ((string name, _) in facts.Enums.Single(e => e.Name == "PJRT_Extension_Type").Values)
            Line($"    \"{name["PJRT_Extension_Type_".Length..]}\",");
        Line("};\n");
        Line("// Bytes of T that a plugin of this minor version knows: what struct_size is to say.");
        Line("template <typename T>\nconstexpr std::size_t structSize(int minor) = delete;\n");
        foreach (Struct s in facts.Structs.Where(s => s.IsMain && s.UsedSize is not null && s.Name != "PJRT_Api")) WriteSize(s);
        Line("}  // namespace pjrt_abi\n\n#endif  // OPTIRS_PJRT_ABI_VERSIONS_H_");
        return _text.ToString();
    }

    private void WriteSize(Struct s)
    {
        var sizes = Sizes(s);
        Line($"template <>\nconstexpr std::size_t structSize<{s.Name}>({(sizes.Count > 1 ? "int minor" : "int")}) {{");
        foreach ((int minor, int size) in sizes.Skip(1).Reverse()) Line($"    if (minor >= {minor}) return {size};");
        Line($"    return {sizes[0].Size};\n}}");
    }

    // Fields only ever join at the end: walking back over them gives the sizes at the versions that added them.
    private static List<(int Minor, int Size)> Sizes(Struct s)
    {
        List<(int Minor, int Size)> sizes = [];
        int newest = 0;
        for (int i = 0; i < s.Fields.Count; i++)
        {
            Field f = s.Fields[i];
            int end = f.Union.Count > 0 ? f.Offset + f.Union.Max(m => m.Size) : f.Offset + f.Size;
            // The place of extension_start was there before it had that name.
            int since = f.Name is "extension_start" or "struct_size" || f.Since <= s.Since ? 0 : f.Since;
            newest = Math.Max(newest, since);
            if (sizes.Count > 0 && sizes[^1].Minor == newest) sizes[^1] = (newest, end);
            else sizes.Add((newest, end));
        }

        return sizes;
    }

    private void Line(string line) => _text.Append(line).Append('\n');
}
