using System.Text.RegularExpressions;
using OptiRs.Tests;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Loading: what is a plugin, and what is said of what is none.</summary>
public sealed class PluginTests
{
    [Test]
    public void APluginIsDescribed()
    {
        string path = PluginUnderTest.FakePath("fake");
        using PjrtPlugin plugin = PjrtPlugin.Load(path);
        Assert.Multiple(() =>
        {
            Assert.That(plugin.Path, Is.EqualTo(path));
            Assert.That((plugin.ApiMajor, plugin.ApiMinor >= 40), Is.EqualTo((0, true)));
            Assert.That(plugin.HasFunction("PJRT_Client_Create"), Is.True);
            Assert.That(plugin.HasFunction("PJRT_No_Such_Function"), Is.False);
            Assert.That(plugin.Attributes["maker"], Is.EqualTo("fake"));
            Assert.That(plugin.Attributes["cores"], Is.EqualTo(8L));
            Assert.That(plugin.Attributes["coords"], Is.EqualTo((long[])[1, 2, 3]));
            Assert.That(plugin.Attributes["clock"], Is.EqualTo(1.5f));
            Assert.That(plugin.Attributes["is_fake"], Is.EqualTo(true));
        });
    }

    [TestCase("fake_40", 40)]
    [TestCase("fake_57", 57)]
    [TestCase("fake_90", 90)]
    [TestCase("fake_newer", 200)]
    public void VersionsFromMinor40OnWork(string name, int minor)
    {
        using PjrtClient client = PjrtClient.Open(PluginUnderTest.FakePath(name));
        using PjrtPlugin plugin = PjrtPlugin.Load(PluginUnderTest.FakePath(name));
        Assert.That(plugin.ApiMinor, Is.EqualTo(minor));
        using PjrtBuffer buffer = client.BufferFromHost<float>([1, 2], new Shape(2));
        Assert.That(buffer.ToArray<float>(), Is.EqualTo((float[])[1, 2]));
    }

    [TestCase("fake_without_entry", typeof(OptiRsArgumentException), "GetPjrtApi")]
    [TestCase("fake_major", typeof(OptiRsException), "major")]
    [TestCase("fake_39", typeof(OptiRsException), "39")]
    [TestCase("fake_with_dependency", typeof(OptiRsException), "fake_dependency")]
    public void WhatIsNoUsablePluginIsRefusedWithTheReason(string name, Type type, string reason)
    {
        string path = PluginUnderTest.FakePath(name);
        Exception error = Assert.Catch(() => PjrtPlugin.Load(path))!;
        Assert.That(error, Is.TypeOf(type));
        Assert.That(error.Message, Does.Contain(reason).And.Contain(name));
    }

    [Test]
    public void AFileThatIsNoLibraryIsRefused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "plugin.so");
        File.WriteAllText(path, "no library");
        var error = Assert.Throws<OptiRsArgumentException>(() => PjrtPlugin.Load(path))!;
        Assert.That(error.Message, Does.Contain(path));
    }

    [Test]
    public void AMissingFileIsNamed()
    {
        var error = Assert.Throws<OptiRsException>(() => PjrtPlugin.Load("/no/such/plugin.so"))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.NotFound));
        Assert.That(error.Message, Does.Contain("/no/such/plugin.so"));
        Assert.That(error.Operation, Is.EqualTo("optirs_pjrt_plugin_load"));
    }

    [Test]
    public void AnUnknownNameListsThoseThatAreKnown()
    {
        var error = Assert.Throws<OptiRsException>(() => PjrtPlugin.Load("quantum"))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.NotFound));
        string[] names = Regex.Match(error.Message, "named 'quantum'; names known here: ([^;]*);").Groups[1].Value.Split(", ");
        Assert.That(names, Is.Unique.And.Contain("cpu").And.No.Member("plugin"));
    }

    [Test]
    public void ThePlacesAreListed()
    {
        IReadOnlyList<PluginCandidate> candidates = Diagnostics.PluginCandidates;
        Assert.That(candidates.Select(c => c.Source), Does.Contain("OPTIRS_PJRT_PLUGIN"));
        Assert.That(candidates.Any(c => c.Name == "cpu"), Is.True);
        Assert.That(Diagnostics.Describe(), Does.Contain("PJRT plugins:"));
    }

    [Test]
    public void OptionsOfAnUnknownKindAreRefused()
    {
        using PjrtPlugin plugin = PjrtPlugin.Load(PluginUnderTest.FakePath("fake"));
        var error = Assert.Throws<ArgumentException>(
            () => plugin.CreateClient(new Dictionary<string, object> { ["devices"] = DateTime.UnixEpoch }))!;
        Assert.That(error.Message, Does.Contain("devices").And.Contain("DateTime"));
        Assert.Throws<OptiRsArgumentException>(() => plugin.CreateClient(new Dictionary<string, object> { ["color"] = "blue" }));
    }
}
