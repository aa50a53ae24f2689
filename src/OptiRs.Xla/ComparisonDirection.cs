namespace OptiRs.Xla;

/// <summary>The six comparisons of StableHLO.</summary>
public enum ComparisonDirection
{
    /// <summary>Equal.</summary>
    Eq,

    /// <summary>Not equal; true for NaN.</summary>
    Ne,

    /// <summary>Less.</summary>
    Lt,

    /// <summary>Less or equal.</summary>
    Le,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or equal.</summary>
    Ge,
}
