using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using OptiRs.Native;

namespace OptiRs.Benchmarks;

/// <summary>
/// The C# client beside a plain C program (benchmarks/native/client) that makes the same PJRT calls on the same plugin, in
/// turns: execute and await a scalar, and copy to the device and back. Then a million executions, with an eye on memory.
/// </summary>
internal static class ClientBenchmark
{
    private const int Rounds = 5, Batches = 41, CallsPerBatch = 5000, WarmUp = 50_000, Million = 1_000_000;
    private static readonly int[] Sizes = [4 << 10, 4 << 20, 256 << 20];

    private const string Increment =
        """
        module @increment {
          func.func public @main(%x: tensor<f32>) -> tensor<f32> {
            %one = stablehlo.constant dense<1.0> : tensor<f32>
            %sum = stablehlo.add %x, %one : tensor<f32>
            return %sum : tensor<f32>
          }
        }
        """;

    public static void Run(string[] args)
    {
        string program = args.Length > 1 ? args[1] : "artifacts/native/release/bin/client_calls";
        if (!File.Exists(program)) throw new FileNotFoundException($"{program} is not there: run from the root of the checkout, after ./build.sh native", program);
        using PjrtPlugin plugin = PjrtPlugin.Load("cpu");
        using PjrtClient client = plugin.CreateClient();
        Scalar(program, plugin.Path, client);
        foreach (int size in Sizes) Transfer(program, plugin.Path, client, size);
        AMillion(client);
    }

    private static void Scalar(string program, string plugin, PjrtClient client)
    {
        using PjrtExecutable executable = client.Compile(Increment);
        using PjrtBuffer x = client.BufferFromHost<float>([1f], Shape.Scalar);
        using PjrtCall call = executable.Bind([x], [null]);
        using PjrtBuffer result = call.Results[0];
        Await(call, WarmUp).GetAwaiter().GetResult();
        var ours = new List<double>();
        var theirs = new List<double>();
        long allocated = 0;
        for (int round = 0; round < Rounds; ++round)
        {
            theirs.Add(Calls(program, plugin, "scalar")[0]);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            ours.Add(Time(call).GetAwaiter().GetResult());
            allocated += GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        double c = Report.Median(theirs), net = Report.Median(ours);
        Report.Line("client.scalar", net, "ns", FormattableString.Invariant(
            $"awaited; C {c:f0} ns; {net - c:f0} ns above it; {(double)allocated / ((long)Rounds * Batches * CallsPerBatch):f3} B a call; rounds C {Text(theirs)}, C# {Text(ours)}"));
        if (result.ToArray<float>()[0] != 2f) throw new InvalidOperationException("1 + 1 is not 2");
    }

    private static async Task<double> Time(PjrtCall call)
    {
        var nanoseconds = new double[Batches];
        for (int batch = 0; batch < Batches; ++batch)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < CallsPerBatch; ++i) await call.RunAsync().ConfigureAwait(false);
            nanoseconds[batch] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / CallsPerBatch;
        }

        return Report.Median(nanoseconds);
    }

    private static async Task Await(PjrtCall call, int times)
    {
        for (int i = 0; i < times; ++i) await call.RunAsync().ConfigureAwait(false);
    }

    private static void Transfer(string program, string plugin, PjrtClient client, int bytes)
    {
        var shape = new Shape(bytes / sizeof(float));
        using Tensor<float> source = Tensor<float>.Create(shape), target = Tensor<float>.Create(shape);
        source.Span.Fill(1f);
        target.Span.Clear();
        using PjrtBuffer buffer = client.BufferFromHost<float>(source.Span, shape);
        var rates = (OurUp: new List<double>(), OurDown: new List<double>(), TheirUp: new List<double>(), TheirDown: new List<double>());
        for (int round = 0; round < Rounds; ++round)
        {
            double[] c = Calls(program, plugin, "transfer", bytes.ToString(CultureInfo.InvariantCulture));
            rates.TheirUp.Add(c[0]);
            rates.TheirDown.Add(c[1]);
            int copies = Math.Max(1, (64 << 20) / bytes);
            double[] up = new double[15], down = new double[15];
            for (int batch = 0; batch < up.Length; ++batch)
            {
                up[batch] = Report.Seconds(() => { for (int i = 0; i < copies; ++i) client.Upload<float>(source.Span, buffer); }) * 1e9 / copies;
                down[batch] = Report.Seconds(() => { for (int i = 0; i < copies; ++i) buffer.CopyToHost(target.Span); }) * 1e9 / copies;
            }

            rates.OurUp.Add(Report.Median(up));
            rates.OurDown.Add(Report.Median(down));
        }

        if (!target.Span.SequenceEqual(source.Span)) throw new InvalidOperationException("the bytes came back changed");
        Print("to_device", rates.OurUp, rates.TheirUp);
        Print("to_host", rates.OurDown, rates.TheirDown);

        void Print(string name, List<double> ours, List<double> theirs)
        {
            double c = Report.Median(theirs), net = Report.Median(ours);
            Report.Line($"client.{name}.{bytes}", bytes / net, "GB/s", FormattableString.Invariant(
                $"C {bytes / c:g6} GB/s; ratio {c / net:f3}; rounds of ns: C {Text(theirs)}, C# {Text(ours)}"));
        }
    }

    // Live native objects are the handles; the collector's counts say whether anything was kept.
    private static void AMillion(PjrtClient client)
    {
        using PjrtExecutable executable = client.Compile(Increment);
        using PjrtBuffer x = client.BufferFromHost<float>([1f], Shape.Scalar);
        using PjrtCall call = executable.Bind([x], [null]);
        using PjrtBuffer result = call.Results[0];
        Await(call, WarmUp).GetAwaiter().GetResult();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long objects = Diagnostics.LiveObjects.Values.Sum(), resident = Report.ResidentBytes(), files = OpenFiles();
        int gen0 = GC.CollectionCount(0), gen1 = GC.CollectionCount(1), gen2 = GC.CollectionCount(2);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        double seconds = Report.Seconds(() => Await(call, Million).GetAwaiter().GetResult());
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Report.Line("client.million", seconds, "s", FormattableString.Invariant(
            $"{Million:n0} executions awaited; {allocated} B allocated; collections gen0 {GC.CollectionCount(0) - gen0}, gen1 {GC.CollectionCount(1) - gen1}, gen2 {GC.CollectionCount(2) - gen2}; native objects {Diagnostics.LiveObjects.Values.Sum() - objects:+0;-0;0}; open files {OpenFiles() - files:+0;-0;0}; resident {(Report.ResidentBytes() - resident) / 1024:+0;-0;0} KiB; GC mode {(GCSettings.IsServerGC ? "server" : "workstation")}"));
    }

    private static int OpenFiles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static string Text(IEnumerable<double> values) =>
        string.Join('/', values.Select(v => v.ToString("f0", CultureInfo.InvariantCulture)));

    private static double[] Calls(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        return [.. text.Split(' ', StringSplitOptions.TrimEntries).Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
    }
}
