namespace OptiRs.Xla;

/// <summary>A list of operations with arguments and results: the body of a traced function, of a loop, a branch or a reducer.</summary>
internal sealed class Region(Graph graph, Region? parent, string purpose, bool captures)
{
    [ThreadStatic]
    private static Region? _current;

    private readonly Dictionary<Value, Value> _constantCopies = [];
    private readonly Dictionary<(TensorType Type, string Bits), Value> _splats = [];

    public static Region? Current => _current;

    public Graph Graph { get; } = graph;

    public Region? Parent { get; } = parent;

    /// <summary>What the region is, for errors: "the body of Op.While".</summary>
    public string Purpose { get; } = purpose;

    /// <summary>True where the region may use values of the regions around it.</summary>
    public bool Captures { get; } = captures;

    public List<Value> Arguments { get; } = [];

    public List<Node> Nodes { get; } = [];

    public Value[] Results { get; set; } = [];

    /// <summary>Makes this region the one that new operations go to, until the scope ends.</summary>
    public Scope Open()
    {
        var scope = new Scope(_current);
        _current = this;
        return scope;
    }

    /// <summary>Traces nothing on this thread until the scope ends.</summary>
    public static Scope Suspend()
    {
        var scope = new Scope(_current);
        _current = null;
        return scope;
    }

    /// <summary>Traces a function of the arguments into this region; one that gives null is refused.</summary>
    public void Trace(Func<Value[], Value[]> function, string operation, SourceLocation location)
    {
        using Scope scope = Open();
        Value?[]? results = function([.. Arguments]);
        if (results is null || results.Contains(null))
            throw GraphException.Invalid(operation, $"the function gives null{(results is null ? "" : $" as result {Array.IndexOf(results, null)}")}; it must give values", location);
        Results = [.. results.Select(result => Resolve(result!, operation, location.IsKnown ? location : result!.Node.Location))];
    }

    public Value AddArgument(TensorType type, SourceLocation location)
    {
        var node = new Node(OpKind.Argument, this, [], [type], null, [], location);
        Arguments.Add(node.Results[0]);
        return node.Results[0];
    }

    public Node Append(OpKind kind, ReadOnlySpan<Value> operands, ReadOnlySpan<TensorType> results, object? attributes, Region[] regions, SourceLocation location)
    {
        var resolved = new Value[operands.Length];
        for (int i = 0; i < operands.Length; i++)
            resolved[i] = Resolve(operands[i], kind.ToString(), location);
        var node = new Node(kind, this, resolved, results, attributes, regions, location);
        Nodes.Add(node);
        return node;
    }

    /// <summary>The constant that has one value in every element; asked for again, it is the same.</summary>
    public Value Splat(Literal literal, SourceLocation location)
    {
        (TensorType, string) key = (literal.Type, Convert.ToHexString(literal.Bytes));
        if (!_splats.TryGetValue(key, out Value? constant))
        {
            constant = Append(OpKind.Constant, [], [literal.Type], new ConstantAttributes(literal), [], location).Results[0];
            _splats.Add(key, constant);
        }
        return constant;
    }

    /// <summary>
    /// The value as this region sees it: itself, or, inside a region that captures nothing, a copy of a constant.
    /// Throws for a value of another graph, of a region that is closed, or that cannot be captured here.
    /// </summary>
    public Value Resolve(Value value, string operation, SourceLocation location)
    {
        Region? barrier = null;
        for (Region? region = this; region is not null; region = region.Parent)
        {
            if (ReferenceEquals(region, value.Owner))
                return barrier is null ? value : CopyConstant(value, barrier, operation, location);
            if (!region.Captures)
                barrier ??= region;
        }
        throw GraphException.Invalid(operation, ReferenceEquals(value.Owner.Graph, Graph)
            ? $"the operand {value.Type} belongs to {value.Owner.Purpose}, which is closed; return it from there instead"
            : $"the operand {value.Type} belongs to another graph; a value can only be used inside the function whose tracing made it", location);
    }

    /// <summary>Moves the operation that was appended last to the place before another one, which is to use it.</summary>
    public void MoveBefore(Node last, Node user)
    {
        Nodes.RemoveAt(Nodes.Count - 1);
        Nodes.Insert(Nodes.IndexOf(user), last);
    }

    private Value CopyConstant(Value value, Region barrier, string operation, SourceLocation location)
    {
        if (value.Node.Kind != OpKind.Constant)
            throw GraphException.Invalid(operation, $"{barrier.Purpose} uses the outer value {value.Type}; it may use only its own arguments and constants", location);
        if (_constantCopies.TryGetValue(value, out Value? copy))
            return copy;
        copy = Append(OpKind.Constant, [], [value.Type], value.Node.Attributes, [], value.Node.Location).Results[0];
        _constantCopies.Add(value, copy);
        return copy;
    }

    internal readonly struct Scope(Region? previous) : IDisposable
    {
        public void Dispose() => _current = previous;
    }
}
