using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Elementwise operations of one operand.
public static partial class Op
{
    /// <summary>The absolute value; of a complex number its modulus, which is real.</summary>
    public static Value Abs(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Abs, operand, SourceLocation.Here(file, line));

    /// <summary>The cube root.</summary>
    public static Value Cbrt(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Cbrt, operand, SourceLocation.Here(file, line));

    /// <summary>Rounded up.</summary>
    public static Value Ceil(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Ceil, operand, SourceLocation.Here(file, line));

    /// <summary>The number of zero bits before the first one bit.</summary>
    public static Value CountLeadingZeros(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.CountLeadingZeros, operand, SourceLocation.Here(file, line));

    /// <summary>The cosine of an angle in radians.</summary>
    public static Value Cos(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Cosine, operand, SourceLocation.Here(file, line));

    /// <summary>e to the power of the operand.</summary>
    public static Value Exp(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Exponential, operand, SourceLocation.Here(file, line));

    /// <summary>e to the power of the operand, minus one, exact near zero.</summary>
    public static Value Expm1(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.ExponentialMinusOne, operand, SourceLocation.Here(file, line));

    /// <summary>Rounded down.</summary>
    public static Value Floor(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Floor, operand, SourceLocation.Here(file, line));

    /// <summary>The imaginary part of a complex number.</summary>
    public static Value Imag(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Imag, operand, SourceLocation.Here(file, line));

    /// <summary>True where the operand is neither infinite nor NaN.</summary>
    public static Value IsFinite(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.IsFinite, operand, SourceLocation.Here(file, line));

    /// <summary>The natural logarithm.</summary>
    public static Value Log(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Log, operand, SourceLocation.Here(file, line));

    /// <summary>The natural logarithm of one plus the operand, exact near zero.</summary>
    public static Value Log1p(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.LogPlusOne, operand, SourceLocation.Here(file, line));

    /// <summary>1 / (1 + exp(-x)), also called sigmoid.</summary>
    public static Value Logistic(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Logistic, operand, SourceLocation.Here(file, line));

    /// <summary>The negative.</summary>
    public static Value Negate(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Negate, operand, SourceLocation.Here(file, line));

    /// <summary>Bitwise not; of a predicate, logical not.</summary>
    public static Value Not(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Not, operand, SourceLocation.Here(file, line));

    /// <summary>The number of one bits.</summary>
    public static Value Popcnt(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Popcnt, operand, SourceLocation.Here(file, line));

    /// <summary>The real part of a complex number.</summary>
    public static Value Real(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Real, operand, SourceLocation.Here(file, line));

    /// <summary>The nearest integer, ties away from zero.</summary>
    public static Value RoundAwayFromZero(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.RoundNearestAfz, operand, SourceLocation.Here(file, line));

    /// <summary>The nearest integer, ties to even.</summary>
    public static Value RoundNearestEven(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.RoundNearestEven, operand, SourceLocation.Here(file, line));

    /// <summary>One over the square root.</summary>
    public static Value Rsqrt(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Rsqrt, operand, SourceLocation.Here(file, line));

    /// <summary>-1, 0 or 1; NaN for NaN.</summary>
    public static Value Sign(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Sign, operand, SourceLocation.Here(file, line));

    /// <summary>The sine of an angle in radians.</summary>
    public static Value Sin(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Sine, operand, SourceLocation.Here(file, line));

    /// <summary>The square root.</summary>
    public static Value Sqrt(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Sqrt, operand, SourceLocation.Here(file, line));

    /// <summary>The tangent of an angle in radians.</summary>
    public static Value Tan(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Tan, operand, SourceLocation.Here(file, line));

    /// <summary>The hyperbolic tangent.</summary>
    public static Value Tanh(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Unary(OpKind.Tanh, operand, SourceLocation.Here(file, line));
}
