using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training.Tests;

/// <summary>The device of all tests, and ways to run small programs on it.</summary>
[SetUpFixture]
public sealed class Device
{
    private static readonly Lazy<Session> Opened = new(() => Session.Open("cpu"));

    public static Session Session => Opened.Value;

    [OneTimeTearDown]
    public void Close()
    {
        if (Opened.IsValueCreated) Opened.Value.Dispose();
    }

    /// <summary>Runs a function of f64 arrays; returns every result as doubles.</summary>
    public static double[][] Run(Func<Value[], Value[]> function, params (Shape Shape, double[] Values)[] arguments)
    {
        PjrtBuffer[] buffers = [.. arguments.Select(a => Session.Put<double>(a.Values, a.Shape))];
        PjrtBuffer[] results = Session.Jit(function).Call(buffers);
        double[][] values = [.. results.Select(r => r.ToArray<double>())];
        foreach (PjrtBuffer buffer in buffers.Concat(results)) buffer.Dispose();
        return values;
    }

    /// <summary>Runs a module in f64 with random parameters of a fixed seed; returns the result and the parameters' values.</summary>
    public static (double[] Result, Dictionary<string, double[]> Parameters) Run(
        Module module, Func<ForwardContext, Value, Value> forward, Shape shape, double[] input)
    {
        var named = module.NamedParameters();
        var values = named.ToDictionary(p => p.Name, p => Random(p.Name, p.Parameter.Shape.ElementCount));
        double[] result = Run(arguments =>
        {
            var context = new ForwardContext(named.Select((p, i) => (p.Parameter, arguments[i + 1])).ToDictionary(p => p.Parameter, p => p.Item2), DType.F64);
            return [forward(context, arguments[0])];
        }, [(shape, input), .. named.Select(p => (p.Parameter.Shape, values[p.Name]))])[0];
        return (result, values);
    }

    public static double[] Random(string name, long count)
    {
        var random = new HostRandom(5, name);
        return [.. Enumerable.Range(0, (int)count).Select(_ => random.NextNormal())];
    }
}
