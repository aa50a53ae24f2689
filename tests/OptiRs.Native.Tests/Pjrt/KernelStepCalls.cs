using static OptiRs.Native.Tests.Pjrt.CallValue;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>Calls of the steps of optimizers.</summary>
internal static class KernelStepCalls
{
    private static readonly (string, CallValue)[] Rate = [("learning_rate", Of([0.25f]))], StepAndRate = [("step", Of([7])), .. Rate];

    public static KernelCall[] All()
    {
        CallValue table = Numbers(1, 5, 8), moment = Numbers(2, 5, 8), square = Squares(3, 5, 8);
        (string, CallValue)[] updated = [("param", table), ("exp_avg", moment), ("exp_avg_sq", square)];
        return
        [
            Step("sgd", 1, [], t => Kernels.Sgd(t, 0.25, 0.5), "learning_rate = 0.25 : f64, momentum = 0.5 : f64"),
            Step("adam", 2, StepAndRate, t => Kernels.Adam(t, 7, 0.25)),
            Step("adamw", 2, StepAndRate, t => Kernels.AdamW(t, 7, 0.25, weightDecay: 0.5), "weight_decay = 0.5 : f64"),
            Step("radam", 2, StepAndRate, t => Kernels.RAdam(t, 7, 0.25)),
            Step("radam", 2, StepAndRate, t => Kernels.RAdam(t, 7, 0.25, 0.5, 0.75, 0.125, 0.5),
                "beta1 = 0.5 : f64, beta2 = 0.75 : f64, epsilon = 0.125 : f64, weight_decay = 0.5 : f64"),
            Step("adabound", 2, [("step", Of([7]))], t => Kernels.AdaBound(t, 7)),
            Step("adabound", 2, StepAndRate, t => Kernels.AdaBound(t, 7, 0.25, 0.5, 0.125), "final_lr = 0.5 : f64, gamma = 0.125 : f64"),
            Step("lamb", 2, StepAndRate, t => Kernels.Lamb(t, 7, 0.25)),
            Step("lars", 1, Rate, t => Kernels.Lars(t, 0.25)),
            Step("lars", 1, Rate, t => Kernels.Lars(t, 0.25, 0.5, 0.125, 0.25, 0.5),
                "momentum = 0.5 : f64, trust_coefficient = 0.125 : f64, epsilon = 0.25 : f64, weight_decay = 0.5 : f64"),
            Step("lion", 1, Rate, t => Kernels.Lion(t, 0.25)),
            Step("adagrad", 1, Rate, t => Kernels.Adagrad(t, 0.25)),
            Step("adagrad", 1, Rate, t => Kernels.Adagrad(t, 0.25, 0.125, 0.5), "epsilon = 0.125 : f64, weight_decay = 0.5 : f64"),
            Step("adadelta", 2, [], t => Kernels.AdaDelta(t)),
            Step("adadelta", 2, Rate, t => Kernels.AdaDelta(t, 0.25, 0.5, 0.125), "rho = 0.5 : f64, epsilon = 0.125 : f64"),
            Step("rmsprop", 1, Rate, t => Kernels.RmsProp(t, 0.25)),
            Step("rmsprop", 1, Rate, t => Kernels.RmsProp(t, 0.25, 0.5, 0.125, 0.5), "rho = 0.5 : f64, epsilon = 0.125 : f64, weight_decay = 0.5 : f64"),
            new("lookahead", [("params", table), ("state1", moment)], [("params", table), ("state1", moment)], t => t.Step(x => Kernels.Lookahead(x))),
            new("lookahead", [("params", table), ("state1", moment)], [("params", table), ("state1", moment)], t => t.Step(x => Kernels.Lookahead(x, 0.25)),
                "alpha = 0.25 : f64"),
            new("sparse_adam",
                [("param", table), ("indices", Of([3, 0, 3], 3)), ("grads", Numbers(4, 3, 8)), ("exp_avg", moment), ("exp_avg_sq", square), .. StepAndRate],
                updated,
                t => Kernels.SparseAdam(t.Out("param"), t.In("indices"), t.In("grads"), t.Out("exp_avg"), t.Out("exp_avg_sq"), 7, 0.25)),
        ];
    }

    private static KernelCall Step(string target, int states, (string, CallValue)[] numbers, Action<OptimizerTensors> step, string config = "")
    {
        (string, CallValue)[] updated = [("params", Numbers(1, 3, 5)), ("state1", Squares(2, 3, 5)), ("state2", Squares(3, 3, 5))];
        updated = updated[..(states + 1)];
        CallValue gradient = Numbers(4, 3, 5);
        // Gradients and states so small that every epsilon shows.
        ((float[])gradient.Elements)[0] = 1e-10f;
        foreach ((string _, CallValue state) in updated[1..]) ((float[])state.Elements)[0] = 0;
        return new KernelCall(target, [updated[0], ("grads", gradient), .. updated[1..], .. numbers], updated, tensors => tensors.Step(step), config);
    }
}
