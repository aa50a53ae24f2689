namespace OptiRs.Xla;

/// <summary>A traced function: its arguments, its operations and its results. Lowers to StableHLO text without a device.</summary>
public sealed class Graph
{
    private Graph(string name, bool locations)
    {
        Name = name;
        RecordsOperators = locations;
        Body = new Region(this, parent: null, $"the function '{name}'", captures: false);
    }

    /// <summary>The name of the module in the text.</summary>
    public string Name { get; }

    /// <summary>Element type and shape of each result.</summary>
    public IReadOnlyList<(DType DType, Shape Shape)> Outputs => [.. Body.Results.Select(value => (value.DType, value.Shape))];

    /// <summary>Element type and shape of each argument.</summary>
    public IReadOnlyList<(DType DType, Shape Shape)> Arguments => [.. Body.Arguments.Select(value => (value.DType, value.Shape))];

    internal Region Body { get; }

    /// <summary>Whether operators, too, note the line that used them; it costs a walk of the stack each.</summary>
    internal bool RecordsOperators { get; }

    /// <summary>Runs <paramref name="function"/> once over symbolic arguments and keeps what it computes.</summary>
    /// <param name="function">The function to trace; it may call itself nothing but operations on its own values.</param>
    /// <param name="arguments">Element type and shape of each argument.</param>
    /// <param name="name">The module's name: letters, digits and underscores.</param>
    /// <param name="locations">False saves the time to find out the lines of operators; errors still name theirs.</param>
    /// <exception cref="GraphException">
    /// An operation was refused (the message names it, its shapes and the C# line), or the function gives null.
    /// </exception>
    public static Graph Trace(Func<Value[], Value[]> function, ReadOnlySpan<(DType DType, Shape Shape)> arguments, string name = "main", bool locations = true)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var graph = new Graph(name, locations);
        foreach ((DType dtype, Shape shape) in arguments)
            graph.Body.AddArgument(new(dtype, shape), default);
        graph.Body.Trace(function, $"Graph.Trace of '{name}'", default);
        return graph;
    }

    /// <summary>The program as StableHLO text, with the C# lines as locations. The same function always gives the same text.</summary>
    /// <param name="options">Donations and names of the arguments; null for none.</param>
    public string ToStableHlo(JitOptions? options = null) => new StableHloWriter(this, options ?? JitOptions.Default).Write();
}
