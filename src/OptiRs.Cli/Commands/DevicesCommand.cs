using System.CommandLine;
using OptiRs.Cli.Output;
using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Cli.Commands;

/// <summary><c>optirs devices</c>: the devices that training would use.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var device = TrainCommand.DeviceOption();
        var json = new Option<bool>("--json") { Description = "Print one JSON object per device." };
        var verbose = new Option<bool>("--verbose") { Description = "Show attributes, and a stack trace if something fails." };
        var command = new Command("devices", "Lists the devices that programs can run on.") { device, json, verbose };
        command.SetAction(result => Run(result.GetValue(device), result.GetValue(json), result.GetValue(verbose)));
        return command;
    }

    private static int Run(string? name, bool json, bool verbose)
    {
        using Session session = Session.Open(name);
        PjrtClient client = session.Client;
        if (!json) Console.Out.WriteLine($"{client.PlatformName} ({client.PlatformVersion.ReplaceLineEndings("; ")})");
        foreach (PjrtDevice device in client.AddressableDevices)
        {
            PjrtMemoryStats? memory = device.MemoryStats();
            if (json)
            {
                JsonLines.Write("device", w =>
                {
                    w.WriteString("platform", client.PlatformName);
                    w.WriteNumber("id", device.Id);
                    w.WriteString("kind", device.Kind);
                    w.WriteNumber("process_index", device.ProcessIndex);
                    if (memory is { BytesLimit: > 0 and long limit }) w.WriteNumber("memory_bytes", limit);
                    w.WriteStartObject("attributes");
                    foreach (var (key, value) in device.Attributes)
                        w.WriteString(key, FormattableString.Invariant($"{value}"));
                    w.WriteEndObject();
                });
                continue;
            }
            string size = memory is { BytesLimit: > 0 and long bytes } ? FormattableString.Invariant($", {bytes / (double)(1L << 30):f1} GiB") : "";
            Console.Out.WriteLine($"  {device.Id}  {device.Kind}{size}");
            if (!verbose) continue;
            foreach (var (key, value) in device.Attributes) Console.Out.WriteLine(FormattableString.Invariant($"       {key} = {value}"));
        }
        return ExitCodes.Success;
    }
}
