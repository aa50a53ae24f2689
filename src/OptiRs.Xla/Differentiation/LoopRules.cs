namespace OptiRs.Xla;

/// <summary>
/// Differentiation of loops whose number of iterations is known when tracing. The forward loop is extended to keep the carried
/// values of every iteration; the backward loop reads them from the last to the first, computes each iteration again, and goes
/// back through it.
/// </summary>
internal static class LoopRules
{
    public static void While(VjpContext c)
    {
        Node node = c.Node;
        // Values that only an earlier gradient carries along matter to this one where it is a gradient of that gradient.
        bool history = Enumerable.Range(node.OperandCount, node.Operands.Length - node.OperandCount).Any(i => c.CotangentOf(i) is not null);
        int count = history ? node.Operands.Length : node.OperandCount;
        long trips = TripCount.Of(node) ?? throw c.NotDifferentiable(
            "the number of iterations is not known when tracing; use Op.For, or carry an integer that starts at a constant, grows by a constant, and is compared with a constant");
        int[] differentiable = [.. Enumerable.Range(0, count).Where(i => node.Operands[i].DType.IsDifferentiable)];
        Value[] captured = [.. RegionCloner.Captured(node).Where(c.Needs)];
        Value[] cotangents = [.. differentiable.Select(i => c.CotangentOf(i) ?? Op.ZerosLike(node.Results[i]))];
        if (trips == 0)
        {
            for (int i = 0; i < differentiable.Length; i++)
                c.Give(node.Operands[differentiable[i]], cotangents[i]);
            return;
        }
        Value?[] stacks = node.History is { } kept && kept.Length == count ? kept : KeepHistory(node, count, trips);
        node.History = stacks;
        Region body = node.Regions[1];
        Value[] accumulators = [.. captured.Select(value => Op.ZerosLike(value))];
        Value[] results = Op.For((int)trips, [.. cotangents, .. accumulators], (iteration, carried) =>
        {
            Value index = trips - 1 - iteration;
            var saved = new Value[body.Arguments.Count];
            for (int i = 0; i < saved.Length; i++)
                saved[i] = i >= count || stacks[i] is not { } stack ? node.Operands[i] : Op.DynamicIndex(stack, index);
            Value[] outputs = RegionCloner.Inline(body, saved);
            Value[] targets = [.. differentiable.Select(i => saved[i]), .. captured];
            Value?[] gradients = Backpropagation.Run([.. differentiable.Select(i => outputs[i])], carried.AsSpan(0, differentiable.Length), targets, stopAtTargets: true);
            var next = new Value[carried.Length];
            for (int i = 0; i < next.Length; i++)
            {
                Value gradient = gradients[i] ?? Op.ZerosLike(targets[i]);
                next[i] = i < differentiable.Length ? gradient : carried[i] + gradient;
            }
            return next;
        });
        for (int i = 0; i < differentiable.Length; i++)
            c.Give(node.Operands[differentiable[i]], results[i]);
        for (int i = 0; i < captured.Length; i++)
            c.Give(captured[i], results[differentiable.Length + i]);
    }

    /// <summary>
    /// Makes the loop stack up the values that enter each iteration, and gives the stacks [trips, ...]; null for a value that the loop
    /// passes on unchanged, which needs none.
    /// </summary>
    private static Value?[] KeepHistory(Node node, int count, long trips)
    {
        Region condition = node.Regions[0];
        Region body = node.Regions[1];
        var history = new Value?[count];
        Value? counter = null;
        for (int i = 0; i < count; i++)
        {
            if (ReferenceEquals(body.Results[i], body.Arguments[i]))
                continue;
            counter ??= AddCarry(node, new(DType.S32, Shape.Scalar), (previous, _) => Op.Add(previous, Op.OnesLike(previous)));
            TensorType type = node.Operands[i].Type;
            Value entering = body.Arguments[i];
            AddCarry(node, new(type.DType, new Shape([trips, .. type.Shape.Dimensions])), (stack, at) => Op.DynamicUpdateIndex(stack, entering, at));
            history[i] = node.Results[^1];
        }
        return history;

        // A value that starts at zero; the step gets it and the number of the iteration.
        Value AddCarry(Node loop, TensorType type, Func<Value, Value, Value> step)
        {
            // A constant of the loop's own: one that was there before might stand behind the loop.
            var zeros = new ConstantAttributes(Literal.Splat(type, 0L, loop.Location));
            Value zero = loop.Owner.Append(OpKind.Constant, [], [type], zeros, [], loop.Location).Results[0];
            loop.Owner.MoveBefore(zero.Node, loop);
            condition.AddArgument(type, loop.Location);
            Value argument = body.AddArgument(type, loop.Location);
            using (body.Open())
                body.Results = [.. body.Results, step(argument, counter ?? argument)];
            loop.Extend(zero);
            return argument;
        }
    }
}
