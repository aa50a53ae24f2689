namespace OptiRs.Training;

/// <summary>
/// Chooses the windows of a training batch. A batch is a pure function of seed and step, so a run that was
/// interrupted sees the very batches that it would have seen.
/// </summary>
/// <remarks>Thread-safe: it never changes.</remarks>
public sealed class BatchSampler(TextCorpus corpus, int batchSize, ulong seed)
{
    /// <summary>Windows in a batch.</summary>
    public int BatchSize => batchSize;

    /// <summary>Tokens of one window: the context and one more, since targets are inputs shifted by one.</summary>
    public int WindowLength => corpus.ContextLength + 1;

    /// <summary>Fills the batch of the 1-based <paramref name="step"/>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="batch">Row-major [batchSize, windowLength].</param>
    public void Fill(long step, Span<int> batch)
    {
        ReadOnlySpan<int> text = corpus.Train;
        int window = WindowLength;
        ulong starts = (ulong)(text.Length - window + 1);
        ulong state = seed;
        state = HostRandom.Mix(ref state) ^ (ulong)step;
        for (int row = 0; row < batchSize; ++row)
        {
            // Multiply-high maps 64 random bits to [0, starts) with a bias below 2^-32.
            int start = (int)Math.BigMul(HostRandom.Mix(ref state), starts, out _);
            text.Slice(start, window).CopyTo(batch.Slice(row * window, window));
        }
    }

    /// <summary>
    /// The fixed windows of validation: side by side from the start of the validation text, at most
    /// <paramref name="maximum"/> of them, spread evenly when there are more.
    /// </summary>
    public static int[][] ValidationWindows(TextCorpus corpus, int maximum = 256)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ReadOnlySpan<int> text = corpus.Validation;
        int available = (text.Length - 1) / corpus.ContextLength;
        int count = Math.Min(available, maximum);
        var windows = new int[count][];
        for (int i = 0; i < count; ++i)
            windows[i] = text.Slice((int)((long)i * available / count) * corpus.ContextLength, corpus.ContextLength + 1).ToArray();
        return windows;
    }
}
