namespace OptiRs.Native.Interop;

/// <summary>
/// Where one kernel runs: in host memory on the calling thread, or in a stream, with the workspace that it needs there. The
/// stream's allocator gives the workspace and takes it back in the order of the stream: nobody waits.
/// </summary>
internal unsafe ref struct KernelQueue : IDisposable
{
    private Lease _lease;
    private optirs_device_memory* _workspace;

    /// <param name="stream">null for host memory: then nothing is done here.</param>
    /// <param name="kernel">An OPTIRS_KERNEL_* constant.</param>
    /// <param name="args">The arguments of the kernel, which start as those of all do.</param>
    public KernelQueue(StreamHandle? stream, int kernel, void* args)
    {
        if (stream is null) return;
        _lease = new Lease(stream);
        Stream = (optirs_stream*)stream.Pointer;
        try
        {
            ulong bytes;
            NativeError.ThrowIfFailed(optirs.optirs_kernel_workspace_raw(kernel, args, &bytes));
            // Every args struct begins with its size, the workspace, and the workspace's size.
            ref void* workspace = ref ((void**)args)[1];
            ((ulong*)args)[2] = bytes;
            workspace = null;
            if (bytes == 0) return;
            ReadOnlySpan<byte> tag = "kernel workspace"u8;
            optirs_device_memory* memory;
            fixed (byte* text = tag)
                NativeError.ThrowIfFailed(optirs.optirs_device_memory_create_raw(Stream, bytes, text, (ulong)tag.Length, &memory));
            _workspace = memory;
            workspace = optirs.optirs_device_memory_data_raw(memory);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The stream; NULL for host memory.</summary>
    public optirs_stream* Stream { get; }

    public void Dispose()
    {
        if (_workspace != null) optirs.optirs_device_memory_release(_workspace);
        _workspace = null;
        _lease.Dispose();
    }
}
