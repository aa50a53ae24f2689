using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// Single fused operations on memory that the caller owns, without a graph. The device of the tensors chooses who computes
/// them. On host memory a call returns when its work is done, uses all cores that the process may use, and allocates nothing.
/// </summary>
public static partial class Kernels
{
    /// <summary>
    /// AdamW (Loshchilov and Hutter, 2019): <c>m = b1 m + (1-b1) g</c>, <c>v = b2 v + (1-b2) g²</c>,
    /// <c>p = p (1 - lr wd) - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps)</c>. Computed in f32.
    /// </summary>
    /// <param name="tensors">State 1 is m, state 2 is v; both start as zeros.</param>
    /// <param name="step">t, counted from 1.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">b1</param>
    /// <param name="beta2">b2</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, decoupled.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match, or tensors overlap; the message names them.</exception>
    public static void AdamW(
        OptimizerTensors tensors, long step, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0.01)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        OptimizerKernels.AdamW(tensors.Lists, step, learningRate, beta1, beta2, epsilon, weightDecay);
    }
}
