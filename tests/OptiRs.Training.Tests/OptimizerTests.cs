using OptiRs.Native;
using OptiRs.Xla;
using static OptiRs.Training.Tests.Device;

namespace OptiRs.Training.Tests;

/// <summary>Every optimizer, compiled, against its formula stepped in doubles on the host.</summary>
public sealed class OptimizerTests
{
    private delegate double Reference(double p, double g, double[] state, double lr, int t);

    private static readonly double[] Start = [1.5, -0.25, 3, 0, -2];

    // Something whose gradient changes with the parameter: Σ (p - 1)⁴ / 4.
    private static double GradientAt(double p) => (p - 1) * (p - 1) * (p - 1);

    private static void Check(Optimizer optimizer, Reference reference)
    {
        int slots = optimizer.StateNames.Count, n = Start.Length;
        double[] parameter = [.. Start], expected = [.. Start];
        double[][] state = [.. Enumerable.Range(0, slots).Select(_ => new double[n])], expectedState = [.. Enumerable.Range(0, n).Select(_ => new double[slots])];
        var shape = new Shape(n);
        for (int t = 1; t <= 12; ++t)
        {
            double lr = 0.1 / t;
            double[] gradient = [.. parameter.Select(GradientAt)];
            double[][] results = Run(a =>
            {
                ParameterUpdate update = optimizer.Update(a[0], a[1], a.AsSpan(4), new UpdateScalars(a[2], a[3]));
                return [update.Parameter, .. update.State];
            }, [(shape, parameter), (shape, gradient), (Shape.Scalar, [lr]), (Shape.Scalar, [t]), .. state.Select(s => (shape, s))]);
            for (int i = 0; i < n; ++i) expected[i] = reference(expected[i], GradientAt(expected[i]), expectedState[i], lr, t);
            parameter = results[0];
            state = results[1..];
            Assert.That(parameter, Is.EqualTo(expected).AsCollection.Within(1e-12), $"step {t}");
        }
    }

    [TestCase(0, 0)]
    [TestCase(0.9, 0)]
    [TestCase(0.9, 0.1)]
    public void Sgd(double momentum, double decay) => Check(new Sgd(momentum, decay), (p, g, state, lr, t) =>
    {
        double v = (state.Length > 0 ? momentum * state[0] : 0) + lr * (g + decay * p);
        if (state.Length > 0) state[0] = v;
        return p - v;
    });

    private static double Moments(double g, double[] state, double beta1, double beta2, double epsilon, int t)
    {
        state[0] = beta1 * state[0] + (1 - beta1) * g;
        state[1] = beta2 * state[1] + (1 - beta2) * g * g;
        return state[0] / (1 - Math.Pow(beta1, t)) / (Math.Sqrt(state[1] / (1 - Math.Pow(beta2, t))) + epsilon);
    }

    [TestCase(0.9, 0.999, 1e-8, 0)]
    [TestCase(0.8, 0.95, 1e-3, 0.1)]
    public void Adam(double beta1, double beta2, double epsilon, double decay) =>
        Check(new Adam(beta1, beta2, epsilon, decay), (p, g, state, lr, t) => p - lr * Moments(g + decay * p, state, beta1, beta2, epsilon, t));

    [TestCase(0.9, 0.999, 1e-8, 0.01)]
    [TestCase(0.8, 0.95, 1e-3, 0.1)]
    public void AdamW(double beta1, double beta2, double epsilon, double decay) =>
        Check(new AdamW(beta1, beta2, epsilon, decay), (p, g, state, lr, t) => p * (1 - lr * decay) - lr * Moments(g, state, beta1, beta2, epsilon, t));

    [Test]
    public void Defaults_are_those_of_OptiRS()
    {
        Assert.That(new Sgd().Hyperparameters.Values, Is.EqualTo(new[] { 0.0, 0.0 }));
        Assert.That(new Adam().Hyperparameters.Values, Is.EqualTo(new[] { 0.9, 0.999, 1e-8, 0.0 }));
        Assert.That(new AdamW().Hyperparameters.Values, Is.EqualTo(new[] { 0.9, 0.999, 1e-8, 0.01 }));
        Assert.That(() => new Adam(beta1: 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Sgd(weightDecay: -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_gradient_of_another_shape_is_refused_though_it_would_broadcast()
    {
        double[][] Update(Shape gradient, Shape state) => Run(a => [new Sgd(0.9).Update(a[0], a[1], [a[2]], new UpdateScalars(a[3], a[3])).Parameter],
            (new Shape(2), [1, 2]), (gradient, new double[gradient.ElementCount]), (state, new double[state.ElementCount]), (Shape.Scalar, [1]));
        Assert.That(() => Update(new Shape(1), new Shape(2)), Throws.ArgumentException.With.Message.Contains("sgd: the gradient has shape [1], the parameter [2]"));
        Assert.That(() => Update(new Shape(2), new Shape(1)), Throws.ArgumentException.With.Message.Contains("sgd: velocity has shape [1]"));
    }

    [TestCase(1, 13)]
    [TestCase(100, 13)]
    public void Clipping_scales_all_gradients_to_the_maximum_and_never_up(double maximum, double expectedNorm)
    {
        double[][] results = Run(a =>
        {
            Value norm = GradientClipping.GlobalNorm(a);
            return [norm, .. GradientClipping.Clip(a, norm, maximum)];
        }, (new Shape(2), [3, 4]), (Shape.Scalar, [12]));
        double scale = Math.Min(1, maximum / (13 + 1e-6));
        Assert.That(results[0][0], Is.EqualTo(expectedNorm).Within(1e-12));
        Assert.That(results[1], Is.EqualTo(new[] { 3 * scale, 4 * scale }).AsCollection.Within(1e-12));
        Assert.That(results[2], Is.EqualTo(new[] { 12 * scale }).AsCollection.Within(1e-12));
    }
}
