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
    private const int Batches = 101, WarmUpBatches = 10, CallsPerBatch = 5000, WarmUp = 50_000, Million = 1_000_000;
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
        string[] wanted = args[1..];
        using PjrtPlugin plugin = PjrtPlugin.Load("cpu");
        using PjrtClient client = plugin.CreateClient();
        if (Wants("scalar")) Scalar(plugin.Path, client);
        foreach (int size in Sizes)
        {
            if (Wants(size.ToString(CultureInfo.InvariantCulture))) Transfer(plugin.Path, client, size);
        }

        if (Wants("million")) AMillion(client);

        bool Wants(string row) => wanted.Length == 0 || wanted.Contains(row);
    }

    private static void Scalar(string plugin, PjrtClient client)
    {
        using PjrtExecutable executable = client.Compile(Increment);
        using PjrtBuffer x = client.BufferFromHost<float>([1f], Shape.Scalar);
        using PjrtCall call = executable.Bind([x], [null]);
        using PjrtBuffer result = call.Results[0];
        Await(call, WarmUp).GetAwaiter().GetResult();
        using var c = new ClientPeer(plugin, "scalar");
        var turns = new Turns();
        long allocated = 0;
        for (int batch = 0; batch < 2 * Batches; ++batch)
        {
            double theirs = c.Batch()[0];
            long before = GC.GetTotalAllocatedBytes(precise: true);
            double ours = Report.Seconds(() => Await(call, CallsPerBatch).GetAwaiter().GetResult()) * 1e9 / CallsPerBatch;
            allocated += GC.GetTotalAllocatedBytes(precise: true) - before;
            turns.Add(ours, theirs);
        }

        Report.Line("client.scalar", turns.Ours, "ns", FormattableString.Invariant(
            $"awaited; C {turns.Theirs:f0} ns; above it {turns.Above:f0} ns, in the faster half of the turns {turns.AboveWhenFast:f0} ns; {(double)allocated / (2L * Batches * CallsPerBatch):f3} B a call"));
        if (result.ToArray<float>()[0] != 2f) throw new InvalidOperationException("1 + 1 is not 2");
    }

    private static async Task Await(PjrtCall call, int times)
    {
        for (int i = 0; i < times; ++i) await call.RunAsync().ConfigureAwait(false);
    }

    private static void Transfer(string plugin, PjrtClient client, int bytes)
    {
        var shape = new Shape(bytes / sizeof(float));
        using Tensor<float> source = Tensor<float>.Create(shape), target = Tensor<float>.Create(shape);
        source.Span.Fill(1f);
        target.Span.Clear();
        using PjrtBuffer buffer = client.BufferFromHost<float>(source.Span, shape);
        using var c = new ClientPeer(plugin, "transfer", bytes.ToString(CultureInfo.InvariantCulture));
        int copies = Math.Max(1, (16 << 20) / bytes);
        var up = new Turns();
        var down = new Turns();
        for (int batch = -WarmUpBatches; batch < (bytes > 16 << 20 ? Batches / 2 : Batches); ++batch)
        {
            double[] theirs = c.Batch();
            double ourUp = Report.Seconds(() => { for (int i = 0; i < copies; ++i) client.Upload<float>(source.Span, buffer); }) * 1e9 / copies;
            double ourDown = Report.Seconds(() => { for (int i = 0; i < copies; ++i) buffer.CopyToHost(target.Span); }) * 1e9 / copies;
            if (batch < 0) continue;
            up.Add(ourUp, theirs[0]);
            down.Add(ourDown, theirs[1]);
        }

        if (!target.Span.SequenceEqual(source.Span)) throw new InvalidOperationException("the bytes came back changed");
        Print("to_device", up);
        Print("to_host", down);

        void Print(string name, Turns turns) => Report.Line($"client.{name}.{bytes}", bytes / turns.Ours, "GB/s", FormattableString.Invariant(
            $"C {bytes / turns.Theirs:g6} GB/s; ratio {turns.Ratio:f3}; {turns.Ours:f0} ns, C {turns.Theirs:f0} ns"));
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
}
