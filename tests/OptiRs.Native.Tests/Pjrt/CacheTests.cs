namespace OptiRs.Native.Tests.Pjrt;

/// <summary>The compilation cache, on the fake plugin, whose compiled programs are their own text.</summary>
public sealed class CacheTests
{
    private PluginUnderTest _plugin = null!;
    private PjrtClient _client = null!;
    private string _folder = "";

    [SetUp]
    public void Open()
    {
        _plugin = PluginUnderTest.Get("fake");
        _client = _plugin.Open();
        _folder = Directory.CreateTempSubdirectory("optirs-cache-").FullName;
    }

    [TearDown]
    public void Close()
    {
        _client?.Dispose();
        if (_folder.Length > 0) Directory.Delete(_folder, recursive: true);
    }

    private PjrtCompilation Compile(string program, PjrtCompileOptions? options = null, long limit = PjrtCompilationCache.DefaultMaxBytes)
    {
        var cache = new PjrtCompilationCache(_folder, limit);
        (PjrtExecutable executable, PjrtCompilation compilation) = cache.Compile(_client, program, options);
        using (executable)
        using (PjrtBuffer argument = _client.BufferFromHost<int>([1, 2, 3, 4], new Shape(4)))
        using (PjrtBuffer result = executable.Execute(argument)[0])
            Assert.That(result.ToArray<int>()[3], Is.EqualTo(4 + PluginUnderTest.Step));
        return compilation;
    }

    [Test]
    public void TheSecondTimeIsAHit()
    {
        PjrtCompilation first = Compile(_plugin.Add(4)), second = Compile(_plugin.Add(4));
        Assert.That((first.IsHit, second.IsHit), Is.EqualTo((false, true)));
        Assert.That(first.Reason, Is.EqualTo("the program is new"));
        Assert.That(second.Key, Is.EqualTo(first.Key));
        PjrtCacheEntry entry = new PjrtCompilationCache(_folder).Entries.Single();
        Assert.That((entry.ProgramName, entry.Key), Is.EqualTo(("add", first.Key)));
        Assert.That(entry.Plugin, Does.StartWith("fake, fake 1, fake.so of "));
    }

    [Test]
    public void AMissSaysWhatHasChanged()
    {
        Compile(_plugin.Add(4));
        PjrtCompilation other = Compile(_plugin.Add(4), new PjrtCompileOptions { OptimizationLevel = PjrtEffort.O1 });
        Assert.That(other.IsHit, Is.False);
        Assert.That(other.Reason, Does.StartWith("the options changed from [").And.Contains("optimizationLevel"));
        _client.Dispose();
        _client = _plugin.Open(devices: 2);
        Assert.That(Compile(_plugin.Add(4)).Reason, Does.Contain("the devices changed from [1 x Fake v1 in process 0").And.Contains("2 x Fake v1"));
        Assert.That(Compile(_plugin.Add(4, name: "other")).Reason, Is.EqualTo("the program is new"));
    }

    [Test]
    public void ADamagedEntryIsCompiledAnew()
    {
        PjrtCompilation first = Compile(_plugin.Add(4));
        string path = new PjrtCompilationCache(_folder).Entries.Single().FilePath;
        byte[] sound = File.ReadAllBytes(path);
        // One bit anywhere, or an end anywhere, is found; and never more than a compilation is lost.
        for (int i = 0; i < sound.Length; i += 37)
        {
            byte[] damaged = [.. sound];
            damaged[i] ^= 1;
            File.WriteAllBytes(path, damaged);
            PjrtCompilation again = Compile(_plugin.Add(4));
            Assert.That(again.Key, Is.EqualTo(first.Key));
            File.WriteAllBytes(path, sound[..i]);
            Assert.That(Compile(_plugin.Add(4)).Reason, Does.StartWith("the entry is damaged"));
        }

        Assert.That(Compile(_plugin.Add(4)).IsHit, Is.True);
    }

    [Test]
    public void AnEntryThatThePluginRefusesIsCompiledAnew()
    {
        PjrtCompilation first = Compile(_plugin.Add(4));
        var cache = new PjrtCompilationCache(_folder);
        PjrtCacheEntry entry = cache.Entries.Single();
        entry.Write(entry.FilePath, "not of this plugin"u8.ToArray());
        PjrtCompilation again = Compile(_plugin.Add(4));
        Assert.That((again.IsHit, again.Key), Is.EqualTo((false, first.Key)));
        Assert.That(again.Reason, Does.StartWith("the plugin refuses the entry: ").And.Contains("not of the fake plugin"));
        Assert.That(Compile(_plugin.Add(4)).IsHit, Is.True);
    }

    [Test]
    public void WhatWasNotUsedForLongestGoesFirst()
    {
        Compile(_plugin.Add(4, name: "a"));
        Compile(_plugin.Add(4, name: "b"));
        PjrtCacheEntry[] entries = [.. new PjrtCompilationCache(_folder).Entries];
        File.SetLastWriteTimeUtc(entries.Single(e => e.ProgramName == "a").FilePath, DateTime.UtcNow.AddHours(-2));
        File.SetLastWriteTimeUtc(entries.Single(e => e.ProgramName == "b").FilePath, DateTime.UtcNow.AddHours(-3));
        long two = entries.Sum(e => new FileInfo(e.FilePath).Length) + 50;
        Compile(_plugin.Add(4, name: "c"), limit: two);
        Assert.That(new PjrtCompilationCache(_folder).Entries.Select(e => e.ProgramName), Is.EquivalentTo((string[])["a", "c"]));
    }

    [Test]
    public void ManyThreadsShareAFolder()
    {
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var cache = new PjrtCompilationCache(_folder);
            (PjrtExecutable executable, _) = cache.Compile(_client, _plugin.Add(4, name: $"p{i % 4}"));
            executable.Dispose();
            if (i % 16 == 7) cache.Clear();
        });
        Assert.That(new PjrtCompilationCache(_folder).Verify(), Is.Empty);
        Assert.That(Directory.GetFiles(_folder, "*.tmp"), Is.Empty);
    }

    [Test]
    public void VerifyingDeletesWhatIsDamaged()
    {
        Compile(_plugin.Add(4));
        var cache = new PjrtCompilationCache(_folder);
        File.WriteAllText(Path.Combine(_folder, "x.program"), "something else\n");
        Assert.That(cache.Verify().Select(d => d.Name), Is.EqualTo((string[])["x"]));
        Assert.That(cache.Entries, Has.Count.EqualTo(1));
        Assert.That(cache.Clear(), Is.EqualTo(1));
        Assert.That(cache.Entries, Is.Empty);
    }

    [Test]
    public void AFolderThatCannotBeWrittenIsNoFailure()
    {
        var cache = new PjrtCompilationCache("/proc/no such folder");
        (PjrtExecutable executable, PjrtCompilation compilation) = cache.Compile(_client, _plugin.Add(4));
        executable.Dispose();
        Assert.That(compilation.Reason, Does.Contain("it could not be kept"));
    }
}
