using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>The two-layer network of a transformer block: down(GELU(up(x))), GELU in its tanh form.</summary>
public sealed class Mlp : Module
{
    private readonly Linear _up, _down;

    /// <summary>Creates the layer; parts <c>up</c> (width to hidden) and <c>down</c> (hidden to width).</summary>
    public Mlp(int width, int hidden, Initializer? weight = null, Initializer? downWeight = null)
    {
        _up = Register("up", new Linear(width, hidden, weight: weight));
        _down = Register("down", new Linear(hidden, width, weight: downWeight));
    }

    /// <summary>Applies the layer: [..., width] to the same.</summary>
    public Value Forward(ForwardContext context, Value input) =>
        _down.Forward(context, Op.Gelu(_up.Forward(context, input)));
}

/// <summary>
/// A pre-norm transformer block: x += attention(norm1(x)); x += mlp(norm2(x)), with dropout on both branches.
/// The sum stays in the input's precision, whatever the branches compute in.
/// </summary>
public sealed class TransformerBlock : Module
{
    private readonly LayerNorm _norm1, _norm2;
    private readonly CausalSelfAttention _attention;
    private readonly Mlp _mlp;
    private readonly Dropout _dropout;

    /// <summary>Creates the block; parts <c>norm1</c>, <c>attention</c>, <c>norm2</c>, <c>mlp</c> (hidden size 4 width).</summary>
    /// <param name="width">The size of a token's vector.</param>
    /// <param name="heads">The number of attention heads; divides the width.</param>
    /// <param name="dropout">The dropout rate of both branches.</param>
    /// <param name="weight">Start values of the branches' first layers.</param>
    /// <param name="outWeight">Start values of the layers that end a branch.</param>
    public TransformerBlock(int width, int heads, double dropout = 0, Initializer? weight = null, Initializer? outWeight = null)
    {
        _norm1 = Register("norm1", new LayerNorm(width));
        _attention = Register("attention", new CausalSelfAttention(width, heads, weight, outWeight));
        _norm2 = Register("norm2", new LayerNorm(width));
        _mlp = Register("mlp", new Mlp(width, 4 * width, weight, outWeight));
        _dropout = new Dropout(dropout);
    }

    /// <summary>Applies the block: [batch, time, width] to the same.</summary>
    public Value Forward(ForwardContext context, Value input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Value Branch(Value branch) => ForwardContext.ConvertTo(_dropout.Forward(context, branch), input.DType);
        Value x = input + Branch(_attention.Forward(context, _norm1.Forward(context, input)));
        return x + Branch(_mlp.Forward(context, _norm2.Forward(context, x)));
    }
}
