using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// The error function, which StableHLO does not have.
public static partial class Op
{
    // W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969).
    private static readonly double[] ErfSmallP = [1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03];
    private static readonly double[] ErfSmallQ = [1, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03];
    private static readonly double[] ErfcMiddleP = [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02,
        8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03];
    private static readonly double[] ErfcMiddleQ = [1, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
        3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03];

    // Fits of our own for f32, of least greatest error: erf(x) / x - 1 in x^2 up to 1, and -ln(1 - erf(x)) from there to 4.
    private static readonly double[] ErfNearF32 = [7.85385345807299e-05, -0.000801019137725234, 0.00518832728266716, -0.026853810995817184, 0.1128358542919159,
        -0.3761262595653534, 0.12837916709551256];
    private static readonly double[] ErfFarF32 = [0.0011572260409593582, -0.014831882901489735, 0.08879983425140381, 0.6542398929595947, 1.1176214218139648,
        0.002619141014292836];

    /// <summary>The error function 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x, to the last digits of its type.</summary>
    public static Value Erf(Value operand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(operand);
        SourceLocation location = SourceLocation.Here(file, line);
        using SourceLocation.AmbientScope scope = location.Enter();
        if (!operand.DType.IsFloatingPoint)
            throw GraphException.Invalid("Erf", [operand], "the operand must be floating; convert it with Op.Convert", location);
        // Narrow types would lose the coefficients.
        Value result = operand.DType == DType.F64 ? ErfF64(operand) : Convert(ErfF32(Convert(operand, DType.F32)), operand.DType);
        return CustomGradient([operand], result, [operand],
            (saved, cotangent) => [cotangent * Exp(-(saved[0] * saved[0])) * (2 / Math.Sqrt(Math.PI))]);
    }

    private static Value ErfF32(Value x)
    {
        Value magnitude = Min(Abs(x), 4.0);
        Value small = Min(magnitude, 1.0);
        Value nearZero = small + small * Polynomial(small * small, ErfNearF32);
        Value beyond = 1.0 - Exp(-Polynomial(magnitude, ErfFarF32));
        return Sign(x) * Select(magnitude < 1.0, nearZero, beyond);
    }

    private static Value ErfF64(Value x)
    {
        // The middle formula is used up to 6, beyond which erf is 1.
        Value magnitude = Min(Abs(x), 6.0);
        Value small = Min(magnitude, 0.5);
        Value square = small * small;
        Value nearZero = small * (Polynomial(square, ErfSmallP) / Polynomial(square, ErfSmallQ));
        Value middle = Max(magnitude, 0.46875);
        Value beyond = 1.0 - Exp(-(middle * middle)) * (Polynomial(middle, ErfcMiddleP) / Polynomial(middle, ErfcMiddleQ));
        return Sign(x) * Select(magnitude <= 0.46875, nearZero, beyond);
    }

    /// <summary>The polynomial with the given coefficients, highest power first, by Horner's rule.</summary>
    private static Value Polynomial(Value x, double[] coefficients)
    {
        Value result = Full(coefficients[0], x.DType, x.Shape);
        foreach (double coefficient in coefficients.AsSpan(1))
            result = result * x + coefficient;
        return result;
    }
}
