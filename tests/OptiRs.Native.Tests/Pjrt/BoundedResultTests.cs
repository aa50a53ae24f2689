namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Results whose size the program computes.</summary>
public sealed class BoundedResultTests
{
    // Three rows of as many of four columns as the second argument says, doubled.
    private const string Program = """
        module @cut {
          func.func public @main(%x: tensor<3x4xf32>, %n: tensor<i32>) -> tensor<3x?xf32, #stablehlo.bounds<?, 4>> {
            %d = stablehlo.add %x, %x : tensor<3x4xf32>
            %s = stablehlo.set_dimension_size %d, %n, dim = 1 : (tensor<3x4xf32>, tensor<i32>) -> tensor<3x?xf32, #stablehlo.bounds<?, 4>>
            return %s : tensor<3x?xf32, #stablehlo.bounds<?, 4>>
          }
        }
        """;

    // The largest of each row.
    private const string Next = """
        module @largest {
          func.func public @main(%x: tensor<3x?xf32, #stablehlo.bounds<?, 4>>) -> tensor<3xf32> {
            %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
            %r = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<3x?xf32, #stablehlo.bounds<?, 4>>, tensor<f32>) -> tensor<3xf32>
            return %r : tensor<3xf32>
          }
        }
        """;

    private static readonly float[] Twelve = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    private PjrtClient _client = null!;

    [SetUp]
    public void SetUp() => _client = PluginUnderTest.Get("embedded").Open();

    [TearDown]
    public void TearDown() => _client?.Dispose();

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4)]
    public void AResultIsWhatIsThereOfIt(int size)
    {
        using PjrtExecutable executable = _client.Compile(Program);
        using PjrtBuffer x = _client.BufferFromHost<float>(Twelve, new Shape(3, 4));
        using PjrtBuffer n = _client.BufferFromHost<int>([size], new Shape());
        using PjrtBuffer result = executable.Execute(x, n)[0];
        Assert.That(result.Shape, Is.EqualTo(new Shape(3, size)));
        Assert.That(result.UnpaddedShape, Is.EqualTo(result.Shape));
        Assert.That(result.DynamicDimensions, Is.EqualTo((bool[])[false, true]));
        Assert.That(result.ToArray<float>(), Is.EqualTo(Expected(size)));
    }

    [Test]
    public void TheProgramStatesTheBounds()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        Assert.That(executable.Outputs[0], Is.EqualTo((DType.F32, new Shape(3, 4))));
        using PjrtBuffer x = _client.BufferFromHost<float>(Twelve, new Shape(3, 4));
        using PjrtBuffer n = _client.BufferFromHost<int>([2], new Shape());
        using PjrtCall call = executable.Bind([x, n], [null]);
        PjrtBuffer result = call.Results[0];
        Assert.That(result.Shape, Is.EqualTo(new Shape(3, 4)), "nothing is there yet");
        call.Run();
        Assert.That(result.ToString(), Is.EqualTo("f32[3,2]"));
        result.Dispose();
        Assert.That(result.ToString(), Is.EqualTo("(disposed)"));
    }

    [Test]
    public void TheNextProgramTakesIt()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        using PjrtExecutable next = _client.Compile(Next);
        using PjrtBuffer x = _client.BufferFromHost<float>(Twelve, new Shape(3, 4));
        foreach (int size in (int[])[2, 4])
        {
            using PjrtBuffer n = _client.BufferFromHost<int>([size], new Shape());
            using PjrtBuffer result = executable.Execute(x, n)[0];
            using PjrtBuffer largest = next.Execute(result)[0];
            Assert.That(largest.ToArray<float>(), Is.EqualTo(((float[])[0, 8, 16]).Select(first => first + (2 * (size - 1)))));
        }
    }

    [Test]
    public void AnotherRunOfABoundCallMayGiveAnotherSize()
    {
        using PjrtExecutable executable = _client.Compile(Program);
        using PjrtBuffer x = _client.BufferFromHost<float>(Twelve, new Shape(3, 4));
        using PjrtBuffer n = _client.BufferFromHost<int>([1], new Shape());
        using PjrtCall call = executable.Bind([x, n], [null]);
        using PjrtBuffer result = call.Results[0];
        foreach (int size in (int[])[1, 3])
        {
            _client.Upload<int>([size], n);
            call.Run();
            Assert.That(result.ToArray<float>(), Is.EqualTo(Expected(size)), $"size {size}");
        }
    }

    private static float[] Expected(int size) => [.. Twelve.Where((_, i) => i % 4 < size).Select(v => v + v)];
}
