using System.Diagnostics;
using OptiRs.Native;

namespace OptiRs.Cli.Conformance;

/// <summary>Runs test programs on a plugin, through nothing but its C API. Thread-safe.</summary>
internal sealed class ConformanceRunner(PjrtClient client, TimeSpan patience)
{
    /// <summary>Compiles and, if it can be, executes a program. Never throws for what is wrong with it.</summary>
    public TestResult Run(TestProgram program)
    {
        if (program.SkipReason is { } skipped) return new TestResult(program.Name, Outcome.Skipped, skipped, 0);
        long devices = (long)program.ReplicaCount * program.PartitionCount;
        if (devices > client.Devices.Count && !program.IsLibrary)
            return new TestResult(program.Name, Outcome.Skipped, $"is for {devices} devices, of which the plugin has {client.Devices.Count}: see --devices", 0);
        var watch = Stopwatch.StartNew();
        string? reason = null;
        try
        {
            reason = Execute(program);
        }
        // Whatever a program makes the plugin say is a result.
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            reason = string.IsNullOrWhiteSpace(error.Message) ? error.GetType().Name : FirstLine(error.Message);
        }
        if (program.MustFail) reason = reason is null ? "was accepted, and should have been refused" : null;
        return new TestResult(program.Name, reason is null ? Outcome.Passed : Outcome.Failed, reason ?? "", watch.Elapsed.TotalSeconds);
    }

    private string? Execute(TestProgram program)
    {
        if (program.IsLibrary)
        {
            StableHlo.Verify(program.Code.Span);
            return null;
        }
        using PjrtExecutable executable = client.Compile(program.Code.Span, new PjrtCompileOptions
        {
            ReplicaCount = program.ReplicaCount,
            PartitionCount = program.PartitionCount,
            UseSpmdPartitioning = program.PartitionCount > 1,
        });
        if (!program.Executes) return null;
        var arguments = new List<PjrtBuffer>();
        try
        {
            foreach (PjrtDevice device in executable.Devices)
                foreach (string argument in program.Arguments)
                    arguments.Add(ArgumentList.Upload(client, argument, device));
            using PjrtCall call = executable.Bind(arguments.ToArray(), new PjrtBuffer?[executable.OutputCount * executable.DeviceCount]);
            try
            {
                // A program without results says how it ended through the run itself.
                Task run = call.RunAsync().AsTask();
                if (!run.Wait(patience)) return FormattableString.Invariant($"did not end within {patience.TotalSeconds} s");
                return program.Output?.FirstMissing(call.Results);
            }
            catch (AggregateException error) when (error.InnerException is { } inner)
            {
                return FirstLine(inner.Message);
            }
            finally
            {
                foreach (PjrtBuffer result in call.Results) result.Dispose();
            }
        }
        finally
        {
            foreach (PjrtBuffer argument in arguments) argument.Dispose();
        }
    }

    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd();
}
