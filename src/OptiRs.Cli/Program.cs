namespace OptiRs.Cli;

/// <summary>The entry point. It knows the one question that must be answered at once, and leaves the rest to the command line's parser.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        // Answered before the parser is even loaded: scripts ask for the version all the time.
        if (arguments is ["--version"])
        {
            Console.Out.WriteLine(ProductVersion.Text);
            return ExitCodes.Success;
        }
        return CommandLine.Run(arguments);
    }
}
