using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>The sizes of a <see cref="GptModel"/>.</summary>
public sealed record GptConfig
{
    /// <summary>The number of transformer blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>The size of a token's vector.</summary>
    public required int Width { get; init; }

    /// <summary>The number of attention heads; divides <see cref="Width"/>.</summary>
    public required int Heads { get; init; }

    /// <summary>The number of tokens that a prediction may look back on.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The number of different tokens.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The dropout rate of embeddings and branches.</summary>
    public double Dropout { get; init; }
}

/// <summary>
/// A decoder-only transformer in the form of GPT-2 (Radford et al. 2019): token and learned position embeddings, pre-norm blocks,
/// a last norm, and a head of its own without bias. Weights start normal(0, 0.02), those that end a branch divided by √(2 layers).
/// </summary>
public sealed class GptModel : Module
{
    private readonly Embedding _tokens, _positions;
    private readonly TransformerBlock[] _blocks;
    private readonly LayerNorm _norm;
    private readonly Linear _head;
    private readonly Dropout _dropout;

    /// <summary>Creates the model.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or the heads do not divide the width.</exception>
    public GptModel(GptConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(config.Layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(config.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(config.ContextLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(config.VocabularySize, 1);
        Config = config;
        Initializer weight = Initializer.Normal(0.02), outWeight = Initializer.Normal(0.02 / Math.Sqrt(2.0 * config.Layers));
        _tokens = Register("token_embedding", new Embedding(config.VocabularySize, config.Width, weight));
        _positions = Register("position_embedding", new Embedding(config.ContextLength, config.Width, weight));
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(i =>
            Register($"blocks.{i}", new TransformerBlock(config.Width, config.Heads, config.Dropout, weight, outWeight)))];
        _norm = Register("norm", new LayerNorm(config.Width));
        _head = Register("head", new Linear(config.Width, config.VocabularySize, bias: false, weight));
        _dropout = new Dropout(config.Dropout);
    }

    /// <summary>The model's sizes.</summary>
    public GptConfig Config { get; }

    /// <summary>The vectors before the head: tokens s32[batch, context] to [batch, context, width].</summary>
    public Value Hidden(ForwardContext context, Value tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        long time = Config.ContextLength;
        if (tokens.Shape.Rank != 2 || tokens.Shape[1] != time)
            throw new ArgumentException($"GptModel: the tokens {tokens.Shape} must be [batch, {time}]");
        Value positions = Op.Reshape(_positions.Table(context), new Shape(1, time, Config.Width));
        Value x = _dropout.Forward(context, _tokens.Forward(context, tokens) + positions);
        foreach (TransformerBlock block in _blocks) x = block.Forward(context, x);
        return _norm.Forward(context, x);
    }

    /// <summary>The logits of the token after each position, at least f32: vectors [..., width] to [..., vocabulary].</summary>
    public Value Logits(ForwardContext context, Value hidden)
    {
        Value logits = _head.Forward(context, hidden);
        return logits.DType == DType.F64 ? logits : ForwardContext.ConvertTo(logits, DType.F32);
    }

    /// <summary>The cross entropy of every prediction in nats: windows s32[batch, context + 1] to [batch, context].</summary>
    public Value TokenLosses(ForwardContext context, Value windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        long batch = windows.Shape[0], time = Config.ContextLength;
        Value inputs = Op.Slice(windows, [0, 0], [batch, time]), targets = Op.Slice(windows, [0, 1], [batch, time + 1]);
        Value logits = Op.Reshape(Logits(context, Hidden(context, inputs)), new Shape(batch * time, Config.VocabularySize));
        Value losses = Op.CrossEntropyWithLogits(logits, Op.Reshape(targets, new Shape(batch * time)));
        return Op.Reshape(losses, new Shape(batch, time));
    }
}
