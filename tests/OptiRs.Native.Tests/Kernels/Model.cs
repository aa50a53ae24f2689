namespace OptiRs.Native.Tests.KernelTests;

/// <summary>The parameters, gradients and states of a pretended model, and the same in binary64.</summary>
internal sealed class Model : IDisposable
{
    private readonly Tensor<float>[][] _tensors;
    private readonly double[][][] _expected;
    private readonly TensorList[] _lists;

    public Model(int[] sizes, int states)
    {
        _tensors = [.. Enumerable.Range(0, 2 + states).Select(k => sizes.Select((n, i) => Random(n, k, i)).ToArray())];
        _expected = [.. _tensors.Select(list => list.Select(t => Array.ConvertAll(t.ReadOnlySpan.ToArray(), x => (double)x)).ToArray())];
        _lists = [.. _tensors.Select(list => TensorList.Of(list))];
        Tensors = new OptimizerTensors(_lists[0], _lists[1], _lists[2], states > 1 ? _lists[3] : null);
    }

    /// <summary>One element's step; a state that there is none of is 0.</summary>
    public delegate void Step(ref double parameter, double gradient, ref double state1, ref double state2);

    public OptimizerTensors Tensors { get; }

    public void NewGradients(int seed)
    {
        for (int i = 0; i < _tensors[1].Length; i++)
        {
            var random = new Random((seed * 1000) + i);
            Span<float> gradient = _tensors[1][i].Span;
            for (int j = 0; j < gradient.Length; j++) _expected[1][i][j] = gradient[j] = (float)(random.NextDouble() - 0.5);
        }
    }

    public void Reference(Step step)
    {
        double none = 0;
        for (int i = 0; i < _expected[0].Length; i++)
        for (int j = 0; j < _expected[0][i].Length; j++)
        {
            ref double second = ref none;
            if (_expected.Length > 3) second = ref _expected[3][i][j];
            step(ref _expected[0][i][j], _expected[1][i][j], ref _expected[2][i][j], ref second);
        }
    }

    /// <summary>Parameters and states differ from the reference by less than the tolerance times their size, at least 1.</summary>
    public void AssertClose(double tolerance)
    {
        for (int k = 0; k < _tensors.Length; k++)
        for (int i = 0; i < _tensors[k].Length; i++)
        {
            ReadOnlySpan<float> actual = _tensors[k][i].ReadOnlySpan;
            for (int j = 0; j < actual.Length; j++)
            {
                double expected = _expected[k][i][j];
                if (!(Math.Abs(actual[j] - expected) <= tolerance * Math.Max(1, Math.Abs(expected))))
                    Assert.Fail($"list {k}, tensor {i}, element {j}: {actual[j]} instead of {expected}");
            }
        }
    }

    public void Dispose()
    {
        foreach (TensorList list in _lists) list.Dispose();
        foreach (Tensor<float>[] list in _tensors)
            foreach (Tensor<float> tensor in list) tensor.Dispose();
    }

    // States start as zeros, as they do in training.
    private static Tensor<float> Random(int size, int kind, int seed)
    {
        Tensor<float> tensor = Tensor<float>.Create(new Shape(size));
        var random = new Random(seed + 17);
        if (kind < 2)
            foreach (ref float x in tensor.Span) x = (float)(random.NextDouble() - 0.5);
        return tensor;
    }
}
