namespace OptiRs.Xla;

/// <summary>Copies of regions, for the backward passes of loops and branches, which compute the forward pass again.</summary>
internal sealed class RegionCloner
{
    private readonly Dictionary<Value, Value> _copies = [];

    /// <summary>Repeats the operations of <paramref name="source"/> in the current region on other arguments, and gives their results.</summary>
    public static Value[] Inline(Region source, ReadOnlySpan<Value> arguments)
    {
        var cloner = new RegionCloner();
        for (int i = 0; i < arguments.Length; i++)
            cloner._copies.Add(source.Arguments[i], arguments[i]);
        return cloner.CopyNodes(source);
    }

    /// <summary>The values of enclosing regions that the regions of an operation use, each once, in order of first use.</summary>
    public static IReadOnlyList<Value> Captured(Node node)
    {
        var captured = new List<Value>();
        var seen = new HashSet<Value>();
        var inside = new HashSet<Region>();
        foreach (Region region in node.Regions)
            Visit(region);
        return captured;

        void Visit(Region region)
        {
            inside.Add(region);
            foreach (Node inner in region.Nodes)
            {
                foreach (Value operand in inner.Operands)
                    Use(operand);
                foreach (Region nested in inner.Regions)
                    Visit(nested);
            }
            foreach (Value result in region.Results)
                Use(result);
        }

        void Use(Value value)
        {
            if (!inside.Contains(value.Owner) && seen.Add(value))
                captured.Add(value);
        }
    }

    private Value[] CopyNodes(Region source)
    {
        Region target = Region.Current!;
        foreach (Node node in source.Nodes)
        {
            Region[] regions = [.. node.Regions.Select(region => CopyRegion(region, target))];
            Node copy = target.Append(node.Kind, [.. node.Operands.Select(Copy)], Op.Types(node.Results), node.Attributes, regions, node.Location);
            for (int i = 0; i < node.Results.Length; i++)
                _copies[node.Results[i]] = copy.Results[i];
        }
        return [.. source.Results.Select(Copy)];
    }

    private Region CopyRegion(Region source, Region parent)
    {
        var copy = new Region(parent.Graph, parent, source.Purpose, source.Captures);
        foreach (Value argument in source.Arguments)
            _copies[argument] = copy.AddArgument(argument.Type, argument.Node.Location);
        using (copy.Open())
            copy.Results = CopyNodes(source);
        return copy;
    }

    private Value Copy(Value value) => _copies.GetValueOrDefault(value, value);
}
