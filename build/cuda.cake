// The CUDA kernels: the compiler, the compilation, and a look at the machine code.
using System.Text.RegularExpressions;

const string CudaToolkit = "artifacts/cuda/toolkit";
const string CudaKernels = "artifacts/cuda/kernels";
string[] cudaArchitectures = ["sm_80", "sm_90a"];

Task("Cuda").Description("compiles the CUDA kernels, checks their machine code, and embeds them in liboptirs_cuda.so")
    .Does(() =>
    {
        BringToolkit();
        CompileKernels();
        InspectKernels();
        Run("cmake", "--preset", "release", "--log-level=WARNING");
        Run("cmake", "--build", "artifacts/native/release", "--target", "optirs_cuda", "--", "--quiet");
    });

// Once; OPTIRS_CUDA_TOOLKIT names a folder that has one already.
void BringToolkit()
{
    var folder = Environment.GetEnvironmentVariable("OPTIRS_CUDA_TOOLKIT");
    if (folder is null && !FileExists($"{CudaToolkit}/nvcc"))
    {
        Console.WriteLine($"build.sh: bringing the CUDA 12.4 compiler from Debian's non-free packages to {CudaToolkit} (1.0 GB)");
        Run("build/cuda-toolkit.sh", CudaToolkit);
    }
}

string ToolkitFolder() => System.IO.Path.GetFullPath(Environment.GetEnvironmentVariable("OPTIRS_CUDA_TOOLKIT") ?? CudaToolkit);

// One fat binary for each file: machine code for both architectures, and PTX for later ones; of a file for Hopper, whose
// instructions nothing else has, machine code for sm_90a alone.
void CompileKernels()
{
    System.IO.Directory.CreateDirectory(CudaKernels);
    var sources = System.IO.Directory.GetFiles("native/src/cuda/kernels", "*.cu").Order(StringComparer.Ordinal).ToArray();
    var headers = System.IO.Directory.GetFiles("native/src/cuda/kernels").Where(path => path.EndsWith("h")).ToArray();
    var newestHeader = headers.Max(System.IO.File.GetLastWriteTimeUtc);
    foreach (var stale in System.IO.Directory.GetFiles(CudaKernels, "*.fatbin"))
    {
        if (!sources.Any(source => System.IO.Path.GetFileNameWithoutExtension(source) == System.IO.Path.GetFileNameWithoutExtension(stale)))
        {
            System.IO.File.Delete(stale);
        }
    }

    foreach (var source in sources)
    {
        var image = $"{CudaKernels}/{System.IO.Path.GetFileNameWithoutExtension(source)}.fatbin";
        var newest = new[] { newestHeader, System.IO.File.GetLastWriteTimeUtc(source) }.Max();
        if (FileExists(image) && System.IO.File.GetLastWriteTimeUtc(image) > newest)
        {
            continue;
        }

        // Without contraction: the formulas say where multiplication and addition are one operation.
        var temporary = image + ".new";
        string[] others = IsForHopper(source) ? [] : ["-gencode=arch=compute_80,code=sm_80", "-gencode=arch=compute_80,code=compute_80"];
        Run($"{ToolkitFolder()}/nvcc",
            ["-std=c++17", "-O3", "-fmad=false", "-Werror", "all-warnings", "-Xptxas", "-warn-spills,-warn-lmem-usage",
             "--threads", "2", .. others, "-gencode=arch=compute_90a,code=sm_90a", "-Xfatbin=-compress-all", "-fatbin", "-o", temporary,
             source]);
        System.IO.File.Move(temporary, image, overwrite: true);
    }
}

bool IsForHopper(string file) => System.IO.Path.GetFileNameWithoutExtension(file).EndsWith("_hopper");

record KernelBudget(Regex Kernels, string Architecture, int Registers, int Shared, string[] Instructions);

record KernelUse(string Kernel, string Architecture, int Registers, int Shared, int Stack, int Local, string Code);

// Prints what each kernel uses, and fails where it is more than native/src/cuda/kernels/budget.txt allows.
void InspectKernels()
{
    var budgets = System.IO.File.ReadLines("native/src/cuda/kernels/budget.txt")
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(columns => new KernelBudget(
            new Regex("^" + Regex.Escape(columns[0]).Replace("\\*", ".*") + "$"), columns[1], int.Parse(columns[2]), int.Parse(columns[3]),
            columns[4] == "-" ? [] : columns[4].Split(',')))
        .ToArray();
    var problems = new List<string>();
    Console.WriteLine($"{"kernel",-32} {"arch",-7} {"registers",9} {"shared",7} {"local ops",9}  instructions");
    foreach (var use in cudaArchitectures.SelectMany(KernelUses).OrderBy(use => use.Kernel, StringComparer.Ordinal))
    {
        var budget = budgets.LastOrDefault(candidate =>
            candidate.Kernels.IsMatch(use.Kernel) && (candidate.Architecture == "*" || candidate.Architecture == use.Architecture));
        var local = Regex.Matches(use.Code, @"\b(STL|LDL)\b").Count;
        var found = string.Join(" ", (budget?.Instructions ?? []).Select(name => $"{name}x{Regex.Matches(use.Code, Regex.Escape(name)).Count}"));
        Console.WriteLine($"{use.Kernel,-32} {use.Architecture,-7} {use.Registers,9} {use.Shared,7} {local,9}  {found}");
        if (budget is null)
        {
            problems.Add($"{use.Kernel} has no line in budget.txt");
            continue;
        }

        void Check(bool isGood, string problem)
        {
            if (!isGood)
            {
                problems.Add($"{use.Kernel} ({use.Architecture}): {problem}");
            }
        }

        Check(use.Registers <= budget.Registers, $"{use.Registers} registers, {budget.Registers} allowed");
        Check(use.Shared <= budget.Shared, $"{use.Shared} bytes of shared memory, {budget.Shared} allowed");
        Check(local == 0 && use.Stack == 0 && use.Local == 0, "touches local memory");
        foreach (var name in budget.Instructions)
        {
            Check(use.Code.Contains(name), $"has no {name}");
        }
    }

    if (problems.Count > 0)
    {
        throw new CakeException("machine code outside of its budget:\n" + string.Join('\n', problems));
    }
}

// What cuobjdump tells about every kernel of an architecture.
IEnumerable<KernelUse> KernelUses(string architecture)
{
    var images = System.IO.Directory.GetFiles(CudaKernels, "*.fatbin").Where(image => architecture == "sm_90a" || !IsForHopper(image));
    foreach (var image in images.Order(StringComparer.Ordinal))
    {
        var codes = Regex.Split(Cuobjdump("-arch", architecture, "-sass", image), @"^\s*Function : ", RegexOptions.Multiline).Skip(1)
            .ToDictionary(text => text[..text.IndexOf('\n')].Trim(), text => text);
        var usage = Cuobjdump("-arch", architecture, "--dump-resource-usage", image);
        foreach (Match match in Regex.Matches(usage, @"Function (\w+):\s+REG:(\d+) STACK:(\d+) SHARED:(\d+) LOCAL:(\d+)"))
        {
            var name = match.Groups[1].Value;
            int Number(int group) => int.Parse(match.Groups[group].Value);
            // Of a Hopper block's shared memory the system takes 1 KiB.
            var shared = Math.Max(0, Number(4) - (architecture == "sm_90a" ? 1024 : 0));
            yield return new KernelUse(name, architecture, Number(2), shared, Number(3), Number(5), codes[name]);
        }
    }
}

string Cuobjdump(params string[] arguments)
{
    var start = new ProcessStartInfo($"{ToolkitFolder()}/usr/bin/cuobjdump", arguments) { RedirectStandardOutput = true, UseShellExecute = false };
    start.Environment["PATH"] = $"{ToolkitFolder()}/usr/bin:{Environment.GetEnvironmentVariable("PATH")}";
    using var process = Process.Start(start);
    var text = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 ? text : throw new CakeException($"cuobjdump {string.Join(' ', arguments)} failed with exit code {process.ExitCode}");
}
