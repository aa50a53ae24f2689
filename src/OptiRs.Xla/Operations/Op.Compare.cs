using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Comparisons give pred values; NaN compares as IEEE 754 says.
public static partial class Op
{
    /// <summary>The comparison <paramref name="direction"/>, elementwise with broadcasting.</summary>
    public static Value Compare(Value left, Value right, ComparisonDirection direction, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        CompareAt(left, right, direction, SourceLocation.Here(file, line));

    /// <summary>True where both are equal.</summary>
    public static Value Equal(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => CompareAt(left, right, ComparisonDirection.Eq, SourceLocation.Here(file, line));

    /// <summary>True where both are equal. The constant takes the element type of the left side.</summary>
    public static Value Equal(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return CompareAt(left, ConstantLike(left, right, location), ComparisonDirection.Eq, location);
    }

    /// <summary>True where they differ, and for NaN.</summary>
    public static Value NotEqual(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => CompareAt(left, right, ComparisonDirection.Ne, SourceLocation.Here(file, line));

    /// <summary>True where they differ, and for NaN. The constant takes the element type of the left side.</summary>
    public static Value NotEqual(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return CompareAt(left, ConstantLike(left, right, location), ComparisonDirection.Ne, location);
    }

    /// <summary>True where left is less.</summary>
    public static Value Less(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => CompareAt(left, right, ComparisonDirection.Lt, SourceLocation.Here(file, line));

    /// <summary>True where left is less. The constant takes the element type of the left side.</summary>
    public static Value Less(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return CompareAt(left, ConstantLike(left, right, location), ComparisonDirection.Lt, location);
    }

    /// <summary>True where left is less or equal.</summary>
    public static Value LessEqual(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => CompareAt(left, right, ComparisonDirection.Le, SourceLocation.Here(file, line));

    /// <summary>True where left is less or equal. The constant takes the element type of the left side.</summary>
    public static Value LessEqual(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return CompareAt(left, ConstantLike(left, right, location), ComparisonDirection.Le, location);
    }

    /// <summary>True where left is greater.</summary>
    public static Value Greater(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => CompareAt(left, right, ComparisonDirection.Gt, SourceLocation.Here(file, line));

    /// <summary>True where left is greater. The constant takes the element type of the left side.</summary>
    public static Value Greater(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return CompareAt(left, ConstantLike(left, right, location), ComparisonDirection.Gt, location);
    }

    /// <summary>True where left is greater or equal.</summary>
    public static Value GreaterEqual(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => CompareAt(left, right, ComparisonDirection.Ge, SourceLocation.Here(file, line));

    /// <summary>True where left is greater or equal. The constant takes the element type of the left side.</summary>
    public static Value GreaterEqual(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        return CompareAt(left, ConstantLike(left, right, location), ComparisonDirection.Ge, location);
    }
}
