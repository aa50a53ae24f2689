namespace OptiRs.Xla;

/// <summary>The operations that the results need. Others, such as gradients that nobody asked for, are not written.</summary>
internal sealed class Liveness
{
    private readonly HashSet<Node> _live = [];

    public Liveness(Region body)
    {
        var pending = new Stack<Node>();
        Visit(body, pending);
        while (pending.TryPop(out Node? node))
        {
            IEnumerable<Value> used = node.Kind == OpKind.CustomGradient ? node.Operands.Take(1) : node.Operands;
            foreach (Value operand in used)
                Mark(operand.Node, pending);
            foreach (Region region in node.Regions)
                Visit(region, pending);
        }
    }

    public bool IsLive(Node node) => _live.Contains(node);

    private void Visit(Region region, Stack<Node> pending)
    {
        foreach (Value result in region.Results)
            Mark(result.Node, pending);
        foreach (Node node in region.Nodes)
        {
            if (node.Attributes is CustomCallAttributes { HasSideEffect: true })
                Mark(node, pending);
        }
    }

    private void Mark(Node node, Stack<Node> pending)
    {
        if (_live.Add(node))
            pending.Push(node);
    }
}
