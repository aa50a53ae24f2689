using System.Net;
using System.Text;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Stores of several processes, and how a process finds out which one it is.</summary>
public sealed class DistributedTests
{
    [Test]
    public void TheFileStoreGivesWhatWasPut() => Check(WithFolder);

    [Test]
    public void TheTcpStoreGivesWhatWasPut() => Check(check =>
    {
        using var server = new KeyValueServer(IPAddress.Loopback);
        check(() => new TcpKeyValueStore("127.0.0.1", server.Port));
    });

    [Test]
    public void AServerThatIsNotThereIsNamed()
    {
        using var server = new KeyValueServer(IPAddress.Loopback);
        int port = server.Port;
        server.Dispose();
        var store = new TcpKeyValueStore("127.0.0.1", port, TimeSpan.Zero);
        Assert.That(() => store.Get("a", TimeSpan.Zero), Throws.InstanceOf<IOException>().With.Message.Contains($"127.0.0.1:{port}"));
    }

    [Test]
    public void ProcessesOfAClientMeetInTheStore()
    {
        using PjrtPlugin plugin = PjrtPlugin.Load(PluginUnderTest.FakePath("fake"));
        using var server = new KeyValueServer(IPAddress.Loopback);
        var store = new TcpKeyValueStore("127.0.0.1", server.Port);
        // The fake plugin puts "me" and waits for "other".
        Task<PjrtClient> first = Task.Run(() => plugin.CreateClient(store));
        Assert.That(store.Get("me", TimeSpan.FromMinutes(1)), Is.EqualTo("here"u8.ToArray()));
        store.Put("other", "there"u8);
        using PjrtClient client = first.Result;
        Assert.That(client.PlatformName, Is.EqualTo("fake"));
    }

    [Test]
    public void AStoreThatThrowsFailsTheClientOnly()
    {
        using PjrtPlugin plugin = PjrtPlugin.Load(PluginUnderTest.FakePath("fake"));
        Assert.That(
            () => plugin.CreateClient(new BrokenStore()),
            Throws.InstanceOf<OptiRsException>().With.Property("Code").EqualTo(ErrorCode.Unavailable).And.Message.Contains("the disk is full"));
    }

    [TestCase("OPTIRS_PROCESS_INDEX=1 OPTIRS_PROCESS_COUNT=4 OPTIRS_COORDINATOR=a", 1, 4, "a", "OPTIRS_PROCESS_INDEX")]
    [TestCase("SLURM_PROCID=3 SLURM_NTASKS=8 SLURM_JOB_NODELIST=node[03-06],x", 3, 8, "node03", "Slurm")]
    [TestCase("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2", 0, 2, null, "Open MPI")]
    [TestCase("TPU_WORKER_ID=1 TPU_WORKER_HOSTNAMES=t-0,t-1", 1, 2, "t-0", "Cloud TPU VM")]
    [TestCase("TPU_WORKER_ID=0 TPU_WORKER_HOSTNAMES=t-0.x,t-1.x JOBSET_NAME=x", 0, 2, "t-0.x", "GKE")]
    public void LaunchersAreKnown(string environment, int index, int count, string? coordinator, string source) =>
        Assert.That(JobProcess.Detect(Variables(environment)), Is.EqualTo(new JobProcess(index, count, coordinator, source)));

    [Test]
    public void AProcessOnItsOwnIsNone()
    {
        Assert.That(JobProcess.Detect(Variables("")), Is.Null);
        Assert.That(JobProcess.Detect(Variables("SLURM_PROCID=3")), Is.Null);
    }

    [TestCase("SLURM_PROCID=x SLURM_NTASKS=2", "SLURM_PROCID is 'x'")]
    [TestCase("OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=2", "process 2 of 2")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=2 SLURM_JOB_NODELIST=a[1", "not closed")]
    public void NonsenseIsNamed(string environment, string message) =>
        Assert.That(() => JobProcess.Detect(Variables(environment)), Throws.InstanceOf<FormatException>().With.Message.Contains(message));

    [TestCase("n1", "n1")]
    [TestCase("n1,n2", "n1")]
    [TestCase("n[1,3]", "n1")]
    [TestCase("a,n[1,3]", "a")]
    [TestCase("n[007]", "n007")]
    public void TheFirstHostOfAListIsFound(string list, string host) => Assert.That(JobProcess.FirstHost(list), Is.EqualTo(host));

    private static void WithFolder(Action<Func<IKeyValueStore>> check)
    {
        string folder = Directory.CreateTempSubdirectory("optirs-store-").FullName;
        try
        {
            check(() => new FileKeyValueStore(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Check(Action<Action<Func<IKeyValueStore>>> with) => with(open =>
    {
        IKeyValueStore one = open(), other = open();
        Assert.That(one.Get("a/b ü", TimeSpan.Zero), Is.Null);
        Task<byte[]?> waiting = Task.Run(() => other.Get("a/b ü", TimeSpan.FromMinutes(1)));
        one.Put("a/b ü", [0, 1, 2]);
        Assert.That(waiting.Result, Is.EqualTo((byte[])[0, 1, 2]));
        one.Put("a/b ü", []);
        Assert.That(other.Get("a/b ü", TimeSpan.Zero), Is.Empty);
        Parallel.For(0, 32, i => one.Put($"k{i}", Encoding.UTF8.GetBytes($"{i}")));
        for (int i = 0; i < 32; i++) Assert.That(other.Get($"k{i}", TimeSpan.Zero), Is.EqualTo(Encoding.UTF8.GetBytes($"{i}")));
    });

    private static Func<string, string?> Variables(string environment)
    {
        Dictionary<string, string> pairs = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(p => p.Split('=')[0], p => p[(p.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        return name => pairs.GetValueOrDefault(name);
    }

    private sealed class BrokenStore : IKeyValueStore
    {
        public void Put(string key, ReadOnlySpan<byte> value) => throw new IOException("the disk is full");

        public byte[]? Get(string key, TimeSpan timeout) => null;
    }
}
