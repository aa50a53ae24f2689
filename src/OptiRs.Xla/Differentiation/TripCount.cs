namespace OptiRs.Xla;

/// <summary>Finds out how often a loop runs, where its counter shows it.</summary>
internal static class TripCount
{
    /// <summary>
    /// The number of iterations of a loop whose condition compares a carried integer with a constant, where that integer starts
    /// at a constant and grows by a constant; null for any other loop.
    /// </summary>
    public static long? Of(Node loop)
    {
        Region condition = loop.Regions[0];
        Region body = loop.Regions[1];
        Node test = condition.Results[0].Node;
        if (test.Attributes is not CompareAttributes compare)
            return null;
        (Value counter, Value bound, ComparisonDirection direction) = Constant(test.Operands[1]) is not null
            ? (test.Operands[0], test.Operands[1], compare.Direction)
            : (test.Operands[1], test.Operands[0], Swapped(compare.Direction));
        int index = condition.Arguments.IndexOf(counter);
        if (index < 0 || Constant(bound) is not { } limit || Constant(loop.Operands[index]) is not { } start || Step(body, index) is not { } step)
            return null;
        return direction switch
        {
            ComparisonDirection.Lt when step > 0 => Ceiling(limit - start, step),
            ComparisonDirection.Le when step > 0 => Ceiling(limit - start + 1, step),
            ComparisonDirection.Gt when step < 0 => Ceiling(start - limit, -step),
            ComparisonDirection.Ge when step < 0 => Ceiling(start - limit + 1, -step),
            ComparisonDirection.Ne when step != 0 && (limit - start) % step == 0 && (limit - start) / step >= 0 => (limit - start) / step,
            _ => null,
        };
    }

    private static long? Step(Region body, int index)
    {
        Node next = body.Results[index].Node;
        Value argument = body.Arguments[index];
        return next.Kind switch
        {
            OpKind.Add when ReferenceEquals(next.Operands[0], argument) => Constant(next.Operands[1]),
            OpKind.Add when ReferenceEquals(next.Operands[1], argument) => Constant(next.Operands[0]),
            OpKind.Subtract when ReferenceEquals(next.Operands[0], argument) => -Constant(next.Operands[1]),
            _ => null,
        };
    }

    private static long? Constant(Value value) =>
        value.Rank == 0 && value.Node.Attributes is ConstantAttributes constant ? constant.Value.AsInteger() : null;

    private static long Ceiling(long distance, long step) => distance <= 0 ? 0 : (distance + step - 1) / step;

    private static ComparisonDirection Swapped(ComparisonDirection direction) => direction switch
    {
        ComparisonDirection.Lt => ComparisonDirection.Gt,
        ComparisonDirection.Le => ComparisonDirection.Ge,
        ComparisonDirection.Gt => ComparisonDirection.Lt,
        ComparisonDirection.Ge => ComparisonDirection.Le,
        _ => direction,
    };
}
