using OptiRs.Tests;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Every allocation and every call of the plugin fails once: each is one error, and nothing is left.</summary>
[TestFixture("fake")]
[TestFixture("embedded")]
public sealed class FaultTests(string pluginName)
{
    private PluginUnderTest _plugin = null!;

    [SetUp]
    public void SetUp() => _plugin = PluginUnderTest.Get(pluginName);

    [TearDown]
    public void TearDown() => Faults.Set("");

    [Test]
    public void EachFailureIsOneErrorAndLeaksNothing([Values("oom", "pjrt")] string site)
    {
        int failures = 0;
        for (int k = 0; ; k++)
        {
            Faults.Set($"{site}@{k}");
            try
            {
                Scenario();
            }
            catch (Exception e) when (e is IOptiRsError)
            {
                failures++;
                Assert.That(e.Message, Is.Not.Empty);
            }

            if (Faults.Fired == 0) break;
            Assert.That(k, Is.LessThan(2000), "the scenario does not come to an end");
        }

        TestContext.Out.WriteLine($"{site}: {failures} failures");
        Assert.That(failures, Is.GreaterThan(5));
    }

    [Test]
    public void AFullDeviceNamesTheLargestBuffers()
    {
        if (pluginName == "fake") Assert.Ignore("The memory limit of the fake plugin is set from C++ only.");
        using PjrtClient client = PjrtClient.Open(
            _plugin.Path, new Dictionary<string, object> { ["memory_limit_bytes"] = 1L << 20 });
        using PjrtBuffer large = client.BufferFromHost<float>(new float[200_000], new Shape(200, 1000));
        var error = Assert.Throws<OptiRsOutOfMemoryException>(
            () => client.BufferFromHost<float>(new float[100_000], new Shape(100_000)))!;
        Assert.That(error.Message, Does.Contain("f32[200,1000]"));
        Assert.That(error.Message.Split("live buffer"), Has.Length.EqualTo(2), "the plugin's list is the only one");
        Assert.That(error.Backend, Is.EqualTo(client.PlatformName));
    }

    private void Scenario()
    {
        using PjrtClient client = _plugin.Open();
        using PjrtExecutable executable = client.Compile(_plugin.Add(2));
        using PjrtBuffer argument = client.BufferFromHost<int>([1, 2], new Shape(2));
        using PjrtBuffer result = executable.Execute(argument)[0];
        using PjrtCall call = executable.Bind([argument], [result]);
        call.Run();
        Assert.That(result.ToArray<int>(), Is.EqualTo((int[])[1 + PluginUnderTest.Step, 2 + PluginUnderTest.Step]));
    }
}
