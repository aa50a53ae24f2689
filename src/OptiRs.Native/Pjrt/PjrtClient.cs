using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>A connection to the devices of a plugin: moves data, compiles programs.</summary>
/// <remarks>
/// Thread-safe. Client, buffers and executables may be disposed of in any order, also while work is in flight.
/// </remarks>
public sealed partial class PjrtClient : IDisposable
{
    private readonly Dictionary<nint, PjrtDevice> _devices;

    internal PjrtClient(PjrtClientHandle handle, string pluginPath)
    {
        (Handle, PluginPath) = (handle, pluginPath);
        PlatformName = PjrtNative.PlatformName(handle);
        PlatformVersion = PjrtNative.PlatformVersion(handle);
        ProcessIndex = optirs.optirs_pjrt_client_process_index(handle);
        nint[] all = PjrtNative.Devices(handle, addressableOnly: false);
        _devices = all.ToDictionary(d => d, d => new PjrtDevice(this, d));
        Devices = [.. all.Select(d => _devices[d])];
        AddressableDevices = [.. PjrtNative.Devices(handle, addressableOnly: true).Select(FindDevice)];
        IsHostMemory = PlatformName.EndsWith("cpu", StringComparison.Ordinal);
    }

    internal PjrtClientHandle Handle { get; }

    /// <summary>Whether the devices use the memory of the host.</summary>
    internal bool IsHostMemory { get; }

    /// <summary>File of the plugin.</summary>
    public string PluginPath { get; }

    /// <summary>What tells one build of the plugin from another, without reading all of it.</summary>
    internal string PluginIdentity
    {
        get
        {
            var file = new FileInfo(PluginPath);
            return file.Exists
                ? FormattableString.Invariant($"{file.Name} of {file.Length} bytes, {file.LastWriteTimeUtc:O}") : PluginPath;
        }
    }

    /// <summary>For instance <c>cpu</c>, <c>cuda</c>, <c>tpu</c>.</summary>
    public string PlatformName { get; }

    /// <summary>Version text of the platform.</summary>
    public string PlatformVersion { get; }

    /// <summary>Index of this process among those of the client.</summary>
    public int ProcessIndex { get; }

    /// <summary>All devices, those of other processes included.</summary>
    public IReadOnlyList<PjrtDevice> Devices { get; }

    /// <summary>Devices that this process can use.</summary>
    public IReadOnlyList<PjrtDevice> AddressableDevices { get; }

    /// <summary>Number and bytes of the device buffers that are alive; donated ones do not count.</summary>
    public (long Count, long Bytes) LiveBuffers
    {
        get
        {
            ThrowIfDisposed();
            return PjrtNative.LiveBuffers(Handle) is var live ? (live.count, live.bytes) : default;
        }
    }

    /// <summary>Loads a plugin (as <see cref="PjrtPlugin.Load"/>) and opens its devices.</summary>
    /// <param name="pluginNameOrPath">A name, a path, or null for the best plugin found.</param>
    /// <param name="options">Values that the plugin knows by name.</param>
    public static PjrtClient Open(string? pluginNameOrPath = null, IReadOnlyDictionary<string, object>? options = null)
    {
        using PjrtPlugin plugin = PjrtPlugin.Load(pluginNameOrPath);
        return plugin.CreateClient(options);
    }

    /// <summary>Compiles a StableHLO program, text or portable bytecode, and loads it on its devices.</summary>
    /// <param name="stableHlo">The program, UTF-8 if it is text.</param>
    /// <param name="options">Replicas, partitions and devices; null for one of each.</param>
    /// <exception cref="ArgumentException">The program is malformed; the plugin says where.</exception>
    /// <exception cref="NotSupportedException">The plugin cannot compile something in it; it says what.</exception>
    public PjrtExecutable Compile(ReadOnlySpan<byte> stableHlo, PjrtCompileOptions? options = null)
    {
        ThrowIfDisposed();
        options ??= PjrtCompileOptions.Default;
        using Telemetry.Span span = Telemetry.Start("optirs.compile", PlatformName, stableHlo.Length);
        try
        {
            var executable = new PjrtExecutable(this, PjrtNative.Compile(Handle, stableHlo, (int)options.Format, options.ToBytes()));
            span.Succeeded();
            return executable;
        }
        catch (Exception e)
        {
            span.Failed(e);
            throw;
        }
    }

    /// <inheritdoc cref="Compile(ReadOnlySpan{byte}, PjrtCompileOptions?)"/>
    public PjrtExecutable Compile(string stableHlo, PjrtCompileOptions? options = null) =>
        Compile(Encoding.UTF8.GetBytes(stableHlo), options);

    /// <summary>Copies elements to a device. They are read during the call only.</summary>
    /// <param name="data">Row-major elements, as many as the shape has.</param>
    /// <param name="shape">The extents.</param>
    /// <param name="device">The device; null for the first one.</param>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape.</exception>
    /// <exception cref="OptiRsOutOfMemoryException">The device has no memory left; the message names the largest live buffers.</exception>
    public PjrtBuffer BufferFromHost<T>(ReadOnlySpan<T> data, Shape shape, PjrtDevice? device = null) where T : unmanaged
    {
        ThrowIfDisposed();
        DType dtype = DType.Of<T>();
        CheckLength(data.Length, dtype, shape, "BufferFromHost");
        return BufferFromHost(MemoryMarshal.AsBytes(data), dtype, shape, device);
    }

    /// <summary>Copies elements given as bytes to a device: for element types that are known only at run time, or that .NET lacks.</summary>
    /// <param name="bytes">Row-major elements as <see cref="Shape.ByteCount"/> counts them; read during the call only.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="shape">The extents.</param>
    /// <param name="device">The device; null for the first one.</param>
    /// <exception cref="ArgumentException">The number of bytes is not that of the type and the shape.</exception>
    /// <exception cref="OptiRsOutOfMemoryException">The device has no memory left; the message names the largest live buffers.</exception>
    public PjrtBuffer BufferFromHost(ReadOnlySpan<byte> bytes, DType dtype, Shape shape, PjrtDevice? device = null)
    {
        ThrowIfDisposed();
        if (bytes.Length != shape.ByteCount(dtype))
            throw new ArgumentException($"BufferFromHost: {bytes.Length} bytes for {dtype.Name}{shape}, which has {shape.ByteCount(dtype)}.", nameof(bytes));
        Telemetry.HostToDevice.Add(bytes.Length);
        return Created(
            PjrtCells.FromHost(Handle, bytes, (int)dtype, shape.Dimensions, device?.Pointer ?? 0, into: null), dtype, shape);
    }

    /// <summary>
    /// Lends a tensor to a device, which uses its memory in place if it can. The tensor must not be written before
    /// <see cref="PjrtBuffer.HostReleased"/> has ended; disposing of it earlier is safe, the memory then lives on until then.
    /// </summary>
    /// <param name="tensor">The elements.</param>
    /// <param name="device">The device; null for the first one.</param>
    public PjrtBuffer BufferFromHost<T>(Tensor<T> tensor, PjrtDevice? device = null) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ThrowIfDisposed();
        (PjrtBufferHandle cell, ValueTask released) = PjrtCells.Lend(
            Handle, tensor.Handle, (ulong)tensor.Shape.ByteCount(tensor.DType), (int)tensor.DType, tensor.Shape.Dimensions,
            device?.Pointer ?? 0);
        Telemetry.HostToDevice.Add(tensor.Shape.ByteCount(tensor.DType));
        PjrtBuffer buffer = Created(cell, tensor.DType, tensor.Shape);
        buffer.HostReleased = released;
        return buffer;
    }

    /// <summary>
    /// Copies elements into a buffer that exists: it keeps its shape, type and device, and lets go of its old data.
    /// Allocates nothing on the managed heap.
    /// </summary>
    /// <exception cref="ArgumentException">The elements are of another type or number than the buffer's.</exception>
    public void Upload<T>(ReadOnlySpan<T> data, PjrtBuffer into) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(into);
        ThrowIfDisposed();
        into.ThrowIfDisposed();
        DType dtype = DType.Of<T>();
        if (dtype != into.DType)
            throw new ArgumentException($"Upload: {dtype.Name} elements into a buffer {into}.", nameof(data));
        CheckLength(data.Length, dtype, into.Shape, "Upload");
        Telemetry.HostToDevice.Add(into.Shape.ByteCount(dtype));
        PjrtCells.FromHost(
            Handle, MemoryMarshal.AsBytes(data), (int)dtype, into.Shape.Dimensions, device: 0, into.Handle);
    }

    /// <summary>Closes the connection. Buffers and executables that exist keep it open until they are disposed of.</summary>
    public void Dispose() => Handle.Dispose();

    internal PjrtDevice FindDevice(nint device) =>
        _devices.TryGetValue(device, out PjrtDevice? found)
            ? found : throw new OptiRsException(ErrorCode.Internal, "The plugin names a device that it does not list.");

    /// <summary>A buffer around a new cell. Host memory that hangs on it is made known to the collector.</summary>
    internal PjrtBuffer Created(PjrtBufferHandle cell, DType dtype, Shape shape, PjrtBuffer.StatedShape stated = PjrtBuffer.StatedShape.None)
    {
        if (IsHostMemory) cell.AddPressure(shape.ByteCount(dtype));
        return new PjrtBuffer(this, cell, dtype, shape, stated);
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Handle.IsDisposed, this);

    private static void CheckLength(int length, DType dtype, Shape shape, string operation)
    {
        if (length != shape.ElementCount) ThrowLength(length, dtype, shape, operation);
    }

    [DoesNotReturn]
    private static void ThrowLength(int length, DType dtype, Shape shape, string operation) =>
        throw new ArgumentException(
            $"{operation}: {length} elements for {dtype.Name}{shape}, which has {shape.ElementCount}.");
}
