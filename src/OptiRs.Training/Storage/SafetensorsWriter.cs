using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>One tensor to be written: its description, and a function that writes exactly its bytes, row-major and little-endian.</summary>
/// <param name="Name">The name in the file; any text but <c>__metadata__</c>.</param>
/// <param name="DType">The element type.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Write">Called once, in the file's order; so only one tensor at a time need be in host memory.</param>
public sealed record SafetensorsEntry(string Name, DType DType, Shape Shape, Action<Stream> Write)
{
    /// <summary>An entry over values that are in memory.</summary>
    public static SafetensorsEntry From<T>(string name, DType dtype, Shape shape, T[] values) where T : unmanaged =>
        new(name, dtype, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));
}

/// <summary>Writes safetensors files: equal content gives equal bytes, so files can be compared with <c>cmp</c>.</summary>
public static class SafetensorsWriter
{
    // Names may hold any character; the relaxed encoder keeps the header readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes all entries to <paramref name="stream"/>: wide dtypes first, then by name, so that every tensor is aligned.</summary>
    /// <exception cref="ArgumentException">Two entries share a name, or one writes a number of bytes other than its shape's.</exception>
    public static void Write(Stream stream, IEnumerable<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(entries);
        SafetensorsEntry[] ordered = [.. entries
            .OrderByDescending(e => SafetensorsDTypes.BytesOf(e.DType)).ThenBy(e => e.Name, StringComparer.Ordinal)];
        byte[] header = Header(ordered, metadata);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (SafetensorsEntry entry in ordered)
        {
            using var counter = new CountingStream(stream);
            entry.Write(counter);
            if (counter.Count != ByteCount(entry))
                throw new ArgumentException($"tensor '{entry.Name}' of {entry.DType} {entry.Shape} wrote {counter.Count} bytes instead of {ByteCount(entry)}");
        }
    }

    private static long ByteCount(SafetensorsEntry entry) => entry.Shape.ElementCount * SafetensorsDTypes.BytesOf(entry.DType);

    private static byte[] Header(SafetensorsEntry[] entries, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            foreach (SafetensorsEntry entry in entries)
            {
                if (!names.Add(entry.Name)) throw new ArgumentException($"the tensor name '{entry.Name}' is taken");
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", SafetensorsDTypes.NameOf(entry.DType));
                json.WriteStartArray("shape");
                foreach (long size in entry.Shape.Dimensions) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += ByteCount(entry));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // Spaces up to the next multiple of 8: the data then starts aligned for whoever maps the file.
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}

/// <summary>Passes writes through and counts them, so that a wrong entry is found when it is written and not when it is read.</summary>
internal sealed class CountingStream(Stream inner) : Stream
{
    public long Count { get; private set; }
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => inner.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Count += buffer.Length;
    }
}
