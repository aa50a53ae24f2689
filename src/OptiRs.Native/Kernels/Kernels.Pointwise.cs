using OptiRs.Native.Interop;
using static OptiRs.Native.Interop.optirs;

namespace OptiRs.Native;

/// <content>Activations, rotary embedding, dropout and embedding; arithmetic is in f32.</content>
public static partial class Kernels
{
    /// <summary><c>output = x Phi(x)</c>, with the normal distribution function Phi by the error function or by its tanh form.</summary>
    /// <param name="x">f32, bf16 or f16, any shape.</param>
    /// <param name="output">Receives the shape and type of x. May be x.</param>
    /// <param name="approximate">Whether Phi is computed by its tanh form, as by <c>Op.Gelu</c> and <see cref="MatmulEpilogue.Gelu"/>.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Gelu(
        ReadOnlyKernelTensor x, KernelTensor output, bool approximate = true, DeviceStream? stream = null) =>
        optirs_gelu(new optirs_gelu_args { approximation = approximate ? 1 : 0 }, stream?.Handle, x: x.View, @out: output.View);

    /// <summary>Gradient of <see cref="Gelu"/>.</summary>
    /// <param name="outputGradient">f32, bf16 or f16, any shape.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gradient">Receives the gradient of x. May be outputGradient.</param>
    /// <param name="approximate">As in the forward pass.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void GeluBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor x, KernelTensor gradient, bool approximate = true, DeviceStream? stream = null) =>
        optirs_gelu_backward(
            new optirs_gelu_backward_args { approximation = approximate ? 1 : 0 }, stream?.Handle, dout: outputGradient.View, x: x.View, dx: gradient.View);

    /// <summary><c>output = gate sigmoid(gate) value</c>.</summary>
    /// <param name="x">f32, bf16 or f16 [..., 2 n]: gate, then value.</param>
    /// <param name="output">Receives [..., n], of the type of x.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void SwiGlu(
        ReadOnlyKernelTensor x, KernelTensor output, DeviceStream? stream = null) =>
        optirs_swiglu(default, stream?.Handle, x: x.View, @out: output.View);

    /// <summary>Gradient of <see cref="SwiGlu"/>.</summary>
    /// <param name="outputGradient">f32, bf16 or f16 [..., n].</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gradient">Receives [..., 2 n].</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void SwiGluBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor x, KernelTensor gradient, DeviceStream? stream = null) =>
        optirs_swiglu_backward(default, stream?.Handle, dout: outputGradient.View, x: x.View, dx: gradient.View);

    /// <summary>Rotary position embedding (Su et al., 2021): a pair (a, b) becomes <c>(a cos - b sin, b cos + a sin)</c>.</summary>
    /// <param name="x">f32, bf16 or f16 [batch, sequence, heads, d], d even.</param>
    /// <param name="cosine">f32 [positions, d/2].</param>
    /// <param name="sine">f32 [positions, d/2].</param>
    /// <param name="output">Receives the shape and type of x. May be x.</param>
    /// <param name="positions">s32 or s64 [batch, sequence]; 0, 1, 2, ... if left out.</param>
    /// <param name="interleaved">Whether x[2i] pairs with x[2i+1], instead of x[i] with x[i + d/2].</param>
    /// <param name="inverse">Rotate back, which is the gradient.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void RotaryEmbedding(
        ReadOnlyKernelTensor x, ReadOnlyKernelTensor cosine, ReadOnlyKernelTensor sine, KernelTensor output,
        ReadOnlyKernelTensor positions = default, bool interleaved = false, bool inverse = false, DeviceStream? stream = null) =>
        optirs_rope(
            new optirs_rope_args { interleaved = interleaved ? 1 : 0, inverse = inverse ? 1 : 0 },
            stream?.Handle, x: x.View, cosine: cosine.View, sine: sine.View,
            positions: positions.View, @out: output.View);

    /// <summary><c>output = x / (1-p)</c> where a random number is at least p, else 0. The same call on the gradient is the backward pass.</summary>
    /// <param name="x">f32, bf16 or f16, any shape.</param>
    /// <param name="output">Receives the shape and type of x. May be x.</param>
    /// <param name="probability">p, of dropping an element, in [0, 1).</param>
    /// <param name="seed">Key of the generator, Philox4x32-10.</param>
    /// <param name="offset">First counter: advance it by ceil(elements / 4) between calls.</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Dropout(
        ReadOnlyKernelTensor x, KernelTensor output, double probability, ulong seed, ulong offset = 0, DeviceStream? stream = null) =>
        optirs_dropout(new optirs_dropout_args { probability = probability, seed = seed, offset = offset },
        stream?.Handle, x: x.View, @out: output.View);

    /// <summary><c>output[i] = table[indices[i]]</c>.</summary>
    /// <param name="table">f32, bf16 or f16 [classes, n].</param>
    /// <param name="indices">s32 or s64, any shape.</param>
    /// <param name="output">Receives the type of the table [indices..., n].</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void Embedding(
        ReadOnlyKernelTensor table, ReadOnlyKernelTensor indices, KernelTensor output, DeviceStream? stream = null) =>
        optirs_embedding(default, stream?.Handle, table: table.View, indices: indices.View, @out: output.View);

    /// <summary><c>tableGradient[k]</c> = sum of <c>outputGradient[i]</c> where <c>indices[i] = k</c>, added in the order of i.</summary>
    /// <param name="outputGradient">f32, bf16 or f16 [indices..., n].</param>
    /// <param name="indices">s32 or s64, any shape.</param>
    /// <param name="tableGradient">Receives f32 [classes, n].</param>
    /// <param name="stream">A stream of the tensors' device; null for host memory.</param>
    public static void EmbeddingBackward(
        ReadOnlyKernelTensor outputGradient, ReadOnlyKernelTensor indices, KernelTensor tableGradient, DeviceStream? stream = null) =>
        optirs_embedding_backward(default, stream?.Handle, dout: outputGradient.View, indices: indices.View, dtable: tableGradient.View);
}
