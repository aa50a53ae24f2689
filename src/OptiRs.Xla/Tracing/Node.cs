namespace OptiRs.Xla;

/// <summary>One operation of a graph: what StableHLO calls an op, with its operands, attributes, regions and results.</summary>
internal sealed class Node
{
    public Node(OpKind kind, Region owner, Value[] operands, ReadOnlySpan<TensorType> results, object? attributes, Region[] regions, SourceLocation location)
    {
        Kind = kind;
        Owner = owner;
        Operands = operands;
        OperandCount = operands.Length;
        Attributes = attributes;
        Regions = regions;
        Location = location;
        Results = new Value[results.Length];
        for (int i = 0; i < results.Length; i++)
            Results[i] = new Value(this, i, results[i]);
    }

    public OpKind Kind { get; }

    public Region Owner { get; }

    // Operands and results of loops and sorts grow when a gradient needs what the forward pass did not keep.
    public Value[] Operands { get; private set; }

    public Value[] Results { get; private set; }

    /// <summary>The operation's attributes: one of the records of Attributes.cs, or null.</summary>
    public object? Attributes { get; }

    public Region[] Regions { get; }

    /// <summary>Of a loop that a gradient has extended: where the values that entered each iteration are kept.</summary>
    public Value?[]? History { get; set; }

    /// <summary>The number of operands before any extension.</summary>
    public int OperandCount { get; }

    public SourceLocation Location { get; }

    public T As<T>() => (T)Attributes!;

    /// <summary>Adds one operand and the result of the same type that goes with it (loops and sorts).</summary>
    public Value Extend(Value operand)
    {
        var result = new Value(this, Results.Length, operand.Type);
        Operands = [.. Operands, operand];
        Results = [.. Results, result];
        return result;
    }
}

/// <summary>Element type and dimensions.</summary>
internal readonly record struct TensorType(DType DType, Shape Shape)
{
    public override string ToString() => $"{DType.Name}{Shape}";
}
