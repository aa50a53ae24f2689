namespace OptiRs.Training.Tests;

public sealed class HostRandomTests
{
    [Test]
    public void SplitMix64_gives_its_published_sequence()
    {
        // From the reference implementation with seed 1234567.
        ulong state = 1234567;
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        Assert.That(expected.Select(_ => HostRandom.Mix(ref state)), Is.EqualTo(expected));
    }

    [Test]
    public void Streams_depend_on_seed_and_name()
    {
        ulong First(ulong seed, string name) => new HostRandom(seed, name).NextUInt64();
        ulong first = First(1, "a");
        Assert.That(First(1, "a"), Is.EqualTo(first));
        Assert.That(First(1, "b"), Is.Not.EqualTo(first));
        Assert.That(First(2, "a"), Is.Not.EqualTo(first));
    }

    [Test]
    public void Moments_are_those_of_the_distributions()
    {
        var random = new HostRandom(3, "moments");
        const int count = 200_000;
        double[] normal = [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
        double[] uniform = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
        // Five standard errors.
        Assert.That(normal.Average(), Is.Zero.Within(5 / Math.Sqrt(count)));
        Assert.That(normal.Average(x => x * x), Is.EqualTo(1).Within(5 * Math.Sqrt(2.0 / count)));
        Assert.That(uniform.Average(), Is.EqualTo(0.5).Within(5 * Math.Sqrt(1 / 12.0 / count)));
        Assert.That(uniform, Has.All.InRange(0, 1 - double.Epsilon));
    }
}
