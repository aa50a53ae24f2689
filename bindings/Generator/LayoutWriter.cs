using System.Text;

namespace OptiRs.Bindings.Generator;

/// <summary>
/// Writes the same table twice, once for each compiler: size and alignment of every struct, offset and size of every field.
/// The C form is what <c>optirs_abi_layout</c> returns; a test compares it with the C# form row by row.
/// </summary>
internal static class LayoutWriter
{
    public static string WriteC(CHeader header)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line("/* From native/include/optirs/optirs.h by bindings/Generator. Not to be edited: change the header, then");
        Line("   `./build.sh bindings`. The public structs as the compiler of the library laid them out. */");
        Line("#include <stddef.h>");
        Line("#include <stdint.h>");
        Line("");
        Line("#include <optirs/optirs.h>");
        Line("");
        Line("#define TYPE(type) {#type, \"\", _Alignof(struct type), sizeof(struct type)}");
        Line("#define FIELD(type, field) {#type, #field, offsetof(struct type, field), sizeof(((struct type*)0)->field)}");
        Line("");
        Line("extern const optirs_layout_row optirs_layout_rows[];");
        Line("extern const uint64_t optirs_layout_row_count;");
        Line("");
        Line("const optirs_layout_row optirs_layout_rows[] = {");
        foreach (CStruct type in header.Structs)
        {
            Line($"    TYPE({type.Name}),");
            foreach (CField field in type.Fields) Line($"    FIELD({type.Name}, {field.Name}),");
        }

        Line("};");
        Line("");
        Line("const uint64_t optirs_layout_row_count = sizeof(optirs_layout_rows) / sizeof(optirs_layout_rows[0]);");
        return text.ToString();
    }

    public static string WriteCSharp(CHeader header)
    {
        var types = new TypeMapper(header);
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line(BindingsWriter.Preamble);
        Line("namespace OptiRs.Native.Interop;");
        Line("");
        Line("/// <summary>The public structs as the C# compiler laid them out; native/abi/layout.g.c is C's side.</summary>");
        Line("internal static unsafe class Layout");
        Line("{");
        Line("    /// <summary>Rows in the header's order. A row without a field is the struct itself: its offset is the alignment.</summary>");
        Line("    internal static IReadOnlyList<(string Type, string Field, ulong Offset, ulong Size)> Rows()");
        Line("    {");
        Line("        var rows = new List<(string, string, ulong, ulong)>();");
        foreach (CStruct type in header.Structs)
        {
            string local = "_" + type.Name;
            Line($"        {type.Name} {local} = default;");
            Line($"        rows.Add((\"{type.Name}\", \"\", Alignment<{type.Name}>(), (ulong)sizeof({type.Name})));");
            foreach (CField field in type.Fields)
            {
                string where = $"{type.Name}.{field.Name}";
                string member = local + "." + SafeSignature.Identifier(field.Name);
                (string address, string size) = types.Array(field.Type, where) is var (element, length)
                    ? ($"&{member}[0]", $"{length} * sizeof({element})")
                    : ($"&{member}", $"sizeof({types.Map(field.Type, where)})");
                Line($"        rows.Add((\"{type.Name}\", \"{field.Name}\", (ulong)((byte*){address} - (byte*)&{local}), (ulong)({size})));");
            }
        }

        Line("        return rows;");
        Line("    }");
        Line("");
        Line("    // Behind one byte, a value is padded to its alignment.");
        Line("    private static ulong Alignment<T>() where T : unmanaged => (ulong)(sizeof(AfterByte<T>) - sizeof(T));");
        Line("");
        Line("    private struct AfterByte<T> where T : unmanaged");
        Line("    {");
        Line("        public byte First;");
        Line("        public T Value;");
        Line("    }");
        Line("}");
        return text.ToString();
    }
}
