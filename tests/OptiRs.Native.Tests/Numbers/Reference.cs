namespace OptiRs.Native.Tests;

/// <summary>
/// Small floats by their definition, in double arithmetic, where all of their values and all midpoints are exact: decoding by
/// the formula, encoding by search for the nearest value. Slow, and independent of the code under test.
/// </summary>
internal sealed class Reference
{
    private readonly double[] _values; // of the non-negative finite codes, ascending

    private Reference(int exponentBits, int mantissaBits, int bias, int finiteCodes)
    {
        (ExponentBits, MantissaBits) = (exponentBits, mantissaBits);
        _values = new double[finiteCodes];
        for (int code = 0; code < finiteCodes; code++)
        {
            int exponent = code >> mantissaBits;
            double fraction = (code & ((1 << mantissaBits) - 1)) / Math.Pow(2, mantissaBits);
            _values[code] = exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias);
        }
    }

    public static Reference E4M3 { get; } = new(4, 3, 7, 0x7F);

    public static Reference E5M2 { get; } = new(5, 2, 15, 0x7C);

    public static Reference BF16 { get; } = new(8, 7, 127, 0x7F80);

    public int ExponentBits { get; }

    public int MantissaBits { get; }

    public int FiniteCodes => _values.Length;

    public double Value(int code) => _values[code];

    /// <summary>
    /// The code nearest to a magnitude, ties to even, among all finite codes and the one after them, whose value would be the
    /// next in the row: it stands for overflow.
    /// </summary>
    public int Nearest(double magnitude)
    {
        double next = (2 * _values[^1]) - _values[^2];
        if (magnitude >= next) return FiniteCodes;
        int upper = Array.BinarySearch(_values, magnitude);
        if (upper >= 0) return upper;
        upper = ~upper;
        double above = upper == FiniteCodes ? next : _values[upper];
        int lower = upper - 1;
        double down = magnitude - _values[lower];
        double up = above - magnitude;
        return down < up || (down == up && lower % 2 == 0) ? lower : upper;
    }

    /// <summary>Values, midpoints and the doubles beside both: everywhere where rounding could go wrong.</summary>
    public IEnumerable<double> CriticalPoints()
    {
        for (int code = 0; code < FiniteCodes; code++)
        {
            double value = _values[code];
            double next = code + 1 < FiniteCodes ? _values[code + 1] : (2 * value) - _values[code - 1];
            double middle = value + ((next - value) / 2);
            foreach (double point in (double[])[value, middle])
            {
                yield return point;
                yield return Math.BitIncrement(point);
                if (point > 0) yield return Math.BitDecrement(point);
            }
        }
    }
}
