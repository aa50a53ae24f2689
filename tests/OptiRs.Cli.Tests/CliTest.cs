namespace OptiRs.Cli.Tests;

/// <summary>A folder of its own for every test, with a text in it.</summary>
public abstract class CliTest
{
    // Small enough that a whole run takes seconds.
    private protected static readonly string[] Small = ["--layers", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "4", "--sample-length", "40"];

    private protected string Folder { get; private set; } = "";

    [SetUp]
    public void SetUp()
    {
        Folder = Directory.CreateTempSubdirectory("optirs-cli-").FullName;
        Write("text.txt", string.Concat(Enumerable.Repeat("the quick brown fox jumps over the lazy dog. ", 20)));
    }

    [TearDown]
    public void TearDown() => Directory.Delete(Folder, recursive: true);

    private protected string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(Folder, name), text);
        return name;
    }

    private protected CliResult Run(params string[] arguments) => Cli.Run(Folder, arguments);

    private protected CliResult Train(params string[] arguments) => Run(["train", "--data", "text.txt", .. SmallBut(arguments), .. arguments]);

    // An option is given once: what a test asks for takes the place of what is usual.
    private static IEnumerable<string> SmallBut(string[] arguments) =>
        Small.Chunk(2).Where(option => !arguments.Contains(option[0])).SelectMany(option => option);

    /// <summary>The single line that a failed command says, and nothing else.</summary>
    private protected static void AssertFails(CliResult result, int exitCode, string message)
    {
        Assert.That(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1), result.Error);
        Assert.That(result.Error, Does.StartWith("error: ").And.Contains(message));
        Assert.That(result.ExitCode, Is.EqualTo(exitCode));
    }

    private protected byte[] Tensors(string run)
    {
        string folder = Path.Combine(Folder, run);
        return File.ReadAllBytes(Directory.GetFiles(folder, "*.safetensors").Single());
    }
}
