namespace OptiRs.Xla.Tests;

/// <summary>Compares gradients with central finite differences in f64.</summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <summary>
    /// Checks d/dx of sum(weights * f(x)) for every f64 argument element. The weights make sure that an error in one place of the result
    /// shows.
    /// </summary>
    public static void Run(Func<Value[], Value[]> function, NdArray[] arguments, double tolerance = 1e-6)
    {
        (DType, Shape)[] types = [.. arguments.Select(a => (DType.F64, new Shape(a.Shape)))];
        Graph forward = Graph.Trace(values => [Loss(function(values))], types);
        Graph backward = Graph.Trace(values => Gradient.Of(Loss(function(values)), values), types);
        NdArray[] analytic = Interpreter.Run(backward, arguments);
        // The text must be writable too: it walks every region and attribute.
        Assert.That(backward.ToStableHlo(), Does.Contain("return"));
        for (int a = 0; a < arguments.Length; a++)
        {
            for (int i = 0; i < arguments[a].Data.Length; i++)
            {
                double numeric = (Evaluate(forward, arguments, a, i, Step) - Evaluate(forward, arguments, a, i, -Step)) / (2 * Step);
                double scale = Math.Max(1, Math.Abs(numeric));
                Assert.That(analytic[a].Data[i], Is.EqualTo(numeric).Within(tolerance * scale), $"argument {a}, element {i}");
            }
        }
    }

    /// <summary>Reproducible values in low..high, no two alike.</summary>
    public static NdArray Values(long[] shape, double low = -1, double high = 1, int seed = 1)
    {
        long count = shape.Aggregate(1L, (n, size) => n * size);
        double[] data = new double[count];
        for (int i = 0; i < count; i++)
        {
            // Multiples of the golden ratio, modulo 1, are spread evenly and never repeat.
            double unit = (i + 1 + 17 * seed) * 0.6180339887498949 % 1;
            data[i] = low + (high - low) * unit;
        }
        return new(shape, data);
    }

    private static double Evaluate(Graph graph, NdArray[] arguments, int argument, int element, double step)
    {
        NdArray[] moved = [.. arguments.Select(a => new NdArray(a.Shape, [.. a.Data]))];
        moved[argument].Data[element] += step;
        return Interpreter.Run(graph, moved)[0].Data[0];
    }

    private static Value Loss(Value[] outputs)
    {
        Value? total = null;
        foreach (Value output in outputs.Where(o => o.DType == DType.F64))
        {
            long count = output.Shape.ElementCount;
            double[] weights = [.. Enumerable.Range(0, (int)count).Select(i => 0.5 + i * 0.7548776662466927 % 1)];
            Value weighted = Op.Sum(output * Op.Constant<double>(weights, output.Shape));
            total = total is null ? weighted : total + weighted;
        }
        return total!;
    }
}
