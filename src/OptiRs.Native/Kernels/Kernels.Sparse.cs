using OptiRs.Native.Interop;
using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Steps on gradients of a few rows.</content>
public static partial class Kernels
{
    /// <summary>
    /// Adam (Kingma and Ba, 2015) of the rows that have a gradient, their m and v included; all others stay as they are (PyTorch's
    /// SparseAdam).
    /// </summary>
    /// <param name="parameter">f32, bf16 or f16 [rows, width], updated in place.</param>
    /// <param name="indices">s32 or s64 [count]: the row of each gradient, in any order.</param>
    /// <param name="gradients">f32, bf16 or f16 [count, width]; those of equal indices are added up, in their order.</param>
    /// <param name="firstMoment">m: f32 [rows, width], updated in place.</param>
    /// <param name="secondMoment">v: f32 [rows, width], updated in place.</param>
    /// <param name="step">t, counted from 1: of calls, not of updates of a row.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">In [0, 1).</param>
    /// <param name="beta2">In [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, added to the gradient of the rows that have one: <c>g = g + wd p</c>.</param>
    /// <param name="gradientScale">f32[1], what the gradients are multiplied by; 1 if left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    /// <exception cref="OptiRsException">
    /// An index is out of range; nothing has been written. On a device such an index is passed over.
    /// </exception>
    public static void SparseAdam(
        KernelTensor parameter, ReadOnlyKernelTensor indices, ReadOnlyKernelTensor gradients, KernelTensor firstMoment,
        KernelTensor secondMoment, long step, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0, ReadOnlyKernelTensor gradientScale = default, DeviceStream? stream = null) =>
        optirs_sparse_adam(
            new optirs_sparse_adam_args
            {
                step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            param: parameter.View, indices: indices.View, grads: gradients.View, grad_scale: gradientScale.View, exp_avg: firstMoment.View,
            exp_avg_sq: secondMoment.View);
}
