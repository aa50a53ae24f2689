using System.CommandLine;
using System.CommandLine.Invocation;
using OptiRs.Cli.Commands;
using OptiRs.Cli.Output;

namespace OptiRs.Cli;

/// <summary>Parses, runs the command, and turns every failure into one line and an exit code.</summary>
internal static class CommandLine
{
    public static int Run(string[] arguments)
    {
        var root = new RootCommand("Trains a small transformer on a text of yours, on the best device found: a GPU or TPU through its PJRT plugin, else the CPU.")
        {
            TrainCommand.Create(detailed: arguments is ["train", ..]),
            DevicesCommand.Create(),
            DoctorCommand.Create(),
            CacheCommand.Create(),
            TuneCommand.Create(),
            ConformanceCommand.Create(),
            StableHloCommand.Create(),
        };
        ParseResult result = root.Parse(arguments);
        bool json = arguments.Contains("--json"), verbose = arguments.Contains("--verbose");
        if (arguments.Length > 0 && result.Errors.Count > 0 && result.Action is ParseErrorAction)
        {
            string command = result.CommandResult.Command is RootCommand ? "optirs" : $"optirs {result.CommandResult.Command.Name}";
            Failures.Report($"{result.Errors[0].Message} (see {command} --help)", json);
            return ExitCodes.Usage;
        }
        try
        {
            if (arguments.Length == 0)
            {
                root.Parse("--help").Invoke();
                return ExitCodes.Usage;
            }
            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error) when (!verbose)
        {
            Failures.Report(Failures.Describe(error), json);
            return ExitCodes.Failure;
        }
        catch (Exception error)
        {
            Failures.Report(Failures.Describe(error), json);
            Console.Error.WriteLine(error);
            return ExitCodes.Failure;
        }
    }
}
