namespace OptiRs.Xla;

/// <summary>One backward pass: visits the operations between outputs and targets once, in reverse order, and adds up cotangents.</summary>
internal sealed class Backpropagation
{
    private readonly Dictionary<Value, Value> _cotangents = [];
    private readonly HashSet<Value> _targets = [];
    private readonly HashSet<Node> _active = [];
    private readonly bool _stopAtTargets;

    private Backpropagation(ReadOnlySpan<Value> targets, bool stopAtTargets)
    {
        foreach (Value target in targets)
            _targets.Add(target);
        _stopAtTargets = stopAtTargets;
    }

    /// <summary>
    /// The cotangents of the targets, null where no path leads. New operations go to the current region. With
    /// <paramref name="stopAtTargets"/> targets count as independent of each other.
    /// </summary>
    public static Value?[] Run(ReadOnlySpan<Value> outputs, ReadOnlySpan<Value> cotangents, ReadOnlySpan<Value> targets, bool stopAtTargets)
    {
        var pass = new Backpropagation(targets, stopAtTargets);
        List<Node> order = pass.Order(outputs);
        foreach (Node node in order)
        {
            if (Array.Exists(node.Results, value => value.DType.IsDifferentiable) && Inputs(node).Any(pass.IsActive))
                pass._active.Add(node);
        }
        for (int i = 0; i < outputs.Length; i++)
            pass.Accumulate(outputs[i], cotangents[i]);
        for (int i = order.Count - 1; i >= 0; i--)
        {
            Node node = order[i];
            if (!pass._active.Contains(node) || !Array.Exists(node.Results, value => pass.Cotangent(value) is not null))
                continue;
            using SourceLocation.AmbientScope scope = node.Location.Override();
            VjpRules.Apply(new VjpContext(pass, node));
        }
        var results = new Value?[targets.Length];
        for (int i = 0; i < results.Length; i++)
            results[i] = pass._cotangents.GetValueOrDefault(targets[i]);
        return results;
    }

    /// <summary>True where a cotangent of the value is of use: it is a target, or depends on one.</summary>
    public bool IsActive(Value value) => value.DType.IsDifferentiable && (_targets.Contains(value) || _active.Contains(value.Node));

    /// <summary>What has arrived at a value and is to flow on; nothing flows on from a target that stops the pass.</summary>
    public Value? Cotangent(Value value) => Stops(value) ? null : _cotangents.GetValueOrDefault(value);

    public void Accumulate(Value value, Value cotangent)
    {
        if (!IsActive(value))
            return;
        _cotangents[value] = _cotangents.TryGetValue(value, out Value? sum) ? Op.Add(sum, cotangent) : cotangent;
    }

    /// <summary>The operations that the outputs depend on, operands before users.</summary>
    private List<Node> Order(ReadOnlySpan<Value> outputs)
    {
        var order = new List<Node>();
        var seen = new HashSet<Node>();
        // A pair (node, true) on the stack is a node whose inputs are all in the order already.
        var stack = new Stack<(Node Node, bool InputsDone)>();
        for (int i = outputs.Length - 1; i >= 0; i--)
        {
            if (!Stops(outputs[i]))
                stack.Push((outputs[i].Node, false));
        }
        while (stack.TryPop(out (Node Node, bool InputsDone) entry))
        {
            if (entry.InputsDone)
            {
                order.Add(entry.Node);
                continue;
            }
            if (!seen.Add(entry.Node))
                continue;
            stack.Push((entry.Node, true));
            foreach (Value input in Inputs(entry.Node))
            {
                if (!Stops(input) && !seen.Contains(input.Node))
                    stack.Push((input.Node, false));
            }
        }
        return order;
    }

    private bool Stops(Value value) => _stopAtTargets && _targets.Contains(value);

    /// <summary>The values through which gradient can flow into the node.</summary>
    private static IEnumerable<Value> Inputs(Node node)
    {
        if (node.Attributes is CustomGradientAttributes custom)
            return node.Operands.Skip(1).Take(custom.InputCount);
        return node.Regions.Length == 0 || !node.Regions[0].Captures ? node.Operands : node.Operands.Concat(RegionCloner.Captured(node));
    }
}
