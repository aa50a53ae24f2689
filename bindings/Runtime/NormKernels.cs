namespace OptiRs.Native.Interop;

/// <summary>Norms, softmax and cross entropy over the last dimension; arithmetic is in f32.</summary>
internal static unsafe class NormKernels
{
    public static void LayerNorm(
        in TensorView x, in TensorView output, in TensorView gamma, in TensorView beta, double epsilon, in TensorView mean,
        in TensorView rstd, in TensorView scale, in TensorView amax)
    {
        NativeTensor xTensor, outputTensor, gammaTensor, betaTensor, meanTensor, rstdTensor, scaleTensor, amaxTensor;
        fixed (byte* xData = x, outputData = output, gammaData = gamma, betaData = beta, meanData = mean, rstdData = rstd,
        scaleData = scale, amaxData = amax)
        {
            var args = new optirs_layer_norm_args
            {
                struct_size = (nuint)sizeof(optirs_layer_norm_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                gamma = gamma.Describe(gammaData, &gammaTensor),
                beta = beta.Describe(betaData, &betaTensor),
                mean = mean.Describe(meanData, &meanTensor),
                rstd = rstd.Describe(rstdData, &rstdTensor),
                scale = scale.Describe(scaleData, &scaleTensor),
                amax = amax.Describe(amaxData, &amaxTensor),
                epsilon = epsilon,
            };
            NativeError.ThrowIfFailed(optirs.optirs_layer_norm_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
        gamma.KeepAlive();
        beta.KeepAlive();
        mean.KeepAlive();
        rstd.KeepAlive();
        scale.KeepAlive();
        amax.KeepAlive();
    }

    public static void LayerNormBackward(
        in TensorView outputGradient, in TensorView x, in TensorView gamma, in TensorView mean, in TensorView rstd,
        in TensorView gradient, in TensorView gammaGradient, in TensorView betaGradient)
    {
        NativeTensor outputGradientTensor, xTensor, gammaTensor, meanTensor, rstdTensor, gradientTensor, gammaGradientTensor,
        betaGradientTensor;
        fixed (byte* outputGradientData = outputGradient, xData = x, gammaData = gamma, meanData = mean, rstdData = rstd,
        gradientData = gradient, gammaGradientData = gammaGradient, betaGradientData = betaGradient)
        {
            var args = new optirs_layer_norm_backward_args
            {
                struct_size = (nuint)sizeof(optirs_layer_norm_backward_args),
                dout = outputGradient.Describe(outputGradientData, &outputGradientTensor),
                x = x.Describe(xData, &xTensor),
                gamma = gamma.Describe(gammaData, &gammaTensor),
                mean = mean.Describe(meanData, &meanTensor),
                rstd = rstd.Describe(rstdData, &rstdTensor),
                dx = gradient.Describe(gradientData, &gradientTensor),
                dgamma = gammaGradient.Describe(gammaGradientData, &gammaGradientTensor),
                dbeta = betaGradient.Describe(betaGradientData, &betaGradientTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_layer_norm_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        x.KeepAlive();
        gamma.KeepAlive();
        mean.KeepAlive();
        rstd.KeepAlive();
        gradient.KeepAlive();
        gammaGradient.KeepAlive();
        betaGradient.KeepAlive();
    }

    public static void RmsNorm(
        in TensorView x, in TensorView output, in TensorView gamma, double epsilon, in TensorView rstd, in TensorView scale,
        in TensorView amax)
    {
        NativeTensor xTensor, outputTensor, gammaTensor, rstdTensor, scaleTensor, amaxTensor;
        fixed (byte* xData = x, outputData = output, gammaData = gamma, rstdData = rstd, scaleData = scale, amaxData = amax)
        {
            var args = new optirs_rms_norm_args
            {
                struct_size = (nuint)sizeof(optirs_rms_norm_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                gamma = gamma.Describe(gammaData, &gammaTensor),
                rstd = rstd.Describe(rstdData, &rstdTensor),
                scale = scale.Describe(scaleData, &scaleTensor),
                amax = amax.Describe(amaxData, &amaxTensor),
                epsilon = epsilon,
            };
            NativeError.ThrowIfFailed(optirs.optirs_rms_norm_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
        gamma.KeepAlive();
        rstd.KeepAlive();
        scale.KeepAlive();
        amax.KeepAlive();
    }

    public static void RmsNormBackward(
        in TensorView outputGradient, in TensorView x, in TensorView gamma, in TensorView rstd, in TensorView gradient,
        in TensorView gammaGradient)
    {
        NativeTensor outputGradientTensor, xTensor, gammaTensor, rstdTensor, gradientTensor, gammaGradientTensor;
        fixed (byte* outputGradientData = outputGradient, xData = x, gammaData = gamma, rstdData = rstd, gradientData = gradient,
        gammaGradientData = gammaGradient)
        {
            var args = new optirs_rms_norm_backward_args
            {
                struct_size = (nuint)sizeof(optirs_rms_norm_backward_args),
                dout = outputGradient.Describe(outputGradientData, &outputGradientTensor),
                x = x.Describe(xData, &xTensor),
                gamma = gamma.Describe(gammaData, &gammaTensor),
                rstd = rstd.Describe(rstdData, &rstdTensor),
                dx = gradient.Describe(gradientData, &gradientTensor),
                dgamma = gammaGradient.Describe(gammaGradientData, &gammaGradientTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_rms_norm_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        x.KeepAlive();
        gamma.KeepAlive();
        rstd.KeepAlive();
        gradient.KeepAlive();
        gammaGradient.KeepAlive();
    }

    public static void Softmax(
        in TensorView x, in TensorView output, double scale)
    {
        NativeTensor xTensor, outputTensor;
        fixed (byte* xData = x, outputData = output)
        {
            var args = new optirs_softmax_args
            {
                struct_size = (nuint)sizeof(optirs_softmax_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                scale = scale,
            };
            NativeError.ThrowIfFailed(optirs.optirs_softmax_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
    }

    public static void SoftmaxBackward(
        in TensorView outputGradient, in TensorView output, in TensorView gradient, double scale)
    {
        NativeTensor outputGradientTensor, outputTensor, gradientTensor;
        fixed (byte* outputGradientData = outputGradient, outputData = output, gradientData = gradient)
        {
            var args = new optirs_softmax_backward_args
            {
                struct_size = (nuint)sizeof(optirs_softmax_backward_args),
                dout = outputGradient.Describe(outputGradientData, &outputGradientTensor),
                @out = output.Describe(outputData, &outputTensor),
                dx = gradient.Describe(gradientData, &gradientTensor),
                scale = scale,
            };
            NativeError.ThrowIfFailed(optirs.optirs_softmax_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        output.KeepAlive();
        gradient.KeepAlive();
    }

    public static void CrossEntropy(
        in TensorView logits, in TensorView targets, in TensorView loss, in TensorView gradient, in TensorView gradientScale,
        double labelSmoothing, long ignoreIndex)
    {
        NativeTensor logitsTensor, targetsTensor, lossTensor, gradientTensor, gradientScaleTensor;
        fixed (byte* logitsData = logits, targetsData = targets, lossData = loss, gradientData = gradient,
        gradientScaleData = gradientScale)
        {
            var args = new optirs_cross_entropy_args
            {
                struct_size = (nuint)sizeof(optirs_cross_entropy_args),
                logits = logits.Describe(logitsData, &logitsTensor),
                targets = targets.Describe(targetsData, &targetsTensor),
                loss = loss.Describe(lossData, &lossTensor),
                dlogits = gradient.Describe(gradientData, &gradientTensor),
                grad_scale = gradientScale.Describe(gradientScaleData, &gradientScaleTensor),
                label_smoothing = labelSmoothing,
                ignore_index = ignoreIndex,
            };
            NativeError.ThrowIfFailed(optirs.optirs_cross_entropy_raw(null, &args));
        }

        logits.KeepAlive();
        targets.KeepAlive();
        loss.KeepAlive();
        gradient.KeepAlive();
        gradientScale.KeepAlive();
    }
}
