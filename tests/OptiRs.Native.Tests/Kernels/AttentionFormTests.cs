namespace OptiRs.Native.Tests.KernelTests;

/// <summary>
/// Attention over packed, paged, split and 8-bit operands: against attention in binary64 over each sequence, and against the plain
/// kernel over each sequence, which has tests of its own.
/// </summary>
[TestFixture]
internal sealed class AttentionFormTests
{
    private const int Heads = 4, KeyHeads = 2, Width = 24, ValueWidth = 16;

    // The second sequence is empty, the last has more rows than columns.
    private static readonly int[] RowCounts = [5, 0, 1, 60, 9], ColumnCounts = [7, 3, 130, 60, 4];

    [Test]
    public void PackedSequencesAreIndependent([Values] AttentionMask mask, [Values] bool windowed)
    {
        int[] rowStarts = Starts(RowCounts), columnStarts = Starts(ColumnCounts);
        float[] q = Random(rowStarts[^1] * Heads * Width, 1), k = Random(columnStarts[^1] * KeyHeads * Width, 2);
        float[] v = Random(columnStarts[^1] * KeyHeads * ValueWidth, 3), change = Random(rowStarts[^1] * Heads * ValueWidth, 4);
        float[] output = new float[rowStarts[^1] * Heads * ValueWidth], lse = new float[Heads * rowStarts[^1]];
        float[] dq = new float[q.Length], dk = new float[k.Length], dv = new float[v.Length];
        Array.Fill(dk, float.NaN);
        AttentionOptions options = new()
        {
            Scale = 0.3, Mask = mask, WindowLeft = windowed ? 6 : -1, QueryStarts = ReadOnlyKernelTensor.Of<int>(rowStarts, rowStarts.Length),
            KeyStarts = ReadOnlyKernelTensor.Of<int>(columnStarts, columnStarts.Length),
        };
        Kernels.Attention(
            T(q, 1, Heads, Width), T(k, 1, KeyHeads, Width), T(v, 1, KeyHeads, ValueWidth), O(output, 1, Heads, ValueWidth), options,
            KernelTensor.Of<float>(lse, 1, Heads, rowStarts[^1]));
        Kernels.AttentionBackward(
            T(change, 1, Heads, ValueWidth), T(q, 1, Heads, Width), T(k, 1, KeyHeads, Width), T(v, 1, KeyHeads, ValueWidth),
            T(output, 1, Heads, ValueWidth), ReadOnlyKernelTensor.Of<float>(lse, 1, Heads, rowStarts[^1]), O(dq, 1, Heads, Width),
            O(dk, 1, KeyHeads, Width), O(dv, 1, KeyHeads, ValueWidth), options);
        for (int b = 0; b < RowCounts.Length; b++)
        {
            Range rows = (rowStarts[b] * Heads)..(rowStarts[b + 1] * Heads), columns = (columnStarts[b] * KeyHeads)..(columnStarts[b + 1] * KeyHeads);
            var one = new Single(Part(q, rows, Width), Part(k, columns, Width), Part(v, columns, ValueWidth), RowCounts[b], ColumnCounts[b]);
            var plain = new AttentionOptions { Scale = 0.3, Mask = mask, WindowLeft = windowed ? 6 : -1 };
            (float[] expected, float[] expectedLse) = one.Run(plain);
            Compare.Close(Part(output, rows, ValueWidth), Wide(expected), 1e-6, $"output {b}");
            for (int h = 0; h < Heads; h++)
                Compare.Close(lse.AsSpan((h * rowStarts[^1]) + rowStarts[b], RowCounts[b]), Wide(expectedLse.AsSpan(h * RowCounts[b], RowCounts[b])), 1e-6, $"lse {b}");
            (float[] eq, float[] ek, float[] ev) = one.RunBackward(Part(change, rows, ValueWidth), expected, expectedLse, plain);
            Compare.Close(Part(dq, rows, Width), Wide(eq), 1e-6, $"dq {b}");
            Compare.Close(Part(dk, columns, Width), Wide(ek), 1e-6, $"dk {b}");
            Compare.Close(Part(dv, columns, ValueWidth), Wide(ev), 1e-6, $"dv {b}");
        }
    }

    [Test]
    public void PagedKeysAreThoseOfTheTable([Values(1, 16, 20)] int blockSize, [Values(1, 3, 50)] int rows, [Values(0, 1, 4)] int splits)
    {
        // What lies in blocks that no sequence needs is NaN.
        int[] lengths = [150, 1, 77, 0];
        int width = (150 + blockSize - 1) / blockSize, blocks = (4 * width) + 3;
        float[] k = new float[blocks * blockSize * KeyHeads * Width], v = new float[blocks * blockSize * KeyHeads * ValueWidth];
        Array.Fill(k, float.NaN);
        Array.Fill(v, float.NaN);
        int[] table = new int[lengths.Length * width];
        Array.Fill(table, -1);
        var free = new Queue<int>(Enumerable.Range(0, blocks).OrderBy(i => (i * 7919) % 101));
        float[] q = Random(lengths.Length * rows * Heads * Width, 1), output = new float[lengths.Length * rows * Heads * ValueWidth];
        float[] lse = new float[lengths.Length * Heads * rows];
        var singles = new Single[lengths.Length];
        for (int b = 0; b < lengths.Length; b++)
        {
            float[] keys = Random(lengths[b] * KeyHeads * Width, 10 + b), values = Random(lengths[b] * KeyHeads * ValueWidth, 20 + b);
            singles[b] = new Single(q[(b * rows * Heads * Width)..((b + 1) * rows * Heads * Width)], keys, values, rows, lengths[b]);
            for (int j = 0; j < lengths[b]; j++)
            {
                ref int block = ref table[(b * width) + (j / blockSize)];
                if (j % blockSize == 0) block = free.Dequeue();
                int at = ((block * blockSize) + (j % blockSize)) * KeyHeads;
                keys.AsSpan(j * KeyHeads * Width, KeyHeads * Width).CopyTo(k.AsSpan(at * Width));
                values.AsSpan(j * KeyHeads * ValueWidth, KeyHeads * ValueWidth).CopyTo(v.AsSpan(at * ValueWidth));
            }
        }

        Kernels.Attention(
            T(q, lengths.Length, Heads, Width), T(k, blocks, KeyHeads, Width), T(v, blocks, KeyHeads, ValueWidth),
            O(output, lengths.Length, Heads, ValueWidth),
            new AttentionOptions
            {
                Scale = 0.3, Mask = AttentionMask.CausalBottomRight, KeySplits = splits,
                BlockTable = ReadOnlyKernelTensor.Of<int>(table, lengths.Length, width), KeyLengths = ReadOnlyKernelTensor.Of<int>(lengths, lengths.Length),
            },
            KernelTensor.Of<float>(lse, lengths.Length, Heads, rows));
        for (int b = 0; b < lengths.Length; b++)
        {
            (float[] expected, float[] expectedLse) = singles[b].Run(new AttentionOptions { Scale = 0.3, Mask = AttentionMask.CausalBottomRight });
            Compare.Close(output.AsSpan(b * expected.Length, expected.Length), Wide(expected), 3e-6, $"output {b}");
            Compare.Close(lse.AsSpan(b * expectedLse.Length, expectedLse.Length), Wide(expectedLse), 3e-6, $"lse {b}");
        }
    }

    [Test]
    public void PartsOfTheColumnsJoin([Values(1, 8, 9, 49)] int rows, [Values(1, 129, 2000)] int columns, [Values] bool masked)
    {
        var one = new Single(
            Random(rows * Heads * Width, 1), Random(columns * KeyHeads * Width, 2), Random(columns * KeyHeads * ValueWidth, 3), rows, columns);
        one.Q[0] = 1e4f;  // one part has all the weight of a row
        double[] slopes = masked ? [0.5, 0.01, 0.1, 2] : [0, 0, 0, 0];
        float[] narrow = [.. slopes.Select(x => (float)x)];
        AttentionOptions Options(long splits) => new()
        {
            Scale = 0.3, KeySplits = splits, Mask = masked ? AttentionMask.CausalBottomRight : AttentionMask.None, WindowLeft = masked ? 1500 : -1,
            AlibiSlopes = ReadOnlyKernelTensor.Of<float>(narrow, Heads), SoftCap = masked ? 20 : 0,
        };
        (double[] expected, double[] expectedLse) = one.Reference((h, i, j, score) =>
        {
            int diagonal = i + columns - rows;
            if (masked && (j > diagonal || j < diagonal - 1500)) return double.NegativeInfinity;
            return (masked ? 20 * Math.Tanh(score / 20) : score) - (slopes[h] * Math.Abs(diagonal - j));
        });
        foreach (long splits in (long[])[0, 1, 2, 7, 1000])
        {
            (float[] output, float[] lse) = one.Run(Options(splits));
            Compare.Close(output, expected, 1e-4, $"output of {splits} parts");
            Compare.Close(lse, expectedLse, 2e-5, $"lse of {splits} parts");
            (float[] again, _) = one.Run(Options(splits));
            Assert.That(again, Is.EqualTo(output), "the same each time");
        }
    }

    [Test]
    public void ANaNAmongTheKeysMakesTheRowNaN([Values(1, 60)] int rows, [Values(1, 3)] int splits)
    {
        const int columns = 300;
        var one = new Single(
            Random(rows * Heads * Width, 1), Random(columns * KeyHeads * Width, 2), Random(columns * KeyHeads * ValueWidth, 3), rows, columns);
        Array.Fill(one.K, float.NaN, 290 * KeyHeads * Width, Width);  // column 290 of the first head of keys
        (float[] output, float[] lse) = one.Run(new AttentionOptions { Scale = 1, KeySplits = splits });
        for (int i = 0; i < output.Length; i++)
            Assert.That(float.IsNaN(output[i]), Is.EqualTo(i / ValueWidth % Heads < 2), $"{i}");
        Assert.That(lse.Count(float.IsNaN), Is.EqualTo(2 * rows));
    }

    [Test]
    public void EightBitOperandsAreDecodedAndScaled([Values(1, 30)] int rows, [Values] bool perHead)
    {
        const int columns = 50;
        Float8E4M3[] q = Codes(rows * Heads * Width, 1), k = Codes(columns * KeyHeads * Width, 2);
        Float8E5M2[] v = [.. Codes(columns * KeyHeads * ValueWidth, 3).Select(x => (Float8E5M2)(float)x)];
        Float8E5M2[] change = [.. Codes(rows * Heads * ValueWidth, 4).Select(x => (Float8E5M2)(float)x)];
        float[] qScale = perHead ? [0.1f, 0.2f, 0.3f, 0.4f] : [0.25f], kScale = perHead ? [0.5f, 0.125f] : [0.3f];
        float[] vScale = perHead ? [2, 3] : [1.5f], changeScale = perHead ? [1, 2, 3, 4] : [0.5f];
        float At(float[] scales, int head) => scales[perHead ? head : 0];
        var one = new Single(
            [.. q.Select((x, i) => (float)x * At(qScale, i / Width % Heads))], [.. k.Select((x, i) => (float)x * At(kScale, i / Width % KeyHeads))],
            [.. v.Select((x, i) => (float)x * At(vScale, i / ValueWidth % KeyHeads))], rows, columns);
        float[] wideChange = [.. change.Select((x, i) => (float)x * At(changeScale, i / ValueWidth % Heads))];
        AttentionOptions options = new()
        {
            Scale = 0.2, Mask = AttentionMask.CausalBottomRight, QueryScale = ReadOnlyKernelTensor.Of<float>(qScale, qScale.Length),
            KeyScale = ReadOnlyKernelTensor.Of<float>(kScale, kScale.Length), ValueScale = ReadOnlyKernelTensor.Of<float>(vScale, vScale.Length),
            OutputGradientScale = ReadOnlyKernelTensor.Of<float>(changeScale, changeScale.Length),
        };
        float[] output = new float[rows * Heads * ValueWidth], lse = new float[Heads * rows];
        float[] dq = new float[q.Length], dk = new float[k.Length], dv = new float[v.Length];
        var queries = ReadOnlyKernelTensor.Of<Float8E4M3>(q, 1, rows, Heads, Width);
        var keys = ReadOnlyKernelTensor.Of<Float8E4M3>(k, 1, columns, KeyHeads, Width);
        var values = ReadOnlyKernelTensor.Of<Float8E5M2>(v, 1, columns, KeyHeads, ValueWidth);
        Kernels.Attention(queries, keys, values, O(output, 1, Heads, ValueWidth), options, KernelTensor.Of<float>(lse, 1, Heads, rows));
        Kernels.AttentionBackward(
            ReadOnlyKernelTensor.Of<Float8E5M2>(change, 1, rows, Heads, ValueWidth), queries, keys, values, T(output, 1, Heads, ValueWidth),
            ReadOnlyKernelTensor.Of<float>(lse, 1, Heads, rows), O(dq, 1, Heads, Width), O(dk, 1, KeyHeads, Width), O(dv, 1, KeyHeads, ValueWidth),
            options);
        var plain = new AttentionOptions { Scale = 0.2, Mask = AttentionMask.CausalBottomRight };
        (float[] expected, float[] expectedLse) = one.Run(plain);
        Compare.Close(output, Wide(expected), 1e-5, "output");
        Compare.Close(lse, Wide(expectedLse), 1e-5, "lse");
        (float[] eq, float[] ek, float[] ev) = one.RunBackward(wideChange, expected, expectedLse, plain);
        Compare.Close(dq, Wide(eq), 2e-5, "dq");
        Compare.Close(dk, Wide(ek), 2e-5, "dk");
        Compare.Close(dv, Wide(ev), 2e-5, "dv");

        // Keys and values of a cache may be 8-bit while queries are not.
        Array.Clear(output);
        Kernels.Attention(
            T(one.Q, 1, Heads, Width), keys, values, O(output, 1, Heads, ValueWidth),
            new AttentionOptions
            {
                Scale = 0.2, Mask = AttentionMask.CausalBottomRight, KeyScale = ReadOnlyKernelTensor.Of<float>(kScale, kScale.Length),
                ValueScale = ReadOnlyKernelTensor.Of<float>(vScale, vScale.Length),
            });
        Compare.Close(output, Wide(expected), 1e-5, "output of mixed types");
    }

    [Test]
    public void WrongArgumentsAreNamed()
    {
        float[] x = new float[6 * 4];
        int[] starts = [0, 4, 3, 6], early = [1, 6], late = [0, 5], table = [0, 2], lengths = [5];
        Assert.That(() => Run(starts), Throws.InstanceOf<ArgumentException>().With.Message.Contains("q_starts[2] is 3; starts may not decrease, and the one before is 4"));
        Assert.That(() => Run(early), Throws.InstanceOf<ArgumentException>().With.Message.Contains("q_starts[0] is 1; the first sequence starts at 0"));
        Assert.That(() => Run(late), Throws.InstanceOf<ArgumentException>().With.Message.Contains("q_starts[1] is 5; the last is the number of packed rows, 6"));
        Assert.That(
            () => Paged(ReadOnlyKernelTensor.Of<int>(lengths, 1)), Throws.InstanceOf<ArgumentException>().With.Message.Contains("block_table[0,1] is 2; k has 2 blocks"));
        Assert.That(() => Paged(default), Throws.InstanceOf<ArgumentException>().With.Message.Contains("k f32[2,3,1,4] is paged: kv_lengths must be given"));
        Assert.That(
            () => Kernels.Attention(
                ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4), ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4), ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4),
                KernelTensor.Of<float>(new float[24], 1, 6, 1, 4), new AttentionOptions { Scale = 1, KeyScale = ReadOnlyKernelTensor.Of<float>(new float[1], 1) }),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("k f32[1,6,1,4] has a k_scale, which belongs to 8-bit types"));
        Assert.That(
            () => Kernels.Attention(
                ReadOnlyKernelTensor.Of<float>(x, 2, 3, 1, 4), ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4), ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4),
                KernelTensor.Of<float>(new float[24], 2, 3, 1, 4), new AttentionOptions { Scale = 1 }),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("k f32[1,6,1,4] has 1 sequences; there are 2 of queries"));

        void Run(int[] given) => Kernels.Attention(
            ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4), ReadOnlyKernelTensor.Of<float>(new float[(given.Length - 1) * 4], given.Length - 1, 1, 1, 4),
            ReadOnlyKernelTensor.Of<float>(new float[(given.Length - 1) * 4], given.Length - 1, 1, 1, 4), KernelTensor.Of<float>(new float[24], 1, 6, 1, 4),
            new AttentionOptions { Scale = 1, QueryStarts = ReadOnlyKernelTensor.Of<int>(given, given.Length) });
        void Paged(ReadOnlyKernelTensor keyLengths) => Kernels.Attention(
            ReadOnlyKernelTensor.Of<float>(x, 1, 6, 1, 4), ReadOnlyKernelTensor.Of<float>(x, 2, 3, 1, 4), ReadOnlyKernelTensor.Of<float>(x, 2, 3, 1, 4),
            KernelTensor.Of<float>(new float[24], 1, 6, 1, 4),
            new AttentionOptions { Scale = 1, BlockTable = ReadOnlyKernelTensor.Of<int>(table, 1, 2), KeyLengths = keyLengths });
    }

    private static int[] Starts(int[] lengths) => [0, .. lengths.Select((_, i) => lengths[..(i + 1)].Sum())];

    private static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float)((2 * random.NextDouble()) - 1);
        return numbers;
    }

    private static Float8E4M3[] Codes(int count, int seed) => Array.ConvertAll(Random(count, seed), x => (Float8E4M3)(4 * x));

    private static double[] Wide(ReadOnlySpan<float> x)
    {
        var wide = new double[x.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = x[i];
        return wide;
    }

    private static float[] Part(float[] x, Range rows, int width) => x[(rows.Start.Value * width)..(rows.End.Value * width)];

    private static ReadOnlyKernelTensor T(float[] x, int batch, int heads, int width) =>
        ReadOnlyKernelTensor.Of<float>(x, batch, x.Length / (batch * heads * width), heads, width);

    private static KernelTensor O(float[] x, int batch, int heads, int width) =>
        KernelTensor.Of<float>(x, batch, x.Length / (batch * heads * width), heads, width);

    /// <summary>One sequence.</summary>
    private sealed record Single(float[] Q, float[] K, float[] V, int Rows, int Columns)
    {
        public (float[] Output, float[] Lse) Run(AttentionOptions options)
        {
            float[] output = new float[Rows * Heads * ValueWidth], lse = new float[Heads * Rows];
            Kernels.Attention(
                T(Q, 1, Heads, Width), T(K, 1, KeyHeads, Width), T(V, 1, KeyHeads, ValueWidth), O(output, 1, Heads, ValueWidth), options,
                KernelTensor.Of<float>(lse, 1, Heads, Rows));
            return (output, lse);
        }

        public (float[] Q, float[] K, float[] V) RunBackward(float[] change, float[] output, float[] lse, AttentionOptions options)
        {
            float[] dq = new float[Q.Length], dk = new float[K.Length], dv = new float[V.Length];
            Kernels.AttentionBackward(
                T(change, 1, Heads, ValueWidth), T(Q, 1, Heads, Width), T(K, 1, KeyHeads, Width), T(V, 1, KeyHeads, ValueWidth),
                T(output, 1, Heads, ValueWidth), ReadOnlyKernelTensor.Of<float>(lse, 1, Heads, Rows), O(dq, 1, Heads, Width), O(dk, 1, KeyHeads, Width),
                O(dv, 1, KeyHeads, ValueWidth), options);
            return (dq, dk, dv);
        }

        /// <summary>In binary64, with scale 0.3; <paramref name="bend"/> makes of head, row, column and score the final score.</summary>
        public (double[] Output, double[] Lse) Reference(Func<int, int, int, double, double> bend)
        {
            double[] output = new double[Rows * Heads * ValueWidth], lse = new double[Heads * Rows];
            for (int h = 0; h < Heads; h++)
            for (int i = 0; i < Rows; i++)
            {
                int kv = h / (Heads / KeyHeads);
                var scores = new double[Columns];
                for (int j = 0; j < Columns; j++)
                {
                    for (int d = 0; d < Width; d++)
                        scores[j] += 0.3 * Q[(((i * Heads) + h) * Width) + d] * K[(((j * KeyHeads) + kv) * Width) + d];
                    scores[j] = bend(h, i, j, scores[j]);
                }

                double top = scores.Max(), sum = double.IsNegativeInfinity(top) ? 0 : scores.Sum(s => Math.Exp(s - top));
                lse[(h * Rows) + i] = sum > 0 ? top + Math.Log(sum) : double.NegativeInfinity;
                for (int j = 0; j < Columns && sum > 0; j++)
                for (int d = 0; d < ValueWidth; d++)
                    output[(((i * Heads) + h) * ValueWidth) + d] += Math.Exp(scores[j] - top) / sum * V[(((j * KeyHeads) + kv) * ValueWidth) + d];
            }

            return (output, lse);
        }
    }
}
