namespace OptiRs.Bindings.Generator;

/// <summary>The whole run: header in, four files out.</summary>
internal static class Generation
{
    /// <summary>The only input: the umbrella header, relative to the root.</summary>
    public const string Header = "native/include/optirs/optirs.h";

    public static void Run(string root, string output, string clang, TextWriter log)
    {
        var dump = new ClangDump(clang, Path.Combine(root, "native", "include"));
        string header = Path.Combine(root, Header);
        CHeader model = HeaderReader.Read(dump.Ast(header), dump.Macros(header));

        Write(output, "bindings/Generated/Optirs.g.cs", new BindingsWriter(model).Write());
        Write(output, "bindings/Generated/Kernels.g.cs", new KernelWriter(model).Write());
        Write(output, "bindings/Generated/Layout.g.cs", LayoutWriter.WriteCSharp(model));
        Write(output, "native/abi/layout.g.c", LayoutWriter.WriteC(model));
        log.WriteLine(
            $"{model.Functions.Count} functions, {model.Structs.Count} structs, {model.Opaque.Count} opaque types, "
            + $"{model.Constants.Count} constants");
    }

    // Unchanged files keep their time stamp, so that nothing is rebuilt for nothing.
    private static void Write(string output, string relative, string text)
    {
        string path = Path.Combine(output, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path) && File.ReadAllText(path) == text) return;
        File.WriteAllText(path, text);
    }
}

/// <summary>Something the generator cannot map; its message says what and where.</summary>
internal sealed class GeneratorException(string message) : Exception(message);
