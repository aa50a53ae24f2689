using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Contractions.
public static partial class Op
{
    /// <summary>
    /// The general product of two tensors: sums over the contracting axes, pairs the batching axes. The result has the batching
    /// dimensions, then what is left of the left side, then of the right side.
    /// </summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="contracting">Pairs of axes that are summed over.</param>
    /// <param name="batching">Pairs of axes that run together.</param>
    /// <param name="resultType">The element type of the result, for products of a narrow type kept in a wide one; null for the operands'.</param>
    /// <param name="file">The calling file.</param>
    /// <param name="line">The calling line.</param>
    public static Value DotGeneral(Value left, Value right, ReadOnlySpan<(int Left, int Right)> contracting, ReadOnlySpan<(int Left, int Right)> batching = default,
        DType? resultType = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        SourceLocation location = SourceLocation.Here(file, line);
        CheckSameElement("DotGeneral", left, right, location);
        (int[] leftContracting, int[] rightContracting) = Pairs("contracting", left, right, contracting, location);
        (int[] leftBatch, int[] rightBatch) = Pairs("batching", left, right, batching, location);
        if (leftContracting.Intersect(leftBatch).Any() || rightContracting.Intersect(rightBatch).Any())
            throw GraphException.Invalid("DotGeneral", [left, right], "an axis is both contracting and batching", location);
        List<long> sizes = [.. leftBatch.Select(axis => left.Shape[axis])];
        sizes.AddRange(Without(left.Shape, [.. leftBatch, .. leftContracting]).Dimensions);
        sizes.AddRange(Without(right.Shape, [.. rightBatch, .. rightContracting]).Dimensions);
        return One(OpKind.DotGeneral, [left, right], new(resultType ?? left.DType, new Shape([.. sizes])), location,
            new DotAttributes(leftBatch, rightBatch, leftContracting, rightContracting));
    }

    /// <summary>
    /// The matrix product, as NumPy's matmul: the last axis of the left side with the last but one of the right side; leading
    /// dimensions broadcast; vectors are rows on the left and columns on the right.
    /// </summary>
    public static Value MatMul(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        SourceLocation location = SourceLocation.Here(file, line);
        CheckSameElement("MatMul", left, right, location);
        if (left.Rank == 0 || right.Rank == 0)
            throw GraphException.Invalid("MatMul", [left, right], "scalars have no matrix product; use *", location);
        int rightInner = Math.Max(right.Rank - 2, 0);
        if (left.Shape[left.Rank - 1] != right.Shape[rightInner])
            throw GraphException.Invalid("MatMul", [left, right], $"the inner dimensions differ: {left.Shape[left.Rank - 1]} on the left, {right.Shape[rightInner]} on the right; transpose one side with Op.Transpose", location);
        if (right.Rank <= 2)
            return DotGeneral(left, right, [(left.Rank - 1, rightInner)], default, null, file, line);
        if (left.Rank == 1)
            return Squeeze(MatMul(ExpandDims(left, 0, file, line), right, file, line), -2, file, line);
        (left, right) = BroadcastBatch(left, right, location);
        int batch = left.Rank - 2;
        var pairs = new (int, int)[batch];
        for (int i = 0; i < batch; i++)
            pairs[i] = (i, i);
        return DotGeneral(left, right, [(batch + 1, batch)], pairs, null, file, line);
    }

    private static (Value Left, Value Right) BroadcastBatch(Value left, Value right, SourceLocation location)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        long[] sizes = new long[rank - 2];
        for (int i = 0; i < sizes.Length; i++)
        {
            long l = i < rank - left.Rank ? 1 : left.Shape[i - (rank - left.Rank)];
            long r = i < rank - right.Rank ? 1 : right.Shape[i - (rank - right.Rank)];
            if (l != r && l != 1 && r != 1)
                throw GraphException.Invalid("MatMul", [left, right], $"the leading dimensions do not broadcast: {l} and {r} at {i - rank}", location);
            sizes[i] = l == 1 ? r : l;
        }
        return (BroadcastAt(left, new Shape([.. sizes, .. left.Shape.Dimensions[^2..]]), location),
            BroadcastAt(right, new Shape([.. sizes, .. right.Shape.Dimensions[^2..]]), location));
    }

    private static (int[] Left, int[] Right) Pairs(string role, Value left, Value right, ReadOnlySpan<(int Left, int Right)> pairs, SourceLocation location)
    {
        int[] lefts = new int[pairs.Length];
        int[] rights = new int[pairs.Length];
        for (int i = 0; i < pairs.Length; i++)
        {
            (int l, int r) = (lefts[i], rights[i]) = (Axis("DotGeneral", left, pairs[i].Left, location), Axis("DotGeneral", right, pairs[i].Right, location));
            if (left.Shape[l] != right.Shape[r])
                throw GraphException.Invalid("DotGeneral", [left, right], $"the {role} dimensions differ: axis {l} of the left side is {left.Shape[l]}, axis {r} of the right side {right.Shape[r]}", location);
        }
        if (lefts.Distinct().Count() != lefts.Length || rights.Distinct().Count() != rights.Length)
            throw GraphException.Invalid("DotGeneral", [left, right], $"a {role} axis is given twice", location);
        return (lefts, rights);
    }
}
