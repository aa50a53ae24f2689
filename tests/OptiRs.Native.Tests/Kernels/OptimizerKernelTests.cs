namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Optimizer steps against their formulas in binary64.</summary>
[TestFixture]
internal sealed class OptimizerKernelTests
{
    private const double B1 = 0.8, B2 = 0.95, Lr = 1e-2, Eps = 1e-4, Wd = 0.1;

    private static readonly int[][] ShapeLists = [[1], [7, 8, 9], [0, 5, 16384, 16385], [100003]];

    private delegate Model.Step StepOf(int t);

    [Test]
    public void Sgd([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 0, (x, _) => Kernels.Sgd(x, Lr, 0, Wd), _ => (ref double p, double g, ref double _, ref double _) => p -= Lr * (g + (Wd * p)));

    [Test]
    public void SgdWithMomentum([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 1, (x, _) => Kernels.Sgd(x, Lr, 0.9, Wd), _ => (ref double p, double g, ref double v, ref double _) =>
        {
            v = (0.9 * v) + (Lr * (g + (Wd * p)));
            p -= v;
        });

    [Test]
    public void Adam([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 2, (x, t) => Kernels.Adam(x, t, Lr, B1, B2, Eps, Wd), t => (ref double p, double g, ref double m, ref double v) =>
        {
            Moments(g + (Wd * p), ref m, ref v);
            p -= Lr * Direction(t, m, v);
        });

    [Test]
    public void AdamW([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 2, (x, t) => Kernels.AdamW(x, t, Lr, B1, B2, Eps, Wd), t => (ref double p, double g, ref double m, ref double v) =>
        {
            Moments(g, ref m, ref v);
            p = (p * (1 - (Lr * Wd))) - (Lr * Direction(t, m, v));
        });

    [Test]
    public void RAdam([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 2, (x, t) => Kernels.RAdam(x, t, Lr, B1, 0.99, Eps, Wd), t => (ref double p, double g, ref double m, ref double v) =>
        {
            g += Wd * p;
            m = (B1 * m) + ((1 - B1) * g);
            v = (0.99 * v) + (0.01 * g * g);
            double r = 199, s = r - (2 * t * Math.Pow(0.99, t) / (1 - Math.Pow(0.99, t)));
            double first = m / (1 - Math.Pow(B1, t));
            double rectified = Math.Sqrt((s - 4) * (s - 2) * r / ((r - 4) * (r - 2) * s));
            p -= s > 4 ? Lr * rectified * first / (Math.Sqrt(v / (1 - Math.Pow(0.99, t))) + Eps) : Lr * first;
        }, steps: 8);

    [Test]
    public void AdaBound([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 2, (x, t) => Kernels.AdaBound(x, t, Lr, 0.1, 0.5, B1, B2, Eps, Wd), t => (ref double p, double g, ref double m, ref double v) =>
        {
            Moments(g + (Wd * p), ref m, ref v);
            double own = Lr / (Math.Sqrt(v / (1 - Math.Pow(B2, t))) + Eps);
            p -= Math.Clamp(own, 0.1 * (1 - (1 / ((0.5 * t) + 1))), 0.1 * (1 + (1 / (0.5 * t)))) * m / (1 - Math.Pow(B1, t));
        });

    [Test]
    public void Lion([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 1, (x, _) => Kernels.Lion(x, Lr, B1, B2, Wd), _ => (ref double p, double g, ref double m, ref double _) =>
        {
            p = (p * (1 - (Lr * Wd))) - (Lr * Math.Sign((B1 * m) + ((1 - B1) * g)));
            m = (B2 * m) + ((1 - B2) * g);
        });

    [Test]
    public void Adagrad([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 1, (x, _) => Kernels.Adagrad(x, Lr, Eps, Wd), _ => (ref double p, double g, ref double s, ref double _) =>
        {
            g += Wd * p;
            s += g * g;
            p -= Lr * g / (Math.Sqrt(s) + Eps);
        });

    [Test]
    public void AdaDelta([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 2, (x, _) => Kernels.AdaDelta(x, 1, 0.9, Eps), _ => (ref double p, double g, ref double s, ref double d) =>
        {
            s = (0.9 * s) + (0.1 * g * g);
            double u = g * Math.Sqrt(d + Eps) / Math.Sqrt(s + Eps);
            d = (0.9 * d) + (0.1 * u * u);
            p -= u;
        });

    [Test]
    public void RmsProp([ValueSource(nameof(ShapeLists))] int[] sizes) => Follows(
        sizes, 1, (x, _) => Kernels.RmsProp(x, Lr, 0.9, Eps, Wd), _ => (ref double p, double g, ref double s, ref double _) =>
        {
            g += Wd * p;
            s = (0.9 * s) + (0.1 * g * g);
            p -= Lr * g / (Math.Sqrt(s) + Eps);
        });

    [Test]
    public void Lookahead([ValueSource(nameof(ShapeLists))] int[] sizes)
    {
        using var model = new Model(sizes, 1, hasGradients: false);
        Kernels.Lookahead(model.Tensors, 0.25);
        model.Reference((ref double p, double _, ref double slow, ref double _) => p = slow += 0.25 * (p - slow));
        model.AssertClose(1e-6);
    }

    [Test]
    public void Lamb([ValueSource(nameof(ShapeLists))] int[] sizes)
    {
        using var model = new Model(sizes, 2);
        for (int t = 1; t <= 3; t++)
        {
            model.NewGradients(t);
            Kernels.Lamb(model.Tensors, t, Lr, B1, B2, Eps, Wd);
            for (int i = 0; i < sizes.Length; i++)
            {
                double p2 = 0, r2 = 0;
                model.Reference(i, (ref double p, double g, ref double m, ref double v) =>
                {
                    Moments(g, ref m, ref v);
                    p2 += p * p;
                    r2 += Math.Pow(Direction(t, m, v) + (Wd * p), 2);
                });
                double rate = Lr * (p2 > 0 && r2 > 0 ? Math.Sqrt(p2 / r2) : 1);
                model.Reference(i, (ref double p, double _, ref double m, ref double v) => p -= rate * (Direction(t, m, v) + (Wd * p)));
            }
        }

        model.AssertClose(1e-5);
    }

    [Test]
    public void Lars([ValueSource(nameof(ShapeLists))] int[] sizes)
    {
        using var model = new Model(sizes, 1);
        for (int t = 1; t <= 3; t++)
        {
            model.NewGradients(t);
            Kernels.Lars(model.Tensors, Lr, 0.9, 0.02, Eps, Wd);
            for (int i = 0; i < sizes.Length; i++)
            {
                double p = Norm(model.Expected(0)[i]), g = Norm(model.Expected(1)[i]);
                double rate = Lr * (p > 0 && g > 0 ? 0.02 * p / (g + (Wd * p) + Eps) : 1);
                model.Reference(i, (ref double x, double dx, ref double v, ref double _) =>
                {
                    v = (0.9 * v) + (rate * (dx + (Wd * x)));
                    x -= v;
                });
            }
        }

        model.AssertClose(1e-5);
    }

    [Test]
    public void AStepAllocatesNothing()
    {
        using var model = new Model([1000], states: 2);
        for (int i = 0; i < 50; i++) Kernels.AdamW(model.Tensors, 1, 0.1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Kernels.AdamW(model.Tensors, 1, 0.1);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void WrongShapesAndValuesAreNamed()
    {
        using Tensor<float> p = Tensor<float>.Create(new Shape(2, 3));
        using Tensor<float> g = Tensor<float>.Create(new Shape(3, 2));
        using TensorList parameters = TensorList.Of(p), gradients = TensorList.Of(g), none = TensorList.Of<float>();
        using (var mismatched = new OptimizerTensors(parameters, gradients, parameters, parameters))
            Assert.That(
                () => Kernels.AdamW(mismatched, 1, 0.1),
                Refused("grads[0] f32[3,2] must have the shape of params[0] f32[2,3]").And.Property("Operation").EqualTo("optirs_adamw"));
        using (var overlapping = new OptimizerTensors(parameters, parameters, parameters, parameters))
            Assert.That(() => Kernels.AdamW(overlapping, 1, 0.1), Refused("grads[0] f32[2,3] shares memory with params[0] f32[2,3]"));
        using var model = new Model([3], states: 2);
        Assert.That(() => Kernels.AdamW(model.Tensors, 0, 0.1), Refused("step is 0"));
        Assert.That(() => Kernels.AdamW(model.Tensors, 1, 0.1, beta1: 1), Refused("beta1"));
        Assert.That(() => Kernels.AdamW(model.Tensors, 1, double.NaN), Refused("learning_rate"));
        Assert.That(() => Kernels.Lion(model.Tensors, 0.1), Refused("state2 is given, but this step has no such state"));
        Assert.That(() => new OptimizerTensors(parameters, none), Refused("gradients has 0"));
        Assert.That(() => TensorList.Of(p, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("tensors"));
        using Tensor<float> g1 = Tensor<float>.Create(new Shape(2, 3)), g2 = Tensor<float>.Create(new Shape(3, 2)), g3 = Tensor<float>.Create(new Shape(2, 3));
        using TensorList twice = TensorList.Of(p, g, p), others = TensorList.Of(g1, g2, g3);
        using var tied = new OptimizerTensors(twice, others);
        Assert.That(() => Kernels.Sgd(tied, 0.1), Refused("shares memory with params["));
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Refused(string words) =>
        Throws.InstanceOf<ArgumentException>().With.Message.Contains(words);

    private static void Follows(int[] sizes, int states, Action<OptimizerTensors, int> kernel, StepOf formula, int steps = 5)
    {
        using var model = new Model(sizes, states);
        for (int t = 1; t <= steps; t++)
        {
            model.NewGradients(t);
            kernel(model.Tensors, t);
            model.Reference(formula(t));
        }

        model.AssertClose(1e-5);
    }

    private static void Moments(double g, ref double m, ref double v)
    {
        m = (B1 * m) + ((1 - B1) * g);
        v = (B2 * v) + ((1 - B2) * g * g);
    }

    private static double Direction(int t, double m, double v) =>
        m / (1 - Math.Pow(B1, t)) / (Math.Sqrt(v / (1 - Math.Pow(B2, t))) + Eps);

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(x => x * x));
}
