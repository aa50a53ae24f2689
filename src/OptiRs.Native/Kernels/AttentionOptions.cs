using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>Which columns a row attends to, before windows.</summary>
public enum AttentionMask
{
    /// <summary>All.</summary>
    None = 0,

    /// <summary>Column j of row i if j &lt;= i.</summary>
    CausalTopLeft = 1,

    /// <summary>Column j of row i if j &lt;= i + skv - sq, with the lengths of the batch: the last row sees everything.</summary>
    CausalBottomRight = 2,
}

/// <summary>What happens to the scores of <see cref="Kernels.Attention"/>.</summary>
public readonly ref struct AttentionOptions
{
    // One more than the property says, so that default(AttentionOptions) has no window.
    private readonly long _windowLeft, _windowRight;

    /// <summary>Factor of the scores; 1 / sqrt(d) is usual.</summary>
    public required double Scale { get; init; }

    /// <summary>Causal or not.</summary>
    public AttentionMask Mask { get; init; }

    /// <summary>A row attends to at most this many columns before its diagonal; below 0: to all.</summary>
    public long WindowLeft { get => _windowLeft - 1; init => _windowLeft = value + 1; }

    /// <summary>A row attends to at most this many columns after its diagonal; below 0: to all.</summary>
    public long WindowRight { get => _windowRight - 1; init => _windowRight = value + 1; }

    /// <summary>Above 0: scores become <c>cap tanh(score / cap)</c> before bias and ALiBi.</summary>
    public double SoftCap { get; init; }

    /// <summary>[batch or 1, heads or 1, sq, skv], added to the scores.</summary>
    public ReadOnlyKernelTensor Bias { get; init; }

    /// <summary>f32 [heads]: <c>score -= slope |i + skv - sq - j|</c>.</summary>
    public ReadOnlyKernelTensor AlibiSlopes { get; init; }

    /// <summary>s32 [batch]: rows behind are 0.</summary>
    public ReadOnlyKernelTensor QueryLengths { get; init; }

    /// <summary>s32 [batch]: columns behind are not attended to.</summary>
    public ReadOnlyKernelTensor KeyLengths { get; init; }

    /// <summary>Probability of dropping a probability, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Key of the generator, as in <see cref="Kernels.Dropout"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>First counter of the generator.</summary>
    public ulong Offset { get; init; }

    /// <summary>s32 [batch + 1]: the sequences of q, output and lse are packed, and start there. Left out: they are not packed.</summary>
    public ReadOnlyKernelTensor QueryStarts { get; init; }

    /// <summary>s32 [batch + 1]: the sequences of k and v are packed, and start there.</summary>
    public ReadOnlyKernelTensor KeyStarts { get; init; }

    /// <summary>
    /// s32 [batch, n]: k and v are paged, and the columns of a sequence are in these blocks of them, as many as its
    /// <see cref="KeyLengths"/> needs. Forward only.
    /// </summary>
    public ReadOnlyKernelTensor BlockTable { get; init; }

    /// <summary>f32 [1] or [heads], what the codes of an 8-bit q are multiplied by.</summary>
    public ReadOnlyKernelTensor QueryScale { get; init; }

    /// <summary>f32 [1] or [kvHeads], what the codes of an 8-bit k are multiplied by.</summary>
    public ReadOnlyKernelTensor KeyScale { get; init; }

    /// <summary>f32 [1] or [kvHeads], what the codes of an 8-bit v are multiplied by.</summary>
    public ReadOnlyKernelTensor ValueScale { get; init; }

    /// <summary>f32 [1] or [heads], what the codes of an 8-bit gradient of the output are multiplied by. Backward only.</summary>
    public ReadOnlyKernelTensor OutputGradientScale { get; init; }

    /// <summary>Parts that the columns of each row are divided into, which threads share out; 0: as shapes and lengths suggest. Forward only.</summary>
    public long KeySplits { get; init; }

    internal optirs_attention_args Forward => new()
    {
        scale = Scale, mask = (int)Mask, window_left = WindowLeft, window_right = WindowRight, soft_cap = SoftCap, dropout = Dropout,
        seed = Seed, offset = Offset, kv_splits = KeySplits,
    };

    internal optirs_attention_backward_args Backward => new()
    {
        scale = Scale, mask = (int)Mask, window_left = WindowLeft, window_right = WindowRight, soft_cap = SoftCap, dropout = Dropout,
        seed = Seed, offset = Offset,
    };
}
