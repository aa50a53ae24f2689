using System.Runtime.CompilerServices;
using OptiRs.Native;
using OptiRs.Native.Interop;
using OptiRs.Tests;

namespace Bindings.Tests;

/// <summary>Handles: parents, leases, leaks, native memory.</summary>
public sealed class HandleTests
{
    [Test]
    public void AChildKeepsItsParentOpen()
    {
        BufferHandle parent = HostMemory.Create(8);
        BufferHandle child = HostMemory.Create(8);
        child.Retain(parent);
        long live = optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER);
        parent.Dispose();
        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live));
        child.Dispose();
        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live - 2));
    }

    [Test]
    public void ALeaseKeepsAHandleOpen()
    {
        BufferHandle buffer = HostMemory.Create(8);
        long live = optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER);
        using (new Lease(buffer))
        {
            buffer.Dispose();
            Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live));
        }

        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live - 1));
        Assert.Throws<ObjectDisposedException>(() => new Lease(buffer).Dispose());
    }

    [Test]
    public void AHandleThatNobodyDisposesOfIsReported()
    {
        Leak();
        IReadOnlyList<string> leaks = Leaks.Collect();
        Assert.That(leaks, Has.Count.EqualTo(1));
        Assert.That(leaks[0], Does.Contain("optirs_buffer"));
    }

    [Test]
    public void AFailedCallLeaksNothing()
    {
        int failures = 0;
        for (int k = 0; ; k++)
        {
            Faults.Set($"oom@{k}");
            try
            {
                HostMemory.Create(1 << 20).Dispose();
            }
            catch (OptiRsOutOfMemoryException)
            {
                failures++;
            }

            if (Faults.Fired == 0) break;
        }

        Faults.Set("");
        Assert.That(failures, Is.GreaterThan(0));
        Assert.Throws<OptiRsArgumentException>(() => optirs.optirs_buffer_create(ulong.MaxValue, out _));
        Assert.That(Leaks.Collect(), Is.Empty);
    }

    [Test]
    public void AllocationsThatFailAskTheCollectorOnce()
    {
        int before = MemoryPressure.Collections;
        Assert.Throws<OptiRsOutOfMemoryException>(() => HostMemory.Create(1L << 61));
        Assert.That(MemoryPressure.Collections, Is.EqualTo(before + 1));
    }

    [Test]
    public void NativeMemoryIsMemory()
    {
        using BufferHandle buffer = HostMemory.Create(40);
        Memory<int> memory = new NativeMemoryManager<int>(buffer, 10).Memory;
        for (int i = 0; i < 10; i++) memory.Span[i] = i;
        Assert.That(memory[3..6].ToArray(), Is.EqualTo((int[])[3, 4, 5]));
        Assert.That(memory.Length, Is.EqualTo(10));
    }

    [Test]
    public void APinKeepsNativeMemoryOpen()
    {
        BufferHandle buffer = HostMemory.Create(40);
        Memory<int> memory = new NativeMemoryManager<int>(buffer, 10).Memory;
        long live = optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER);
        System.Buffers.MemoryHandle pin = memory.Pin();
        buffer.Dispose();
        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live));
        pin.Dispose();
        Assert.That(optirs.optirs_live_objects(optirs.OPTIRS_OBJECT_BUFFER), Is.EqualTo(live - 1));
        Assert.Throws<ObjectDisposedException>(() => _ = memory.Span);
    }

    [Test]
    public void EveryCodeBecomesItsException()
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>())
        {
            Exception error = NativeError.Create(code, "message", "operation", "backend");
            var said = (IOptiRsError)error;
            Assert.That((said.Code, said.Operation, said.Backend), Is.EqualTo((code, "operation", "backend")));
            Assert.That(error.Message, Is.EqualTo("message"));
            Type expected = code switch
            {
                ErrorCode.InvalidArgument => typeof(ArgumentException),
                ErrorCode.Cancelled => typeof(OperationCanceledException),
                ErrorCode.Unimplemented => typeof(NotSupportedException),
                ErrorCode.ResourceExhausted => typeof(OptiRsOutOfMemoryException),
                _ => typeof(OptiRsException),
            };
            Assert.That(error, Is.InstanceOf(expected));
        }
    }

    [Test]
    public void ErrorCodesAreThoseOfTheAbi()
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>())
        {
            string name = NativeText.StatusName((int)code).Replace("_", "", StringComparison.Ordinal);
            Assert.That(name, Is.EqualTo(code.ToString()).IgnoreCase);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Leak() => _ = HostMemory.Create(8);
}
