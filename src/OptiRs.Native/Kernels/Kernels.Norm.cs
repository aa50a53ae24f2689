using OptiRs.Native.Interop;
using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Norms, softmax and cross entropy over the last dimension; arithmetic is in f32.</content>
public static partial class Kernels
{
    /// <summary><c>output = (x - mean) / sqrt(variance + epsilon) gamma + beta</c>, over the last dimension.</summary>
    /// <param name="x">f32, bf16 or f16 [..., n].</param>
    /// <param name="output">Receives the shape of x: the type of x, or an 8-bit float. May be x.</param>
    /// <param name="gamma">[n]; 1 if left out.</param>
    /// <param name="beta">[n]; 0 if left out.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="mean">Receives f32 [rows], for the backward pass; may be left out.</param>
    /// <param name="rstd">Receives f32 [rows], 1 / sqrt(variance + epsilon), for the backward pass; may be left out.</param>
    /// <param name="scale">f32[1], what an 8-bit output is multiplied by.</param>
    /// <param name="amax">Receives f32[1], the largest magnitude before scaling, for an 8-bit output; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void LayerNorm(
        ReadOnlyKernelTensor x, KernelTensor output, ReadOnlyKernelTensor gamma = default, ReadOnlyKernelTensor beta = default,
        double epsilon = 1e-5, KernelTensor mean = default, KernelTensor rstd = default, ReadOnlyKernelTensor scale = default,
        KernelTensor amax = default, DeviceStream? stream = null) =>
        optirs_layer_norm(
            new optirs_layer_norm_args { epsilon = epsilon },
            stream?.Handle, x: x.View, gamma: gamma.View, beta: beta.View, @out: output.View, mean: mean.View,
            rstd: rstd.View, scale: scale.View, amax: amax.View);

    /// <summary>Gradients of <see cref="LayerNorm"/>. Sums over rows do not depend on the number of threads.</summary>
    /// <param name="outputGradient">f32, bf16 or f16 [..., n].</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gamma">As in the forward pass; default for 1.</param>
    /// <param name="mean">f32 [rows], of the forward pass.</param>
    /// <param name="rstd">f32 [rows], of the forward pass.</param>
    /// <param name="gradient">Receives the gradient of x, of its type. May be outputGradient.</param>
    /// <param name="gammaGradient">Receives [n]; may be left out.</param>
    /// <param name="betaGradient">Receives [n]; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void LayerNormBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor x, ReadOnlyKernelTensor gamma, ReadOnlyKernelTensor mean,
        ReadOnlyKernelTensor rstd, KernelTensor gradient, KernelTensor gammaGradient = default,
        KernelTensor betaGradient = default, DeviceStream? stream = null) =>
        optirs_layer_norm_backward(
            default, stream?.Handle, dout: outputGradient.View, x: x.View, gamma: gamma.View, mean: mean.View, rstd: rstd.View, dx: gradient.View,
            dgamma: gammaGradient.View, dbeta: betaGradient.View);

    /// <summary><c>output = x / sqrt(mean(x²) + epsilon) gamma</c>, over the last dimension.</summary>
    /// <param name="x">f32, bf16 or f16 [..., n].</param>
    /// <param name="output">Receives the shape of x: the type of x, or an 8-bit float. May be x.</param>
    /// <param name="gamma">[n]; 1 if left out.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="rstd">Receives f32 [rows], for the backward pass; may be left out.</param>
    /// <param name="scale">f32[1], what an 8-bit output is multiplied by.</param>
    /// <param name="amax">Receives f32[1], the largest magnitude before scaling, for an 8-bit output; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void RmsNorm(
        ReadOnlyKernelTensor x, KernelTensor output, ReadOnlyKernelTensor gamma = default, double epsilon = 1e-5,
        KernelTensor rstd = default, ReadOnlyKernelTensor scale = default, KernelTensor amax = default, DeviceStream? stream = null) =>
        optirs_rms_norm(
            new optirs_rms_norm_args { epsilon = epsilon },
            stream?.Handle, x: x.View, gamma: gamma.View, @out: output.View, rstd: rstd.View, scale: scale.View,
            amax: amax.View);

    /// <summary>Gradients of <see cref="RmsNorm"/>.</summary>
    /// <param name="outputGradient">f32, bf16 or f16 [..., n].</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gamma">As in the forward pass; default for 1.</param>
    /// <param name="rstd">f32 [rows], of the forward pass.</param>
    /// <param name="gradient">Receives the gradient of x, of its type. May be outputGradient.</param>
    /// <param name="gammaGradient">Receives [n]; may be left out.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void RmsNormBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor x, ReadOnlyKernelTensor gamma, ReadOnlyKernelTensor rstd,
        KernelTensor gradient, KernelTensor gammaGradient = default, DeviceStream? stream = null) =>
        optirs_rms_norm_backward(
            default,
            stream?.Handle, dout: outputGradient.View, x: x.View, gamma: gamma.View, rstd: rstd.View, dx: gradient.View, dgamma: gammaGradient.View);

    /// <summary><c>output = softmax(scale x)</c> over the last dimension. A row of -infinity alone, all masked, becomes zeros.</summary>
    /// <param name="x">f32, bf16 or f16 [..., n].</param>
    /// <param name="output">Receives the shape and type of x. May be x.</param>
    /// <param name="scale">Above 0.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Softmax(
        ReadOnlyKernelTensor x, KernelTensor output, double scale = 1, DeviceStream? stream = null) =>
        optirs_softmax(new optirs_softmax_args { scale = scale }, stream?.Handle, x: x.View, @out: output.View);

    /// <summary><c>gradient = scale output (outputGradient - sum(outputGradient output))</c>.</summary>
    /// <param name="outputGradient">f32, bf16 or f16 [..., n].</param>
    /// <param name="output">Result of the forward pass.</param>
    /// <param name="gradient">Receives the gradient of x. May be outputGradient.</param>
    /// <param name="scale">As in the forward pass.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void SoftmaxBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor output, KernelTensor gradient, double scale = 1, DeviceStream? stream = null) =>
        optirs_softmax_backward(
            new optirs_softmax_backward_args { scale = scale }, stream?.Handle, dout: outputGradient.View, @out: output.View, dx: gradient.View);

    /// <summary><c>loss = log(sum(exp(x))) - (1-e) x[target] - e mean(x)</c> of each row and, in the same pass, its gradient.</summary>
    /// <param name="logits">f32, bf16 or f16 [rows, n].</param>
    /// <param name="targets">s32 or s64 [rows].</param>
    /// <param name="loss">Receives f32 [rows].</param>
    /// <param name="gradient">Receives the gradient of the logits, of their type. May be logits; may be left out.</param>
    /// <param name="gradientScale">f32[1], what gradients are multiplied by, for instance 1 / rows.</param>
    /// <param name="labelSmoothing">e, in [0, 1).</param>
    /// <param name="ignoreIndex">Rows with this target have no loss and no gradient.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void CrossEntropy(
        ReadOnlyKernelTensor logits, ReadOnlyKernelTensor targets, KernelTensor loss, KernelTensor gradient = default,
        ReadOnlyKernelTensor gradientScale = default, double labelSmoothing = 0, long ignoreIndex = -100, DeviceStream? stream = null) =>
        optirs_cross_entropy(
            new optirs_cross_entropy_args { label_smoothing = labelSmoothing, ignore_index = ignoreIndex }, stream?.Handle, logits: logits.View,
            targets: targets.View, grad_scale: gradientScale.View, loss: loss.View, dlogits: gradient.View);
}
