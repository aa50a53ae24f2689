using System.Text.Json;
using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>What a safetensors file says about one tensor: its dtype, its shape, and where its bytes lie in the data section.</summary>
/// <param name="DType">The element type.</param>
/// <param name="Shape">The row-major shape; rank 0 is a scalar.</param>
/// <param name="Begin">First byte, counted from the start of the data section.</param>
/// <param name="End">One past the last byte.</param>
public readonly record struct SafetensorsInfo(DType DType, Shape Shape, long Begin, long End);

/// <summary>Parses and checks the JSON header. Everything in it is distrusted: the file may come from anywhere.</summary>
internal static class SafetensorsHeader
{
    /// <summary>The reference implementation's limit: a longer header is an attack or garbage.</summary>
    public const long MaximumBytes = 100_000_000;

    public static (Dictionary<string, SafetensorsInfo> Tensors, Dictionary<string, string> Metadata) Parse(
        ReadOnlySpan<byte> json, long dataBytes, string path)
    {
        var tensors = new Dictionary<string, SafetensorsInfo>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        bool metadataSeen = false;
        try
        {
            var reader = new Utf8JsonReader(json);
            Expect(ref reader, JsonTokenType.StartObject, path, "the header");
            while (Next(ref reader).TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                if (name == "__metadata__")
                {
                    if (metadataSeen) throw Corrupt(path, "'__metadata__' appears twice");
                    metadataSeen = true;
                    ReadMetadata(ref reader, metadata, path);
                }
                else if (!tensors.TryAdd(name, ReadInfo(ref reader, name, dataBytes, path)))
                {
                    throw Corrupt(path, $"tensor '{name}' appears twice");
                }
            }
            while (reader.Read()) { }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"'{path}' is corrupt: its header is not valid JSON ({error.Message})", error);
        }
        CheckCoverage(tensors, dataBytes, path);
        return (tensors, metadata);
    }

    public static CheckpointException Corrupt(string path, string reason) => new($"'{path}' is corrupt: {reason}");

    private static ref Utf8JsonReader Next(ref Utf8JsonReader reader)
    {
        if (!reader.Read()) throw new JsonException("the header ends too early");
        return ref reader;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token, string path, string what)
    {
        if (Next(ref reader).TokenType != token) throw Corrupt(path, $"{what} is not a JSON {Word(token)}");
    }

    private static string Word(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        _ => token.ToString(),
    };

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, string path)
    {
        Expect(ref reader, JsonTokenType.StartObject, path, "'__metadata__'");
        while (Next(ref reader).TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, path, $"metadata '{key}'");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw Corrupt(path, $"metadata '{key}' appears twice");
        }
    }

    private static SafetensorsInfo ReadInfo(ref Utf8JsonReader reader, string name, long dataBytes, string path)
    {
        string? dtypeName = null;
        long[]? shape = null, offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, path, $"tensor '{name}'");
        while (Next(ref reader).TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            bool first = true;
            switch (field)
            {
                case "dtype":
                    first = dtypeName is null;
                    Expect(ref reader, JsonTokenType.String, path, $"dtype of tensor '{name}'");
                    dtypeName = reader.GetString();
                    break;
                case "shape":
                    first = shape is null;
                    shape = ReadNumbers(ref reader, $"shape of tensor '{name}'", path);
                    break;
                case "data_offsets":
                    first = offsets is null;
                    offsets = ReadNumbers(ref reader, $"data_offsets of tensor '{name}'", path);
                    break;
                default:
                    throw Corrupt(path, $"tensor '{name}' has the unknown field '{field}'");
            }
            if (!first) throw Corrupt(path, $"tensor '{name}' has the field '{field}' twice");
        }
        if (dtypeName is null || shape is null || offsets is null)
            throw Corrupt(path, $"tensor '{name}' lacks {(dtypeName is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
        if (!SafetensorsDTypes.TryParse(dtypeName, out DType dtype))
            throw Corrupt(path, $"tensor '{name}' has the unknown dtype '{dtypeName}'");
        if (offsets.Length != 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes)
            throw Corrupt(path, $"tensor '{name}' has data_offsets [{string.Join(", ", offsets)}] but the file holds {dataBytes} bytes of data");

        long bytes = ByteCount(shape, dtype, name, path);
        if (bytes != offsets[1] - offsets[0])
            throw Corrupt(path, $"tensor '{name}' of {dtypeName} [{string.Join(", ", shape)}] needs {bytes} bytes, its data_offsets hold {offsets[1] - offsets[0]}");
        return new SafetensorsInfo(dtype, new Shape(shape), offsets[0], offsets[1]);
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string what, string path)
    {
        Expect(ref reader, JsonTokenType.StartArray, path, what);
        var numbers = new List<long>();
        while (Next(ref reader).TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw Corrupt(path, $"the {what} holds something that is no whole number from 0 up");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private static long ByteCount(long[] shape, DType dtype, string name, string path)
    {
        try
        {
            long bytes = SafetensorsDTypes.BytesOf(dtype);
            foreach (long size in shape) bytes = checked(bytes * size);
            return bytes;
        }
        catch (OverflowException)
        {
            throw Corrupt(path, $"tensor '{name}' has the shape [{string.Join(", ", shape)}], more than any memory holds");
        }
    }

    // The format allows neither overlaps nor holes: what nobody names could be anything.
    private static void CheckCoverage(Dictionary<string, SafetensorsInfo> tensors, long dataBytes, string path)
    {
        long end = 0;
        string previous = "";
        foreach (var (name, info) in tensors.OrderBy(t => t.Value.Begin).ThenBy(t => t.Value.End))
        {
            if (info.Begin < end) throw Corrupt(path, $"tensors '{previous}' and '{name}' overlap at byte {info.Begin}");
            if (info.Begin > end) throw Corrupt(path, $"bytes {end} to {info.Begin} belong to no tensor");
            (end, previous) = (info.End, name);
        }
        if (end != dataBytes) throw Corrupt(path, $"its tensors end at byte {end}, its data at byte {dataBytes}");
    }
}
