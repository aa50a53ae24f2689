using System.Diagnostics;

namespace OptiRs.Training;

/// <summary>Measures training speed over the recent steps, leaving out what is not training. Allocates nothing per step.</summary>
internal sealed class StepClock(long tokensPerStep) : IDisposable
{
    // About the last 64 ticks: long enough to be steady, short enough to notice a change.
    private readonly long[] _ticks = new long[64];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _count;

    public double TokensPerSecond => SecondsPerStep is double seconds and > 0 ? tokensPerStep / seconds : 0;

    public TimeSpan TimeFor(long steps) => TimeSpan.FromSeconds(SecondsPerStep * steps);

    public void Tick() => _ticks[_count++ % _ticks.Length] = _watch.ElapsedTicks;

    /// <summary>Stops the clock until the result is disposed.</summary>
    public IDisposable Pause()
    {
        _watch.Stop();
        return this;
    }

    /// <summary>Ends a pause.</summary>
    public void Dispose() => _watch.Start();

    private double SecondsPerStep
    {
        get
        {
            if (_count == 0) return 0;
            long newest = _ticks[(_count - 1) % _ticks.Length];
            // Until the ring is full, the start counts as the first tick.
            long steps = Math.Min(_count, _ticks.Length - 1);
            long oldest = _count <= _ticks.Length - 1 ? 0 : _ticks[_count % _ticks.Length];
            return (double)(newest - oldest) / Stopwatch.Frequency / steps;
        }
    }
}
