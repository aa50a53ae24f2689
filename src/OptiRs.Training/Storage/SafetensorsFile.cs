using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>
/// A safetensors file open for reading: an 8-byte little-endian header length, a JSON header, then the tensors' bytes.
/// Opening checks the whole header against the file's length; tensors are read when asked for.
/// </summary>
/// <remarks>Thread-safe. Dispose closes the file.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsInfo> _tensors;
    private readonly Dictionary<string, string> _metadata;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        long length = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8) throw SafetensorsHeader.Corrupt(path, $"it has {length} bytes, too few for a safetensors header");
        ReadFully(prefix, 0);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerBytes > (ulong)SafetensorsHeader.MaximumBytes)
            throw SafetensorsHeader.Corrupt(path, $"its header claims {headerBytes} bytes; is it a safetensors file?");
        _dataStart = 8 + (long)headerBytes;
        if (_dataStart > length)
            throw SafetensorsHeader.Corrupt(path, $"its header claims {headerBytes} bytes, the file has {length}: it is truncated or no safetensors file");
        var json = new byte[headerBytes];
        ReadFully(json, 8);
        (_tensors, _metadata) = SafetensorsHeader.Parse(json, length - _dataStart, path);
    }

    /// <summary>The path that was opened.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsInfo> Tensors => _tensors;

    /// <summary>The free-form strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable, truncated, or violates the format; the message says where.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle handle;
        try { handle = File.OpenHandle(path); }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"cannot open '{path}': {error.Message.TrimEnd('.')}", error);
        }
        try { return new SafetensorsFile(path, handle); }
        catch { handle.Dispose(); throw; }
    }

    /// <summary>Reads one tensor after checking that the file holds it with this dtype and shape.</summary>
    /// <typeparam name="T">The element type, of the dtype's size.</typeparam>
    /// <exception cref="CheckpointException">The tensor is missing or has another dtype or shape.</exception>
    public T[] Read<T>(string name, DType dtype, Shape shape) where T : unmanaged
    {
        SafetensorsInfo info = Find(name, dtype, shape);
        var values = new T[shape.ElementCount];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        if (bytes.Length != info.End - info.Begin)
            throw new ArgumentException($"tensor '{name}' is of {dtype}, which is not {typeof(T).Name}'s size");
        ReadFully(bytes, _dataStart + info.Begin);
        return values;
    }

    /// <summary>Looks a tensor up and checks that it has this dtype and shape.</summary>
    /// <exception cref="CheckpointException">The tensor is missing or has another dtype or shape.</exception>
    public SafetensorsInfo Find(string name, DType dtype, Shape shape)
    {
        if (!_tensors.TryGetValue(name, out SafetensorsInfo info))
            throw new CheckpointException($"'{Path}' does not fit the model: it has no tensor '{name}' ({dtype} {shape})");
        if (info.DType != dtype)
            throw new CheckpointException($"'{Path}' does not fit the model: tensor '{name}' is {info.DType} there, {dtype} here");
        if (info.Shape != shape)
            throw new CheckpointException($"'{Path}' does not fit the model: tensor '{name}' has the shape {info.Shape} there, {shape} here");
        return info;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void ReadFully(Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0) throw SafetensorsHeader.Corrupt(Path, $"it ends at byte {offset}: it was truncated while being read");
            destination = destination[read..];
            offset += read;
        }
    }
}
