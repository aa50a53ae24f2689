using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// One compiled program that is a whole train step: forward, backward, clipping and update, in place on donated state.
/// <see cref="Run"/> enqueues and returns; <see cref="Read"/> awaits the oldest step not read yet. Two steps may be in flight, so the
/// device works on one while the host reads the metrics of the one before.
/// </summary>
/// <remarks>
/// A step whose loss is not finite changes nothing, nor does any step after it: the state stays what it was, ready to be examined.
/// Any thread, one at a time. Allocates no managed memory after construction.
/// </remarks>
public sealed class TrainProgram : IDisposable
{
    /// <summary>The number of steps that may be enqueued and unread.</summary>
    public const int Depth = 2;

    private readonly PjrtClient _client;
    private readonly PjrtExecutable _executable;
    private readonly Lane[] _lanes = new Lane[Depth];
    private readonly bool _clips;
    private readonly float[] _metrics;
    private readonly float[] _learningRate = new float[1];
    private long _enqueued, _read;

    /// <summary>Compiles the step.</summary>
    /// <param name="session">The device.</param>
    /// <param name="state">The state that the steps change; outlives this object.</param>
    /// <param name="batchShape">The shape of a batch.</param>
    /// <param name="loss">The losses of a batch, of any shape; the step minimises their mean.</param>
    /// <param name="options">How to compute.</param>
    /// <param name="batchType">The element type of a batch: that of <see cref="Run"/>'s elements.</param>
    public TrainProgram(Session session, TrainingState state, Shape batchShape, Func<ForwardContext, Value, Value> loss, StepOptions options,
        DType batchType = DType.S32)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(options);
        _client = session.Client;
        _clips = options.ClipNorm is not null;
        _metrics = new float[_clips ? 2 : 1];
        var step = new TrainStepTrace(state.Layout, loss, options);
        _executable = session.Jit(step.Trace, step.JitOptions).Compile([.. step.ArgumentTypes(batchType, batchShape)]);
        for (int i = 0; i < Depth; ++i) _lanes[i] = new Lane(session, _executable, state, batchType, batchShape, _metrics.Length);
    }

    /// <summary>Steps enqueued and not read.</summary>
    public int InFlight => (int)(_enqueued - _read);

    /// <summary>The compiled step, for its figures.</summary>
    public PjrtExecutable Executable => _executable;

    /// <summary>Enqueues one step and returns at once.</summary>
    /// <param name="batch">The elements, row-major, of the batch's type and as many as its shape has.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <exception cref="ArgumentException">The batch is of another element type or length.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Depth"/> steps are unread.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The learning rate is negative or not finite.</exception>
    public void Run<T>(ReadOnlySpan<T> batch, double learningRate) where T : unmanaged
    {
        Hyperparameter.NonNegative(learningRate, nameof(learningRate));
        if (InFlight == Depth) throw new InvalidOperationException($"{Depth} steps are in flight: read one first");
        Lane lane = _lanes[_enqueued % Depth];
        _learningRate[0] = (float)learningRate;
        _client.Upload(batch, lane.Batch);
        _client.Upload<float>(_learningRate, lane.LearningRate);
        lane.Call.Run();
        ++_enqueued;
    }

    /// <summary>Waits for the oldest unread step and returns what it measured.</summary>
    /// <exception cref="InvalidOperationException">No step is unread.</exception>
    public StepMetrics Read()
    {
        if (InFlight == 0) throw new InvalidOperationException("no step is in flight");
        _lanes[_read % Depth].Metrics.CopyToHost<float>(_metrics);
        ++_read;
        return new StepMetrics(_metrics[0], _clips ? _metrics[1] : float.NaN);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (InFlight > 0)
        {
            // Steps that nobody read end before their buffers go; what they failed with is no longer wanted.
            try
            {
                Read();
            }
            catch (Exception e) when (e is IOptiRsError)
            {
                ++_read;
            }
        }

        foreach (Lane lane in _lanes) lane.Dispose();
    }

    /// <summary>The buffers of every second step: its inputs and metrics must live until it is read.</summary>
    private sealed class Lane : IDisposable
    {
        public Lane(Session session, PjrtExecutable executable, TrainingState state, DType batchType, Shape batchShape, int metrics)
        {
            Batch = session.Client.BufferFromHost(new byte[batchShape.ByteCount(batchType)], batchType, batchShape, session.Device);
            LearningRate = session.Put<float>([0f], Shape.Scalar);
            Metrics = session.Put<float>(new float[metrics], new Shape(metrics));
            Call = executable.Bind([.. state.Buffers, Batch, LearningRate], [.. state.Buffers, Metrics]);
        }

        public PjrtBuffer Batch { get; }
        public PjrtBuffer LearningRate { get; }
        public PjrtBuffer Metrics { get; }
        public PjrtCall Call { get; }

        public void Dispose()
        {
            Call.Dispose();
            Batch.Dispose();
            LearningRate.Dispose();
            Metrics.Dispose();
        }
    }
}
