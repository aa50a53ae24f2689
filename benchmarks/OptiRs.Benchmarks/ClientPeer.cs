using System.Diagnostics;
using System.Globalization;

namespace OptiRs.Benchmarks;

/// <summary>The plain C program of benchmarks/native/client, which runs one batch whenever it is asked to.</summary>
internal sealed class ClientPeer : IDisposable
{
    private const string Program = "artifacts/native/release/bin/client_calls";
    private readonly Process _process;

    public ClientPeer(string plugin, params string[] arguments)
    {
        if (!File.Exists(Program))
            throw new FileNotFoundException($"{Program} is not there: run from the root of the checkout, after ./build.sh native", Program);
        _process = Process.Start(
            new ProcessStartInfo(Program, [plugin, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>What the program measures in one batch, each in nanoseconds a call.</summary>
    public double[] Batch()
    {
        _process.StandardInput.WriteLine();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Program} ended early");
        return [.. line.Split(' ').Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        int code = _process.ExitCode;
        _process.Dispose();
        if (code != 0) throw new InvalidOperationException($"{Program} ended with {code}");
    }
}
