using System.CommandLine;
using OptiRs.Cli.Output;
using OptiRs.Native;

namespace OptiRs.Cli.Commands;

/// <summary><c>optirs tune</c>: measures the candidates of shapes on a GPU, and keeps the best ones.</summary>
internal static class TuneCommand
{
    public static Command Create()
    {
        var matmul = new Option<string[]>("--matmul") { Description = $"A product: {TuneShape.MatmulForm}. May be repeated.", HelpName = "SHAPE" };
        var attention = new Option<string[]>("--attention") { Description = $"Attention: {TuneShape.AttentionForm}. May be repeated.", HelpName = "SHAPE" };
        var dtype = new Option<string>("--dtype") { Description = "Element type of those: f32, bf16, f16, f8e4m3fn or f8e5m2.", HelpName = "TYPE", DefaultValueFactory = _ => "bf16" };
        var file = new Option<string?>("--shapes") { Description = "A file with a shape on each line, as \"matmul 4096x4096x4096 bf16\"; # begins a comment.", HelpName = "FILE" };
        var device = new Option<int>("--device") { Description = "Number of the GPU.", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per candidate." };
        var command = new Command("tune", "Measures products and attention on a GPU, so that later calls of these shapes take what is fastest.")
        {
            matmul, attention, dtype, file, device, json,
        };
        command.SetAction(result =>
        {
            DType type = TuneShape.ParseDType(result.GetValue(dtype)!);
            List<TuneShape> shapes =
            [
                .. (result.GetValue(matmul) ?? []).Select(text => TuneShape.Matmul(text, type)),
                .. (result.GetValue(attention) ?? []).Select(text => TuneShape.Attention(text, type)),
                .. Lines(result.GetValue(file)).Select(TuneShape.ParseLine),
            ];
            return Run(shapes, result.GetValue(device), result.GetValue(json));
        });
        return command;
    }

    private static IEnumerable<string> Lines(string? file) => file is null
        ? []
        : File.ReadLines(file).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0);

    private static int Run(List<TuneShape> shapes, int number, bool json)
    {
        if (shapes.Count == 0) throw new ArgumentException("there is nothing to measure: give --matmul, --attention or --shapes (see optirs tune --help)");
        // Where there is no GPU, this says what is missing.
        IReadOnlyList<Device> devices = Device.All();
        if (number < 0 || number >= devices.Count) throw new ArgumentException($"there is no GPU {number}; there are {devices.Count}, numbered from 0");
        Device device = devices[number];
        using DeviceStream stream = device.CreateStream();
        if (!json) Console.Out.WriteLine(device.Name);
        foreach (TuneShape shape in shapes) Write(shape, shape.Measure(stream), json);
        if (!json) Console.Out.WriteLine($"kept in {KernelTuning.File}");
        return ExitCodes.Success;
    }

    private static void Write(TuneShape shape, IReadOnlyList<TuningResult> results, bool json)
    {
        if (!json) Console.Out.WriteLine(shape.Text);
        foreach (TuningResult result in results)
        {
            double teraflops = shape.Operations / (result.Milliseconds * 1e9);
            if (json)
            {
                JsonLines.Write("candidate", w =>
                {
                    w.WriteString("shape", shape.Text);
                    w.WriteString("candidate", Name(result.Candidate));
                    w.WriteNumber("rank", result.Rank);
                    w.WriteFinite("milliseconds", result.Milliseconds);
                    w.WriteFinite("teraflops", teraflops);
                    w.WriteBoolean("chosen", result.IsChosen);
                });
                continue;
            }
            string time = float.IsFinite(result.Milliseconds)
                ? FormattableString.Invariant($"{result.Milliseconds,10:f4} ms  {teraflops,8:f1} TFLOP/s")
                : "    failed";
            Console.Out.WriteLine($"  {Name(result.Candidate) + " " + result.Rank,-12}{time}{(result.IsChosen ? "  fastest" : "")}");
        }
    }

    private static string Name(TuningCandidate candidate) => candidate switch
    {
        TuningCandidate.CublasLt => "cuBLASLt",
        TuningCandidate.Cudnn => "cuDNN",
        _ => "own",
    };
}
