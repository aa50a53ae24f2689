namespace OptiRs.Xla;

/// <summary>Differentiation of contractions: the gradient of each side is a contraction of the result's with the other side.</summary>
internal static class DotRules
{
    public static void DotGeneral(VjpContext c)
    {
        var d = c.Node.As<DotAttributes>();
        int batch = d.LhsBatch.Length;
        int leftFree = c[0].Rank - batch - d.LhsContracting.Length;
        c.Give(0, g => OfSide(g, c[0], c[1], d.LhsBatch, d.LhsContracting, d.RhsBatch, d.RhsContracting, batch + leftFree));
        c.Give(1, g => OfSide(g, c[1], c[0], d.RhsBatch, d.RhsContracting, d.LhsBatch, d.LhsContracting, batch));
    }

    /// <param name="g">The cotangent: batching dimensions, free dimensions of the left side, free dimensions of the right side.</param>
    /// <param name="mine">The side whose gradient is wanted.</param>
    /// <param name="other">The other side.</param>
    /// <param name="myBatch">Batching axes of mine.</param>
    /// <param name="myContracting">Contracting axes of mine.</param>
    /// <param name="otherBatch">Batching axes of the other.</param>
    /// <param name="otherContracting">Contracting axes of the other.</param>
    /// <param name="otherFreeStart">The axis of g where the other side's free dimensions begin.</param>
    private static Value OfSide(Value g, Value mine, Value other, int[] myBatch, int[] myContracting, int[] otherBatch, int[] otherContracting, int otherFreeStart)
    {
        int[] otherFree = Free(other.Rank, otherBatch, otherContracting);
        int[] myFree = Free(mine.Rank, myBatch, myContracting);
        (int, int)[] contracting = [.. otherFree.Select((axis, i) => (otherFreeStart + i, axis))];
        (int, int)[] batching = [.. otherBatch.Select((axis, i) => (i, axis))];
        Value product = Op.DotGeneral(Op.Convert(g, mine.DType), other, contracting, batching);
        // The product has batch, my free axes, then the other side's contracted axes in the other side's order.
        int[] order = [.. myBatch, .. myFree, .. otherContracting.Order().Select(axis => myContracting[Array.IndexOf(otherContracting, axis)])];
        int[] permutation = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            permutation[order[i]] = i;
        return permutation.Length == 0 ? product : Op.Transpose(product, permutation);
    }

    private static int[] Free(int rank, int[] batch, int[] contracting) =>
        [.. Enumerable.Range(0, rank).Where(axis => !batch.Contains(axis) && !contracting.Contains(axis))];
}
