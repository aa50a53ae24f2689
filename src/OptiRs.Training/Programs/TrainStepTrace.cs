using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// The train step as a function over symbolic values: (state..., batch, learning rate) to (state..., metrics); the state in the order of
/// its layout. The metrics are f32[1], the loss, or f32[2], the loss and the gradient norm, when gradients are clipped.
/// </summary>
/// <param name="layout">What the state consists of.</param>
/// <param name="loss">The losses of a batch, of any shape; the step minimises their mean.</param>
/// <param name="options">How to compute.</param>
public sealed class TrainStepTrace(StateLayout layout, Func<ForwardContext, Value, Value> loss, StepOptions options)
{
    /// <summary>Traces the step.</summary>
    public Value[] Trace(Value[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        int count = layout.Count, stateCount = layout.TensorCount;
        ReadOnlySpan<Value> parameters = arguments.AsSpan(0, count);
        Value step = arguments[layout.StepIndex], healthy = arguments[layout.HealthyIndex];
        Value batch = arguments[stateCount], learningRate = arguments[stateCount + 1];

        var context = new ForwardContext(Values(layout, parameters), options.ComputeType, DropoutKey(options.Seed, step));
        Value meanLoss = Op.Mean(ForwardContext.ConvertTo(loss(context, batch), DType.F32));
        Value[] gradients = Gradient.Of(meanLoss, parameters);
        Value finite = Op.IsFinite(meanLoss);
        Value metrics = Op.Reshape(meanLoss, new Shape(1));
        if (options.ClipNorm is double maximum)
        {
            Value norm = GradientClipping.GlobalNorm(gradients);
            gradients = GradientClipping.Clip(gradients, norm, maximum);
            finite &= Op.IsFinite(norm);
            metrics = Op.Concatenate([metrics, Op.Reshape(norm, new Shape(1))], 0);
        }

        // Once unhealthy, always unhealthy: steps already enqueued behind the bad one must not touch the state either.
        Value update = healthy & finite;
        var results = new Value[stateCount + 1];
        var scalars = new UpdateScalars(learningRate, Op.Convert(step + 1, DType.F32));
        for (int p = 0; p < count; ++p)
        {
            int slots = layout.SlotIndex(p, 0);
            ReadOnlySpan<Value> before = arguments.AsSpan(slots, layout.Slots);
            ParameterUpdate after = layout.Optimizer.Update(arguments[p], gradients[p], before, scalars);
            results[p] = Op.Select(update, after.Parameter, arguments[p]);
            for (int s = 0; s < layout.Slots; ++s) results[slots + s] = Op.Select(update, after.State[s], before[s]);
        }
        results[layout.StepIndex] = Op.Select(update, step + 1, step);
        results[layout.HealthyIndex] = update;
        results[stateCount] = metrics;
        return results;
    }

    /// <summary>Dtype and shape of every argument of <see cref="Trace"/>.</summary>
    public IEnumerable<(DType DType, Shape Shape)> ArgumentTypes(DType batchType, Shape batchShape) =>
        layout.Types.Append((batchType, batchShape)).Append((DType.F32, Shape.Scalar));

    /// <summary>The arguments that the step takes over: the whole state.</summary>
    public JitOptions JitOptions => new() { Name = "train_step", DonatedArguments = [.. Enumerable.Range(0, layout.TensorCount)] };

    internal static Dictionary<Parameter, Value> Values(StateLayout layout, ReadOnlySpan<Value> arguments)
    {
        var values = new Dictionary<Parameter, Value>(layout.Count);
        for (int p = 0; p < layout.Count; ++p) values.Add(layout.Parameters[p].Parameter, arguments[p]);
        return values;
    }

    /// <summary>The Threefry key (seed folded to 32 bits, step): every step has its own masks, and a resumed one the same.</summary>
    internal static Value DropoutKey(ulong seed, Value step)
    {
        Value high = Op.Full((uint)(seed ^ (seed >> 32)), DType.U32, new Shape(1));
        return Op.Concatenate([high, Op.Reshape(Op.Convert(step, DType.U32), new Shape(1))], 0);
    }
}
