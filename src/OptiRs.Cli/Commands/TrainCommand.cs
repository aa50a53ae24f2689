using System.CommandLine;
using OptiRs.Training;

namespace OptiRs.Cli.Commands;

/// <summary>The options of <c>optirs train</c>.</summary>
internal static class TrainCommand
{
    private static readonly TrainingOptions Defaults = new();

    public static Option<string?> DeviceOption() => new("--device")
    {
        Description = "Where to compute: cpu, tpu, cuda, another plugin's name or path; with :1 its second device. Default: the best device found.",
        HelpName = "NAME|PATH",
    };

    /// <param name="detailed">Whether the help is about this command, and not about all of them.</param>
    public static Command Create(bool detailed)
    {
        var data = new Option<string?>("--data") { Description = "The text to learn from: a UTF-8 file, some ten kilobytes or more.", HelpName = "FILE" };
        var resume = new Option<string?>("--resume") { Description = "Go on from the checkpoint in this folder, bit for bit as if never interrupted.", HelpName = "DIR" };
        var output = new Option<string?>("--out") { Description = "Where to put the checkpoint, the loss curve and the sample. Default: a new folder below runs/; when resuming, the checkpoint's.", HelpName = "DIR" };
        var steps = Number("--steps", "Train up to this step (in all, also when resuming).", TrainSettings.DefaultSteps);
        var batch = Number("--batch", "Windows of text per step.", Defaults.Batch);
        var context = Number("--context", "Characters that a prediction may look back on.", Defaults.Context);
        var layers = Number("--layers", "Transformer blocks: more learn more, and take longer.", Defaults.Layers);
        var width = Number("--width", "Numbers that stand for one character inside the model.", Defaults.Width);
        var heads = Number("--heads", "Attention heads; must divide the width.", Defaults.Heads);
        var learningRate = Number("--lr", "The highest learning rate. Smaller is slower and safer.", Defaults.LearningRate);
        var warmup = Number("--warmup", "Steps until the highest learning rate.", Defaults.WarmupSteps);
        var decay = new Option<int?>("--decay-steps") { Description = $"The step at which the learning rate has come down to a tenth. Default: --steps, at least {TrainSettings.DefaultSteps}.", HelpName = "N" };
        var dropout = Number("--dropout", "Share of values dropped while training, against learning by heart.", Defaults.Dropout);
        var seed = new Option<ulong?>("--seed") { Description = $"The same seed gives the same run. Default: {Defaults.Seed}.", HelpName = "N" };
        var device = DeviceOption();
        var precision = new Option<string?>("--precision") { Description = "f32, or bf16 (faster where the hardware has it). Default: f32.", HelpName = "f32|bf16" };
        precision.AcceptOnlyFromAmong("f32", "bf16");
        var saveEvery = new Option<int>("--save-every") { Description = "Also save after every so many steps. Default: only at the end, and on Ctrl-C.", HelpName = "N" };
        var evaluateEvery = Number("--eval-every", "Measure the validation loss after every so many steps.", TrainSettings.DefaultEvaluateEvery);
        var sampleLength = Number("--sample-length", "Characters of generated text to show at the end.", TrainSettings.DefaultSampleLength);
        var trace = new Option<string?>("--trace") { Description = "Record what host and device do in every step, for ui.perfetto.dev or chrome://tracing.", HelpName = "FILE" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a checkpoint that is already in --out." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line instead of text." };
        var verbose = new Option<bool>("--verbose") { Description = "Show a stack trace if something fails." };

        const string Summary = "Trains a character-level transformer on a text, saves it, and lets it write a sample.";
        var command = new Command("train", !detailed ? Summary : Summary + "\n\n" +
            "  optirs train --data book.txt               a few minutes on two CPU cores\n" +
            "  optirs train --data book.txt --steps 5000  longer and better\n" +
            "  optirs train --resume runs/book-1 --steps 8000\n\n" +
            "The loss is in nats per character: lower is better, and the validation loss is measured on the last tenth of the text, which the model never sees. Ctrl-C saves and prints the command that resumes.")
        {
            data, resume, output, steps, batch, context, layers, width, heads, learningRate, warmup, decay, dropout, seed, device,
            precision, saveEvery, evaluateEvery, sampleLength, trace, overwrite, json, verbose,
        };
        command.SetAction(result => TrainRun.Run(new TrainSettings
        {
            Data = result.GetValue(data),
            Resume = result.GetValue(resume),
            Out = result.GetValue(output),
            Device = result.GetValue(device),
            Trace = result.GetValue(trace),
            Json = result.GetValue(json),
            Overwrite = result.GetValue(overwrite),
            Steps = result.GetValue(steps),
            Batch = result.GetValue(batch),
            Context = result.GetValue(context),
            Layers = result.GetValue(layers),
            Width = result.GetValue(width),
            Heads = result.GetValue(heads),
            LearningRate = result.GetValue(learningRate),
            WarmupSteps = result.GetValue(warmup),
            DecaySteps = result.GetValue(decay),
            Dropout = result.GetValue(dropout),
            Seed = result.GetValue(seed),
            Precision = result.GetValue(precision) switch { "bf16" => Precision.Bf16, "f32" => Precision.F32, _ => null },
            SaveEvery = result.GetValue(saveEvery),
            EvaluateEvery = result.GetValue(evaluateEvery) ?? TrainSettings.DefaultEvaluateEvery,
            SampleLength = result.GetValue(sampleLength) ?? TrainSettings.DefaultSampleLength,
        }));
        return command;
    }

    // Nullable, so that a resumed run can tell what was asked for from what is default.
    private static Option<T?> Number<T>(string name, string description, T standard) where T : struct, IFormattable =>
        new(name) { Description = FormattableString.Invariant($"{description} Default: {standard}."), HelpName = typeof(T) == typeof(int) ? "N" : "X" };
}
