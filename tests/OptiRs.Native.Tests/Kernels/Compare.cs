namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Results of kernels against references in binary64.</summary>
internal static class Compare
{
    /// <summary>Fails unless each element differs by at most the tolerance times its size, or the tolerance itself below 1.</summary>
    public static void Close(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, double tolerance, string what)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length), what);
        for (int i = 0; i < actual.Length; i++)
        {
            bool isClose = Math.Abs(actual[i] - expected[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]));
            if (!isClose && !(double.IsNaN(expected[i]) && float.IsNaN(actual[i])) && actual[i] != expected[i])
                Assert.Fail($"{what}, element {i}: {actual[i]} instead of {expected[i]}");
        }
    }

    public static void Close(ReadOnlySpan<BFloat16> actual, ReadOnlySpan<double> expected, double tolerance, string what)
    {
        var wide = new float[actual.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = (float)actual[i];
        Close(wide, expected, tolerance, what);
    }

    /// <summary>Numbers from a distribution with a few large ones.</summary>
    public static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            double magnitude = random.Next(50) == 0 ? 100 : 1;
            numbers[i] = (float)(magnitude * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble()));
        }

        return numbers;
    }
}
