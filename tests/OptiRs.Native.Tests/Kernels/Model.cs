namespace OptiRs.Native.Tests.KernelTests;

/// <summary>The parameters, gradients and states of a pretended model in f32, and the same in binary64.</summary>
internal sealed class Model : IDisposable
{
    private readonly Tensor<float>[][] _tensors;
    private readonly double[][][] _expected;
    private readonly TensorList[] _lists;
    private readonly int _states;

    public Model(int[] sizes, int states, OptimizerTensorOptions? options = null, bool hasGradients = true)
    {
        _states = states;
        _tensors = [.. Enumerable.Range(0, 2 + states).Select(k => sizes.Select((n, i) => Random(n, k, i)).ToArray())];
        _expected = [.. _tensors.Select(list => list.Select(t => Array.ConvertAll(t.ReadOnlySpan.ToArray(), x => (double)x)).ToArray())];
        _lists = [.. _tensors.Select(list => TensorList.Of(list))];
        Tensors = new OptimizerTensors(
            _lists[0], hasGradients ? _lists[1] : null, states > 0 ? _lists[2] : null, states > 1 ? _lists[3] : null, options);
    }

    /// <summary>One element's step; a state that there is none of is 0.</summary>
    public delegate void Step(ref double parameter, double gradient, ref double state1, ref double state2);

    public OptimizerTensors Tensors { get; }

    public TensorList Gradients => _lists[1];

    public ReadOnlySpan<float> Parameter(int index) => _tensors[0][index].ReadOnlySpan;

    public Span<float> Gradient(int index) => _tensors[1][index].Span;

    /// <summary>Binary64 values of a list: 0 parameters, 1 gradients, 2 and 3 states.</summary>
    public double[][] Expected(int list) => _expected[list];

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
        for (int i = 0; i < _expected[0].Length; i++) Reference(i, step);
    }

    public void Reference(int tensor, Step step)
    {
        for (int j = 0; j < _expected[0][tensor].Length; j++)
        {
            double none1 = 0, none2 = 0;
            ref double first = ref none1;
            ref double second = ref none2;
            if (_states > 0) first = ref _expected[2][tensor][j];
            if (_states > 1) second = ref _expected[3][tensor][j];
            step(ref _expected[0][tensor][j], _expected[1][tensor][j], ref first, ref second);
        }
    }

    /// <summary>Parameters and states differ from the reference by less than the tolerance times their size, at least 1.</summary>
    public void AssertClose(double tolerance)
    {
        for (int k = 0; k < _tensors.Length; k++)
        for (int i = 0; i < _tensors[k].Length; i++)
            Compare.Close(_tensors[k][i].ReadOnlySpan, _expected[k][i], tolerance, $"list {k}, tensor {i}");
    }

    public void Dispose()
    {
        Tensors.Dispose();
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
