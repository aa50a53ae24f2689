namespace OptiRs.Training;

/// <summary>Fills a parameter's values on the host before training, deterministically from the seed and the parameter's name.</summary>
public abstract class Initializer
{
    /// <summary>Every value 0.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0);

    /// <summary>Every value 1.</summary>
    public static Initializer Ones { get; } = new ConstantInitializer(1);

    /// <summary>Normal with mean 0.</summary>
    public static Initializer Normal(double standardDeviation) => new NormalInitializer(standardDeviation);

    /// <summary>Uniform in [-bound, bound).</summary>
    public static Initializer Uniform(double bound) => new UniformInitializer(bound);

    /// <summary>Fills <paramref name="values"/> with draws from <paramref name="random"/>.</summary>
    public abstract void Fill(Span<float> values, HostRandom random);

    private sealed class ConstantInitializer(float value) : Initializer
    {
        public override void Fill(Span<float> values, HostRandom random) => values.Fill(value);
    }

    private sealed class NormalInitializer(double standardDeviation) : Initializer
    {
        public override void Fill(Span<float> values, HostRandom random)
        {
            foreach (ref float value in values) value = (float)(standardDeviation * random.NextNormal());
        }
    }

    private sealed class UniformInitializer(double bound) : Initializer
    {
        public override void Fill(Span<float> values, HostRandom random)
        {
            foreach (ref float value in values) value = (float)(bound * (2 * random.NextDouble() - 1));
        }
    }
}
