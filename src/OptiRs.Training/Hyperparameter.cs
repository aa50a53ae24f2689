namespace OptiRs.Training;

/// <summary>The ranges that hyper-parameters have.</summary>
internal static class Hyperparameter
{
    public static double NonNegative(double value, string name) => value >= 0 && double.IsFinite(value)
        ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be finite and 0 or more");

    public static double Fraction(double value, string name) => value is >= 0 and < 1
        ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be in [0, 1)");
}
