using System.Runtime.InteropServices;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Small programs and uploads reuse the memory that is there, unless somebody still needs what it holds.</summary>
public sealed class InPlaceTests
{
    private static readonly Shape Shape = new(2);
    private PluginUnderTest _plugin = null!;
    private PjrtClient _client = null!;
    private PjrtExecutable _add = null!;

    [SetUp]
    public void SetUp()
    {
        _plugin = PluginUnderTest.Get("embedded");
        _client = _plugin.Open();
        _add = _client.Compile(_plugin.Add(2));
    }

    [TearDown]
    public void TearDown()
    {
        _add.Dispose();
        _client.Dispose();
    }

    [Test]
    public void WhatNobodyElseUsesIsOverwritten()
    {
        using PjrtBuffer argument = Upload(1, 2);
        using PjrtCall call = _add.Bind([argument], [null]);
        using PjrtBuffer result = call.Results[0];
        call.Run();
        AssertHolds(result, 1, 2);
        ulong argumentPlace = argument.UnsafeAddress, resultPlace = result.UnsafeAddress;
        for (int i = 0; i < 3; i++)
        {
            _client.Upload<int>([10 * i, i], argument);
            call.Run();
            AssertHolds(result, 10 * i, i);
        }

        Assert.That((argument.UnsafeAddress, result.UnsafeAddress), Is.EqualTo((argumentPlace, resultPlace)));
    }

    [Test]
    public void WhatIsHeldStays()
    {
        using PjrtBuffer argument = Upload(1, 2);
        using PjrtCall call = _add.Bind([argument], [null]);
        using PjrtBuffer result = call.Results[0];
        call.Run();
        using PjrtHold argumentHold = argument.Hold(), resultHold = result.Hold();
        using DlpackTensor shared = result.ToDlpack();
        _client.Upload<int>([30, 40], argument);
        call.Run();
        AssertHolds(result, 30, 40);
        Assert.That(Read(argumentHold), Is.EqualTo((1, 2)));
        Assert.That(Read(resultHold), Is.EqualTo((1 + PluginUnderTest.Step, 2 + PluginUnderTest.Step)));

        static (int, int) Read(PjrtHold hold) => (Marshal.ReadInt32(hold.Address), Marshal.ReadInt32(hold.Address, 4));
    }

    [Test]
    public void WhatAnExecutionIsStillToReadStays()
    {
        using PjrtExecutable sum = _client.Compile(
            """
            module @sum {
              func.func public @main(%arg0: tensor<2xi32>, %arg1: tensor<2xi32>, %arg2: tensor<2xi32>) -> tensor<2xi32> {
                %0 = stablehlo.add %arg0, %arg1 : tensor<2xi32>
                %1 = stablehlo.add %0, %arg2 : tensor<2xi32>
                return %1 : tensor<2xi32>
              }
            }
            """);
        using PjrtBuffer argument = Upload(1, 2), given = Upload(100, 200);
        using PjrtCall call = _add.Bind([argument], [null]);
        using PjrtBuffer result = call.Results[0];
        call.Run();
        (PjrtBuffer late, PjrtPromise promise) = given.DonateLater();
        using (late)
        using (promise)
        {
            PjrtBuffer total = sum.Execute(late, argument, result)[0];
            using (total)
            {
                _client.Upload<int>([7, 8], argument);
                call.Run();
                AssertHolds(result, 7, 8);
                promise.Keep();
                AssertHolds(total, 102, 204);
            }
        }
    }

    [Test]
    public void AnAliasOfTheMemoryStays()
    {
        using PjrtBuffer argument = Upload(1, 2);
        using PjrtBuffer alias = argument.Bitcast(DType.Of<int>(), new Shape(2, 1));
        _client.Upload<int>([3, 4], argument);
        Assert.That(alias.ToArray<int>(), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(argument.ToArray<int>(), Is.EqualTo(new[] { 3, 4 }));
    }

    [Test]
    public void AStateIsReadBeforeItIsWritten()
    {
        using PjrtBuffer state = Upload(1, 2);
        using PjrtCall call = _add.Bind([state], [state]);
        for (int i = 0; i < 10; i++) call.Run();
        Assert.That(state.ToArray<int>(), Is.EqualTo(new[] { 1 + 10 * PluginUnderTest.Step, 2 + 10 * PluginUnderTest.Step }));
    }

    [Test]
    public async Task OtherTypesAndDeletedBuffersTakeTheUsualWay()
    {
        using PjrtBuffer argument = Upload(1, 2);
        using PjrtCall call = _add.Bind([argument], [null]);
        using PjrtBuffer result = call.Results[0];
        await call.RunAsync();
        result.Delete();
        await call.RunAsync();
        AssertHolds(result, 1, 2);
        argument.Delete();
        Assert.That(call.Run, Throws.InstanceOf<OptiRsException>().With.Message.Contains("was deleted"));
        _client.Upload<int>([5, 6], argument);
        await call.RunAsync();
        AssertHolds(result, 5, 6);
    }

    private PjrtBuffer Upload(params int[] values) => _client.BufferFromHost<int>(values, Shape);

    /// <summary>The buffer holds these numbers, to each of which the program has added once.</summary>
    private static void AssertHolds(PjrtBuffer buffer, int first, int second)
    {
        int[] expected = [first + PluginUnderTest.Step, second + PluginUnderTest.Step];
        Assert.That(buffer.ToArray<int>(), Is.EqualTo(expected));
    }
}
