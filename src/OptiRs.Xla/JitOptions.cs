namespace OptiRs.Xla;

/// <summary>How a function is compiled.</summary>
public sealed class JitOptions
{
    internal static JitOptions Default { get; } = new();

    /// <summary>The module's name, seen in the text and in profiles.</summary>
    public string Name { get; init; } = "main";

    /// <summary>
    /// Arguments whose device memory the program may take: the caller's buffer is deleted by the call. A result of the same
    /// element type and shape, where there is one, is written in its place.
    /// </summary>
    public int[] DonatedArguments { get; init; } = [];

    /// <summary>Names of the arguments, printed as their locations; null for none.</summary>
    public string[]? ArgumentNames { get; init; }

    /// <summary>False leaves the C# lines out of the text: shorter, and the same for code that only moved.</summary>
    public bool Locations { get; init; } = true;
}
