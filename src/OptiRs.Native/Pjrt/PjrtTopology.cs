using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>Devices that a program can be compiled for, whether or not they are there.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed partial class PjrtTopology : IDisposable
{
    internal PjrtTopology(PjrtTopologyHandle handle)
    {
        Handle = handle;
        (PlatformName, PlatformVersion) = PjrtPrograms.Platform(handle);
        Devices = [.. PjrtPrograms.Devices(handle).Select(d =>
            new PjrtDeviceDescription(d.Id, d.Process, d.Kind, d.Debug, d.Text, d.Attributes))];
    }

    internal PjrtTopologyHandle Handle { get; }

    /// <summary>For instance <c>cpu</c>, <c>cuda</c>, <c>tpu</c>.</summary>
    public string PlatformName { get; }

    /// <summary>Version text of the platform.</summary>
    public string PlatformVersion { get; }

    /// <summary>The devices.</summary>
    public IReadOnlyList<PjrtDeviceDescription> Devices { get; }

    /// <summary>What the plugin states about the topology.</summary>
    public IReadOnlyDictionary<string, object> Attributes => PjrtPrograms.Attributes(Handle);

    /// <summary>A number that is equal for equal topologies.</summary>
    /// <exception cref="NotSupportedException">The plugin has none.</exception>
    public ulong Fingerprint
    {
        get
        {
            optirs.optirs_pjrt_topology_fingerprint(Handle, out ulong fingerprint);
            return fingerprint;
        }
    }

    /// <summary>Numbers of the kinds of memory, as <see cref="PjrtMemory.KindId"/>.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public IReadOnlyList<int> MemoryKindIds
    {
        get
        {
            optirs.optirs_pjrt_topology_num_memory_kinds(Handle, out long count);
            var ids = new int[count];
            optirs.optirs_pjrt_topology_memory_kinds(Handle, ids, count);
            return ids;
        }
    }

    /// <summary>The topology as bytes, for <see cref="PjrtPlugin.DeserializeTopology"/>.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public byte[] Serialize()
    {
        optirs.optirs_pjrt_topology_serialize(Handle, out PjrtBytesHandle bytes);
        return PjrtPrograms.Take(bytes);
    }

    /// <summary>How an array lies in a memory: a serialized ShapeProto with its layout.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public byte[] CanonicalShape(int memoryKindId, DType dtype, Shape shape, PjrtLayout? layout = null)
    {
        using PjrtArray array = new PjrtPlacement { Layout = layout }.Array(dtype, shape);
        return PjrtPrograms.CanonicalShape(Handle, memoryKindId, array);
    }

    /// <summary>
    /// Compiles a program for the topology, without devices. The result can be serialized, and loaded by a client
    /// (<see cref="PjrtClient.Load(PjrtCompiledProgram, PjrtCompileOptions?)"/>).
    /// </summary>
    /// <param name="program">The program, UTF-8 if it is text.</param>
    /// <param name="options">Null for one replica of one partition.</param>
    /// <param name="client">A client that the plugin may ask for help, or null.</param>
    public PjrtCompiledProgram Compile(
        ReadOnlySpan<byte> program, PjrtCompileOptions? options = null, PjrtClient? client = null)
    {
        ObjectDisposedException.ThrowIf(Handle.IsDisposed, this);
        options ??= PjrtCompileOptions.Default;
        return new PjrtCompiledProgram(PjrtPrograms.Compile(
            Handle, program, (int)options.Format, options.ToBytes(), client?.Handle));
    }

    /// <inheritdoc cref="Compile(ReadOnlySpan{byte}, PjrtCompileOptions?, PjrtClient?)"/>
    public PjrtCompiledProgram Compile(string program, PjrtCompileOptions? options = null, PjrtClient? client = null) =>
        Compile(Encoding.UTF8.GetBytes(program), options, client);

    /// <summary>Gives up the topology; programs that were compiled for it stay.</summary>
    public void Dispose() => Handle.Dispose();
}

/// <summary>A device of a topology.</summary>
/// <param name="Id">Number of the device, unique within the topology.</param>
/// <param name="ProcessIndex">Index of the process that would own it.</param>
/// <param name="Kind">For instance <c>TPU v5e</c>.</param>
/// <param name="DebugString">Long description for logs.</param>
/// <param name="Description">Short description for people.</param>
/// <param name="Attributes">For instance <c>coords</c>.</param>
public sealed record PjrtDeviceDescription(
    int Id, int ProcessIndex, string Kind, string DebugString, string Description,
    IReadOnlyDictionary<string, object> Attributes);
