using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// What training changes, on the device: every parameter, the optimizer's tensors beside it, and the number of steps done.
/// The buffers are donated to each step and re-pointed at its results, so one object serves the whole run.
/// </summary>
/// <remarks>Any thread, one at a time. Dispose frees the device memory.</remarks>
public sealed class TrainingState : IDisposable
{
    private TrainingState(Session session, StateLayout layout, long step, Func<int, float[]> parameter, Func<int, int, float[]> slot)
    {
        (Layout, InitialStep) = (layout, step);
        Buffers = new PjrtBuffer[layout.TensorCount];
        for (int p = 0; p < layout.Count; ++p)
        {
            Shape shape = layout.Parameters[p].Parameter.Shape;
            Buffers[p] = session.Put<float>(parameter(p), shape);
            for (int s = 0; s < layout.Slots; ++s) Buffers[layout.SlotIndex(p, s)] = session.Put<float>(slot(p, s), shape);
        }
        Buffers[layout.StepIndex] = session.Put<int>([(int)step], Shape.Scalar);
        Buffers[layout.HealthyIndex] = session.Put<bool>([true], Shape.Scalar);
    }

    /// <summary>Which tensors there are.</summary>
    public StateLayout Layout { get; }

    /// <summary>The number of steps that had been done when the state was created or loaded.</summary>
    public long InitialStep { get; }

    /// <summary>The tensors, in the layout's order.</summary>
    internal PjrtBuffer[] Buffers { get; }

    internal ReadOnlySpan<PjrtBuffer> ParameterBuffers => Buffers.AsSpan(0, Layout.Count);

    /// <summary>A state at step 0 with the initial values of <paramref name="seed"/>.</summary>
    public static TrainingState Create(Session session, Module model, Optimizer optimizer, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(session);
        var layout = new StateLayout(model, optimizer);
        return new TrainingState(session, layout, 0,
            p => layout.Parameters[p].Parameter.InitialValues(layout.Parameters[p].Name, seed),
            (p, _) => new float[layout.Parameters[p].Parameter.Shape.ElementCount]);
    }

    /// <summary>The state that <see cref="Entries"/> described.</summary>
    /// <exception cref="CheckpointException">
    /// A tensor is missing, of another shape or dtype, or one too many; of another optimizer, see <see cref="LoadParameters"/>.
    /// </exception>
    public static TrainingState Load(Session session, Module model, Optimizer optimizer, SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(file);
        var layout = new StateLayout(model, optimizer);
        CheckFit(layout, file);
        float[] Read(string name, int p) => file.Read<float>(name, DType.F32, layout.Parameters[p].Parameter.Shape);
        long step = file.Read<int>(StateLayout.StepName, DType.S32, Shape.Scalar)[0];
        return new TrainingState(session, layout, step, p => Read(layout.Parameters[p].Name, p), (p, s) => Read(layout.SlotName(p, s), p));
    }

    /// <summary>
    /// A state at step 0 with the parameters of a file, and nothing else of it: weights of a run with whatever optimizer, or of
    /// another program. What the file holds under <c>optimizer.</c> and <c>history.</c> is left out.
    /// </summary>
    /// <exception cref="CheckpointException">A parameter is missing, of another shape or dtype, or the file has one too many.</exception>
    public static TrainingState LoadParameters(Session session, Module model, Optimizer optimizer, SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(file);
        var layout = new StateLayout(model, optimizer);
        foreach (var (name, parameter) in layout.Parameters) file.Find(name, DType.F32, parameter.Shape);
        CheckNames(file, layout.Parameters.Select(p => p.Name), "optimizer.", "history.");
        return new TrainingState(session, layout, 0,
            p => file.Read<float>(layout.Parameters[p].Name, DType.F32, layout.Parameters[p].Parameter.Shape),
            (p, _) => new float[layout.Parameters[p].Parameter.Shape.ElementCount]);
    }

    /// <summary>Everything needed to go on, as safetensors entries: weights under their names, the rest under <c>optimizer.</c></summary>
    public IEnumerable<SafetensorsEntry> Entries()
    {
        for (int p = 0; p < Layout.Count; ++p)
        {
            yield return Entry<float>(Layout.Parameters[p].Name, Buffers[p]);
            for (int s = 0; s < Layout.Slots; ++s) yield return Entry<float>(Layout.SlotName(p, s), Buffers[Layout.SlotIndex(p, s)]);
        }
        yield return Entry<int>(StateLayout.StepName, Buffers[Layout.StepIndex]);
    }

    /// <summary>The current values of one parameter, copied from the device.</summary>
    /// <exception cref="ArgumentException">There is no such parameter.</exception>
    public float[] Read(string name)
    {
        for (int p = 0; p < Layout.Count; ++p)
            if (Layout.Parameters[p].Name == name) return Buffers[p].ToArray<float>();
        throw new ArgumentException($"the model has no parameter '{name}'");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PjrtBuffer buffer in Buffers) buffer.Dispose();
    }

    // All is checked before the device is touched.
    private static void CheckFit(StateLayout layout, SafetensorsFile file)
    {
        var expected = new List<string> { StateLayout.StepName };
        for (int p = 0; p < layout.Count; ++p)
        {
            var (name, parameter) = layout.Parameters[p];
            file.Find(name, DType.F32, parameter.Shape);
            expected.Add(name);
            for (int s = 0; s < layout.Slots; ++s)
            {
                file.Find(layout.SlotName(p, s), DType.F32, parameter.Shape);
                expected.Add(layout.SlotName(p, s));
            }
        }
        CheckNames(file, expected, "history.");
    }

    // A tensor that nothing expects is a sign of another model, unless its name begins like what is left out.
    private static void CheckNames(SafetensorsFile file, IEnumerable<string> expected, params string[] leftOut)
    {
        foreach (string name in file.Tensors.Keys.Except(expected, StringComparer.Ordinal))
            if (!leftOut.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                throw new CheckpointException($"'{file.Path}' does not fit the model: it has the tensor '{name}', which the model has not");
    }

    private static SafetensorsEntry Entry<T>(string name, PjrtBuffer buffer) where T : unmanaged =>
        new(name, buffer.DType, buffer.Shape, stream => SafetensorsEntry.From(name, buffer.DType, buffer.Shape, buffer.ToArray<T>()).Write(stream));
}
