namespace OptiRs.Native.Interop;

/// <summary>The steps of optimizers, on host memory.</summary>
internal static unsafe class OptimizerKernels
{
    public static void Sgd(OptimizerTensorsHandle tensors, double learningRate, double momentum, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_sgd_args
        {
            struct_size = (nuint)sizeof(optirs_sgd_args), tensors = tensors.Tensors,
            learning_rate = learningRate, momentum = momentum, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_sgd_raw(null, &args));
    }

    public static void Adam(OptimizerTensorsHandle tensors, long step, double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_adam_args
        {
            struct_size = (nuint)sizeof(optirs_adam_args), tensors = tensors.Tensors,
            step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_adam_raw(null, &args));
    }

    public static void AdamW(OptimizerTensorsHandle tensors, long step, double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_adamw_args
        {
            struct_size = (nuint)sizeof(optirs_adamw_args), tensors = tensors.Tensors,
            step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_adamw_raw(null, &args));
    }

    public static void RAdam(OptimizerTensorsHandle tensors, long step, double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_radam_args
        {
            struct_size = (nuint)sizeof(optirs_radam_args), tensors = tensors.Tensors,
            step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_radam_raw(null, &args));
    }

    public static void AdaBound(OptimizerTensorsHandle tensors, long step, double learningRate, double finalLr, double gamma, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_adabound_args
        {
            struct_size = (nuint)sizeof(optirs_adabound_args), tensors = tensors.Tensors,
            step = step, learning_rate = learningRate, final_lr = finalLr, gamma = gamma, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_adabound_raw(null, &args));
    }

    public static void Lamb(OptimizerTensorsHandle tensors, long step, double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_lamb_args
        {
            struct_size = (nuint)sizeof(optirs_lamb_args), tensors = tensors.Tensors,
            step = step, learning_rate = learningRate, beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_lamb_raw(null, &args));
    }

    public static void Lars(OptimizerTensorsHandle tensors, double learningRate, double momentum, double trustCoefficient, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_lars_args
        {
            struct_size = (nuint)sizeof(optirs_lars_args), tensors = tensors.Tensors,
            learning_rate = learningRate, momentum = momentum, trust_coefficient = trustCoefficient, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_lars_raw(null, &args));
    }

    public static void Lion(OptimizerTensorsHandle tensors, double learningRate, double beta1, double beta2, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_lion_args
        {
            struct_size = (nuint)sizeof(optirs_lion_args), tensors = tensors.Tensors,
            learning_rate = learningRate, beta1 = beta1, beta2 = beta2, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_lion_raw(null, &args));
    }

    public static void Adagrad(OptimizerTensorsHandle tensors, double learningRate, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_adagrad_args
        {
            struct_size = (nuint)sizeof(optirs_adagrad_args), tensors = tensors.Tensors,
            learning_rate = learningRate, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_adagrad_raw(null, &args));
    }

    public static void AdaDelta(OptimizerTensorsHandle tensors, double learningRate, double rho, double epsilon)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_adadelta_args
        {
            struct_size = (nuint)sizeof(optirs_adadelta_args), tensors = tensors.Tensors,
            learning_rate = learningRate, rho = rho, epsilon = epsilon,
        };
        NativeError.ThrowIfFailed(optirs.optirs_adadelta_raw(null, &args));
    }

    public static void RmsProp(OptimizerTensorsHandle tensors, double learningRate, double rho, double epsilon, double weightDecay)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_rmsprop_args
        {
            struct_size = (nuint)sizeof(optirs_rmsprop_args), tensors = tensors.Tensors,
            learning_rate = learningRate, rho = rho, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_rmsprop_raw(null, &args));
    }

    public static void Lookahead(OptimizerTensorsHandle tensors, double alpha)
    {
        using var lease = new Lease(tensors);
        var args = new optirs_lookahead_args
        {
            struct_size = (nuint)sizeof(optirs_lookahead_args), tensors = tensors.Tensors,
            alpha = alpha,
        };
        NativeError.ThrowIfFailed(optirs.optirs_lookahead_raw(null, &args));
    }

    public static void GradientNorm(
        TensorListHandle gradients, int count, double maxNorm, in TensorView scale, in TensorView norm, in TensorView gradientScale,
        in TensorView nonFinite)
    {
        using var lease = new Lease(gradients);
        NativeTensor nativeScale, nativeNorm, nativeGradientScale, nativeNonFinite;
        fixed (byte* scaleData = scale, normData = norm, gradientScaleData = gradientScale, nonFiniteData = nonFinite)
        {
            var args = new optirs_grad_norm_args
            {
                struct_size = (nuint)sizeof(optirs_grad_norm_args), count = count, grads = gradients.Tensors, max_norm = maxNorm,
                scale = scale.Describe(scaleData, &nativeScale), norm = norm.Describe(normData, &nativeNorm),
                grad_scale = gradientScale.Describe(gradientScaleData, &nativeGradientScale),
                non_finite = nonFinite.Describe(nonFiniteData, &nativeNonFinite),
            };
            NativeError.ThrowIfFailed(optirs.optirs_grad_norm_raw(null, &args));
        }

        scale.KeepAlive();
        norm.KeepAlive();
        gradientScale.KeepAlive();
        nonFinite.KeepAlive();
    }
}
