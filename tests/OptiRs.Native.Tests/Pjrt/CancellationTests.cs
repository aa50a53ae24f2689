namespace OptiRs.Native.Tests.Pjrt;

/// <summary>A token ends waits, never work: what runs keeps its memory, and its results come.</summary>
public sealed class CancellationTests
{
    private static readonly Shape Shape = new(2);
    private PluginUnderTest _plugin = null!;
    private PjrtClient _client = null!;
    private PjrtBuffer _source = null!;
    private CancellationTokenSource _cancel = null!;

    [SetUp]
    public void SetUp()
    {
        _plugin = PluginUnderTest.Get("embedded");
        _client = _plugin.Open();
        _source = _client.BufferFromHost<int>([1, 2], Shape);
        _cancel = new CancellationTokenSource();
    }

    [TearDown]
    public void TearDown()
    {
        _cancel.Dispose();
        _source.Dispose();
        _client.Dispose();
    }

    [Test]
    public void CancelledBeforehandNothingIsStarted()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2, donates: true));
        using PjrtCall call = executable.Bind([_source], [null]);
        using PjrtBuffer result = call.Results[0];
        using var target = Tensor<int>.Create(Shape);
        _cancel.Cancel();
        Assert.That(call.RunAsync(_cancel.Token).IsCanceled, Is.True);
        Assert.That(_source.CopyToHostAsync(target.Memory, _cancel.Token).IsCanceled, Is.True);
        Assert.That(_source.ReadyAsync(_cancel.Token).IsCanceled, Is.True);
        Assert.That(_source.IsDeleted, Is.False, "the run would have taken it");
        Assert.That(result.IsDeleted, Is.True, "the run would have filled it");
        Assert.That(target.Span.ToArray(), Is.All.Zero);
    }

    [Test]
    public void CancelledLaterTheRunGoesOn()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2));
        (PjrtBuffer late, PjrtPromise promise) = _source.DonateLater();
        using PjrtCall call = executable.Bind([late], [null]);
        using PjrtBuffer result = call.Results[0];
        ValueTask run = call.RunAsync(_cancel.Token);
        ValueTask ready = result.ReadyAsync(_cancel.Token);
        Assert.That(run.IsCompleted || ready.IsCompleted, Is.False);
        _cancel.Cancel();
        Assert.ThrowsAsync<TaskCanceledException>(async () => await run);
        Assert.ThrowsAsync<TaskCanceledException>(async () => await ready);
        late.Dispose();
        call.Dispose();
        promise.Keep();
        Assert.That(result.ToArray<int>(), Is.EqualTo(new[] { 1 + PluginUnderTest.Step, 2 + PluginUnderTest.Step }));
        promise.Dispose();
    }

    [Test]
    public void CancelledLaterACopyHoldsItsMemory()
    {
        (PjrtBuffer late, PjrtPromise promise) = _source.DonateLater();
        using PjrtBuffer ends = late;
        using PjrtPromise endsToo = promise;
        long before = LiveHostBuffers();
        Tensor<int> target = Tensor<int>.Create(Shape);
        ValueTask copy = late.CopyToHostAsync(target.Memory, _cancel.Token);
        _cancel.Cancel();
        Assert.ThrowsAsync<TaskCanceledException>(async () => await copy);
        target.Dispose();
        Assert.That(LiveHostBuffers(), Is.EqualTo(before + 1), "the device is still to write there");
        promise.Keep();
        Assert.That(SpinWait.SpinUntil(() => LiveHostBuffers() == before, TimeSpan.FromSeconds(30)), "it has written, and let go");

        static long LiveHostBuffers() => Diagnostics.LiveObjects.GetValueOrDefault("buffer");
    }

    [Test]
    public async Task ATokenThatIsNotUsedChangesNothing()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(2));
        using PjrtCall call = executable.Bind([_source], [null]);
        using PjrtBuffer result = call.Results[0];
        using var target = Tensor<int>.Create(Shape);
        await call.RunAsync(_cancel.Token);
        await result.ReadyAsync(_cancel.Token);
        await result.CopyToHostAsync(target.Memory, _cancel.Token);
        Assert.That(target.Span.ToArray(), Is.EqualTo(new[] { 1 + PluginUnderTest.Step, 2 + PluginUnderTest.Step }));
    }
}
