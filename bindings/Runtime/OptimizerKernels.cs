namespace OptiRs.Native.Interop;

/// <summary>The lists of tensors that every optimizer step takes.</summary>
internal readonly record struct OptimizerLists(
    int Count, TensorListHandle Parameters, TensorListHandle Gradients, TensorListHandle State1, TensorListHandle? State2);

/// <summary>The steps of optimizers.</summary>
internal static unsafe class OptimizerKernels
{
    public static void AdamW(
        in OptimizerLists lists, long step, double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var leases = new ListLeases(lists);
        optirs_optimizer_tensors tensors = leases.Tensors;
        var args = new optirs_adamw_args
        {
            struct_size = (nuint)sizeof(optirs_adamw_args), tensors = &tensors, step = step, learning_rate = learningRate,
            beta1 = beta1, beta2 = beta2, epsilon = epsilon, weight_decay = weightDecay,
        };
        NativeError.ThrowIfFailed(optirs.optirs_adamw_raw(null, &args));
    }

    /// <summary>Holds the descriptors for the time of a call.</summary>
    private ref struct ListLeases(OptimizerLists lists) : IDisposable
    {
        private Lease _parameters = new(lists.Parameters);
        private Lease _gradients = new(lists.Gradients);
        private Lease _state1 = new(lists.State1);
        private Lease _state2 = lists.State2 is { } second ? new Lease(second) : default;

        public readonly optirs_optimizer_tensors Tensors => new()
        {
            struct_size = (nuint)sizeof(optirs_optimizer_tensors), count = lists.Count, @params = lists.Parameters.Tensors,
            grads = lists.Gradients.Tensors, state1 = lists.State1.Tensors,
            state2 = lists.State2 is { } second ? second.Tensors : null,
        };

        public void Dispose()
        {
            _state2.Dispose();
            _state1.Dispose();
            _gradients.Dispose();
            _parameters.Dispose();
        }
    }
}
