using OptiRs.Benchmarks;

// Every benchmark prints lines of the form `name value unit # details`, like the peers' scripts, so that both can be put side by side.
var benchmarks = new Dictionary<string, (string What, Action Run)>
{
    ["client"] = ("the C# client beside a plain C program that makes the same PJRT calls (arguments: rows, scalar, million or a size in bytes; all without)", () => ClientBenchmark.Run(args)),
    ["gpt"] = ("a train step and the forward pass of the peers' GPT (6 layers, d 384, 6 heads, T 256, batch 8, vocabulary 256, AdamW), f32 and bf16 (arguments: parts of names)", () => GptBenchmark.Run(args)),
    ["kernels"] = ("what a call of a kernel costs from C#, on next to no data", KernelCallBenchmark.Run),
    ["limits"] = ("what this machine can do: copying through memory, f32 multiply-adds in registers", Limits.Run),
    ["memory"] = ("managed bytes per step and native memory over 1,000 steps of a small model", MemoryBenchmark.Run),
    ["programs"] = ("compiled programs one by one, named as in the peers' scripts (arguments: parts of names; --text FOLDER writes the programs)", () => ProgramsBenchmark.Run(args)),
    ["scalar"] = ("the latency of a compiled scalar function, called and awaited from C#", ScalarBenchmark.Run),
    ["reference"] = ("writes weights, batches and losses of 20 steps for benchmarks/peers/reference.py (arguments: a text, a folder)", () => ReferenceRun.Run(args)),
    ["startup"] = ("the start-up time of `optirs --version` (argument: the path of optirs)", () => StartupBenchmark.Run(args)),
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var chosen))
{
    Console.WriteLine("usage: OptiRs.Benchmarks NAME");
    foreach (var (name, (what, _)) in benchmarks) Console.WriteLine($"  {name,-10} {what}");
    return args.Length == 0 ? 0 : 2;
}
chosen.Run();
return 0;
