using OptiRs.Native;
using OptiRs.Native.Interop;
using OptiRs.Tests;

namespace Bindings.Tests;

/// <summary>Completions, on the echo: inline and late, failed, held, cancelled; and what they cost.</summary>
public sealed class CompletionTests
{
    private BackendHandle _echo = null!;
    private BufferHandle _source = null!;
    private BufferHandle _destination = null!;

    [SetUp]
    public void SetUp()
    {
        _echo = BackendNative.Load("echo");
        _source = HostMemory.Create(64);
        _destination = HostMemory.Create(64);
        for (int i = 0; i < 64; i++) HostMemory.Span<byte>(_source, 64)[i] = (byte)i;
        HostMemory.Span<byte>(_destination, 64).Clear();
    }

    [TearDown]
    public void TearDown()
    {
        _destination.Dispose();
        _source.Dispose();
        _echo.Dispose();
    }

    [Test]
    public void AnInlineEchoIsDoneWhenStartReturns()
    {
        ValueTask task = Start(optirs.OPTIRS_ECHO_INLINE);
        Assert.That(task.IsCompletedSuccessfully, Is.True);
        task.GetAwaiter().GetResult();
        Assert.That(HostMemory.Span<byte>(_destination, 64).SequenceEqual(HostMemory.Span<byte>(_source, 64)), Is.True);
    }

    [Test]
    public async Task AnEchoOfAnotherThreadIsAwaited()
    {
        for (int i = 0; i < 200; i++) await Start(0);
        Assert.That(HostMemory.Span<byte>(_destination, 64)[63], Is.EqualTo(63));
    }

    [Test]
    public async Task ContinuationsDoNotRunOnTheNativeThread()
    {
        (ValueTask task, OperationHandle operation) = EchoNative.StartHeld(_echo, _source, _destination);
        using (operation)
        {
            Task<bool> continued = ContinuedOnThePool(task);
            optirs.optirs_echo_resume(operation);
            Assert.That(await continued, Is.True);
        }
    }

    private static async Task<bool> ContinuedOnThePool(ValueTask task)
    {
        await task.ConfigureAwait(false);
        return Thread.CurrentThread.IsThreadPoolThread;
    }

    [TestCase(ErrorCode.InvalidArgument, typeof(OptiRsArgumentException))]
    [TestCase(ErrorCode.Unimplemented, typeof(OptiRsNotSupportedException))]
    [TestCase(ErrorCode.ResourceExhausted, typeof(OptiRsOutOfMemoryException))]
    [TestCase(ErrorCode.Internal, typeof(OptiRsException))]
    public void AFailureOfTheOperationIsThrownByAwait(ErrorCode code, Type type)
    {
        foreach (uint flags in (uint[])[0, optirs.OPTIRS_ECHO_INLINE])
        {
            Exception error = Assert.CatchAsync(async () => await Start(flags, code))!;
            Assert.That(error, Is.TypeOf(type));
            Assert.That(((IOptiRsError)error).Code, Is.EqualTo(code));
            Assert.That(((IOptiRsError)error).Backend, Is.EqualTo("echo"));
        }
    }

    [Test]
    public void AFailureOfTheStartIsThrownByTheStart()
    {
        using BufferHandle small = HostMemory.Create(1);
        var error = Assert.Throws<OptiRsArgumentException>(() => EchoNative.Start(_echo, _source, small, 0, ErrorCode.Ok, default))!;
        Assert.That(error.Operation, Is.EqualTo("optirs_echo_start"));
    }

    [Test]
    public async Task AHeldEchoWaitsUntilItIsResumed()
    {
        (ValueTask task, OperationHandle operation) = EchoNative.StartHeld(_echo, _source, _destination);
        using (operation)
        {
            Assert.That(task.IsCompleted, Is.False);
            optirs.optirs_echo_resume(operation);
            await task;
        }

        Assert.That(HostMemory.Span<byte>(_destination, 64)[1], Is.EqualTo(1));
    }

    [Test]
    public void CancellationIsARequestThatTheCompletionAnswers()
    {
        using var cancel = new CancellationTokenSource();
        ValueTask task = EchoNative.Start(_echo, _source, _destination, optirs.OPTIRS_ECHO_HOLD, ErrorCode.Ok, cancel.Token);
        Assert.That(task.IsCompleted, Is.False);
        cancel.Cancel();
        var error = Assert.ThrowsAsync<OptiRsCanceledException>(async () => await task)!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Cancelled));
    }

    [Test]
    public void ATokenThatIsCancelledAlreadyCancelsAtOnce() =>
        Assert.ThrowsAsync<OptiRsCanceledException>(async () => await EchoNative.Start(
            _echo, _source, _destination, optirs.OPTIRS_ECHO_HOLD, ErrorCode.Ok, new CancellationToken(canceled: true)));

    [Test]
    public async Task CancellingAfterTheEndDoesNothing()
    {
        using var cancel = new CancellationTokenSource();
        await EchoNative.Start(_echo, _source, _destination, 0, ErrorCode.Ok, cancel.Token);
        cancel.Cancel();
    }

    [Test]
    public async Task ReleasingTheBuffersDuringTheOperationIsSafe()
    {
        BufferHandle source = HostMemory.Create(1 << 20);
        BufferHandle destination = HostMemory.Create(1 << 20);
        (ValueTask task, OperationHandle operation) = EchoNative.StartHeld(_echo, source, destination);
        source.Dispose();
        destination.Dispose();
        using (operation)
        {
            optirs.optirs_echo_resume(operation);
            await task;
        }
    }

    [Test]
    public async Task ATaskIsForOneAwait()
    {
        ValueTask task = Start(optirs.OPTIRS_ECHO_INLINE);
        ValueTask copy = task;
        await task;
        Assert.That(() => copy.GetAwaiter().GetResult(), Throws.InvalidOperationException);
    }

    [Test]
    public void AResultThatIsNotThereIsNotTaken()
    {
        (ValueTask task, OperationHandle operation) = EchoNative.StartHeld(_echo, _source, _destination);
        using (operation)
        {
            Assert.That(() => task.GetAwaiter().GetResult(), Throws.InvalidOperationException);
            optirs.optirs_echo_resume(operation);
            Assert.That(async () => await task, Throws.Nothing);
        }
    }

    [Test]
    public void InSteadyStateNothingIsAllocated()
    {
        for (int i = 0; i < 100; i++) Start(optirs.OPTIRS_ECHO_INLINE).GetAwaiter().GetResult();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) Start(optirs.OPTIRS_ECHO_INLINE).GetAwaiter().GetResult();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public async Task ManyAtOnceFromManyThreads()
    {
        int done = 0;
        await Parallel.ForAsync(0, 64, async (worker, token) =>
        {
            for (int i = 0; i < 100; i++)
            {
                using BufferHandle from = HostMemory.Create(256);
                using BufferHandle to = HostMemory.Create(256);
                Fill(from, (byte)(worker + i));
                await EchoNative.Start(_echo, from, to, 0, ErrorCode.Ok, token);
                if (Holds(to, (byte)(worker + i))) Interlocked.Increment(ref done);
            }
        });
        Assert.That(done, Is.EqualTo(6400));
    }

    [Test]
    public void CancellingAtAnyMomentEndsEveryTask()
    {
        int cancelled = 0;
        for (int i = 0; i < 500; i++)
        {
            using var cancel = new CancellationTokenSource();
            ValueTask task = EchoNative.Start(_echo, _source, _destination, 0, ErrorCode.Ok, cancel.Token);
            cancel.Cancel();
            try
            {
                task.AsTask().GetAwaiter().GetResult();
            }
            catch (OptiRsCanceledException)
            {
                cancelled++;
            }
        }

        Assert.That(cancelled, Is.InRange(0, 500));
    }

    [Test]
    public void EveryFaultOfTheBackendBecomesOneError()
    {
        using BackendHandle fault = BackendNative.Load("fault");
        int failures = 0;
        for (int k = 0; ; k++)
        {
            Faults.Set($"call@{k}");
            try
            {
                EchoNative.Start(fault, _source, _destination, 0, ErrorCode.Ok, default).AsTask().GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is IOptiRsError)
            {
                failures++;
            }

            if (Faults.Fired == 0) break;
        }

        Faults.Set("");
        Assert.That(failures, Is.GreaterThan(0));
    }

    private ValueTask Start(uint flags, ErrorCode failWith = ErrorCode.Ok) =>
        EchoNative.Start(_echo, _source, _destination, flags, failWith, default);

    private static void Fill(BufferHandle buffer, byte value) => HostMemory.Span<byte>(buffer, 256).Fill(value);

    private static bool Holds(BufferHandle buffer, byte value) => !HostMemory.Span<byte>(buffer, 256).ContainsAnyExcept(value);
}
