using OptiRs.Native;
using OptiRs.Training;

namespace OptiRs.Cli.Output;

/// <summary>Failures as the user sees them: one line on the error stream, and with --json one object on the output too.</summary>
internal static class Failures
{
    public static void Report(string message, bool json)
    {
        message = OneLine(message);
        if (json) JsonLines.Write("error", w => w.WriteString("message", message));
        Console.Error.WriteLine("error: " + message);
    }

    /// <summary>What went wrong, in the words of whoever found it.</summary>
    public static string Describe(Exception error) => error switch
    {
        // These were written for the user.
        TrainingException or OptiRsException or OptiRsOutOfMemoryException => error.Message,
        // These may come from anywhere, and then their kind is half of the message.
        ArgumentException or NotSupportedException or IOException or UnauthorizedAccessException or DllNotFoundException => error.Message,
        _ => $"{error.GetType().Name}: {error.Message} (--verbose shows where)",
    };

    private static string OneLine(string message) =>
        string.Join("; ", message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Replace(":; ", ": ", StringComparison.Ordinal);
}
