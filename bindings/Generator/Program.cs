using OptiRs.Bindings.Generator;

// Generates the bindings from the C headers. Without arguments it works on the checkout around it;
// `--output DIR` writes below another folder, which is how the drift test compares without touching the tree.
try
{
    string root = FindRoot();
    string output = root;
    string clang = "clang-19";
    for (int i = 0; i < args.Length; i++)
    {
        string Next() => i + 1 < args.Length ? args[++i] : throw new GeneratorException($"{args[i]} needs a value.");
        switch (args[i])
        {
            case "--root": root = output = Path.GetFullPath(Next()); break;
            case "--output": output = Path.GetFullPath(Next()); break;
            case "--clang": clang = Next(); break;
            default:
                throw new GeneratorException(
                    $"unknown argument '{args[i]}'; usage: [--root DIR] [--output DIR] [--clang PROGRAM]");
        }
    }

    Generation.Run(root, output, clang, Console.Out);
    return 0;
}
catch (GeneratorException e)
{
    Console.Error.WriteLine($"generator: {e.Message}");
    return 1;
}

static string FindRoot()
{
    foreach (string start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, Generation.Header))) return folder.FullName;
    throw new GeneratorException($"no folder above the current one holds {Generation.Header}; pass --root DIR.");
}
