namespace OptiRs.Training;

/// <summary>
/// Prepares the batches of the coming steps on a thread of its own, a few ahead, in a ring that is filled again and again:
/// the training thread never waits for data and nothing is allocated after the start.
/// </summary>
/// <remarks>One consumer. Dispose stops the thread.</remarks>
public sealed class BatchLoader : IDisposable
{
    private readonly BatchSampler _sampler;
    private readonly int[][] _ring;
    private readonly SemaphoreSlim _filled, _free;
    private readonly Thread _thread;
    private readonly long _firstStep;
    private volatile bool _stopping;
    private Exception? _failure;
    private long _next;

    /// <summary>Starts preparing from the 1-based <paramref name="firstStep"/> on, at most <paramref name="ahead"/> batches in advance.</summary>
    public BatchLoader(BatchSampler sampler, long firstStep, int ahead = 4)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, 1);
        _sampler = sampler;
        _firstStep = _next = firstStep;
        // One more than is prepared ahead: the batch that the consumer holds.
        _ring = new int[ahead + 1][];
        for (int i = 0; i < _ring.Length; ++i) _ring[i] = new int[sampler.BatchSize * sampler.WindowLength];
        _filled = new SemaphoreSlim(0);
        _free = new SemaphoreSlim(ahead);
        _thread = new Thread(Produce) { IsBackground = true, Name = "optirs batch loader" };
        _thread.Start();
    }

    /// <summary>The next step's batch, row-major [batchSize, windowLength]; valid until the next call.</summary>
    public ReadOnlySpan<int> Next()
    {
        _filled.Wait();
        if (_failure is not null) throw new InvalidOperationException("preparing a batch failed", _failure);
        // The batch handed out before this one is free from now on.
        if (_next > _firstStep) _free.Release();
        return _ring[(_next++ - _firstStep) % _ring.Length];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        // Wakes the thread if it waits for room.
        _free.Release();
        _thread.Join();
        _filled.Dispose();
        _free.Dispose();
    }

    private void Produce()
    {
        try
        {
            for (long step = _firstStep; ; ++step)
            {
                _free.Wait();
                if (_stopping) return;
                _sampler.Fill(step, _ring[(step - _firstStep) % _ring.Length]);
                _filled.Release();
            }
        }
        catch (Exception error)
        {
            // Goes to the consumer: an exception on a bare thread would end the process.
            _failure = error;
            _filled.Release();
        }
    }
}
