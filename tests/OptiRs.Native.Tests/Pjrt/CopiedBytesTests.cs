
namespace OptiRs.Native.Tests.Pjrt;

/// <summary>
/// What is copied, counted by the embedded plugin wherever it copies bytes of arrays: nothing on the paths that promise it,
/// and everything once on the others.
/// </summary>
[NonParallelizable]
public sealed class CopiedBytesTests
{
    private const int Elements = 1 << 16;
    private const long Bytes = Elements * sizeof(int);
    private static readonly Shape Wide = new(Elements);

    private PluginUnderTest _plugin = null!;
    private PjrtClient _client = null!;
    private Tensor<int> _tensor = null!;

    [SetUp]
    public void Open()
    {
        _plugin = PluginUnderTest.Get("embedded");
        _client = _plugin.Open();
        _tensor = Tensor<int>.Allocate(Wide);
        _tensor.Span.Fill(3);
    }

    [TearDown]
    public void Close()
    {
        _tensor?.Dispose();
        _client?.Dispose();
    }

    [Test]
    public async Task ALentTensorIsUsedInPlace()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(Elements));
        long before = Copied();
        ValueTask released;
        using (PjrtBuffer buffer = _client.BufferFromHost(_tensor))
        {
            released = buffer.HostReleased;
            using PjrtBuffer result = executable.Execute(buffer)[0];
            await result.ReadyAsync();
            Assert.That(Copied() - before, Is.Zero);
            Assert.That(result.ToArray<int>()[Elements - 1], Is.EqualTo(3 + PluginUnderTest.Step));
            Assert.That(Copied() - before, Is.EqualTo(Bytes), "the result, once");
        }

        await released;
    }

    [Test]
    public void DlpackGoesInAndOutInPlace()
    {
        long before = Copied();
        using PjrtBuffer buffer = _client.BufferFromHost(_tensor);
        DlpackTensor lent = buffer.ToDlpack();
        using PjrtBuffer again = _client.FromDlpack(lent);
        Assert.That(Copied() - before, Is.Zero);
        Assert.That(again.UnsafeAddress, Is.EqualTo(buffer.UnsafeAddress));
        Assert.That(again.ToArray<int>()[7], Is.EqualTo(3));
        Assert.That(Copied() - before, Is.EqualTo(Bytes));
    }

    [Test]
    public void ADonatedArgumentIsUpdatedInPlace()
    {
        using PjrtExecutable executable = _client.Compile(_plugin.Add(Elements, donates: true));
        using PjrtBuffer state = _client.BufferFromHost<int>(_tensor.Span, Wide);
        using PjrtCall call = executable.Bind([state], [state]);
        long before = Copied();
        for (int i = 0; i < 10; i++) call.Run();
        Assert.That(Copied() - before, Is.Zero);
    }

    [Test]
    public async Task EachCopyIsOne()
    {
        long before = Copied();
        using PjrtBuffer buffer = _client.BufferFromHost<int>(_tensor.Span, Wide);
        Assert.That(Copied() - before, Is.EqualTo(Bytes), "from a span");
        _client.Upload<int>(_tensor.Span, buffer);
        Assert.That(Copied() - before, Is.EqualTo(2 * Bytes), "into a buffer");
        buffer.CopyToHost(_tensor.Span);
        Assert.That(Copied() - before, Is.EqualTo(3 * Bytes), "to a span");
        await buffer.CopyToHostAsync(_tensor.Memory);
        Assert.That(Copied() - before, Is.EqualTo(4 * Bytes), "to native memory");
        using Tensor<int> part = Tensor<int>.Allocate(new Shape(4));
        await buffer.CopyRawToHostAsync(8, part.Memory);
        Assert.That(Copied() - before, Is.EqualTo(4 * Bytes + 16), "a part");
    }

    private long Copied() => (long)_client.Devices[0].ReadAttributes()["copied_bytes"];
}
