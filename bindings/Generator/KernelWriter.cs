using System.Text;

namespace OptiRs.Bindings.Generator;

/// <summary>
/// Writes <c>Kernels.g.cs</c>: for each kernel <c>f(stream, const f_args*)</c> a form that takes the scalars of its struct as they
/// are and its tensors as views, which it pins and keeps alive for the time of the call. A call with a stream gets its workspace
/// from there.
/// </summary>
internal sealed class KernelWriter(CHeader header)
{
    private readonly StringBuilder _text = new();

    public string Write()
    {
        Line(BindingsWriter.Preamble);
        Line("using System.Runtime.CompilerServices;");
        Line("");
        Line("namespace OptiRs.Native.Interop;");
        Line("");
        Line("// The kernels: fields that are tensors are set from the views, a view that is left out is NULL. Without a stream, on host memory.");
        Line("internal static unsafe partial class optirs");
        Line("{");
        bool isFirst = true;
        foreach (CFunction function in header.Functions)
        {
            CStruct? args = header.Structs.Find(s => s.Name == function.Name + "_args");
            if (args is null || !args.Fields.Exists(f => f.Name == "workspace_size")) continue;
            if (!isFirst) Line("");
            isFirst = false;
            WriteCall(function, args, measures: false);
            if (!function.Documentation.Has("workspace")) continue;
            Line("");
            WriteCall(function, args, measures: true);
        }

        Line("}");
        return _text.ToString();
    }

    // Either the call itself, or the question how much workspace it needs.
    private void WriteCall(CFunction function, CStruct args, bool measures)
    {
        string[] views = [.. args.Fields.Where(f => IsTensor(f) && !f.Documentation.Has("list")).Select(f => f.Name)];
        (string Field, string Type)[] handles = [.. args.Fields.Select(f => (f.Name, Handle(f))).Where(f => f.Item2.Length > 0)];
        bool hasWorkspace = !measures && function.Documentation.Has("workspace");
        var parameters = new List<string> { $"{args.Name} args" };
        if (!measures) parameters.Add("StreamHandle? stream");
        parameters.AddRange(handles.Select(h => $"{h.Type} {SafeSignature.Identifier(h.Field)}"));
        parameters.AddRange(views.Select(v => $"in TensorView {SafeSignature.Identifier(v)} = default"));
        if (hasWorkspace) parameters.Add("Span<byte> workspace = default");
        string name = measures ? function.Name + "_workspace" : function.Name;
        Line($"    /// <inheritdoc cref=\"{function.Name}_raw\"/>");
        Line("    [SkipLocalsInit]");
        Line($"    internal static {(measures ? "long" : "void")} {name}({string.Join(", ", parameters)})");
        Line("    {");
        foreach ((string field, _) in handles) Line($"        using var {field}_lease = new Lease({SafeSignature.Identifier(field)});");
        if (views.Length > 0) Line($"        NativeTensor {string.Join(", ", views.Select(v => v + "_native"))};");
        if (measures) Line("        ulong bytes;");
        string[] pins =
        [
            .. views.Select(v => $"{v}_data = {SafeSignature.Identifier(v)}"), .. hasWorkspace ? ["workspace_data = workspace"] : (string[])[],
        ];
        if (pins.Length > 0) Line($"        fixed (byte* {string.Join(", ", pins)})");
        Line("        {");
        Line($"            args.struct_size = (nuint)sizeof({args.Name});");
        foreach ((string field, _) in handles)
            Line($"            args.{SafeSignature.Identifier(field)} = {SafeSignature.Identifier(field)}.Tensors;");
        foreach (string view in views)
        {
            string identifier = SafeSignature.Identifier(view);
            Line($"            args.{identifier} = {identifier}.Describe({view}_data, &{view}_native);");
        }

        if (hasWorkspace)
        {
            Line("            args.workspace = workspace_data;");
            Line("            args.workspace_size = (ulong)workspace.Length;");
        }

        string number = "OPTIRS_KERNEL_" + function.Name["optirs_".Length..].ToUpperInvariant();
        if (measures)
        {
            Line($"            NativeError.ThrowIfFailed(optirs_kernel_workspace_raw({number}, &args, &bytes));");
        }
        else
        {
            Line($"            using var queue = new KernelQueue(stream, {number}, &args);");
            Line($"            NativeError.ThrowIfFailed({function.Name}_raw(queue.Stream, &args));");
        }

        Line("        }");
        if (views.Length > 0) Line("");
        foreach (string view in views) Line($"        {SafeSignature.Identifier(view)}.KeepAlive();");
        if (measures) Line("        return checked((long)bytes);");
        Line("    }");
    }

    // Whoever holds lists of tensors open for many calls; empty for a field of another type.
    private static string Handle(CField field) => (Pointee(field), field.Documentation.Has("list")) switch
    {
        ("optirs_optimizer_tensors", _) => "OptimizerTensorsHandle",
        ("optirs_dl_tensor", true) => "TensorListHandle",
        _ => "",
    };

    private static bool IsTensor(CField field) => Pointee(field) == "optirs_dl_tensor";

    // The name of what a field points to; empty for one that is no pointer.
    private static string Pointee(CField field)
    {
        if (field.Type.Contains('(', StringComparison.Ordinal) || field.Type.Contains('[', StringComparison.Ordinal)) return "";
        CPointer type = TypeMapper.Parse(field.Type, field.Name);
        return type.Stars == 1 ? type.Name : "";
    }

    private void Line(string text) => _text.Append(text).Append('\n');
}
