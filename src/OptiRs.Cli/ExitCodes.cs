namespace OptiRs.Cli;

/// <summary>What the shell learns.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    /// <summary>128 + SIGINT, as shells expect of an interrupted program.</summary>
    public const int Interrupted = 130;
}
