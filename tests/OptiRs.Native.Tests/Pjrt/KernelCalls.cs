using static OptiRs.Native.Tests.Pjrt.CallValue;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>At least one call of every kernel that programs can call; of those with defaults, one that leaves them.</summary>
internal static class KernelCalls
{
    private const int WorkspaceBytes = 1 << 20;

    public static KernelCall[] All { get; } =
    [
        .. Attention(), .. Norms(), .. Pointwise(), .. Quantization(), .. Products(), .. KernelStepCalls.All(),
    ];

    private static KernelCall[] Attention()
    {
        CallValue q = Numbers(1, 2, 5, 4, 8), k = Numbers(2, 2, 7, 2, 8), v = Numbers(3, 2, 7, 2, 8), lse = Squares(4, 2, 4, 5);
        return
        [
            new("attention", [("q", q), ("k", k), ("v", v)], [("out", q), ("lse", lse)],
                t => Kernels.Attention(t.In("q"), t.In("k"), t.In("v"), t.Out("out"), new AttentionOptions { Scale = 0.5 }, t.Out("lse")), "scale = 0.5 : f64"),
            new("attention_backward", [("dout", Numbers(5, 2, 5, 4, 8)), ("q", q), ("k", k), ("v", v), ("out", q), ("lse", lse)],
                [("dq", q), ("dk", k), ("dv", v)],
                t => Kernels.AttentionBackward(
                    t.In("dout"), t.In("q"), t.In("k"), t.In("v"), t.In("out"), t.In("lse"), t.Out("dq"), t.Out("dk"), t.Out("dv"),
                    new AttentionOptions { Scale = 0.5, Mask = AttentionMask.CausalTopLeft }),
                "scale = 0.5 : f64, mask = 1 : i64"),
        ];
    }

    private static KernelCall[] Norms()
    {
        CallValue x = Numbers(1, 6, 40), dout = Numbers(2, 6, 40), gamma = Numbers(3, 40), beta = Numbers(4, 40), row = Squares(5, 6);
        CallValue targets = Of([3, 39, -100, 0, 7, 7], 6), ignored = Of([3L, 39, 5, 0, 7, 7], 6), scale = Of([0.25f], 1);
        return
        [
            new("layer_norm", [("x", x), ("gamma", gamma), ("beta", beta)], [("out", x), ("mean", row), ("rstd", row)],
                t => Kernels.LayerNorm(t.In("x"), t.Out("out"), t.In("gamma"), t.In("beta"), mean: t.Out("mean"), rstd: t.Out("rstd"))),
            new("layer_norm_backward", [("dout", dout), ("x", x), ("gamma", gamma), ("mean", row), ("rstd", row)],
                [("dx", x), ("dgamma", gamma), ("dbeta", gamma)],
                t => Kernels.LayerNormBackward(
                    t.In("dout"), t.In("x"), t.In("gamma"), t.In("mean"), t.In("rstd"), t.Out("dx"), t.Out("dgamma"), t.Out("dbeta"))),
            new("rms_norm", [("x", x), ("gamma", gamma)], [("out", x), ("rstd", row)],
                t => Kernels.RmsNorm(t.In("x"), t.Out("out"), t.In("gamma"), rstd: t.Out("rstd"))),
            new("rms_norm_backward", [("dout", dout), ("x", x), ("gamma", gamma), ("rstd", row)], [("dx", x), ("dgamma", gamma)],
                t => Kernels.RmsNormBackward(t.In("dout"), t.In("x"), t.In("gamma"), t.In("rstd"), t.Out("dx"), t.Out("dgamma"))),
            new("softmax", [("x", x)], [("out", x)], t => Kernels.Softmax(t.In("x"), t.Out("out"))),
            new("softmax", [("x", x)], [("out", x)], t => Kernels.Softmax(t.In("x"), t.Out("out"), 0.25), "scale = 0.25 : f64"),
            new("softmax_backward", [("dout", dout), ("out", x)], [("dx", x)], t => Kernels.SoftmaxBackward(t.In("dout"), t.In("out"), t.Out("dx"))),
            new("softmax_backward", [("dout", dout), ("out", x)], [("dx", x)], t => Kernels.SoftmaxBackward(t.In("dout"), t.In("out"), t.Out("dx"), 0.25),
                "scale = 0.25 : f64"),
            new("cross_entropy", [("logits", x), ("targets", targets), ("grad_scale", scale)], [("loss", row), ("dlogits", x)],
                t => Kernels.CrossEntropy(t.In("logits"), t.In("targets"), t.Out("loss"), t.Out("dlogits"), t.In("grad_scale"))),
            new("cross_entropy", [("logits", x), ("targets", ignored)], [("loss", row)],
                t => Kernels.CrossEntropy(t.In("logits"), t.In("targets"), t.Out("loss"), labelSmoothing: 0.125, ignoreIndex: 7),
                "label_smoothing = 0.125 : f64, ignore_index = 7 : i64"),
        ];
    }

    private static KernelCall[] Pointwise()
    {
        CallValue x = Numbers(1, 3, 40), dout = Numbers(2, 3, 40), half = Numbers(3, 3, 20), heads = Numbers(4, 2, 3, 2, 8);
        CallValue cosine = Numbers(5, 6, 4), sine = Numbers(6, 6, 4), positions = Of([5L, 0, 3, 1, 1, 2], 2, 3), indices = Of([4, 0, 4, 2], 2, 2);
        return
        [
            new("gelu", [("x", x)], [("out", x)], t => Kernels.Gelu(t.In("x"), t.Out("out"))),
            new("gelu", [("x", x)], [("out", x)], t => Kernels.Gelu(t.In("x"), t.Out("out"), approximate: false), "approximation = 0 : i32"),
            new("gelu_backward", [("dout", dout), ("x", x)], [("dx", x)], t => Kernels.GeluBackward(t.In("dout"), t.In("x"), t.Out("dx"))),
            new("gelu_backward", [("dout", dout), ("x", x)], [("dx", x)],
                t => Kernels.GeluBackward(t.In("dout"), t.In("x"), t.Out("dx"), approximate: false), "approximation = 0 : i32"),
            new("swiglu", [("x", x)], [("out", half)], t => Kernels.SwiGlu(t.In("x"), t.Out("out"))),
            new("swiglu_backward", [("dout", half), ("x", x)], [("dx", x)], t => Kernels.SwiGluBackward(t.In("dout"), t.In("x"), t.Out("dx"))),
            new("rope", [("x", heads), ("cosine", cosine), ("sine", sine)], [("out", heads)],
                t => Kernels.RotaryEmbedding(t.In("x"), t.In("cosine"), t.In("sine"), t.Out("out"))),
            new("rope", [("x", heads), ("cosine", cosine), ("sine", sine), ("positions", positions)], [("out", heads)],
                t => Kernels.RotaryEmbedding(t.In("x"), t.In("cosine"), t.In("sine"), t.Out("out"), t.In("positions"), interleaved: true, inverse: true),
                "interleaved = true, inverse = true"),
            new("dropout", [("x", x), ("seed", Of([77L])), ("offset", Of([5L]))], [("out", x)],
                t => Kernels.Dropout(t.In("x"), t.Out("out"), 0.25, 77, 5), "probability = 0.25 : f64"),
            new("dropout", [("x", x)], [("out", x)], t => Kernels.Dropout(t.In("x"), t.Out("out"), 0.5, 78), "probability = 0.5 : f64, seed = 78 : i64"),
            new("embedding", [("table", x), ("indices", Of([2L, 0, 2], 3))], [("out", x)], t => Kernels.Embedding(t.In("table"), t.In("indices"), t.Out("out"))),
            new("embedding_backward", [("dout", Numbers(7, 2, 2, 8)), ("indices", indices)], [("dtable", Numbers(8, 5, 8))],
                t => Kernels.EmbeddingBackward(t.In("dout"), t.In("indices"), t.Out("dtable"))),
        ];
    }

    private static KernelCall[] Quantization()
    {
        CallValue x = Numbers(1, 6, 40), codes = Codes(2, 6, 40), scale = Of([8f], 1), one = Zeros<float>(1);
        CallValue history = Squares(3, 4, 3), scales = Squares(4, 3), blocks = Squares(5, 3, 2);
        return
        [
            new("amax", [("x", x)], [("amax", one)], t => Kernels.Amax(t.In("x"), t.Out("amax"))),
            new("quantize", [("x", x), ("scale", scale)], [("out", codes), ("amax", one)],
                t => Kernels.Quantize(t.In("x"), t.Out("out"), t.In("scale"), t.Out("amax"))),
            new("dequantize", [("x", codes), ("scale_inv", scale)], [("out", x)], t => Kernels.Dequantize(t.In("x"), t.Out("out"), t.In("scale_inv"))),
            new("cast_transpose", [("x", x), ("scale", scale)],
                [("out", codes), ("out_transposed", Zeros<Float8E4M3>(40, 6)), ("amax", one), ("dbias", Zeros<float>(40))],
                t => Kernels.CastTranspose(t.In("x"), t.Out("out_transposed"), t.Out("out"), t.In("scale"), t.Out("amax"), t.Out("dbias"))),
            new("cast_transpose", [("x", x), ("scale", scale), ("aux", x)], [("out", codes), ("out_transposed", Zeros<Float8E4M3>(40, 6))],
                t => Kernels.CastTranspose(
                    t.In("x"), t.Out("out_transposed"), t.Out("out"), t.In("scale"), activation: CastActivation.GeluBackward, aux: t.In("aux")),
                "activation = 2 : i32"),
            new("quantize_blocks", [("x", x)], [("out", codes), ("scale_inv", blocks)],
                t => Kernels.QuantizeBlocks(t.In("x"), t.Out("out"), t.Out("scale_inv"), 2, 32), "block_rows = 2 : i64, block_columns = 32 : i64"),
            new("dequantize_blocks", [("x", codes), ("scale_inv", blocks)], [("out", x)],
                t => Kernels.DequantizeBlocks(t.In("x"), t.In("scale_inv"), t.Out("out"), 2, 32), "block_rows = 2 : i64, block_columns = 32 : i64"),
            new("delayed_scaling", [("amax_history", history), ("scale", scales)], [("amax_history", history), ("scale", scales), ("scale_inv", scales)],
                t => Kernels.DelayedScaling(t.Out("amax_history"), t.Out("scale"), 448, t.Out("scale_inv")), "fp8_max = 448 : i64"),
            new("delayed_scaling", [("amax_history", history), ("scale", scales)], [("amax_history", history), ("scale", scales)],
                t => Kernels.DelayedScaling(t.Out("amax_history"), t.Out("scale"), 57344, margin: 1, mostRecent: true),
                "fp8_max = 57344.0 : f64, margin = 1.0 : f64, algorithm = 1 : i32"),
        ];
    }

    private static KernelCall[] Products()
    {
        CallValue a = Numbers(1, 6, 64), b = Numbers(2, 64, 5), codesA = Codes(3, 6, 64), codesB = Codes(4, 5, 64), product = Zeros<float>(6, 5);
        CallValue scalesA = Powers(6, 2), scalesB = Powers(5, 2);
        return
        [
            new("matmul", [("a", a), ("b", b)], [("out", product)], t => Kernels.Matmul(t.In("a"), t.In("b"), t.Out("out"), new MatmulOptions(), new byte[WorkspaceBytes])),
            new("grouped_matmul", [("a", a), ("b", Numbers(5, 2, 64, 5)), ("group_sizes", Of([4, 2], 2))], [("out", product)],
                t => Kernels.GroupedMatmul(
                    t.In("a"), t.In("b"), t.In("group_sizes"), t.Out("out"), new GroupedMatmulOptions { Alpha = 0.5 }, new byte[WorkspaceBytes]),
                "alpha = 0.5 : f64"),
            new("quantize_mx", [("x", a)], [("out", codesA), ("scales", scalesA)],
                t => Kernels.QuantizeMicroscaled(t.In("x"), t.Out("out"), t.Out("scales"))),
            new("dequantize_mx", [("x", codesA), ("scales", scalesA)], [("out", a)], t => Kernels.DequantizeMicroscaled(t.In("x"), t.In("scales"), t.Out("out"))),
            new("matmul_mx", [("a", codesA), ("a_scales", scalesA), ("b", codesB), ("b_scales", scalesB)], [("out", product)],
                t => Kernels.MatmulMicroscaled(
                    t.In("a"), t.In("a_scales"), t.In("b"), t.In("b_scales"), t.Out("out"), new byte[WorkspaceBytes])),
        ];
    }

    // From 1/4 to 4, as scales of blocks.
    private static CallValue Powers(params long[] shape)
    {
        CallValue value = Zeros<Float8E8M0>(shape);
        var elements = (Float8E8M0[])value.Elements;
        for (int i = 0; i < elements.Length; i++) elements[i] = Float8E8M0.FromExponent((i * 3 % 5) - 2);
        return value;
    }
}
