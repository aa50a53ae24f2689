namespace OptiRs.Xla;

/// <summary>Traces the C# lambdas that become regions.</summary>
internal static class Regions
{
    /// <summary>Traces <paramref name="body"/> in a new region of the current one.</summary>
    public static Region Trace(string purpose, bool captures, ReadOnlySpan<TensorType> arguments, SourceLocation location, Func<Value[], Value[]> body)
    {
        Region parent = Region.Current ?? throw GraphException.Invalid(purpose, "traced outside a function; call the operation inside the function given to Session.Jit or Graph.Trace", location);
        var region = new Region(parent.Graph, parent, purpose, captures);
        foreach (TensorType type in arguments)
            region.AddArgument(type, location);
        region.Trace(body, purpose, location);
        return region;
    }

    /// <summary>A region that applies one binary operation to its two scalar arguments.</summary>
    public static Region Binary(OpKind kind, string operation, DType dtype, SourceLocation location)
    {
        var scalar = new TensorType(dtype, Shape.Scalar);
        return Trace($"the reducer of Op.{operation}", captures: false, [scalar, scalar], location, arguments => [Op.Binary(kind, arguments[0], arguments[1], location)]);
    }

    /// <summary>A reducer over scalars of the element types of <paramref name="operands"/>; its results are checked.</summary>
    public static Region Reducer(string operation, ReadOnlySpan<Value> operands, Func<Value[], Value[], Value[]> reducer, SourceLocation location)
    {
        var types = new TensorType[operands.Length];
        for (int i = 0; i < types.Length; i++)
            types[i] = new(operands[i].DType, Shape.Scalar);
        Region region = Trace($"the reducer of Op.{operation}", captures: false, [.. types, .. types], location,
            arguments => reducer(arguments[..types.Length], arguments[types.Length..]));
        CheckResults(operation, region, types, location);
        return region;
    }

    /// <summary>Refuses a region whose results are not of the types that the operation needs.</summary>
    public static void CheckResults(string operation, Region region, ReadOnlySpan<TensorType> expected, SourceLocation location)
    {
        bool equal = region.Results.Length == expected.Length;
        for (int i = 0; equal && i < expected.Length; i++)
            equal = region.Results[i].Type == expected[i];
        if (!equal)
            throw GraphException.Invalid(operation, $"{region.Purpose} gives ({GraphException.Describe(region.Results)}), but must give ({string.Join(", ", expected.ToArray())})", location);
    }

    /// <summary>The one binary operation that the region applies to its two arguments in either order, or null.</summary>
    public static OpKind? AsBinary(Region region)
    {
        if (region.Arguments.Count != 2 || region.Results.Length != 1)
            return null;
        Node node = region.Results[0].Node;
        if (node.Operands.Length != 2 || !ReferenceEquals(node.Owner, region) || node.Kind is OpKind.Compare or OpKind.CustomGradient)
            return null;
        bool direct = ReferenceEquals(node.Operands[0], region.Arguments[0]) && ReferenceEquals(node.Operands[1], region.Arguments[1]);
        bool commutes = node.Kind is OpKind.Add or OpKind.Multiply or OpKind.Maximum or OpKind.Minimum or OpKind.And or OpKind.Or or OpKind.Xor;
        bool swapped = commutes && ReferenceEquals(node.Operands[0], region.Arguments[1]) && ReferenceEquals(node.Operands[1], region.Arguments[0]);
        return direct || swapped ? node.Kind : null;
    }
}
