namespace OptiRs.Native.Tests.KernelTests;

/// <summary>What optimizer steps do besides: 16-bit parameters, scaled gradients, 8-bit states, casts.</summary>
[TestFixture]
internal sealed class OptimizerFormTests
{
    private const int Count = 20011;

    [Test]
    public void MastersKeepWhatTheParametersLose()
    {
        using var model = new Model([Count], 2);
        using var narrow = new Narrow(model, masters: true, remainders: false);
        Train(model, narrow);
        Assert.That(narrow.Masters!.ReadOnlySpan.SequenceEqual(model.Parameter(0)));
        for (int i = 0; i < Count; i++)
            Assert.That(narrow.Parameters.ReadOnlySpan[i].Bits, Is.EqualTo(((BFloat16)model.Parameter(0)[i]).Bits));
    }

    [Test]
    public void RemaindersAreTheLowerHalvesOfMasters()
    {
        using var model = new Model([Count], 2);
        using var narrow = new Narrow(model, masters: false, remainders: true);
        Train(model, narrow);
        for (int i = 0; i < Count; i++)
        {
            int master = (narrow.Parameters.ReadOnlySpan[i].Bits << 16) + narrow.Remainders!.ReadOnlySpan[i];
            Assert.That(master, Is.EqualTo(BitConverter.SingleToInt32Bits(model.Parameter(0)[i])), $"element {i}");
        }
    }

    [Test]
    public void PlainNarrowParametersAreRounded()
    {
        using var model = new Model([Count], 2);
        using var narrow = new Narrow(model, masters: false, remainders: false);
        float[] start = Array.ConvertAll(narrow.Parameters.ReadOnlySpan.ToArray(), x => (float)x);
        model.NewGradients(1);
        narrow.CopyGradients(model);
        Kernels.Sgd(narrow.WithoutStates, 0.1);
        for (int i = 0; i < Count; i++)
        {
            float expected = MathF.FusedMultiplyAdd(-0.1f, (float)(BFloat16)model.Gradient(0)[i], start[i]);
            Assert.That((float)narrow.Parameters.ReadOnlySpan[i], Is.EqualTo((float)(BFloat16)expected).Within(1).Ulps.Or.EqualTo(expected).Within(0.005f), $"{i}");
        }
    }

    [Test]
    public void ScaledGradientsAreClippedAndZeroed()
    {
        using var scaled = new Scalars(1, 0);
        using var model = new Model([1000, 17], 0, new OptimizerTensorOptions { GradientScale = scaled.Scale, Skip = scaled.Skip, ZeroGradients = true });
        model.NewGradients(3);
        double norm = Math.Sqrt(model.Expected(1).Sum(g => g.Sum(x => x * x)));
        using Tensor<float> found = Tensor<float>.Create(new Shape(1)), lossScale = Tensor<float>.From(0.25f);
        Kernels.GradientNorm(model.Gradients, found, 0.5, lossScale, scaled.ScaleTensor, scaled.SkipTensor);
        Assert.That(found.Span[0], Is.EqualTo(norm / 4).Within(1e-5).Percent);
        double factor = 0.25 * Math.Min(1, 0.5 / ((norm / 4) + 1e-6));
        Assert.That(scaled.ScaleTensor.Span[0], Is.EqualTo(factor).Within(1e-4).Percent);
        Assert.That(scaled.SkipTensor.Span[0], Is.Zero);
        Kernels.Sgd(model.Tensors, 0.1);
        model.Reference((ref double p, double g, ref double _, ref double _) => p -= 0.1 * g * factor);
        foreach (double[] gradient in model.Expected(1)) Array.Clear(gradient);
        model.AssertClose(1e-6);
    }

    [TestCase(float.PositiveInfinity)]
    [TestCase(float.NaN)]
    public void AStepIsLeftOutWhereGradientsOverflowed(float bad)
    {
        using var scaled = new Scalars(1, 0);
        using var model = new Model([1000, 17], 2, new OptimizerTensorOptions { GradientScale = scaled.Scale, Skip = scaled.Skip });
        model.Gradient(1)[16] = bad;
        model.Expected(1)[1][16] = bad;
        using Tensor<float> found = Tensor<float>.Create(new Shape(1));
        Kernels.GradientNorm(model.Gradients, found, gradientScale: scaled.ScaleTensor, nonFinite: scaled.SkipTensor);
        Assert.That(scaled.SkipTensor.Span[0], Is.EqualTo(1));
        Kernels.AdamW(model.Tensors, 1, 0.1);
        model.AssertClose(0);
    }

    [Test]
    public void NewParametersAreCast()
    {
        using Tensor<Float8E4M3> first = Tensor<Float8E4M3>.Create(new Shape(1000)), second = Tensor<Float8E4M3>.Create(new Shape(17));
        using Tensor<float> scale = Tensor<float>.From(100, 300), amax = Tensor<float>.Create(new Shape(2));
        using TensorList casts = TensorList.Of(first, second), scales = TensorList.Of(scale), largest = TensorList.Of(amax);
        using var model = new Model([1000, 17], 0, new OptimizerTensorOptions { Casts = casts, CastScale = scales, CastAmax = largest });
        Kernels.Sgd(model.Tensors, 0.1);
        for (int i = 0; i < 1000; i++)
            Assert.That(first.ReadOnlySpan[i].Bits, Is.EqualTo(((Float8E4M3)(model.Parameter(0)[i] * 100)).Bits));
        for (int i = 0; i < 17; i++)
            Assert.That(second.ReadOnlySpan[i].Bits, Is.EqualTo(((Float8E4M3)(model.Parameter(1)[i] * 300)).Bits));
        Assert.That(amax.ReadOnlySpan[0], Is.EqualTo(model.Parameter(0).ToArray().Max(MathF.Abs)));
        Assert.That(amax.ReadOnlySpan[1], Is.EqualTo(model.Parameter(1).ToArray().Max(MathF.Abs)));
    }

    [Test]
    public void StatesOfEightBitsAreTheNearestOfTheMap()
    {
        using var states = new Narrow8(Count);
        using var model = new Model([Count], 0);
        using var tensors = new OptimizerTensors(states.Parameters, model.Gradients, states.M, states.V, states.Options);
        model.NewGradients(7);
        Kernels.AdamW(tensors, 1, 0.1);
        double[] signed = Map(true), unsigned = Map(false);
        for (int block = 0; block * 256 < Count; block++)
        {
            int end = Math.Min(Count, (block + 1) * 256);
            float scale1 = states.Scale1.ReadOnlySpan[block], scale2 = states.Scale2.ReadOnlySpan[block];
            float largest = 0;
            for (int i = block * 256; i < end; i++)
            {
                double g = model.Gradient(0)[i];
                largest = MathF.Max(largest, MathF.Abs((float)g * 0.1f));
                AssertNearest(signed, states.Codes1.ReadOnlySpan[i], 0.1 * g / scale1);
                AssertNearest(unsigned, states.Codes2.ReadOnlySpan[i], 0.001 * g * g / scale2);
            }

            Assert.That(scale1, Is.EqualTo(largest).Within(2).Ulps);
        }
    }

    // Bitsandbytes' dynamic map: sorted, with 0 and 1.
    private static double[] Map(bool hasSign)
    {
        var values = new List<double> { 0, 1 };
        for (int decade = 0; decade < 7; decade++)
        {
            int parts = 1 << (hasSign ? decade : decade + 1);
            for (int k = 0; k < parts; k++)
            {
                double value = (0.1 + (0.9 * (k + 0.5) / parts)) * Math.Pow(10, decade - 6);
                values.Add(value);
                if (hasSign) values.Add(-value);
            }
        }

        values.Sort();
        Assert.That(values, Has.Count.EqualTo(256));
        return [.. values];
    }

    private static void AssertNearest(double[] map, byte code, double value)
    {
        double error = Math.Abs(map[code] - value);
        double best = map.Min(x => Math.Abs(x - value));
        Assert.That(error, Is.EqualTo(best).Within(1e-6), $"{value} became {map[code]}");
    }

    // The f32 model and the narrow one see the same gradients.
    private static void Train(Model model, Narrow narrow)
    {
        for (int step = 1; step <= 4; step++)
        {
            model.NewGradients(step);
            foreach (ref float g in model.Gradient(0)) g = (float)(BFloat16)g;
            narrow.CopyGradients(model);
            Kernels.AdamW(model.Tensors, step, 0.01);
            Kernels.AdamW(narrow.Tensors, step, 0.01);
        }
    }

    private sealed class Scalars : IDisposable
    {
        public Scalars(float scale, float skip)
        {
            (ScaleTensor, SkipTensor) = (Tensor<float>.From(scale), Tensor<float>.From(skip));
            (Scale, Skip) = (TensorList.Of(ScaleTensor), TensorList.Of(SkipTensor));
        }

        public Tensor<float> ScaleTensor { get; }

        public Tensor<float> SkipTensor { get; }

        public TensorList Scale { get; }

        public TensorList Skip { get; }

        public void Dispose()
        {
            Scale.Dispose();
            Skip.Dispose();
            ScaleTensor.Dispose();
            SkipTensor.Dispose();
        }
    }

    /// <summary>A model's parameters and gradients as bf16.</summary>
    private sealed class Narrow : IDisposable
    {
        private readonly Tensor<BFloat16> _gradients;
        private readonly List<IDisposable> _owned = [];

        public Narrow(Model model, bool masters, bool remainders)
        {
            float[] start = model.Parameter(0).ToArray();
            Parameters = Own(Tensor<BFloat16>.Create(new Shape(Count)));
            _gradients = Own(Tensor<BFloat16>.Create(new Shape(Count)));
            if (masters) Masters = Own(Tensor<float>.From(start, new Shape(Count)));
            if (remainders) Remainders = Own(Tensor<short>.Create(new Shape(Count)));
            for (int i = 0; i < Count; i++)
            {
                int bits = BitConverter.SingleToInt32Bits(start[i]);
                Parameters.Span[i] = remainders ? BFloat16.FromBits((ushort)((bits + 0x8000) >> 16)) : (BFloat16)start[i];
                if (remainders) Remainders!.Span[i] = (short)bits;
            }

            TensorList parameters = Own(TensorList.Of(Parameters)), gradients = Own(TensorList.Of(_gradients));
            TensorList m = Own(TensorList.Of(Own(Tensor<float>.Create(new Shape(Count))))), v = Own(TensorList.Of(Own(Tensor<float>.Create(new Shape(Count)))));
            var options = new OptimizerTensorOptions
            {
                Masters = masters ? Own(TensorList.Of(Masters!)) : null, Remainders = remainders ? Own(TensorList.Of(Remainders!)) : null,
            };
            Tensors = Own(new OptimizerTensors(parameters, gradients, m, v, options));
            WithoutStates = Own(new OptimizerTensors(parameters, gradients, options: options));
        }

        public Tensor<BFloat16> Parameters { get; }

        public Tensor<float>? Masters { get; }

        public Tensor<short>? Remainders { get; }

        public OptimizerTensors Tensors { get; }

        public OptimizerTensors WithoutStates { get; }

        public void CopyGradients(Model model)
        {
            for (int i = 0; i < Count; i++) _gradients.Span[i] = (BFloat16)model.Gradient(0)[i];
        }

        public void Dispose() => _owned.ForEach(x => x.Dispose());

        private T Own<T>(T owned) where T : IDisposable
        {
            _owned.Insert(0, owned);
            return owned;
        }
    }

    private sealed class Narrow8 : IDisposable
    {
        private readonly List<IDisposable> _owned = [];

        public Narrow8(int count)
        {
            int blocks = (count + 255) / 256;
            Codes1 = Own(Tensor<byte>.Create(new Shape(count)));
            Codes2 = Own(Tensor<byte>.Create(new Shape(count)));
            Scale1 = Own(Tensor<float>.Create(new Shape(blocks)));
            Scale2 = Own(Tensor<float>.Create(new Shape(blocks)));
            Parameters = Own(TensorList.Of(Own(Tensor<float>.Create(new Shape(count)))));
            (M, V) = (Own(TensorList.Of(Codes1)), Own(TensorList.Of(Codes2)));
            Options = new OptimizerTensorOptions { Scales1 = Own(TensorList.Of(Scale1)), Scales2 = Own(TensorList.Of(Scale2)) };
        }

        public Tensor<byte> Codes1 { get; }

        public Tensor<byte> Codes2 { get; }

        public Tensor<float> Scale1 { get; }

        public Tensor<float> Scale2 { get; }

        public TensorList Parameters { get; }

        public TensorList M { get; }

        public TensorList V { get; }

        public OptimizerTensorOptions Options { get; }

        public void Dispose() => _owned.ForEach(x => x.Dispose());

        private T Own<T>(T owned) where T : IDisposable
        {
            _owned.Insert(0, owned);
            return owned;
        }
    }
}
