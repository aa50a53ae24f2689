using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>How the next character is chosen.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits: below 1 is bolder in the likely, 0 always takes the likeliest.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only this many likeliest characters are considered; 0 considers all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>The same seed gives the same text.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Lets a model continue a text, one character after the other, each from the last context-length characters.</summary>
/// <remarks>Any thread, one at a time.</remarks>
public sealed class TextGenerator : IDisposable
{
    private readonly PjrtClient _client;
    private readonly PjrtCall _call;
    private readonly PjrtBuffer _tokens, _position;
    private readonly Vocabulary _vocabulary;
    private readonly int _contextLength;

    /// <summary>Compiles the forward program.</summary>
    public TextGenerator(Session session, TrainingState state, GptModel model, Vocabulary vocabulary, DType computeType)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        _client = session.Client;
        _vocabulary = vocabulary;
        _contextLength = model.Config.ContextLength;
        long width = model.Config.Width;
        var shape = new Shape(1, _contextLength);
        JittedFunction function = session.Jit(arguments =>
        {
            var context = new ForwardContext(TrainStepTrace.Values(state.Layout, arguments), computeType);
            Value hidden = model.Hidden(context, arguments[^2]);
            Value zero = Op.Constant(0L, DType.S32);
            // Only the asked-for position goes through the head.
            Value last = Op.DynamicSlice(hidden, [zero, arguments[^1], zero], [1, 1, width]);
            return [Op.Reshape(model.Logits(context, last), new Shape(vocabulary.Count))];
        }, new JitOptions { Name = "next_token" });
        PjrtExecutable executable = function.Compile(
            [.. state.Layout.ParameterTypes, (DType.S32, shape), (DType.S32, Shape.Scalar)]);
        _tokens = session.Put<int>(new int[_contextLength], shape);
        _position = session.Put<int>([0], Shape.Scalar);
        _call = executable.Bind([.. state.ParameterBuffers, _tokens, _position], [null]);
    }

    /// <summary>Continues <paramref name="prompt"/> by <paramref name="length"/> characters; returns the prompt and the continuation.</summary>
    /// <exception cref="DataException">The prompt is empty or holds a character that the model never saw.</exception>
    public string Generate(string prompt, int length, SamplingOptions? options = null)
    {
        options ??= new SamplingOptions();
        List<int> text = [.. _vocabulary.Encode(prompt)];
        if (text.Count == 0) throw new DataException("a prompt needs at least one character");
        var random = new HostRandom(options.Seed, "sample");
        var window = new int[_contextLength];
        var position = new int[1];
        var logits = new float[_vocabulary.Count];
        for (int i = 0; i < length; ++i)
        {
            int used = Math.Min(text.Count, _contextLength);
            // What lies behind the position is never looked at: attention is causal.
            text.CopyTo(text.Count - used, window, 0, used);
            position[0] = used - 1;
            _client.Upload<int>(window, _tokens);
            _client.Upload<int>(position, _position);
            _call.Run();
            _call.Results[0].CopyToHost<float>(logits);
            text.Add(Choose(logits, options, random));
        }
        return _vocabulary.Decode(text.ToArray());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PjrtBuffer result in _call.Results) result.Dispose();
        _call.Dispose();
        _tokens.Dispose();
        _position.Dispose();
    }

    /// <summary>Draws a token from softmax(logits / temperature) over the top k.</summary>
    internal static int Choose(ReadOnlySpan<float> logits, SamplingOptions options, HostRandom random)
    {
        var order = new int[logits.Length];
        var keys = new float[logits.Length];
        for (int i = 0; i < order.Length; ++i) (order[i], keys[i]) = (i, -logits[i]);
        Array.Sort(keys, order);
        if (options.Temperature <= 0) return order[0];
        int count = options.TopK > 0 ? Math.Min(options.TopK, order.Length) : order.Length;
        var weights = new double[count];
        double total = 0;
        for (int i = 0; i < count; ++i)
            total += weights[i] = Math.Exp((keys[0] - keys[i]) / options.Temperature);
        double draw = random.NextDouble() * total;
        for (int i = 0; i < count; ++i)
            if ((draw -= weights[i]) < 0) return order[i];
        return order[count - 1];
    }
}
