namespace OptiRs.Xla;

/// <summary>Differentiation of branches and sorts.</summary>
internal static class ControlFlowRules
{
    /// <summary>The backward pass of a branch is a branch on the same selector: it computes its forward pass again and goes back through it.</summary>
    public static void Branches(VjpContext c)
    {
        Value[] captured = [.. RegionCloner.Captured(c.Node).Where(c.Needs)];
        if (captured.Length == 0)
            return;
        var branches = new Func<Value[]>[c.Node.Regions.Length];
        for (int i = 0; i < branches.Length; i++)
        {
            Region region = c.Node.Regions[i];
            branches[i] = () => PullBack(c, RegionCloner.Inline(region, []), captured);
        }
        Value[] cotangents = c.Node.Kind == OpKind.If ? Op.If(c[0], branches[0], branches[1]) : Op.Case(c[0], branches);
        for (int i = 0; i < captured.Length; i++)
            c.Give(captured[i], cotangents[i]);
    }

    /// <summary>
    /// A sort gives a permutation; sorting the cotangents by it puts them back. The forward sort is extended by one operand that carries it.
    /// </summary>
    public static void Sort(VjpContext c)
    {
        Node node = c.Node;
        int count = node.Operands.Length;
        var attributes = node.As<SortAttributes>();
        Value[] cotangents = [.. Enumerable.Range(0, count).Where(c.Needs).Select(i => c.CotangentOf(i) ?? Op.ZerosLike(c[i]))];
        int[] receivers = [.. Enumerable.Range(0, count).Where(c.Needs)];
        Value permutation = ExtendByIndex(node, attributes.Dimension);
        Value[] sorted = Op.Sort([permutation, .. cotangents], (left, right) => Op.Less(left[0], right[0]), attributes.Dimension, isStable: false);
        for (int i = 0; i < receivers.Length; i++)
            c.Give(node.Operands[receivers[i]], sorted[i + 1]);
    }

    /// <summary>The gradients of the outputs with respect to captured values, zeros where there is no path.</summary>
    private static Value[] PullBack(VjpContext c, Value[] outputs, Value[] captured)
    {
        var results = new List<Value>();
        var seeds = new List<Value>();
        for (int i = 0; i < outputs.Length; i++)
        {
            if (c.CotangentOf(i) is not { } cotangent)
                continue;
            results.Add(outputs[i]);
            seeds.Add(cotangent);
        }
        Value?[] gradients = Backpropagation.Run([.. results], [.. seeds], captured, stopAtTargets: true);
        return [.. gradients.Select((gradient, i) => gradient ?? Op.ZerosLike(captured[i]))];
    }

    private static Value ExtendByIndex(Node node, int dimension)
    {
        Region owner = node.Owner;
        Value index;
        using (owner.Open())
            index = Op.Iota(DType.S32, node.Operands[0].Shape, dimension);
        owner.MoveBefore(index.Node, node);
        var scalar = new TensorType(DType.S32, Shape.Scalar);
        node.Regions[0].AddArgument(scalar, node.Location);
        node.Regions[0].AddArgument(scalar, node.Location);
        return node.Extend(index);
    }
}
