using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// Says where a step first went non-finite: runs it once more, on the untouched state, with every weight, every layer's result and
/// every gradient checked. Compiled only when it is needed.
/// </summary>
internal static class NonFiniteDiagnosis
{
    /// <summary>What was found: the parameter, and what of it is not finite; null when this run of the step is finite throughout.</summary>
    public readonly record struct Finding(string? Parameter, string What);

    public static Finding Run(Session session, TrainingState state, Shape batchShape, ReadOnlySpan<int> batch,
        Func<ForwardContext, Value, Value> loss, StepOptions options)
    {
        StateLayout layout = state.Layout;
        int count = layout.Count;
        var outputs = new List<string>();
        JittedFunction function = session.Jit(arguments =>
        {
            ReadOnlySpan<Value> parameters = arguments.AsSpan(0, count);
            var names = layout.Parameters.ToDictionary(p => p.Parameter, p => p.Name);
            var checks = new List<Value>();
            for (int p = 0; p < count; ++p) checks.Add(AllFinite(parameters[p]));
            outputs.Clear();
            var context = new ForwardContext(TrainStepTrace.Values(layout, parameters), options.ComputeType,
                TrainStepTrace.DropoutKey(options.Seed, arguments[count]))
            {
                Observer = (parameter, value) => { outputs.Add(names[parameter]); checks.Add(AllFinite(value)); },
            };
            Value meanLoss = Op.Mean(loss(context, arguments[count + 1]));
            foreach (Value gradient in Gradient.Of(meanLoss, parameters)) checks.Add(AllFinite(gradient));
            return [Op.Concatenate([.. checks], 0)];
        }, new JitOptions { Name = "find_non_finite" });

        var types = layout.ParameterTypes.Append((DType.S32, Shape.Scalar)).Append((DType.S32, batchShape));
        PjrtExecutable executable = function.Compile([.. types]);
        using PjrtBuffer tokens = session.Put(batch, batchShape);
        PjrtBuffer[] results = executable.Execute([.. state.ParameterBuffers, state.Buffers[layout.StepIndex], tokens]);
        float[] finite = results[0].ToArray<float>();
        foreach (PjrtBuffer result in results) result.Dispose();

        string NameOf(int p) => layout.Parameters[p].Name;
        for (int p = 0; p < count; ++p)
            if (finite[p] == 0) return new Finding(NameOf(p), "its values are not finite");
        for (int i = 0; i < outputs.Count; ++i)
            if (finite[count + i] == 0) return new Finding(outputs[i], $"the result of its layer is not finite; its largest value is {Largest(state, outputs[i]):g3}");
        // Gradients flow backwards: the last parameter's comes first.
        for (int p = count - 1; p >= 0; --p)
            if (finite[count + outputs.Count + p] == 0) return new Finding(NameOf(p), "its gradient is not finite");
        return new Finding(null, "");
    }

    // 1 where all is finite, else 0, as f32[1].
    private static Value AllFinite(Value value) =>
        Op.Reshape(Op.ReduceMin(Op.Convert(Op.IsFinite(value), DType.F32)), new Shape(1));

    private static float Largest(TrainingState state, string name) => state.Read(name).Max(MathF.Abs);
}
