namespace OptiRs.Native.Tests.KernelTests;

/// <summary>Optimizer steps against their formulas in binary64.</summary>
[TestFixture]
internal sealed class OptimizerKernelTests
{
    private static readonly int[][] ShapeLists = [[1], [7, 8, 9], [0, 5, 16384, 16385], [100003]];

    [Test]
    public void AdamWFollowsItsFormula([ValueSource(nameof(ShapeLists))] int[] sizes)
    {
        using var model = new Model(sizes, states: 2);
        for (int step = 1; step <= 5; step++)
        {
            model.NewGradients(step);
            Kernels.AdamW(model.Tensors, step, 1e-2, 0.8, 0.95, 1e-7, 0.1);
            model.Reference((ref double p, double g, ref double m, ref double v) =>
            {
                m = (0.8 * m) + (0.2 * g);
                v = (0.95 * v) + (0.05 * g * g);
                double denominator = Math.Sqrt(v / (1 - Math.Pow(0.95, step))) + 1e-7;
                p = (p * (1 - (1e-2 * 0.1))) - (1e-2 * (m / (1 - Math.Pow(0.8, step))) / denominator);
            });
        }

        model.AssertClose(2e-6);
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
        using TensorList parameters = TensorList.Of(p), gradients = TensorList.Of(g);
        var mismatched = new OptimizerTensors(parameters, gradients, parameters, parameters);
        Assert.That(
            () => Kernels.AdamW(mismatched, 1, 0.1),
            Refused("grads[0] f32[3,2] must have the shape of params[0] f32[2,3]").And.Property("Operation").EqualTo("optirs_adamw"));
        var overlapping = new OptimizerTensors(parameters, parameters, parameters, parameters);
        Assert.That(
            () => Kernels.AdamW(overlapping, 1, 0.1),
            Refused("grads[0] f32[2,3] shares memory with params[0] f32[2,3]"));
        using var model = new Model([3], states: 2);
        Assert.That(() => Kernels.AdamW(model.Tensors, 0, 0.1), Refused("step is 0"));
        Assert.That(() => Kernels.AdamW(model.Tensors, 1, 0.1, beta1: 1), Refused("beta1"));
        using TensorList none = TensorList.Of<float>();
        Assert.That(
            () => new OptimizerTensors(parameters, none, parameters), Throws.ArgumentException.With.Message.Contains("gradients has 0"));
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Refused(string words) =>
        Throws.InstanceOf<ArgumentException>().With.Message.Contains(words);
}
