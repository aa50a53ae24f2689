// Running tests and counting them, whatever their runner.
using System.Xml.Linq;

class TestResults
{
    private readonly string _folder;
    private readonly List<string> _skips = [];
    private int _passed, _failed, _skipped;
    private bool _brokenRunner;

    public static Func<string, string, string[], (string, string)[], int> Runner;

    public TestResults(string folder)
    {
        _folder = System.IO.Path.GetFullPath(folder);
        if (System.IO.Directory.Exists(_folder))
        {
            System.IO.Directory.Delete(_folder, recursive: true);
        }

        System.IO.Directory.CreateDirectory(_folder);
    }

    public void RunNative(string preset, params (string, string)[] environment)
    {
        var report = System.IO.Path.Combine(_folder, $"native-{preset}.xml");
        var code = Runner(Environment.CurrentDirectory, "ctest",
            ["--preset", preset, "-j", "2", "--quiet", "--output-junit", report, "--output-log", report + ".log"], environment);
        if (!System.IO.File.Exists(report))
        {
            _brokenRunner = true;
            Console.WriteLine($"ctest wrote no report (exit code {code})");
            return;
        }

        foreach (var test in XDocument.Load(report).Descendants("testcase"))
        {
            var name = (string)test.Attribute("name");
            var status = (string)test.Attribute("status");
            if (test.Element("skipped") is { } skipped || status is "notrun" or "disabled")
            {
                _skipped++;
                var output = ((string)test.Element("system-out") ?? "").Split('\n');
                _skips.Add($"{name}: {output.LastOrDefault(line => line.Contains("skip", StringComparison.OrdinalIgnoreCase))?.Trim()}");
            }
            else if (test.Element("failure") is not null || status == "fail")
            {
                _failed++;
                Console.WriteLine($"FAILED {name}\n{(string)test.Element("system-out")}");
            }
            else
            {
                _passed++;
            }
        }
    }

    /// <param name="filter">Which tests, in the form of dotnet test --filter; all if empty.</param>
    public void RunManaged(string filter = "", params (string, string)[] environment)
    {
        var code = Runner(Environment.CurrentDirectory, "dotnet",
            ["test", "OptiRs.Native.slnx", "-c", "Release", "--no-build", "--nologo", "-v", "quiet", "--logger", "trx",
             "--results-directory", _folder, .. filter.Length == 0 ? Array.Empty<string>() : ["--filter", filter]], environment);
        var before = _failed;
        foreach (var file in System.IO.Directory.GetFiles(_folder, "*.trx"))
        {
            foreach (var result in XDocument.Load(file).Descendants().Where(element => element.Name.LocalName == "UnitTestResult"))
            {
                switch ((string)result.Attribute("outcome"))
                {
                    case "Passed":
                        _passed++;
                        break;
                    case "Failed":
                        _failed++;
                        Console.WriteLine($"FAILED {(string)result.Attribute("testName")}\n{Message(result)}");
                        break;
                    default:
                        _skipped++;
                        _skips.Add($"{(string)result.Attribute("testName")}: {Message(result)?.Split('\n')[0]}");
                        break;
                }
            }

            System.IO.File.Move(file, file + ".done");
        }

        // A teardown that reports leaks, or a host that crashed, fails the run without failing a test.
        _brokenRunner |= code != 0 && _failed == before;
    }

    private static string Message(XElement result) =>
        result.Descendants().FirstOrDefault(element => element.Name.LocalName == "Message")?.Value;

    public void Finish()
    {
        foreach (var group in _skips.GroupBy(skip => skip).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"skipped {group.Key}");
        }

        var failed = _brokenRunner && _failed == 0 ? 1 : _failed;
        var line = $"{_passed} passed, {failed} failed, {_skipped} skipped";
        System.IO.File.WriteAllText(System.IO.Path.Combine(_folder, "summary.txt"), line + "\n");
        Console.WriteLine(line);
        if (failed > 0)
        {
            throw new CakeException($"tests failed: {line}");
        }
    }
}

TestResults.Runner = (directory, program, arguments, environment) => RunIn(directory, program, arguments, environment);

void Sanitize()
{
    var results = new TestResults("artifacts/tests-sanitized");
    BuildNative("asan");
    results.RunNative("asan");
    // The .NET runtime raises and handles signals of its own and keeps memory until exit: leaks are counted by our own tests.
    results.RunManaged("",
        ("LD_PRELOAD", CompilerFile("libasan.so") + " " + CompilerFile("libubsan.so")),
        ("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0:detect_container_overflow=0:detect_odr_violation=0:allocator_may_return_null=1"),
        ("OPTIRS_NATIVE_PATH", System.IO.Path.GetFullPath("artifacts/native/asan/lib")));
    BuildNative("tsan");
    results.RunNative("tsan");
    // The shells of this system do not start with ThreadSanitizer preloaded.
    results.RunManaged("TestCategory!=Shell",
        ("LD_PRELOAD", CompilerFile("libtsan.so")),
        ("TSAN_OPTIONS", "ignore_noninstrumented_modules=1:halt_on_error=1:allocator_may_return_null=1:suppressions="
            + System.IO.Path.GetFullPath("native/tests/tsan_dotnet.supp")),
        ("OPTIRS_NATIVE_PATH", System.IO.Path.GetFullPath("artifacts/native/tsan/lib")));
    results.Finish();
}

string CompilerFile(string name)
{
    using var process = Process.Start(new ProcessStartInfo("g++", $"-print-file-name={name}") { RedirectStandardOutput = true, UseShellExecute = false });
    return process.StandardOutput.ReadToEnd().Trim();
}

/// Each fuzzer for so many seconds; what it finds and learns stays below artifacts/fuzz. Then programs by the thousand.
void Fuzz()
{
    var folder = "artifacts/native/fuzz";
    Run("cmake", "--preset", "release", "-B", folder, "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_C_COMPILER=clang-19",
        "-DOPTIRS_BUILD_FUZZERS=ON", "--log-level=WARNING");
    var seconds = CallerArguments().FirstOrDefault() ?? "600";
    // Programs beside the repository, when they are there, and those of tests show the fuzzers what programs look like.
    Run("cmake", "--build", folder, "--target", "fuzz_seeds", "--", "--quiet");
    Run($"{folder}/bin/fuzz_seeds", System.IO.Path.GetFullPath("artifacts/fuzz"));
    foreach (var fuzzer in new[] { "stablehlo_fuzzer", "bytecode_fuzzer", "hlo_fuzzer" })
    {
        Run("cmake", "--build", folder, "--target", fuzzer, "--", "--quiet");
        var corpus = System.IO.Path.GetFullPath($"artifacts/fuzz/{fuzzer}");
        Run($"{folder}/bin/{fuzzer}", corpus, $"-max_total_time={seconds}", "-max_len=65536", "-timeout=20", "-rss_limit_mb=4096",
            $"-artifact_prefix={System.IO.Path.GetFullPath("artifacts/fuzz")}/{fuzzer}-");
    }

    // Through the code generator: thousands of random programs of each kind against the reference evaluator, and damaged ones that only compile.
    BuildNative("release");
    foreach (var (program, count) in new[] { ("random_programs", "700"), ("mutated_programs", "5000") })
    {
        Run("cmake", "--build", "artifacts/native/release", "--target", program, "--", "--quiet");
        Run($"artifacts/native/release/bin/{program}", count);
    }
}
