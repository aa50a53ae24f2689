namespace OptiRs.Xla;

/// <summary>Which result is written over which donated argument.</summary>
internal static class Donations
{
    /// <summary>
    /// For each argument: the result of the same type that takes its memory, -1 where it is donated but no result fits, null where
    /// it is not donated. Arguments and results are matched in order.
    /// </summary>
    public static int?[] Match(Graph graph, JitOptions options)
    {
        var matches = new int?[graph.Body.Arguments.Count];
        var taken = new bool[graph.Body.Results.Length];
        foreach (int argument in options.DonatedArguments.Distinct().Order())
        {
            if (argument < 0 || argument >= matches.Length)
                throw new ArgumentException($"JitOptions.DonatedArguments: {argument} is no argument of '{graph.Name}', which has {matches.Length}.", nameof(options));
            TensorType type = graph.Body.Arguments[argument].Type;
            int result = 0;
            while (result < taken.Length && (taken[result] || graph.Body.Results[result].Type != type))
                result++;
            matches[argument] = result < taken.Length ? result : -1;
            if (result < taken.Length)
                taken[result] = true;
        }
        return matches;
    }
}
