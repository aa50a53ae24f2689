using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Elementwise operations of two operands, which broadcast as NumPy's do.
public static partial class Op
{
    /// <summary>The sum; of predicates, logical or.</summary>
    public static Value Add(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Add, left, right, SourceLocation.Here(file, line));

    /// <summary>Bitwise and; of predicates, logical and.</summary>
    public static Value And(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.And, left, right, SourceLocation.Here(file, line));

    /// <summary>The angle of the point (right, left), in -pi..pi.</summary>
    public static Value Atan2(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Atan2, left, right, SourceLocation.Here(file, line));

    /// <summary>The complex number with real part left and imaginary part right (f32 or f64).</summary>
    public static Value Complex(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Complex, left, right, SourceLocation.Here(file, line));

    /// <summary>The quotient; integers round towards zero.</summary>
    public static Value Divide(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Divide, left, right, SourceLocation.Here(file, line));

    /// <summary>The greater of two values; NaN if either is.</summary>
    public static Value Max(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Maximum, left, right, SourceLocation.Here(file, line));

    /// <summary>The greater of two values; NaN if either is.</summary>
    public static Value Max(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => WithConstant(OpKind.Maximum, left, right, SourceLocation.Here(file, line));

    /// <summary>The lesser of two values; NaN if either is.</summary>
    public static Value Min(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Minimum, left, right, SourceLocation.Here(file, line));

    /// <summary>The lesser of two values; NaN if either is.</summary>
    public static Value Min(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => WithConstant(OpKind.Minimum, left, right, SourceLocation.Here(file, line));

    /// <summary>The product; of predicates, logical and.</summary>
    public static Value Multiply(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Multiply, left, right, SourceLocation.Here(file, line));

    /// <summary>Bitwise or; of predicates, logical or.</summary>
    public static Value Or(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Or, left, right, SourceLocation.Here(file, line));

    /// <summary>Left to the power of right.</summary>
    public static Value Power(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Power, left, right, SourceLocation.Here(file, line));

    /// <summary>Left to the power of right.</summary>
    public static Value Power(Value left, double right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => WithConstant(OpKind.Power, left, right, SourceLocation.Here(file, line));

    /// <summary>The remainder with the sign of the dividend.</summary>
    public static Value Remainder(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Remainder, left, right, SourceLocation.Here(file, line));

    /// <summary>The bits of left moved left by right.</summary>
    public static Value ShiftLeft(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.ShiftLeft, left, right, SourceLocation.Here(file, line));

    /// <summary>The bits of left moved right by right, filled with the sign.</summary>
    public static Value ShiftRightArithmetic(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.ShiftRightArithmetic, left, right, SourceLocation.Here(file, line));

    /// <summary>The bits of left moved right by right, filled with zeros.</summary>
    public static Value ShiftRightLogical(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.ShiftRightLogical, left, right, SourceLocation.Here(file, line));

    /// <summary>The difference.</summary>
    public static Value Subtract(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Subtract, left, right, SourceLocation.Here(file, line));

    /// <summary>Bitwise exclusive or.</summary>
    public static Value Xor(Value left, Value right, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Binary(OpKind.Xor, left, right, SourceLocation.Here(file, line));
}
