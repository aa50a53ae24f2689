namespace OptiRs.Xla.Tests;

/// <summary>A dense row-major array whose elements, of whatever type, are kept as doubles: the reference's values.</summary>
internal sealed record NdArray(long[] Shape, double[] Data)
{
    public static NdArray Scalar(double value) => new([], [value]);

    public static NdArray Filled(long[] shape, Func<long[], double> element)
    {
        var array = new NdArray(shape, new double[shape.Aggregate(1L, (n, size) => n * size)]);
        foreach (long[] index in Indices(shape))
            array[index] = element(index);
        return array;
    }

    public double this[long[] index]
    {
        get => Data[Offset(index)];
        set => Data[Offset(index)] = value;
    }

    /// <summary>All indices of a shape in row-major order. The same array is given again and again.</summary>
    public static IEnumerable<long[]> Indices(long[] shape)
    {
        if (shape.Any(size => size == 0))
            yield break;
        long[] index = new long[shape.Length];
        while (true)
        {
            yield return index;
            int axis = shape.Length - 1;
            while (axis >= 0 && ++index[axis] == shape[axis])
                index[axis--] = 0;
            if (axis < 0)
                yield break;
        }
    }

    private long Offset(long[] index)
    {
        long offset = 0;
        for (int i = 0; i < Shape.Length; i++)
            offset = offset * Shape[i] + index[i];
        return offset;
    }
}
