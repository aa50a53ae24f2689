using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Loops and branches. Their bodies are C# lambdas that are traced once and may use the values around them.
public static partial class Op
{
    /// <summary>Repeats <paramref name="body"/> on the carried values while <paramref name="condition"/> (a scalar pred) holds.</summary>
    /// <remarks>
    /// Differentiable where the number of iterations is known when tracing: the first carried value, or any other, is an integer
    /// scalar that starts at a constant, is compared with a constant, and grows by a constant. <see cref="For"/> makes such loops.
    /// </remarks>
    public static Value[] While(ReadOnlySpan<Value> initial, Func<Value[], Value> condition, Func<Value[], Value[]> body,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(body);
        SourceLocation location = SourceLocation.Here(file, line);
        TensorType[] types = Types(initial);
        Region test = Regions.Trace("the condition of Op.While", captures: true, types, location, carried => [condition(carried)]);
        Regions.CheckResults("While", test, [new(DType.Pred, Shape.Scalar)], location);
        Region step = Regions.Trace("the body of Op.While", captures: true, types, location, body);
        Regions.CheckResults("While", step, types, location);
        return Many(OpKind.While, initial, types, location, null, [test, step]);
    }

    /// <summary>
    /// Repeats <paramref name="body"/> <paramref name="count"/> times; it gets the iteration (s32, from 0) and the carried values,
    /// and gives the new carried values. Differentiable.
    /// </summary>
    public static Value[] For(int count, ReadOnlySpan<Value> initial, Func<Value, Value[], Value[]> body, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        SourceLocation location = SourceLocation.Here(file, line);
        Value[] results = While([Constant(0L, DType.S32, file, line), .. initial],
            carried => CompareAt(carried[0], ConstantLike(carried[0], (long)count, location), ComparisonDirection.Lt, location),
            carried =>
            {
                Value next = WithConstant(OpKind.Add, carried[0], 1L, location);
                return body(carried[0], carried[1..]) is { } values ? [next, .. values] : null!;
            }, file, line);
        return results[1..];
    }

    /// <summary>The results of one of two branches, chosen by a scalar pred when running. Both give values of the same types.</summary>
    public static Value[] If(Value predicate, Func<Value[]> onTrue, Func<Value[]> onFalse, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        ArgumentNullException.ThrowIfNull(onTrue);
        ArgumentNullException.ThrowIfNull(onFalse);
        SourceLocation location = SourceLocation.Here(file, line);
        if (predicate.Type != new TensorType(DType.Pred, Shape.Scalar))
            throw GraphException.Invalid("If", [predicate], "the predicate must be one scalar of type pred", location);
        return Branches(OpKind.If, predicate, [onTrue, onFalse], location);
    }

    /// <summary>The results of the branch that an s32 scalar names; an index out of range takes the last branch.</summary>
    public static Value[] Case(Value index, ReadOnlySpan<Func<Value[]>> branches, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(index);
        SourceLocation location = SourceLocation.Here(file, line);
        if (index.Type != new TensorType(DType.S32, Shape.Scalar))
            throw GraphException.Invalid("Case", [index], "the index must be one scalar of type s32", location);
        if (branches.Length == 0)
            throw GraphException.Invalid("Case", [index], "there are no branches; give at least one", location);
        return Branches(OpKind.Case, index, branches, location);
    }

    /// <summary>
    /// The operands reordered together along an axis, so that <paramref name="less"/> (which gets a pair of scalars of each operand)
    /// holds between neighbours or neither way.
    /// </summary>
    public static Value[] Sort(ReadOnlySpan<Value> operands, Func<Value[], Value[], Value> less, int axis = -1, bool isStable = true,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(less);
        SourceLocation location = SourceLocation.Here(file, line);
        if (operands.Length == 0)
            throw GraphException.Invalid("Sort", "there is nothing to sort; give at least one operand", location);
        Value first = operands[0];
        int at = Axis("Sort", first, axis, location);
        // The pairs of one operand stand together in the region: left 0, right 0, left 1, right 1, ...
        var scalars = new TensorType[2 * operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i].Shape != first.Shape)
                throw GraphException.Invalid("Sort", operands, $"operand {i} of shape {operands[i].Shape} does not sort together with {first.Shape}", location);
            scalars[2 * i] = scalars[2 * i + 1] = new(operands[i].DType, Shape.Scalar);
        }
        Region body = Regions.Trace("the comparator of Op.Sort", captures: false, scalars, location,
            pairs => [less([.. pairs.Where((_, i) => i % 2 == 0)], [.. pairs.Where((_, i) => i % 2 == 1)])]);
        Regions.CheckResults("Sort", body, [new(DType.Pred, Shape.Scalar)], location);
        return Many(OpKind.Sort, operands, Types(operands), location, new SortAttributes(at, isStable), [body]);
    }

    /// <summary>The operand in ascending (or descending) order along an axis; NaN counts as greater than any number.</summary>
    public static Value Sort(Value operand, int axis = -1, bool descending = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return Sort([operand], (left, right) => Precedes(left[0], right[0], descending, location), axis, true, file, line)[0];
    }

    /// <summary>The indices (s32) that put the operand in order along an axis; NaN counts as greater than any number.</summary>
    public static Value Argsort(Value operand, int axis = -1, bool descending = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        Value index = Iota(DType.S32, operand.Shape, Axis("Argsort", operand, axis, location), file, line);
        return Sort([operand, index], (left, right) => Precedes(left[0], right[0], descending, location), axis, true, file, line)[1];
    }

    // An order of all values: with a comparison alone, NaN is neither before nor behind anything, and nothing gets sorted.
    private static Value Precedes(Value left, Value right, bool descending, SourceLocation location)
    {
        Value precedes = CompareAt(left, right, descending ? ComparisonDirection.Gt : ComparisonDirection.Lt, location);
        if (!left.DType.IsFloatingPoint) return precedes;
        (Value number, Value other) = descending ? (right, left) : (left, right);
        return precedes | (CompareAt(number, number, ComparisonDirection.Eq, location) & CompareAt(other, other, ComparisonDirection.Ne, location));
    }

    internal static TensorType[] Types(ReadOnlySpan<Value> values)
    {
        var types = new TensorType[values.Length];
        for (int i = 0; i < types.Length; i++)
            types[i] = values[i].Type;
        return types;
    }

    private static Value[] Branches(OpKind kind, Value selector, ReadOnlySpan<Func<Value[]>> branches, SourceLocation location)
    {
        var regions = new Region[branches.Length];
        for (int i = 0; i < regions.Length; i++)
        {
            Func<Value[]> branch = branches[i];
            ArgumentNullException.ThrowIfNull(branch, nameof(branches));
            regions[i] = Regions.Trace($"branch {i} of Op.{kind}", captures: true, [], location, _ => branch());
        }
        TensorType[] types = Types(regions[0].Results);
        foreach (Region region in regions)
            Regions.CheckResults(kind.ToString(), region, types, location);
        return Many(kind, [selector], types, location, null, regions);
    }
}
