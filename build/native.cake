// Building native code and the checks that need its build folder.
void BuildNative(string preset)
{
    var folder = $"artifacts/native/{preset}";
    // CMake itself re-runs when a list changes; configuring again each time costs a second for nothing.
    if (!FileExists($"{folder}/build.ninja"))
    {
        Run("cmake", "--preset", preset, "--log-level=WARNING");
    }

    Run("cmake", "--build", folder, "--", "--quiet");
}

// The libraries of the system that the plugin loads, beside their licences: packages carry them to machines without them.
void BundleLibraries(string preset)
{
    var bundle = System.IO.Path.GetFullPath($"artifacts/native/{preset}/bundle");
    Run("cmake", "--install", $"artifacts/native/{preset}", "--component", "bundle", "--prefix", System.IO.Path.GetDirectoryName(bundle));
    var licenses = System.IO.Directory.CreateDirectory(System.IO.Path.Combine(bundle, "licenses")).FullName;
    foreach (var package in new[] { "libdnnl2", "libhwy1", "libgomp1", "ocl-icd-libopencl1", "zlib1g", "libzstd1" })
    {
        System.IO.File.Copy($"/usr/share/doc/{package}/copyright", System.IO.Path.Combine(licenses, package + ".txt"), overwrite: true);
    }
}

string[] NativeSources() =>
    Context.Globber.GetFiles("native/**/*.{h,cpp,c}")
        .Concat(Context.Globber.GetFiles("samples/**/*.{h,cpp,c}"))
        .Concat(Context.Globber.GetFiles("benchmarks/native/**/*.{h,cpp,c}"))
        .Select(path => path.FullPath)
        .Where(path => !path.EndsWith(".g.c") && !path.EndsWith("pjrt_abi.h"))
        .Order(StringComparer.Ordinal)
        .ToArray();

void CheckFormat() => Run("clang-format-19", ["--dry-run", "-Werror", .. NativeSources()]);

/// clang-tidy over what was compiled again since it last found nothing: Ninja keeps the account, from the object files.
void Lint()
{
    var sources = NativeSources().Where(path => path.EndsWith(".cpp") && !path.Contains("/tests/") && !path.Contains("/benchmarks/"))
        .ToHashSet();
    var folder = System.IO.Path.GetFullPath("artifacts/native/release");
    // The compile commands are g++'s; clang does not know every warning that they name, nor how g++ is to clear memory
    // and to order instructions, and finds fault with what g++'s own library calls.
    string commands = System.Text.RegularExpressions.Regex.Replace(
        System.IO.File.ReadAllText($"{folder}/compile_commands.json"), @" -(mmemset-strategy=|fsched)\S+", "");
    System.IO.Directory.CreateDirectory("artifacts/lint");
    System.IO.File.WriteAllText("artifacts/lint/compile_commands.json", commands);
    string rules = string.Join(' ', new[] { ".clang-tidy", "native/src/.clang-tidy" }.Select(System.IO.Path.GetFullPath));
    var plan = new System.Text.StringBuilder("""
        rule tidy
          command = clang-tidy-19 -quiet -p . -extra-arg=-Wno-unknown-warning-option -extra-arg=-Wno-deprecated-declarations $in && touch $out
          description = $in

        """);
    foreach (var entry in System.Text.Json.JsonDocument.Parse(commands).RootElement.EnumerateArray())
    {
        string source = entry.GetProperty("file").GetString();
        if (!sources.Remove(source)) continue;
        string compiled = System.Text.RegularExpressions.Regex.Match(entry.GetProperty("command").GetString(), @" -o (\S+)").Groups[1].Value;
        plan.AppendLine($"build {compiled}.clean: tidy {source} | {folder}/{compiled} {rules}");
    }

    if (sources.Count > 0) throw new Exception($"not compiled, so not checked: {string.Join(' ', sources)}");
    System.IO.File.WriteAllText("artifacts/lint/build.ninja", plan.ToString());
    Run("ninja", "-C", "artifacts/lint", "-k", "0");
}
