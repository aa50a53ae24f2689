using System.Numerics.Tensors;

namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Attention against a plain one in binary64, its gradients against finite differences of that.</summary>
[TestFixture]
internal sealed class AttentionKernelTests
{
    [Test]
    public void EveryMaskAndShape([ValueSource(nameof(Cases))] Case c)
    {
        var inputs = new Inputs(c);
        float[] output = new float[c.Batch * c.Rows * c.Heads * c.ValueWidth], lse = new float[c.Batch * c.Heads * c.Rows];
        inputs.Run(output, lse);
        (double[] expected, double[] expectedLse) = inputs.Reference(inputs.Q, inputs.K, inputs.V);
        Compare.Close(output, expected, 1e-5, "output");
        Compare.Close(lse, expectedLse, 1e-5, "lse");
    }

    [Test]
    public void Gradients([ValueSource(nameof(SmallCases))] Case c)
    {
        var inputs = new Inputs(c);
        int outputs = c.Batch * c.Rows * c.Heads * c.ValueWidth;
        float[] output = new float[outputs], lse = new float[c.Batch * c.Heads * c.Rows], change = Inputs.Numbers(outputs, 9);
        float[] dq = new float[inputs.Q.Length], dk = new float[inputs.K.Length], dv = new float[inputs.V.Length];
        inputs.Run(output, lse);
        inputs.RunBackward(change, output, lse, dq, dk, dv);
        double Loss()
        {
            double[] result = inputs.Reference(inputs.Q, inputs.K, inputs.V).Output;
            return result.Select((x, i) => x * change[i]).Sum();
        }

        Compare.Close(dq, Differences(inputs.Q, Loss), 2e-3, "dq");
        Compare.Close(dk, Differences(inputs.K, Loss), 2e-3, "dk");
        Compare.Close(dv, Differences(inputs.V, Loss), 2e-3, "dv");
    }

    [Test]
    public void Bf16InOtherStrides()
    {
        // [batch, heads, sequence, width] in memory.
        const int batch = 2, heads = 3, rows = 50, width = 16;
        BFloat16[] q = Narrow(1), k = Narrow(2), v = Narrow(3), output = new BFloat16[q.Length];
        Kernels.Attention(
            ReadOnlyKernelTensor.Of(View(q)), ReadOnlyKernelTensor.Of(View(k)), ReadOnlyKernelTensor.Of(View(v)),
            KernelTensor.Of(new TensorSpan<BFloat16>(output, [batch, rows, heads, width], [heads * rows * width, width, rows * width, 1])),
            new AttentionOptions { Scale = 0.25, Mask = AttentionMask.CausalTopLeft });
        for (int b = 0; b < batch * heads; b++)
        for (int i = 0; i < rows; i++)
        {
            double[] scores = [.. Enumerable.Range(0, i + 1).Select(j => 0.25 * Enumerable.Range(0, width).Sum(d => (double)(float)q[At(b, i, d)] * (float)k[At(b, j, d)]))];
            double top = scores.Max(), sum = scores.Sum(s => Math.Exp(s - top));
            double[] expected = [.. Enumerable.Range(0, width).Select(d => scores.Select((s, j) => Math.Exp(s - top) / sum * (float)v[At(b, j, d)]).Sum())];
            Compare.Close(output.AsSpan(At(b, i, 0), width), expected, 0.005, $"{b}, {i}");
        }

        static int At(int b, int row, int d) => (((b * rows) + row) * width) + d;
        static BFloat16[] Narrow(int seed) => Array.ConvertAll(Inputs.Numbers(batch * heads * rows * width, seed), x => (BFloat16)x);
        static ReadOnlyTensorSpan<BFloat16> View(BFloat16[] x) => new(x, [batch, rows, heads, width], [heads * rows * width, width, rows * width, 1]);
    }

    [Test]
    public void DropoutKeepsTheMeanAndItsBackwardPassTheSameNumbers()
    {
        // With equal scores and values of 1, each output is the share of kept probabilities over 1-p.
        const int rows = 64, columns = 512;
        float[] q = new float[rows * 8], k = new float[columns * 8], v = new float[columns * 8], output = new float[rows * 8], lse = new float[rows];
        Array.Fill(v, 1);
        AttentionOptions Options() => new() { Scale = 1, Dropout = 0.25, Seed = 5 };
        Kernels.Attention(T(q, rows), T(k, columns), T(v, columns), O(output, rows), Options(), KernelTensor.Of<float>(lse, 1, 1, rows));
        Assert.That(output.Average(), Is.EqualTo(1).Within(0.02));
        Assert.That(output.Distinct().Count(), Is.GreaterThan(5));
        float[] change = new float[output.Length], dq = new float[q.Length], dk = new float[k.Length], dv = new float[v.Length];
        for (int i = 0; i < change.Length; i += 8) change[i] = 1;
        Kernels.AttentionBackward(
            T(change, rows), T(q, rows), T(k, columns), T(v, columns), T(output, rows), ReadOnlyKernelTensor.Of<float>(lse, 1, 1, rows), O(dq, rows),
            O(dk, columns), O(dv, columns), Options());
        // Output is linear in v: its change along v is the output itself.
        Assert.That(dv.Where((_, i) => i % 8 == 0).Sum(), Is.EqualTo(output.Where((_, i) => i % 8 == 0).Sum()).Within(1e-3));

        static ReadOnlyKernelTensor T(float[] x, int n) => ReadOnlyKernelTensor.Of<float>(x, 1, n, 1, 8);
        static KernelTensor O(float[] x, int n) => KernelTensor.Of<float>(x, 1, n, 1, 8);
    }

    [Test]
    public void HeadsThatDoNotDivideAreNamed()
    {
        float[] q = new float[3 * 4], k = new float[2 * 4], output = new float[3 * 4];
        Assert.That(
            () => Kernels.Attention(
                ReadOnlyKernelTensor.Of<float>(q, 1, 1, 3, 4), ReadOnlyKernelTensor.Of<float>(k, 1, 1, 2, 4), ReadOnlyKernelTensor.Of<float>(k, 1, 1, 2, 4),
                KernelTensor.Of<float>(output, 1, 1, 3, 4), new AttentionOptions { Scale = 1 }),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("k f32[1,1,2,4] has 2 heads, which do not divide those of q f32[1,1,3,4]"));
    }

    private static IEnumerable<Case> Cases()
    {
        yield return new Case(2, 5, 7, 2, 2, 8, 8);
        yield return new Case(1, 1, 300, 4, 1, 64, 64, Mask: AttentionMask.CausalBottomRight);
        foreach (int rows in (int[])[1, 64, 127, 129])
            yield return new Case(1, rows, rows, 2, 1, 32, 40, Mask: AttentionMask.CausalTopLeft);
        yield return new Case(1, 60, 130, 1, 1, 16, 16, Mask: AttentionMask.CausalTopLeft);
        yield return new Case(1, 60, 130, 1, 1, 16, 16, Mask: AttentionMask.CausalBottomRight);
        yield return new Case(1, 130, 60, 1, 1, 16, 16, Mask: AttentionMask.CausalBottomRight);
        yield return new Case(1, 300, 300, 1, 1, 16, 16, WindowLeft: 20, WindowRight: 3);
        yield return new Case(2, 100, 150, 2, 1, 24, 24, Mask: AttentionMask.CausalBottomRight, WindowLeft: 40, Lengths: true);
        yield return new Case(2, 50, 200, 4, 2, 16, 16, SoftCap: 3, Alibi: true);
        yield return new Case(2, 50, 70, 4, 2, 16, 16, Bias: true);
        yield return new Case(1, 10, 0, 1, 1, 8, 8);
        yield return new Case(1, 64, 64, 1, 1, 96, 128, Scale: 40);
        yield return new Case(1, 40, 40, 1, 1, 256, 256);
    }

    private static IEnumerable<Case> SmallCases()
    {
        yield return new Case(1, 5, 7, 2, 1, 4, 6);
        yield return new Case(1, 9, 5, 2, 2, 4, 4, Mask: AttentionMask.CausalBottomRight);
        yield return new Case(2, 6, 6, 2, 1, 4, 4, Mask: AttentionMask.CausalTopLeft, Lengths: true, SoftCap: 2);
        yield return new Case(1, 6, 8, 2, 2, 4, 4, Bias: true, Alibi: true, WindowLeft: 3, WindowRight: 2);
        yield return new Case(1, 3, 120, 1, 1, 4, 4);
        yield return new Case(1, 60, 4, 1, 1, 4, 4);
    }

    private static double[] Differences(float[] x, Func<double> loss)
    {
        const float step = 1e-2f;
        var slopes = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            float kept = x[i];
            x[i] = kept + step;
            double up = loss(), high = x[i];
            x[i] = kept - step;
            slopes[i] = (up - loss()) / (high - x[i]);
            x[i] = kept;
        }

        return slopes;
    }

    internal sealed record Case(
        int Batch, int Rows, int Columns, int Heads, int KeyHeads, int Width, int ValueWidth, AttentionMask Mask = AttentionMask.None,
        int WindowLeft = -1, int WindowRight = -1, double SoftCap = 0, bool Bias = false, bool Alibi = false, bool Lengths = false,
        double Scale = 0.3);

    private sealed class Inputs
    {
        private readonly Case _c;
        private readonly float[] _bias, _slopes;
        private readonly int[] _rows, _columns;

        public Inputs(Case c)
        {
            _c = c;
            Q = Numbers(c.Batch * c.Rows * c.Heads * c.Width, 1);
            K = Numbers(c.Batch * c.Columns * c.KeyHeads * c.Width, 2);
            V = Numbers(c.Batch * c.Columns * c.KeyHeads * c.ValueWidth, 3);
            _bias = Numbers(c.Heads * c.Rows * c.Columns, 4);
            if (_bias.Length > 3) _bias[2] = float.NegativeInfinity;
            _slopes = [.. Enumerable.Range(1, c.Heads).Select(h => 0.1f * h)];
            _rows = [.. Enumerable.Range(0, c.Batch).Select(b => c.Lengths ? c.Rows - b - 1 : c.Rows)];
            _columns = [.. Enumerable.Range(0, c.Batch).Select(b => c.Lengths ? c.Columns - (2 * b) : c.Columns)];
        }

        public float[] Q { get; }

        public float[] K { get; }

        public float[] V { get; }

        private AttentionOptions Options => new()
        {
            Scale = _c.Scale, Mask = _c.Mask, WindowLeft = _c.WindowLeft, WindowRight = _c.WindowRight, SoftCap = _c.SoftCap,
            Bias = _c.Bias ? ReadOnlyKernelTensor.Of<float>(_bias, 1, _c.Heads, _c.Rows, _c.Columns) : default,
            AlibiSlopes = _c.Alibi ? ReadOnlyKernelTensor.Of<float>(_slopes, _c.Heads) : default,
            QueryLengths = _c.Lengths ? ReadOnlyKernelTensor.Of<int>(_rows, _c.Batch) : default,
            KeyLengths = _c.Lengths ? ReadOnlyKernelTensor.Of<int>(_columns, _c.Batch) : default,
        };

        public static float[] Numbers(int count, int seed)
        {
            var random = new Random(seed);
            var numbers = new float[count];
            for (int i = 0; i < count; i++) numbers[i] = (float)((2 * random.NextDouble()) - 1);
            return numbers;
        }

        public void Run(float[] output, float[] lse) => Kernels.Attention(
            Queries(Q), Keys(K), Values(V), KernelTensor.Of<float>(output, _c.Batch, _c.Rows, _c.Heads, _c.ValueWidth), Options,
            KernelTensor.Of<float>(lse, _c.Batch, _c.Heads, _c.Rows));

        public void RunBackward(float[] change, float[] output, float[] lse, float[] dq, float[] dk, float[] dv) => Kernels.AttentionBackward(
            Outputs(change), Queries(Q), Keys(K), Values(V), Outputs(output), ReadOnlyKernelTensor.Of<float>(lse, _c.Batch, _c.Heads, _c.Rows),
            KernelTensor.Of<float>(dq, _c.Batch, _c.Rows, _c.Heads, _c.Width), KernelTensor.Of<float>(dk, _c.Batch, _c.Columns, _c.KeyHeads, _c.Width),
            KernelTensor.Of<float>(dv, _c.Batch, _c.Columns, _c.KeyHeads, _c.ValueWidth), Options);

        public (double[] Output, double[] Lse) Reference(float[] q, float[] k, float[] v)
        {
            var output = new double[_c.Batch * _c.Rows * _c.Heads * _c.ValueWidth];
            var lse = new double[_c.Batch * _c.Heads * _c.Rows];
            for (int b = 0; b < _c.Batch; b++)
            for (int h = 0; h < _c.Heads; h++)
            for (int i = 0; i < _c.Rows; i++)
            {
                int kv = h / (_c.Heads / _c.KeyHeads);
                var scores = new double[_c.Columns];
                for (int j = 0; j < _c.Columns; j++) scores[j] = Score(q, k, b, h, kv, i, j);
                double top = scores.DefaultIfEmpty(double.NegativeInfinity).Max();
                double sum = double.IsNegativeInfinity(top) ? 0 : scores.Sum(s => Math.Exp(s - top));
                lse[(((b * _c.Heads) + h) * _c.Rows) + i] = sum > 0 ? top + Math.Log(sum) : double.NegativeInfinity;
                for (int j = 0; j < _c.Columns && sum > 0; j++)
                {
                    double p = Math.Exp(scores[j] - top) / sum;
                    for (int d = 0; d < _c.ValueWidth; d++)
                        output[(((((b * _c.Rows) + i) * _c.Heads) + h) * _c.ValueWidth) + d] +=
                            p * v[(((((b * _c.Columns) + j) * _c.KeyHeads) + kv) * _c.ValueWidth) + d];
                }
            }

            return (output, lse);
        }

        private double Score(float[] q, float[] k, int b, int h, int kv, int i, int j)
        {
            int diagonal = _c.Mask == AttentionMask.CausalBottomRight ? i + _columns[b] - _rows[b] : i;
            bool masked = i >= _rows[b] || j >= _columns[b] || (_c.Mask != AttentionMask.None && j > diagonal)
                || (_c.WindowLeft >= 0 && j < diagonal - _c.WindowLeft) || (_c.WindowRight >= 0 && j > diagonal + _c.WindowRight);
            if (masked) return double.NegativeInfinity;
            double score = 0;
            for (int d = 0; d < _c.Width; d++)
                score += (double)q[(((((b * _c.Rows) + i) * _c.Heads) + h) * _c.Width) + d] * k[(((((b * _c.Columns) + j) * _c.KeyHeads) + kv) * _c.Width) + d];
            score *= _c.Scale;
            if (_c.SoftCap > 0) score = _c.SoftCap * Math.Tanh(score / _c.SoftCap);
            if (_c.Bias) score += _bias[(((h * _c.Rows) + i) * _c.Columns) + j];
            if (_c.Alibi) score -= _slopes[h] * (double)Math.Abs(i + _columns[b] - _rows[b] - j);
            return score;
        }

        private ReadOnlyKernelTensor Queries(float[] x) => ReadOnlyKernelTensor.Of<float>(x, _c.Batch, _c.Rows, _c.Heads, _c.Width);

        private ReadOnlyKernelTensor Keys(float[] x) => ReadOnlyKernelTensor.Of<float>(x, _c.Batch, _c.Columns, _c.KeyHeads, _c.Width);

        private ReadOnlyKernelTensor Values(float[] x) => ReadOnlyKernelTensor.Of<float>(x, _c.Batch, _c.Columns, _c.KeyHeads, _c.ValueWidth);

        private ReadOnlyKernelTensor Outputs(float[] x) => ReadOnlyKernelTensor.Of<float>(x, _c.Batch, _c.Rows, _c.Heads, _c.ValueWidth);
    }
}
