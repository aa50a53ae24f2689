using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>The mean loss over fixed windows, without dropout and without changing anything.</summary>
/// <remarks>Any thread, one at a time.</remarks>
public sealed class EvaluationProgram : IDisposable
{
    private readonly PjrtClient _client;
    private readonly PjrtCall _call;
    private readonly PjrtBuffer _batch;
    private readonly int[] _tokens;
    private readonly float[] _losses;
    private readonly int[][] _windows;

    /// <summary>Compiles the program.</summary>
    /// <param name="session">The device.</param>
    /// <param name="state">The parameters to evaluate; outlives this object.</param>
    /// <param name="model">The model.</param>
    /// <param name="windows">At least one window of context + 1 tokens.</param>
    /// <param name="batchSize">Windows per execution.</param>
    /// <param name="computeType">The dtype of matrix products.</param>
    public EvaluationProgram(Session session, TrainingState state, GptModel model, int[][] windows, int batchSize, DType computeType)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentOutOfRangeException.ThrowIfZero(windows.Length);
        _client = session.Client;
        _windows = windows;
        int length = windows[0].Length;
        var shape = new Shape(batchSize, length);
        _tokens = new int[batchSize * length];
        _losses = new float[batchSize];
        JittedFunction function = session.Jit(arguments =>
        {
            var context = new ForwardContext(TrainStepTrace.Values(state.Layout, arguments), computeType);
            return [Op.Mean(model.TokenLosses(context, arguments[^1]), [1])];
        }, new JitOptions { Name = "evaluate" });
        PjrtExecutable executable = function.Compile([.. state.Layout.ParameterTypes, (DType.S32, shape)]);
        _batch = session.Put<int>(_tokens, shape);
        _call = executable.Bind([.. state.ParameterBuffers, _batch], [null]);
    }

    /// <summary>The mean loss in nats per token.</summary>
    public double Run()
    {
        double total = 0;
        int rows = _losses.Length, length = _windows[0].Length;
        for (int first = 0; first < _windows.Length; first += rows)
        {
            int used = Math.Min(rows, _windows.Length - first);
            // The last batch may be part empty: its unused rows keep what they held and are not counted.
            for (int row = 0; row < used; ++row) _windows[first + row].CopyTo(_tokens, row * length);
            _client.Upload<int>(_tokens, _batch);
            _call.Run();
            _call.Results[0].CopyToHost<float>(_losses);
            for (int row = 0; row < used; ++row) total += _losses[row];
        }
        return total / _windows.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PjrtBuffer result in _call.Results) result.Dispose();
        _call.Dispose();
        _batch.Dispose();
    }
}
