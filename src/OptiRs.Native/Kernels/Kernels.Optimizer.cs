using OptiRs.Native.Interop;
using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <summary>
/// Single fused operations on memory that the caller owns, without a graph. On host memory a call returns when its work is
/// done, uses all cores that the process may use, and allocates nothing. On a device it is queued in the stream that is given: tensors
/// are <see cref="DeviceTensor{T}"/>, workspace comes from the stream's allocator.
/// </summary>
/// <remarks>
/// All tensors of a call are on one device, whose stream is given; anything else is an <see cref="ArgumentException"/> that says where
/// they are. While a stream is captured it gives no memory: kernels that need workspace then fail, and say so.
/// What is wrong with the arguments is an <see cref="ArgumentException"/> before anything is written: it names the tensor, its
/// type and shape, and what was expected. Thread-safe on different outputs.
/// </remarks>
public static partial class Kernels
{
    /// <summary>
    /// Stochastic gradient descent: <c>v = momentum v + lr g</c>, <c>p = p - v</c>. The rate is within the velocity; without momentum
    /// there is no velocity.
    /// </summary>
    /// <param name="tensors">State 1 is v; absent if momentum is 0.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="momentum">In [0, 1).</param>
    /// <param name="weightDecay">wd, added to the gradient: <c>g = g + wd p</c>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Sgd(
        OptimizerTensors tensors, double learningRate, double momentum = 0, double weightDecay = 0, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_sgd(new optirs_sgd_args { learning_rate = learningRate, momentum = momentum, weight_decay = weightDecay },
        stream?.Handle, tensors.Handle);
    }

    /// <summary>
    /// Adam (Kingma and Ba, 2015) with L2 decay: <c>m = b1 m + (1-b1) g</c>, <c>v = b2 v + (1-b2) g²</c>,
    /// <c>p = p - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps)</c>.
    /// </summary>
    /// <param name="tensors">State 1 is m, state 2 is v; both start as zeros.</param>
    /// <param name="step">t, counted from 1.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">b1, in [0, 1).</param>
    /// <param name="beta2">b2, in [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, added to the gradient: <c>g = g + wd p</c>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Adam(
        OptimizerTensors tensors, long step, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0,
        DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_adam(
            new optirs_adam_args
            {
                step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// AdamW (Loshchilov and Hutter, 2019): m and v as in <see cref="Adam"/>,
    /// <c>p = p (1 - lr wd) - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps)</c>.
    /// </summary>
    /// <param name="tensors">State 1 is m, state 2 is v; both start as zeros.</param>
    /// <param name="step">t, counted from 1.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">b1, in [0, 1).</param>
    /// <param name="beta2">b2, in [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, decoupled.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void AdamW(
        OptimizerTensors tensors, long step, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01,
        DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_adamw(
            new optirs_adamw_args
            {
                step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// RAdam (Liu et al., 2020): Adam whose rate is rectified by the variance of v, and without v while that is not to be relied on.
    /// </summary>
    /// <param name="tensors">State 1 is m, state 2 is v; both start as zeros.</param>
    /// <param name="step">t, counted from 1.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">b1, in [0, 1).</param>
    /// <param name="beta2">b2, in [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, added to the gradient: <c>g = g + wd p</c>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void RAdam(
        OptimizerTensors tensors, long step, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0,
        DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_radam(
            new optirs_radam_args
            {
                step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// AdaBound (Luo et al., 2019): Adam whose rate of each element is kept between bounds that close in on <paramref name="finalLr"/>.
    /// </summary>
    /// <param name="tensors">State 1 is m, state 2 is v; both start as zeros.</param>
    /// <param name="step">t, counted from 1.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="finalLr">The rate that it ends with.</param>
    /// <param name="gamma">Speed of convergence to it.</param>
    /// <param name="beta1">b1, in [0, 1).</param>
    /// <param name="beta2">b2, in [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, added to the gradient: <c>g = g + wd p</c>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void AdaBound(
        OptimizerTensors tensors, long step, double learningRate = 1e-3, double finalLr = 0.1, double gamma = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0,
        DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_adabound(
            new optirs_adabound_args
            {
                step = step, learning_rate = learningRate, final_lr = finalLr, gamma = gamma, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// LAMB (You et al., 2020): <c>r = (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps) + wd p</c>, <c>p = p - lr (|p| / |r|) r</c>, with
    /// the norms of the whole tensor.
    /// </summary>
    /// <param name="tensors">State 1 is m, state 2 is v; both start as zeros.</param>
    /// <param name="step">t, counted from 1.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">b1, in [0, 1).</param>
    /// <param name="beta2">b2, in [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, as in the formula.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Lamb(
        OptimizerTensors tensors, long step, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-6, double weightDecay = 0,
        DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_lamb(
            new optirs_lamb_args
            {
                step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// LARS (You et al., 2017): <c>e = lr trust |p| / (|g| + wd |p| + eps)</c>, <c>v = momentum v + e (g + wd p)</c>, <c>p = p - v</c>,
    /// with the norms of the whole tensor.
    /// </summary>
    /// <param name="tensors">State 1 is v.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="momentum">In [0, 1).</param>
    /// <param name="trustCoefficient">trust</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, as in the formula.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Lars(
        OptimizerTensors tensors, double learningRate, double momentum = 0.9, double trustCoefficient = 1e-3, double epsilon = 1e-8, double weightDecay = 1e-4,
        DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_lars(
            new optirs_lars_args
            {
                learning_rate = learningRate, momentum = momentum, trust_coefficient = trustCoefficient, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// Lion (Chen et al., 2023): <c>u = b1 m + (1-b1) g</c>, <c>p = p (1 - lr wd) - lr sign(u)</c>, <c>m = b2 m + (1-b2) g</c>.
    /// </summary>
    /// <param name="tensors">State 1 is m.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="beta1">b1, in [0, 1).</param>
    /// <param name="beta2">b2, in [0, 1).</param>
    /// <param name="weightDecay">wd, decoupled.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Lion(
        OptimizerTensors tensors, double learningRate, double beta1 = 0.9, double beta2 = 0.99, double weightDecay = 0, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_lion(
            new optirs_lion_args
            {
                learning_rate = learningRate, beta1 = beta1, beta2 = beta2, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// Adagrad (Duchi et al., 2011): <c>s = s + g²</c>, <c>p = p - lr g / (sqrt(s) + eps)</c>.
    /// </summary>
    /// <param name="tensors">State 1 is s.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, added to the gradient: <c>g = g + wd p</c>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Adagrad(
        OptimizerTensors tensors, double learningRate, double epsilon = 1e-10, double weightDecay = 0, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_adagrad(
            new optirs_adagrad_args
            {
                learning_rate = learningRate, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// AdaDelta (Zeiler, 2012): <c>s = rho s + (1-rho) g²</c>, <c>u = g sqrt(d + eps) / sqrt(s + eps)</c>,
    /// <c>d = rho d + (1-rho) u²</c>, <c>p = p - lr u</c>.
    /// </summary>
    /// <param name="tensors">State 1 is s, state 2 is d.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="rho">In [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void AdaDelta(
        OptimizerTensors tensors, double learningRate = 1, double rho = 0.95, double epsilon = 1e-6, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_adadelta(new optirs_adadelta_args { learning_rate = learningRate, rho = rho, epsilon = epsilon }, stream?.Handle, tensors.Handle);
    }

    /// <summary>
    /// RMSprop (Tieleman and Hinton, 2012): <c>s = rho s + (1-rho) g²</c>, <c>p = p - lr g / (sqrt(s) + eps)</c>.
    /// </summary>
    /// <param name="tensors">State 1 is s.</param>
    /// <param name="learningRate">lr</param>
    /// <param name="rho">In [0, 1).</param>
    /// <param name="epsilon">eps</param>
    /// <param name="weightDecay">wd, added to the gradient: <c>g = g + wd p</c>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void RmsProp(
        OptimizerTensors tensors, double learningRate, double rho = 0.9, double epsilon = 1e-8, double weightDecay = 0, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_rmsprop(
            new optirs_rmsprop_args
            {
                learning_rate = learningRate, rho = rho, epsilon = epsilon, weight_decay = weightDecay,
            }, stream?.Handle,
            tensors.Handle);
    }

    /// <summary>
    /// Lookahead (Zhang et al., 2019), after every k steps of another optimizer: <c>s = s + alpha (p - s)</c>, <c>p = s</c>.
    /// </summary>
    /// <param name="tensors">State 1 is the slow parameters, which start as copies; there are no gradients.</param>
    /// <param name="alpha">In (0, 1].</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Lookahead(
        OptimizerTensors tensors, double alpha = 0.5, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        optirs_lookahead(new optirs_lookahead_args { alpha = alpha }, stream?.Handle, tensors.Handle);
    }

    /// <summary>
    /// The L2 norm of all gradients together, and what follows from it: the outputs are the <c>GradientScale</c> and <c>Skip</c>
    /// of a step, which thereby clips, takes a loss scale off, and is left out where gradients overflowed.
    /// </summary>
    /// <param name="gradients">f32, bf16 or f16.</param>
    /// <param name="norm">Receives f32[1]: scale times the root of the sum of squares.</param>
    /// <param name="maxNorm">Clip the norm to this; 0: do not.</param>
    /// <param name="scale">f32[1], what the gradients are to be multiplied by; 1 if left out.</param>
    /// <param name="gradientScale">Receives f32[1]: <c>scale min(1, maxNorm / (norm + 1e-6))</c>; may be left out.</param>
    /// <param name="nonFinite">Receives f32[1]: 1 if the norm is infinite or NaN, else 0; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void GradientNorm(
        TensorList gradients, KernelTensor norm, double maxNorm = 0, ReadOnlyKernelTensor scale = default,
        KernelTensor gradientScale = default, KernelTensor nonFinite = default, DeviceStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        optirs_grad_norm(
            new optirs_grad_norm_args { count = gradients.Count, max_norm = maxNorm },
            stream?.Handle, gradients.Handle, scale: scale.View, norm: norm.View,
            grad_scale: gradientScale.View, non_finite: nonFinite.View);
    }
}
