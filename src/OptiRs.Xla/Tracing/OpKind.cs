using System.Text;

namespace OptiRs.Xla;

/// <summary>The operations of StableHLO that a graph can hold, under StableHLO's own names in PascalCase.</summary>
internal enum OpKind
{
    Argument, CustomGradient,
    Abs, Cbrt, Ceil, CountLeadingZeros, Cosine, Exponential, ExponentialMinusOne, Floor, Imag, IsFinite, Log, LogPlusOne,
    Logistic, Negate, Not, Popcnt, Real, RoundNearestAfz, RoundNearestEven, Rsqrt, Sign, Sine, Sqrt, Tan, Tanh,
    Add, And, Atan2, Complex, Divide, Maximum, Minimum, Multiply, Or, Power, Remainder, ShiftLeft, ShiftRightArithmetic,
    ShiftRightLogical, Subtract, Xor,
    Clamp, Compare, Select, Convert, BitcastConvert, ReducePrecision, OptimizationBarrier,
    Constant, Iota,
    BroadcastInDim, Concatenate, DynamicSlice, DynamicUpdateSlice, Gather, Pad, Reshape, Reverse, Scatter, Slice, Transpose,
    DotGeneral, Convolution,
    Reduce, ReduceWindow, Sort,
    While, If, Case,
    RngBitGenerator, CustomCall,
}

internal static class OpKindNames
{
    private static readonly string[] Mnemonics = [.. Enum.GetNames<OpKind>().Select(SnakeCase)];

    /// <summary>The operation's name in StableHLO text, without the dialect: <c>dot_general</c>.</summary>
    public static string Mnemonic(this OpKind kind) => Mnemonics[(int)kind];

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
