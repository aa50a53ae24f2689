using System.Numerics;

namespace OptiRs.Xla.Tests;

/// <summary>Elementwise operations on one element.</summary>
internal static class Scalars
{
    public static double Unary(OpKind kind, double x, DType dtype) => kind switch
    {
        OpKind.Abs => Math.Abs(x),
        OpKind.Cbrt => Math.Cbrt(x),
        OpKind.Ceil => Math.Ceiling(x),
        OpKind.Cosine => Math.Cos(x),
        OpKind.CountLeadingZeros => BitOperations.LeadingZeroCount((uint)(long)x),
        OpKind.Exponential => Math.Exp(x),
        OpKind.ExponentialMinusOne => Math.Abs(x) < 1e-5 ? x + x * x / 2 : Math.Exp(x) - 1,
        OpKind.Floor => Math.Floor(x),
        OpKind.IsFinite => double.IsFinite(x) ? 1 : 0,
        OpKind.Log => Math.Log(x),
        OpKind.LogPlusOne => Math.Abs(x) < 1e-5 ? x - x * x / 2 : Math.Log(1 + x),
        OpKind.Logistic => 1 / (1 + Math.Exp(-x)),
        OpKind.Negate => -x,
        OpKind.Not => dtype == DType.Pred ? 1 - x : ~(long)x,
        OpKind.Popcnt => BitOperations.PopCount((uint)(long)x),
        OpKind.RoundNearestAfz => Math.Round(x, MidpointRounding.AwayFromZero),
        OpKind.RoundNearestEven => Math.Round(x, MidpointRounding.ToEven),
        OpKind.Rsqrt => 1 / Math.Sqrt(x),
        OpKind.Sign => double.IsNaN(x) ? x : Math.Sign(x),
        OpKind.Sine => Math.Sin(x),
        OpKind.Sqrt => Math.Sqrt(x),
        OpKind.Tan => Math.Tan(x),
        OpKind.Tanh => Math.Tanh(x),
        _ => throw new NotSupportedException(kind.ToString()),
    };

    public static double Binary(OpKind kind, double x, double y, DType dtype) => kind switch
    {
        OpKind.Add => dtype == DType.Pred ? Math.Max(x, y) : x + y,
        OpKind.Subtract => x - y,
        OpKind.Multiply => x * y,
        OpKind.Divide => dtype.IsInteger ? Math.Truncate(x / y) : x / y,
        OpKind.Remainder => x % y,
        OpKind.Maximum => Math.Max(x, y),
        OpKind.Minimum => Math.Min(x, y),
        OpKind.Power => Math.Pow(x, y),
        OpKind.Atan2 => Math.Atan2(x, y),
        OpKind.And => (long)x & (long)y,
        OpKind.Or => (long)x | (long)y,
        OpKind.Xor => (long)x ^ (long)y,
        OpKind.ShiftLeft => (uint)x << (int)y,
        OpKind.ShiftRightLogical => (uint)x >> (int)y,
        OpKind.ShiftRightArithmetic => (int)x >> (int)y,
        _ => throw new NotSupportedException(kind.ToString()),
    };
}
