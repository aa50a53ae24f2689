namespace OptiRs.Native.Tests.DeviceTests;

/// <summary>Two ranks of one process, each with a device of the mock machine and a thread.</summary>
[TestFixture]
internal sealed class CommunicatorTests
{
    [Test]
    public void EveryCollectiveMovesWhatItShould()
    {
        byte[] id = DeviceCommunicator.CreateId(MockMachine.Devices[0]);
        Task other = Task.Factory.StartNew(
            () => RunRank(id, 1), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        RunRank(id, 0);
        other.Wait();
    }

    [Test]
    public void WrongArgumentsAreNamed()
    {
        Device device = MockMachine.Devices[0];
        byte[] id = DeviceCommunicator.CreateId(device);
        Assert.That(() => DeviceCommunicator.Join(device, id.AsSpan(1), 1, 0), Throws.ArgumentException);
        using DeviceCommunicator alone = DeviceCommunicator.Join(device, id, 1, 0);
        using DeviceStream stream = device.CreateStream();
        using DeviceMemory memory = stream.Allocate(8);
        Assert.That(
            () => alone.AllReduce(memory, memory, 3, DType.F32, Reduction.Sum, stream),
            Throws.ArgumentException.With.Message.Contains("input has 8 bytes; 3 elements of F32 need 12"));
        Assert.That(
            () => alone.Broadcast(memory, 2, DType.F32, root: 1, stream),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("root is 1; there are 1 ranks"));
        Assert.That(() => alone.AllReduce(memory, memory, -1, DType.F32, Reduction.Sum, stream), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => alone.AllReduce(memory, memory, 17, DType.S4, Reduction.Sum, stream),
            Throws.ArgumentException.With.Message.Contains("17 elements of S4 need 9"));
        Assert.That(
            () => alone.AllReduce(memory, memory, long.MaxValue, DType.F32, Reduction.Sum, stream),
            Throws.ArgumentException.With.Message.Contains("9223372036854775807 elements of F32 need 36893488147419103228"));
        alone.ThrowIfFailed();
    }

    /// <summary>Two shares of 2^62 elements are 2^63, which does not fit a long.</summary>
    [Test]
    public void SharesOfAllRanksAreCountedWithoutOverflow()
    {
        byte[] id = DeviceCommunicator.CreateId(MockMachine.Devices[0]);
        void Refuse(int rank)
        {
            Device device = MockMachine.Devices[rank];
            using DeviceCommunicator ranks = DeviceCommunicator.Join(device, id, 2, rank);
            using DeviceStream stream = device.CreateStream();
            using DeviceMemory memory = stream.Allocate(8);
            Assert.That(
                () => ranks.AllToAll(memory, memory, 1L << 62, DType.F32, stream),
                Throws.ArgumentException.With.Message.Contains("input has 8 bytes; 9223372036854775808 elements of F32 need 36893488147419103232"));
        }

        Task other = Task.Factory.StartNew(() => Refuse(1), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Refuse(0);
        other.Wait();
    }

    private static void RunRank(byte[] id, int rank)
    {
        Device device = MockMachine.Devices[rank];
        using DeviceStream stream = device.CreateStream();
        using DeviceCommunicator ranks = DeviceCommunicator.Join(device, id, 2, rank);
        Assert.That((ranks.RankCount, ranks.Rank), Is.EqualTo((2, rank)));
        bool first = rank == 0;
        using DeviceMemory two = stream.Allocate(8);
        using DeviceMemory four = stream.Allocate(16);
        using DeviceMemory other = stream.Allocate(16);
        float[] Read(DeviceMemory memory)
        {
            var values = new float[memory.Size / 4];
            memory.Read<float>(values, stream);
            return values;
        }

        two.Write<float>(first ? [1, 2] : [3, 4], stream);
        ranks.AllGather(two, four, 2, DType.F32, stream);
        Assert.That(Read(four), Is.EqualTo(new float[] { 1, 2, 3, 4 }));
        ranks.AllReduce(four, four, 4, DType.F32, Reduction.Sum, stream);
        Assert.That(Read(four), Is.EqualTo(new float[] { 2, 4, 6, 8 }));
        ranks.ReduceScatter(four, two, 2, DType.F32, Reduction.Max, stream);
        Assert.That(Read(two), Is.EqualTo(first ? new float[] { 2, 4 } : [6, 8]));
        ranks.Broadcast(two, 2, DType.F32, root: 1, stream);
        Assert.That(Read(two), Is.EqualTo(new float[] { 6, 8 }));
        ranks.Reduce(two, two, 2, DType.F32, Reduction.Mean, root: 0, stream);
        Assert.That(Read(two), Is.EqualTo(new float[] { 6, 8 }));
        four.Write<float>(first ? [1, 2, 3, 4] : [5, 6, 7, 8], stream);
        ranks.AllToAll(four, other, 2, DType.F32, stream);
        Assert.That(Read(other), Is.EqualTo(first ? new float[] { 1, 2, 5, 6 } : [3, 4, 7, 8]));
        ranks.SendReceive(four, 1 - rank, other, 1 - rank, 4, DType.F32, stream);
        Assert.That(Read(other), Is.EqualTo(first ? new float[] { 5, 6, 7, 8 } : [1, 2, 3, 4]));
    }
}
