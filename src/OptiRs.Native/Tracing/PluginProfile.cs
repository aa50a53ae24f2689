using System.Globalization;
using OptiRs.Native.Protos;

namespace OptiRs.Native;

/// <summary>An XSpace of a plugin's profiler as events of a trace.</summary>
internal static class PluginProfile
{
    private const long PicosecondsPerNanosecond = 1000;

    /// <exception cref="Google.Protobuf.InvalidProtocolBufferException">The bytes are no XSpace.</exception>
    public static IEnumerable<TraceEvent> Read(byte[] space) =>
        XSpace.Parser.ParseFrom(space).Planes.SelectMany(plane => plane.Lines.SelectMany(line => Events(plane, line)));

    private static IEnumerable<TraceEvent> Events(XPlane plane, XLine line)
    {
        string lineName = line.DisplayName.Length > 0 ? line.DisplayName : line.Name.Length > 0 ? line.Name : $"line {line.Id}";
        foreach (XEvent e in line.Events)
        {
            plane.EventMetadata.TryGetValue(e.MetadataId, out XEventMetadata? metadata);
            string name = metadata is null ? $"event {e.MetadataId}" : metadata.DisplayName.Length > 0 ? metadata.DisplayName : metadata.Name;
            yield return new TraceEvent(
                plane.Name, lineName, name, line.TimestampNs + e.OffsetPs / PicosecondsPerNanosecond,
                e.DurationPs / PicosecondsPerNanosecond, [.. e.Stats.Select(s => Detail(plane, s))]);
        }
    }

    private static KeyValuePair<string, string> Detail(XPlane plane, XStat stat)
    {
        string Name(long id) => plane.StatMetadata.TryGetValue(id, out XStatMetadata? metadata) ? metadata.Name : $"stat {id}";
        string value = stat.ValueCase switch
        {
            XStat.ValueOneofCase.DoubleValue => stat.DoubleValue.ToString("g9", CultureInfo.InvariantCulture),
            XStat.ValueOneofCase.Uint64Value => stat.Uint64Value.ToString(CultureInfo.InvariantCulture),
            XStat.ValueOneofCase.Int64Value => stat.Int64Value.ToString(CultureInfo.InvariantCulture),
            XStat.ValueOneofCase.StrValue => stat.StrValue,
            XStat.ValueOneofCase.BytesValue => $"{stat.BytesValue.Length} bytes",
            XStat.ValueOneofCase.RefValue => Name((long)stat.RefValue),
            _ => "",
        };
        return new(Name(stat.MetadataId), value);
    }
}
