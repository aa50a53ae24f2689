using System.Diagnostics;
using System.Globalization;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Nothing crashes and nothing is left, whatever the order and the moment of disposal.</summary>
[TestFixture("fake")]
[TestFixture("embedded")]
public sealed class LifetimeTests(string pluginName)
{
    private PluginUnderTest _plugin = null!;

    [SetUp]
    public void SetUp() => _plugin = PluginUnderTest.Get(pluginName);

    [Test]
    public void EveryOrderOfDisposalIsSafe()
    {
        foreach (int[] order in Permutations(5))
        {
            PjrtClient client = _plugin.Open();
            PjrtExecutable executable = client.Compile(_plugin.Add(2, donates: true));
            PjrtBuffer state = client.BufferFromHost<int>([0, 1], new Shape(2));
            PjrtCall call = executable.Bind([state], [state]);
            call.Run();
            using var other = client.BufferFromHost<int>([2, 3], new Shape(2));
            PjrtBuffer result = executable.Execute(other)[0];
            IDisposable[] objects = [client, executable, state, call, result];
            foreach (int index in order) objects[index].Dispose();
        }
    }

    [Test]
    public async Task WhatIsInFlightFinishes()
    {
        for (int i = 0; i < 50; i++)
        {
            PjrtClient client = _plugin.Open();
            PjrtExecutable executable = client.Compile(_plugin.Add(2));
            PjrtBuffer argument = client.BufferFromHost<int>([0, 1], new Shape(2));
            PjrtCall call = executable.Bind([argument], [null]);
            ValueTask run = call.RunAsync();
            using var tensor = Tensor<int>.Create(new Shape(2));
            ValueTask copy = call.Results[0].CopyToHostAsync(tensor.Memory);
            call.Results[0].Dispose();
            call.Dispose();
            argument.Dispose();
            executable.Dispose();
            client.Dispose();
            await run;
            await copy;
            Assert.That(tensor.Span[1], Is.EqualTo(1 + PluginUnderTest.Step));
        }
    }

    [Test]
    public void DisposalAtRandomMomentsFromOtherThreads()
    {
        var random = new Random(3);
        for (int round = 0; round < 30; round++)
        {
            using PjrtClient client = _plugin.Open();
            PjrtExecutable executable = client.Compile(_plugin.Add(2, donates: true));
            PjrtBuffer[] states = [.. Enumerable.Range(0, 4).Select(i => client.BufferFromHost<int>([i, i], new Shape(2)))];
            PjrtCall[] calls = [.. states.Select(s => executable.Bind([s], [s]))];
            int[] moments = [.. Enumerable.Range(0, 9).Select(_ => random.Next(40))];
            Parallel.Invoke(
                () => Use(() => calls[0].Run()), () => Use(() => calls[1].RunAsync().AsTask().Wait()),
                () => Use(() => states[2].ToArray<int>()), () => Use(() => executable.Bind([states[3]], [states[3]]).Dispose()),
                () =>
                {
                    IDisposable[] objects = [.. calls, .. states, executable];
                    for (int moment = 0; moment < 40; moment++)
                    {
                        for (int i = 0; i < objects.Length; i++)
                            if (moments[i] == moment) objects[i].Dispose();
                        Thread.Yield();
                    }
                });
        }

        // Whoever comes too late is told so; nothing else goes wrong.
        static void Use(Action action)
        {
            for (int i = 0; i < 200; i++)
            {
                try
                {
                    action();
                }
                catch (ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>
    /// Buffers, calls and programs are used, replaced and disposed of by whoever comes along: some rounds, or as long as
    /// OPTIRS_HAMMER_SECONDS says.
    /// </summary>
    [Test]
    public void SixteenThreadsShareOneClient()
    {
        const int Threads = 16, Rounds = 120, Slots = 12;
        TimeSpan? time = double.TryParse(
            Environment.GetEnvironmentVariable("OPTIRS_HAMMER_SECONDS"), CultureInfo.InvariantCulture, out double seconds)
            ? TimeSpan.FromSeconds(seconds) : null;
        long start = Stopwatch.GetTimestamp();
        using PjrtClient client = _plugin.Open();
        string add = _plugin.Add(8), step = _plugin.Add(8, donates: true);
        var buffers = new PjrtBuffer[Slots];
        var programs = new PjrtExecutable[2];
        for (int i = 0; i < Slots; i++) buffers[i] = Upload();
        for (int i = 0; i < programs.Length; i++) programs[i] = client.Compile(i == 0 ? add : step);
        var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            for (int round = 0; time is null ? round < Rounds : Stopwatch.GetElapsedTime(start) < time; round++)
            {
                try
                {
                    Act(random);
                }
                catch (ObjectDisposedException)
                {
                    // Somebody else was faster.
                }
                catch (Exception e) when (e is IOptiRsError { Code: ErrorCode.FailedPrecondition or ErrorCode.InvalidArgument })
                {
                    // Donated or deleted by somebody else.
                }
                catch (Exception e)
                {
                    failures.Enqueue(e);
                }
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        foreach (PjrtBuffer buffer in buffers) buffer.Dispose();
        foreach (PjrtExecutable program in programs) program.Dispose();
        Assert.That(failures, Is.Empty);

        PjrtBuffer Upload() => client.BufferFromHost<int>([1, 2, 3, 4, 5, 6, 7, 8], new Shape(8));

        void Act(Random random)
        {
            PjrtBuffer buffer = Volatile.Read(ref buffers[random.Next(Slots)]);
            PjrtExecutable program = Volatile.Read(ref programs[random.Next(2)]);
            switch (random.Next(7))
            {
                case 0:
                    Interlocked.Exchange(ref buffers[random.Next(Slots)], Upload()).Dispose();
                    break;
                case 1:
                    program.Execute(buffer)[0].Dispose();
                    break;
                case 2:
                    using (PjrtCall call = program.Bind([buffer], [buffer])) call.RunAsync().AsTask().GetAwaiter().GetResult();
                    break;
                case 3:
                    buffer.ToArray<int>();
                    break;
                case 4:
                    using (Tensor<int> tensor = Tensor<int>.Create(new Shape(8))) buffer.CopyToHostAsync(tensor.Memory).AsTask().GetAwaiter().GetResult();
                    break;
                case 5 when random.Next(8) == 0:
                    int slot = random.Next(2);
                    Interlocked.Exchange(ref programs[slot], client.Compile(slot == 0 ? add : step)).Dispose();
                    break;
                default:
                    buffer.Dispose();
                    break;
            }
        }
    }

    [Test]
    public void ALeakOfEachKindIsReported()
    {
        Forget(_plugin);
        string all = string.Join("\n", Interop.Leaks.Collect());
        Assert.That(all, Does.Contain("optirs_pjrt_buffer").And.Contain("optirs_pjrt_executable").And.Contain("optirs_pjrt_client"));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Forget(PluginUnderTest plugin)
        {
            PjrtClient client = plugin.Open();
            PjrtExecutable executable = client.Compile(plugin.Add(2));
            PjrtBuffer argument = client.BufferFromHost<int>([0, 1], new Shape(2));
            _ = executable.Bind([argument], [null]);
        }
    }

    private static IEnumerable<int[]> Permutations(int count)
    {
        if (count == 0) return [[]];
        return Permutations(count - 1).SelectMany(
            p => Enumerable.Range(0, count).Select(at => (int[])[.. p[..at], count - 1, .. p[at..]]));
    }
}
