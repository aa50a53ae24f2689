namespace OptiRs.Xla;

/// <summary>What a differentiation rule sees: the operation, the cotangents of its results, and where the cotangents of its operands go.</summary>
internal readonly struct VjpContext(Backpropagation pass, Node node)
{
    public Node Node { get; } = node;

    /// <summary>Operand <paramref name="index"/>.</summary>
    public Value this[int index] => Node.Operands[index];

    /// <summary>The first result.</summary>
    public Value Result => Node.Results[0];

    /// <summary>The cotangent of the first result.</summary>
    public Value Cotangent => CotangentOf(0) ?? Op.ZerosLike(Result);

    public bool Needs(int operand) => pass.IsActive(Node.Operands[operand]);

    public bool Needs(Value value) => pass.IsActive(value);

    /// <summary>The cotangent of a result, or null for zero.</summary>
    public Value? CotangentOf(int result) => pass.Cotangent(Node.Results[result]);

    /// <summary>Adds to the cotangent of an operand; <paramref name="rule"/> is not run where nothing depends on it.</summary>
    public void Give(int operand, Func<Value, Value> rule)
    {
        if (Needs(operand))
            pass.Accumulate(Node.Operands[operand], rule(Cotangent));
    }

    public void Give(Value value, Value? cotangent)
    {
        if (cotangent is not null)
            pass.Accumulate(value, cotangent);
    }

    public GraphException NotDifferentiable(string problem) => GraphException.NotDifferentiable(Node.Kind.ToString(), problem, Node.Location);
}
