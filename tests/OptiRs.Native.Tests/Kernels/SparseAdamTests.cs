namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Adam of a few rows against binary64.</summary>
[TestFixture]
internal sealed class SparseAdamTests
{
    [Test]
    public void OnlyTouchedRowsMove([Values(1, 5, 64, 300)] int width, [Values] bool wideIndices, [Values(0, 0.1)] double decay)
    {
        const int rows = 40;
        float[] parameter = Compare.Numbers(rows * width, 1), m = new float[rows * width], v = new float[rows * width], scale = [0.5f];
        float[] before = [.. parameter];
        double[] p = Wide(parameter), em = new double[m.Length], ev = new double[v.Length];
        for (int step = 1; step <= 3; step++)
        {
            // Unsorted, with repetitions.
            int[] indices = [7, 39, 0, 7, 12 + step, 7, 0];
            float[] gradients = Compare.Numbers(indices.Length * width, 10 + step);
            foreach (int row in indices.Distinct())
            for (int c = 0; c < width; c++)
            {
                int at = (row * width) + c;
                double g = decay * p[at];
                for (int i = 0; i < indices.Length; i++)
                    if (indices[i] == row) g += 0.5 * gradients[(i * width) + c];
                em[at] = (0.9 * em[at]) + (0.1 * g);
                ev[at] = (0.999 * ev[at]) + (0.001 * g * g);
                p[at] -= 0.01 * (em[at] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(ev[at] / (1 - Math.Pow(0.999, step))) + 1e-8);
            }

            long[] wide = Array.ConvertAll(indices, i => (long)i);
            Kernels.SparseAdam(
                KernelTensor.Of<float>(parameter, rows, width),
                wideIndices ? ReadOnlyKernelTensor.Of<long>(wide, wide.Length) : ReadOnlyKernelTensor.Of<int>(indices, indices.Length),
                ReadOnlyKernelTensor.Of<float>(gradients, indices.Length, width), KernelTensor.Of<float>(m, rows, width),
                KernelTensor.Of<float>(v, rows, width), step, 0.01, weightDecay: decay, gradientScale: ReadOnlyKernelTensor.Of<float>(scale, 1));
        }

        Compare.Close(parameter, p, 2e-5, "parameter");
        Compare.Close(m, em, 2e-5, "m");
        Compare.Close(v, ev, 2e-5, "v");
        Assert.That(parameter[width..(7 * width)], Is.EqualTo(before[width..(7 * width)]), "rows without a gradient");
        Assert.That(m[width..(7 * width)], Is.All.Zero);
    }

    [Test]
    public void NarrowParametersAndGradients()
    {
        const int width = 20;
        BFloat16[] parameter = Array.ConvertAll(Compare.Numbers(3 * width, 1), x => (BFloat16)x);
        BFloat16[] gradients = Array.ConvertAll(Compare.Numbers(width, 2), x => (BFloat16)x);
        float[] m = new float[3 * width], v = new float[3 * width];
        double[] expected = [.. parameter.Select((x, i) => i / width == 2 ? (float)x - (0.1 * Math.Sign((float)gradients[i % width])) : (float)x)];
        int[] indices = [2];
        Kernels.SparseAdam(
            KernelTensor.Of<BFloat16>(parameter, 3, width), ReadOnlyKernelTensor.Of<int>(indices, 1), ReadOnlyKernelTensor.Of<BFloat16>(gradients, 1, width),
            KernelTensor.Of<float>(m, 3, width), KernelTensor.Of<float>(v, 3, width), 1, 0.1);
        Compare.Close(parameter, expected, 0.005, "the first step is lr in the direction of the gradient");
    }

    [Test]
    public void NoGradientsAndWrongIndices()
    {
        float[] parameter = [1, 2], m = [0, 0], v = [0, 0];
        Run([]);
        Assert.That(parameter, Is.EqualTo(new float[] { 1, 2 }));
        Assert.That(() => Run([0, 2]), Throws.InstanceOf<OptiRsException>().With.Message.Contains("indices[1] is 2; it must be at least 0 and below 2"));
        Assert.That(parameter, Is.EqualTo(new float[] { 1, 2 }), "nothing has been written");
        Assert.That(() => Run([0], 0), Throws.InstanceOf<ArgumentException>().With.Message.Contains("step is 0; steps are counted from 1"));

        void Run(int[] indices, long step = 1) => Kernels.SparseAdam(
            KernelTensor.Of<float>(parameter, 2, 1), ReadOnlyKernelTensor.Of<int>(indices, indices.Length),
            ReadOnlyKernelTensor.Of<float>(new float[indices.Length], indices.Length, 1), KernelTensor.Of<float>(m, 2, 1), KernelTensor.Of<float>(v, 2, 1), step, 0.1);
    }

    private static double[] Wide(float[] x) => Array.ConvertAll(x, v => (double)v);
}
