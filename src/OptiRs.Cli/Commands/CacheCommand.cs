using System.CommandLine;
using OptiRs.Cli.Output;
using OptiRs.Native;

namespace OptiRs.Cli.Commands;

/// <summary><c>optirs cache</c>: the compiled programs on disk.</summary>
internal static class CacheCommand
{
    public static Command Create()
    {
        var folder = new Option<string?>("--dir") { Description = "The folder of the cache. Default: programs in OPTIRS_CACHE_DIR, or in the user's cache folder.", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        Command Sub(string name, string description, Func<PjrtCompilationCache, bool, int> run)
        {
            var command = new Command(name, description) { folder, json };
            command.SetAction(result => run(new PjrtCompilationCache(result.GetValue(folder)), result.GetValue(json)));
            return command;
        }

        return new Command("cache", "The compiled programs that PjrtCompilationCache keeps on disk (the CPU plugin's own cache is not among them).")
        {
            Sub("ls", "Lists them, the one used last first.", List),
            Sub("clear", "Deletes them.", Clear),
            Sub("verify", "Checks them, and deletes those that are damaged.", Verify),
        };
    }

    private static int List(PjrtCompilationCache cache, bool json)
    {
        IReadOnlyList<PjrtCacheEntry> entries = cache.Entries;
        foreach (PjrtCacheEntry entry in entries)
        {
            if (json)
                JsonLines.Write("entry", w =>
                {
                    w.WriteString("key", entry.Key);
                    w.WriteString("program", entry.ProgramName);
                    w.WriteString("plugin", entry.Plugin);
                    w.WriteString("devices", entry.Topology);
                    w.WriteString("options", entry.Options);
                    w.WriteNumber("bytes", entry.ByteCount);
                    w.WriteString("last_used", entry.LastUsed.ToString("O"));
                });
            else Console.Out.WriteLine(FormattableString.Invariant(
                $"{entry.Key[..12]}  {entry.LastUsed:yyyy-MM-dd HH:mm}  {entry.ByteCount,12:n0}  {entry.ProgramName}  {entry.Plugin}"));
        }

        if (!json) Console.Out.WriteLine(FormattableString.Invariant($"{entries.Count} programs, {entries.Sum(e => e.ByteCount):n0} bytes in {cache.Folder}"));
        return ExitCodes.Success;
    }

    private static int Clear(PjrtCompilationCache cache, bool json)
    {
        int count = cache.Clear();
        if (json) JsonLines.Write("cleared", w => w.WriteNumber("count", count));
        else Console.Out.WriteLine($"{count} programs deleted from {cache.Folder}");
        return ExitCodes.Success;
    }

    private static int Verify(PjrtCompilationCache cache, bool json)
    {
        IReadOnlyList<(string Name, string Problem)> damaged = cache.Verify();
        foreach ((string name, string problem) in damaged)
        {
            if (json)
                JsonLines.Write("damaged", w =>
                {
                    w.WriteString("key", name);
                    w.WriteString("problem", problem);
                });
            else Console.Out.WriteLine($"{name}: {problem}; deleted");
        }

        int sound = cache.Entries.Count;
        if (json) JsonLines.Write("verified", w => w.WriteNumber("sound", sound));
        else Console.Out.WriteLine($"{sound} programs are sound, {damaged.Count} were damaged");
        return damaged.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }
}
