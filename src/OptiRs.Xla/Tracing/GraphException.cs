namespace OptiRs.Xla;

/// <summary>A graph that cannot be built: the message names the operation, the shapes, the offending value and the C# line.</summary>
public sealed class GraphException : OptiRsException
{
    private GraphException(ErrorCode code, string message, string operation, SourceLocation location)
        : base(code, message, operation, "graph")
    {
        File = location.File;
        Line = location.Line;
    }

    /// <summary>The C# file whose call was refused, or null where it is not known.</summary>
    public string? File { get; }

    /// <summary>The line in <see cref="File"/>, from 1.</summary>
    public int Line { get; }

    internal static GraphException Invalid(string operation, string problem, SourceLocation location) =>
        Invalid(operation, [], problem, location);

    internal static GraphException Invalid(string operation, ReadOnlySpan<Value> operands, string problem, SourceLocation location)
    {
        // An operator may not have noted its line; it is still on the stack now.
        SourceLocation at = location.IsKnown ? location : SourceLocation.OfCaller();
        string types = operands.Length == 0 ? "" : $"({Describe(operands)})";
        return new(ErrorCode.InvalidArgument, $"{(operation.Contains('.', StringComparison.Ordinal) ? "" : "Op.")}{operation}{types}: {problem}. At {at}.", operation, at);
    }

    internal static GraphException NotDifferentiable(string operation, string problem, SourceLocation location) =>
        new(ErrorCode.Unimplemented, $"Gradient of Op.{operation}: {problem}. At {location}.", operation, location);

    internal static string Describe(ReadOnlySpan<Value> operands)
    {
        var texts = new string[operands.Length];
        for (int i = 0; i < operands.Length; i++)
            texts[i] = operands[i].Type.ToString();
        return string.Join(", ", texts);
    }
}
