namespace OptiRs.Benchmarks;

/// <summary>
/// Two programs that take turns. Neighbours in time are compared, and medians taken of that: a machine that changes its
/// speed meanwhile changes it for both.
/// </summary>
internal sealed class Turns
{
    private readonly List<(double Ours, double Theirs)> _turns = [];

    public void Add(double ours, double theirs) => _turns.Add((ours, theirs));

    public double Ours => Report.Median(_turns.Select(t => t.Ours));

    public double Theirs => Report.Median(_turns.Select(t => t.Theirs));

    /// <summary>Their time over ours: their rate is 1.</summary>
    public double Ratio => Report.Median(_turns.Select(t => t.Theirs / t.Ours));

    /// <summary>How much longer ours takes.</summary>
    public double Above => Report.Median(_turns.Select(t => t.Ours - t.Theirs));

    /// <summary>The same where the machine was at its faster.</summary>
    public double AboveWhenFast =>
        Report.Median(_turns.OrderBy(t => t.Ours + t.Theirs).Take((_turns.Count + 1) / 2).Select(t => t.Ours - t.Theirs));
}
