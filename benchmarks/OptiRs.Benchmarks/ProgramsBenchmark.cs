using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>
/// Compiled programs one by one, named as in the peers' scripts: medians, and the bytes or operations that they take at least. Arguments: parts
/// of names, to choose; `--text FOLDER` writes the programs instead of running them.
/// </summary>
internal static class ProgramsBenchmark
{
    private const double Seconds = 0.8;
    private const int LeastRuns = 7, MostRuns = 400;

    public static void Run(string[] arguments)
    {
        int text = Array.IndexOf(arguments, "--text");
        string[] chosen = [.. arguments.Skip(1).Where((_, i) => text < 0 || (i + 1 != text && i != text))];
        ProgramCase[] cases = [.. ElementwiseCases.All().Concat(ContractionCases.All()).Where(c => chosen.Length == 0 || chosen.Any(c.Name.Contains))];
        using Session session = Session.Open();
        if (text >= 0)
        {
            foreach (ProgramCase one in cases)
                File.WriteAllText(Path.Combine(arguments[text + 1], one.Name + ".mlir"), session.Jit(one.Function, one.Options).Lower(one.Arguments));
            return;
        }
        foreach (ProgramCase one in cases) Measure(session, one);
    }

    private static void Measure(Session session, ProgramCase one)
    {
        PjrtBuffer[] arguments = [.. one.Arguments.Select((a, i) => Fill(session, a.DType, a.Shape, i, one.Classes))];
        using PjrtExecutable executable = session.Jit(one.Function, one.Options).Compile(one.Arguments);
        var results = new PjrtBuffer?[executable.OutputCount];
        for (int i = 0; i < one.Donated.Length; ++i) results[i] = arguments[one.Donated[i]];
        using PjrtCall call = executable.Bind(arguments, results);
        void Once() => call.RunAsync().AsTask().GetAwaiter().GetResult();
        Once();
        double estimate = Report.Seconds(Once);
        int calls = Math.Max(1, (int)(4e-4 / Math.Max(estimate, 1e-6)));
        int runs = (int)Math.Clamp(Seconds / (estimate * calls), LeastRuns, MostRuns);
        double[] samples = [.. Enumerable.Range(0, runs).Select(_ => Report.Seconds(() => { for (int k = 0; k < calls; ++k) Once(); }) / calls)];
        double median = Report.Median(samples);
        Report.Line(one.Name, median * 1e3, "ms", FormattableString.Invariant(
            $"min={samples.Min() * 1e3:g5} n={runs}{(one.Flops > 0 ? $" flops={one.Flops:g4}" : $" bytes={one.Bytes:g4}")}"));
        foreach (PjrtBuffer result in call.Results) result.Dispose();
        foreach (PjrtBuffer argument in arguments) argument.Dispose();
    }

    // Uniform in [0, 1): second moments must not be negative.
    private static PjrtBuffer Fill(Session session, DType type, Shape shape, int seed, int classes)
    {
        var random = new Random(seed);
        int count = (int)shape.ElementCount;
        if (type == DType.S32) return session.Put<int>([.. Enumerable.Range(0, count).Select(_ => random.Next(classes))], shape);
        var values = new float[count];
        foreach (ref float value in values.AsSpan()) value = random.NextSingle();
        if (type == DType.F32) return session.Put<float>(values, shape);
        var narrow = new BFloat16[count];
        for (int i = 0; i < count; ++i) narrow[i] = (BFloat16)values[i];
        return session.Put<BFloat16>(narrow, shape);
    }
}
