using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>
/// Multi-head attention of a sequence to its own past (Vaswani et al. 2017):
/// softmax(Q Kᵀ / √d + causal mask) V per head, then a linear layer over the joined heads. [batch, time, width] to the same.
/// </summary>
public sealed class CausalSelfAttention : Module
{
    private readonly Linear _qkv, _out;
    private readonly int _heads;

    /// <summary>Creates the layer; parts <c>qkv</c> (width to 3 width: queries, keys, values, each heads x head size) and <c>out</c>.</summary>
    /// <param name="width">The size of a token's vector.</param>
    /// <param name="heads">Divides the width.</param>
    /// <param name="weight">Start values of <c>qkv</c>.</param>
    /// <param name="outWeight">Start values of <c>out</c>.</param>
    public CausalSelfAttention(int width, int heads, Initializer? weight = null, Initializer? outWeight = null)
    {
        if (heads < 1 || width % heads != 0)
            throw new ArgumentException($"attention: {heads} heads do not divide a width of {width}");
        _qkv = Register("qkv", new Linear(width, 3L * width, weight: weight));
        _out = Register("out", new Linear(width, width, weight: outWeight));
        _heads = heads;
    }

    /// <summary>Applies the layer. Scores and softmax are f32 (or wider) whatever the compute type.</summary>
    public Value Forward(ForwardContext context, Value input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        long batch = input.Shape[0], time = input.Shape[1], width = input.Shape[2], size = width / _heads;
        Value qkv = _qkv.Forward(context, input);
        qkv = Op.Transpose(Op.Reshape(qkv, new Shape(batch, time, 3, _heads, size)), [2, 0, 3, 1, 4]);
        Value Part(long i) => Op.Reshape(
            Op.Slice(qkv, [i, 0, 0, 0, 0], [i + 1, batch, _heads, time, size]), new Shape(batch, _heads, time, size));
        Value query = Part(0), key = Part(1), value = Part(2);

        DType wide = context.ComputeType == DType.F64 ? DType.F64 : DType.F32;
        Value scores = ForwardContext.ConvertTo(Op.MatMul(query, Op.Transpose(key, [0, 1, 3, 2])), wide) * (1 / Math.Sqrt(size));
        Value row = Op.Iota(DType.S32, new Shape(time, time), 0), column = Op.Iota(DType.S32, new Shape(time, time), 1);
        Value past = Op.BroadcastInDim(Op.GreaterEqual(row, column), scores.Shape, [2, 3]);
        // Each row keeps its own token, so no row is all -inf.
        scores = Op.Select(past, scores, Op.Full(double.NegativeInfinity, wide, scores.Shape));
        Value mixed = Op.MatMul(context.ToComputeType(Op.Softmax(scores, -1)), value);
        Value joined = Op.Reshape(Op.Transpose(mixed, [0, 2, 1, 3]), new Shape(batch, time, width));
        return _out.Forward(context, joined);
    }
}
