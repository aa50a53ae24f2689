namespace OptiRs.Xla;

/// <summary>The element types and shapes of a call's arguments: what a compiled program is for.</summary>
internal sealed class CallSignature(TensorType[] types) : IEquatable<CallSignature>
{
    public TensorType[] Types { get; } = types;

    public static CallSignature Of(ReadOnlySpan<PjrtBuffer> arguments)
    {
        var types = new TensorType[arguments.Length];
        for (int i = 0; i < types.Length; i++)
            types[i] = new(arguments[i].DType, arguments[i].Shape);
        return new(types);
    }

    public static CallSignature Of(ReadOnlySpan<(DType DType, Shape Shape)> arguments)
    {
        var types = new TensorType[arguments.Length];
        for (int i = 0; i < types.Length; i++)
            types[i] = new(arguments[i].DType, arguments[i].Shape);
        return new(types);
    }

    /// <summary>Whether a call with these buffers has this signature; allocates nothing.</summary>
    public bool Matches(ReadOnlySpan<PjrtBuffer> arguments)
    {
        if (arguments.Length != Types.Length)
            return false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].DType != Types[i].DType || arguments[i].Shape != Types[i].Shape)
                return false;
        }
        return true;
    }

    /// <summary>Why <paramref name="next"/> needed a program of its own, against the most similar of those before.</summary>
    public static string Explain(IEnumerable<CallSignature> previous, CallSignature next)
    {
        string[] closest = previous.Select(signature => signature.Differences(next)).MinBy(differences => differences.Length) ?? [];
        return string.Join(", ", closest);
    }

    public bool Equals(CallSignature? other) => other is not null && Types.AsSpan().SequenceEqual(other.Types);

    public override bool Equals(object? obj) => Equals(obj as CallSignature);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (TensorType type in Types)
            hash.Add(type);
        return hash.ToHashCode();
    }

    private string[] Differences(CallSignature next)
    {
        if (Types.Length != next.Types.Length)
            return [$"the number of arguments changed from {Types.Length} to {next.Types.Length}"];
        var differences = new List<string>();
        for (int i = 0; i < Types.Length; i++)
        {
            if (Types[i] != next.Types[i])
                differences.Add($"argument {i} changed from {Types[i]} to {next.Types[i]}");
        }
        return [.. differences];
    }
}
