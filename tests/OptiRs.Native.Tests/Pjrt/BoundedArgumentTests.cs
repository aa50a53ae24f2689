namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Programs that take arrays of any size up to a bound.</summary>
public sealed class BoundedArgumentTests
{
    // At most three rows of two: each negated, and how much of each is there, weighted.
    private const string Program = """
        module @weighted {
          func.func public @main(%x: tensor<?x2xf32, #stablehlo.bounds<3, ?>>, %w: tensor<?xf32, #stablehlo.bounds<3>>) -> (tensor<?x2xf32, #stablehlo.bounds<3, ?>>, tensor<2xf32>) {
            %y = stablehlo.negate %x : tensor<?x2xf32, #stablehlo.bounds<3, ?>>
            %d = stablehlo.dot_general %w, %x, contracting_dims = [0] x [0] : (tensor<?xf32, #stablehlo.bounds<3>>, tensor<?x2xf32, #stablehlo.bounds<3, ?>>) -> tensor<2xf32>
            return %y, %d : tensor<?x2xf32, #stablehlo.bounds<3, ?>>, tensor<2xf32>
          }
        }
        """;

    private PjrtClient _client = null!;

    [SetUp]
    public void SetUp() => _client = PluginUnderTest.Get("embedded").Open(devices: 2);

    [TearDown]
    public void TearDown() => _client?.Dispose();

    [Test]
    public void ArraysOfEverySizeUpToTheBoundFit([Range(0, 3)] int rows)
    {
        using PjrtExecutable executable = _client.Compile(Program);
        using PjrtBuffer x = Rows(rows), w = Weights(rows);
        PjrtBuffer[] results = executable.Execute(x, w);
        AssertResults(results, rows);
    }

    [Test]
    public void TheProgramStatesTheBounds()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        Assert.That(executable.Outputs, Is.EqualTo(((DType, Shape)[])[(DType.F32, new Shape(3, 2)), (DType.F32, new Shape(2))]));
        Assert.That(executable.MemoryAnalysis.ArgumentBytes, Is.EqualTo(36));
    }

    [Test]
    public void ALargerArrayIsRefused()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        using PjrtBuffer x = Rows(4), w = Weights(3);
        ArgumentException? error = Assert.Throws<OptiRsArgumentException>(() => executable.Execute(x, w));
        Assert.That(error!.Message, Does.Contain("argument 0 of program weighted is f32[4,2], expected f32[<=3,2]: dimension 0 has a bound of 3"));
    }

    [Test]
    public void RunsOfABoundCallMayHaveDifferentSizes()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        foreach (int rows in (int[])[1, 3, 2])
        {
            using PjrtBuffer x = Rows(rows), w = Weights(rows);
            using PjrtCall call = executable.Bind([x, w], [null, null]);
            for (int run = 0; run < 2; run++) call.Run();
            AssertResults([.. call.Results], rows);
        }
    }

    [Test]
    public void DevicesHaveSizesOfTheirOwn()
    {
        using PjrtExecutable executable = _client.Compile(Program, new PjrtCompileOptions { ReplicaCount = 2 });
        using PjrtBuffer x = Rows(3), w = Weights(3), y = Rows(1, _client.Devices[1]), v = Weights(1, _client.Devices[1]);
        PjrtBuffer[][] results = executable.ExecuteOnDevices([[x, w], [y, v]]);
        AssertResults(results[0], 3);
        AssertResults(results[1], 1);
    }

    [Test]
    public void ASavedProgramTakesThemToo()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        using PjrtExecutable again = _client.Load(executable.Serialize());
        using PjrtBuffer x = Rows(2), w = Weights(2);
        AssertResults(again.Execute(x, w), 2);
    }

    // 1, 2, 3, ...
    private static float[] Counting(int count) => [.. Enumerable.Range(1, count).Select(i => (float)i)];

    private PjrtBuffer Rows(int rows, PjrtDevice? device = null) =>
        _client.BufferFromHost<float>(Counting(2 * rows), new Shape(rows, 2), device);

    private PjrtBuffer Weights(int rows, PjrtDevice? device = null) =>
        _client.BufferFromHost<float>(Counting(rows), new Shape(rows), device);

    private static void AssertResults(PjrtBuffer[] results, int rows)
    {
        Assert.That(results[0].Shape, Is.EqualTo(new Shape(rows, 2)));
        Assert.That(results[0].ToArray<float>(), Is.EqualTo(Counting(2 * rows).Select(value => -value)));
        float[] sums = [0, 0];
        for (int i = 0; i < 2 * rows; i++) sums[i % 2] += ((i / 2) + 1) * (i + 1);
        Assert.That(results[1].ToArray<float>(), Is.EqualTo(sums));
        foreach (PjrtBuffer result in results) result.Dispose();
    }
}
