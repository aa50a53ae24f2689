using System.CommandLine;
using OptiRs.Cli.Output;
using OptiRs.Native;

namespace OptiRs.Cli.Commands;

/// <summary><c>optirs stablehlo</c>: shows and checks programs.</summary>
internal static class StableHloCommand
{
    public static Command Create() => new("stablehlo", "Shows and checks StableHLO programs, as text or bytecode.")
    {
        Create("print", "Shows a program as readable text, whatever its form and version.", Print),
        Create("verify", "Checks a program: syntax, types and shapes of every operation.", Verify),
    };

    private static Command Create(string name, string description, Action<string, byte[], bool> run)
    {
        var file = new Argument<string>("FILE") { Description = "A program: MLIR text or bytecode; - is the standard input." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var verbose = new Option<bool>("--verbose") { Description = "Show a stack trace if something fails." };
        var command = new Command(name, description) { file, json, verbose };
        command.SetAction(result =>
        {
            string path = result.GetValue(file)!;
            byte[] program = Read(path);
            try
            {
                run(path, program, result.GetValue(json));
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"{path}: {error.Message}", error);
            }
            return ExitCodes.Success;
        });
        return command;
    }

    private static void Print(string path, byte[] program, bool json)
    {
        string text = StableHlo.Print(program);
        if (json)
        {
            JsonLines.Write("program", w =>
            {
                w.WriteString("name", path);
                w.WriteString("text", text);
            });
        }
        else Console.Out.Write(text);
    }

    private static void Verify(string path, byte[] program, bool json)
    {
        StableHlo.Verify(program);
        if (json) JsonLines.Write("valid", w => w.WriteString("name", path));
        else Console.Out.WriteLine($"{path}: valid");
    }

    private static byte[] Read(string path)
    {
        if (path != "-") return File.ReadAllBytes(path);
        using Stream input = Console.OpenStandardInput();
        using var bytes = new MemoryStream();
        input.CopyTo(bytes);
        return bytes.ToArray();
    }
}
