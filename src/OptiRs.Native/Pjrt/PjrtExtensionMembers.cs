using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

// What plugins offer beyond the table of the C API, on the types that it belongs to. A plugin that lacks an extension
// answers with NotSupportedException, which names the plugin, the extension and who has it.

public sealed partial class PjrtClient
{
    /// <summary>How the client's devices lay out an array unless told otherwise.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Layouts.</exception>
    public PjrtLayout DefaultLayout(DType dtype, Shape shape)
    {
        using PjrtArray array = PjrtPlacement.Default.Array(dtype, shape);
        return PjrtLayout.Parse(PjrtExtensions.DefaultLayout(Handle, array));
    }

    /// <summary>Buffers of one device that a peer fills (<see cref="PjrtBuffer.SendToPeerAsync"/>); they are ready when it has.</summary>
    /// <param name="arrays">Element type and extents of each.</param>
    /// <param name="placement">Device and layout.</param>
    /// <returns>
    /// The buffers, and what tells a peer where to send: one descriptor each, to be carried to the peer by other means, for
    /// instance by a <see cref="IKeyValueStore"/>.
    /// </returns>
    /// <exception cref="NotSupportedException">The plugin has no extension CrossHostTransfers, or an older form of it.</exception>
    public (PjrtBuffer[] Buffers, Task<byte[][]> Descriptors) ReceiveFromPeer(
        IReadOnlyList<(DType DType, Shape Shape)> arrays, PjrtPlacement? placement = null)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        ThrowIfDisposed();
        PjrtArray[] natives = [.. arrays.Select(a => (placement ?? PjrtPlacement.Default).Array(a.DType, a.Shape))];
        try
        {
            (PjrtBufferHandle[] cells, Task<byte[][]> descriptors) = PjrtExtensions.ReceiveRemote(Handle, natives);
            return ([.. cells.Select((cell, i) => new PjrtBuffer(this, cell, arrays[i].DType, arrays[i].Shape))], descriptors);
        }
        finally
        {
            foreach (PjrtArray native in natives) native.Dispose();
        }
    }
}

public sealed partial class PjrtBuffer
{
    /// <summary>The layout by the extension Layouts: it tells of memory spaces and the like, which <see cref="Layout"/> does not.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Layouts.</exception>
    public PjrtLayout DetailedLayout
    {
        get
        {
            optirs.optirs_pjrt_buffer_layout_text(Handle, out PjrtBytesHandle text);
            return PjrtLayout.Parse(PjrtExtensions.TakeText(text));
        }
    }

    /// <summary>The bytes beneath the buffer.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension RawBuffer.</exception>
    public PjrtRawBuffer OpenRaw()
    {
        ThrowIfDisposed();
        optirs.optirs_pjrt_raw_buffer_create(Handle, out PjrtRawBufferHandle raw);
        raw.Retain(_client.Handle);
        return new PjrtRawBuffer(_client, raw);
    }

    /// <summary>Makes a stream of the platform wait, without the host, until the buffer is computed.</summary>
    /// <param name="stream">The platform's handle, a CUstream for CUDA.</param>
    /// <exception cref="NotSupportedException">The plugin has no extension Stream.</exception>
    public void WaitOnStream(long stream) => optirs.optirs_pjrt_buffer_wait_on_stream(Handle, stream);

    /// <summary>Sends the buffer to a peer, without the host.</summary>
    /// <param name="descriptor">From the peer's <see cref="PjrtClient.ReceiveFromPeer"/>.</param>
    /// <returns>The end of the sending; await it once.</returns>
    /// <exception cref="NotSupportedException">The plugin has no extension CrossHostTransfers, or an older form of it.</exception>
    public ValueTask SendToPeerAsync(ReadOnlySpan<byte> descriptor) => PjrtExtensions.SendRemoteAsync(Handle, descriptor);
}

public sealed partial class PjrtDevice
{
    /// <summary>A stream of the platform (a CUstream for CUDA) that work outside PJRT can be put on.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Stream.</exception>
    public long ExternalStream
    {
        get
        {
            using var lease = new Lease(_client);
            optirs.optirs_pjrt_device_stream(Pointer, out long stream);
            return stream;
        }
    }
}

public sealed partial class PjrtTopology
{
    /// <summary>How the topology's devices lay out an array unless told otherwise.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Layouts.</exception>
    public PjrtLayout DefaultLayout(DType dtype, Shape shape)
    {
        using PjrtArray array = PjrtPlacement.Default.Array(dtype, shape);
        return PjrtLayout.Parse(PjrtExtensions.DefaultLayout(Handle, array));
    }

    /// <summary>The memories that a device has.</summary>
    /// <param name="device">Index in <see cref="Devices"/>.</param>
    /// <exception cref="NotSupportedException">The plugin has no extension MemoryDescriptions.</exception>
    public IReadOnlyList<PjrtMemoryDescription> DeviceMemories(int device) =>
        [.. PjrtExtensions.DeviceMemories(Handle, device).Select(m => new PjrtMemoryDescription(m.Kind, m.KindId, m.IsDefault))];

    /// <summary>Runs phases of the compiler (<see cref="PjrtPlugin.CompilerPhases"/>); what comes out can go into the next one.</summary>
    /// <param name="programs">Each a serialized PjRtPartialProgramProto.</param>
    /// <param name="phases">Names, in order.</param>
    /// <param name="options">Null for one replica of one partition.</param>
    /// <returns>Each a serialized PjRtPartialProgramProto.</returns>
    /// <exception cref="NotSupportedException">The plugin has no extension PhaseCompile.</exception>
    public byte[][] RunPhases(
        IReadOnlyList<ReadOnlyMemory<byte>> programs, IReadOnlyList<string> phases, PjrtCompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(programs);
        ArgumentNullException.ThrowIfNull(phases);
        return PjrtExtensions.RunPhases(
            Handle, programs, [.. phases.Select(Encoding.UTF8.GetBytes)], (options ?? PjrtCompileOptions.Default).ToBytes());
    }

    /// <summary>What only topologies of TPUs tell.</summary>
    public PjrtTpuTopology Tpu => new(this);
}

/// <summary>A memory that a device of a topology has.</summary>
/// <param name="Kind">For instance <c>device</c> or <c>pinned_host</c>.</param>
/// <param name="KindId">As <see cref="PjrtMemory.KindId"/>.</param>
/// <param name="IsDefault">Whether buffers go there unless told otherwise.</param>
public sealed record PjrtMemoryDescription(string Kind, int KindId, bool IsDefault);

public sealed partial class PjrtProgramFacts
{
    /// <summary>How the program expects its parameters to lie in memory.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Layouts.</exception>
    public IReadOnlyList<PjrtLayout> ParameterLayouts => Layouts(optirs.OPTIRS_PJRT_SIDE_PARAMETERS);

    /// <summary>How the program's results lie in memory.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Layouts.</exception>
    public IReadOnlyList<PjrtLayout> OutputLayouts => Layouts(optirs.OPTIRS_PJRT_SIDE_OUTPUTS);

    /// <summary>How the parameters are divided among devices: serialized OpShardings; empty for a program that is not partitioned.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Shardings.</exception>
    public IReadOnlyList<byte[]> ParameterShardings => Shardings(optirs.OPTIRS_PJRT_SIDE_PARAMETERS);

    /// <summary>How the results are divided among devices: serialized OpShardings; empty for a program that is not partitioned.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension Shardings.</exception>
    public IReadOnlyList<byte[]> OutputShardings => Shardings(optirs.OPTIRS_PJRT_SIDE_OUTPUTS);

    /// <summary>A message of the plugin's own about the program.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension ExecutableMetadata.</exception>
    public byte[] Metadata
    {
        get
        {
            optirs.optirs_pjrt_executable_metadata(_handle, out PjrtBytesHandle bytes);
            return PjrtPrograms.Take(bytes);
        }
    }

    private PjrtLayout[] Layouts(int side)
    {
        optirs.optirs_pjrt_executable_layouts(_handle, side, out PjrtListHandle list);
        return [.. PjrtExtensions.TakeTexts(list).Select(PjrtLayout.Parse)];
    }

    private byte[][] Shardings(int side)
    {
        optirs.optirs_pjrt_executable_shardings(_handle, side, out PjrtListHandle list);
        return PjrtExtensions.Take(list);
    }
}

public sealed partial class PjrtPlugin
{
    /// <summary>Names of the extensions in the plugin's list; one that is newer than this library is <c>unknown</c>.</summary>
    public IReadOnlyList<string> Extensions => PjrtNative.PluginExtensions(_handle);

    /// <summary>Names of the phases of the plugin's compiler, in order, for <see cref="PjrtTopology.RunPhases"/>.</summary>
    /// <exception cref="NotSupportedException">The plugin has no extension PhaseCompile.</exception>
    public IReadOnlyList<string> CompilerPhases
    {
        get
        {
            optirs.optirs_pjrt_plugin_phase_names(_handle, out PjrtListHandle names);
            return PjrtExtensions.TakeTexts(names);
        }
    }

    /// <summary>What only plugins of TPUs tell.</summary>
    public PjrtTpuPlugin Tpu => new(_handle);

    /// <summary>Makes a profiler; it records nothing until it is started.</summary>
    /// <param name="options">A serialized ProfileOptions; empty for the plugin's defaults.</param>
    /// <exception cref="NotSupportedException">The plugin has no extension Profiler.</exception>
    public PjrtProfiler CreateProfiler(ReadOnlySpan<byte> options = default)
    {
        optirs.optirs_pjrt_profiler_create(_handle, options, (ulong)options.Length, out PjrtProfilerHandle profiler);
        profiler.Retain(_handle);
        return new PjrtProfiler(profiler);
    }

    /// <summary>Makes a function known to every program of the plugin that is compiled from then on.</summary>
    /// <param name="name">The <c>call_target_name</c> of programs.</param>
    /// <param name="call">The function, which must stay callable until the process ends.</param>
    /// <exception cref="NotSupportedException">The plugin has no extension Gpu_Custom_Call.</exception>
    public void RegisterCustomCall(string name, PjrtCustomCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        PjrtExtensions.RegisterCustomCall(
            _handle, Encoding.UTF8.GetBytes(name), call.IsFfi ? 1 : 0, call.Execute, call.Instantiate, call.Prepare,
            call.Initialize, call.Traits);
    }

    /// <summary>Makes a handler of XLA's typed FFI known to every program of the plugin.</summary>
    /// <param name="name">The <c>call_target_name</c> of programs.</param>
    /// <param name="platform">For instance <c>CUDA</c>.</param>
    /// <param name="handler">Address of an XLA_FFI_Handler, which must stay callable until the process ends.</param>
    /// <param name="traits">Bits of XLA_FFI_Handler_Traits.</param>
    /// <exception cref="NotSupportedException">The plugin has no extension FFI.</exception>
    public void RegisterFfiHandler(string name, string platform, nint handler, uint traits = 0) =>
        PjrtExtensions.RegisterFfiHandler(_handle, Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(platform), handler, traits);

    /// <summary>
    /// Makes this library's kernels known to every program of XLA's CUDA plugin, as custom calls <c>optirs.*</c>: those that the
    /// embedded plugin knows by itself (docs/kernels.md). Unverified on hardware. It may be called again.
    /// </summary>
    /// <exception cref="NotSupportedException">The plugin takes no handlers of XLA's typed FFI.</exception>
    /// <exception cref="OptiRsException">There is no usable backend <c>cuda</c>.</exception>
    public void RegisterKernels() => PjrtExtensions.RegisterKernels(_handle);

    /// <summary>Makes a type of user data known to handlers of XLA's typed FFI.</summary>
    /// <param name="name">Name of the type.</param>
    /// <param name="deleter">Address of a <c>void (*)(void*)</c> that frees such data when its context ends, or 0.</param>
    /// <returns>The number that handlers ask for, and <see cref="PjrtExecutionContext.AddUserData"/> takes.</returns>
    /// <exception cref="NotSupportedException">The plugin has no extension FFI.</exception>
    public long RegisterFfiType(string name, nint deleter = 0) =>
        PjrtExtensions.RegisterFfiType(_handle, Encoding.UTF8.GetBytes(name), deleter);
}

/// <summary>A native function for <see cref="PjrtPlugin.RegisterCustomCall"/>.</summary>
/// <param name="Execute">
/// Address. Untyped: <c>void (*)(void* stream, void** buffers, const char* config, size_t config_size)</c>, operands before
/// results; the stream is null on a CPU. Typed (<see cref="IsFfi"/>): an XLA_FFI_Handler.
/// </param>
public sealed record PjrtCustomCall(nint Execute)
{
    /// <summary>Whether the functions are handlers of XLA's typed FFI.</summary>
    public bool IsFfi { get; init; }

    /// <summary>Address of the handler of this stage, or 0; typed only.</summary>
    public nint Instantiate { get; init; }

    /// <summary>Address of the handler of this stage, or 0; typed only.</summary>
    public nint Prepare { get; init; }

    /// <summary>Address of the handler of this stage, or 0; typed only.</summary>
    public nint Initialize { get; init; }

    /// <summary>Bits of XLA_FFI_Handler_Traits; typed only.</summary>
    public uint Traits { get; init; }
}
