namespace OptiRs.Native.Interop;

/// <summary>Activations, rotary embedding, dropout and embedding; arithmetic is in f32.</summary>
internal static unsafe class PointwiseKernels
{
    public static void Gelu(
        in TensorView x, in TensorView output, bool tanh)
    {
        NativeTensor xTensor, outputTensor;
        fixed (byte* xData = x, outputData = output)
        {
            var args = new optirs_gelu_args
            {
                struct_size = (nuint)sizeof(optirs_gelu_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                approximation = tanh ? 1 : 0,
            };
            NativeError.ThrowIfFailed(optirs.optirs_gelu_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
    }

    public static void GeluBackward(
        in TensorView outputGradient, in TensorView x, in TensorView gradient, bool tanh)
    {
        NativeTensor outputGradientTensor, xTensor, gradientTensor;
        fixed (byte* outputGradientData = outputGradient, xData = x, gradientData = gradient)
        {
            var args = new optirs_gelu_backward_args
            {
                struct_size = (nuint)sizeof(optirs_gelu_backward_args),
                dout = outputGradient.Describe(outputGradientData, &outputGradientTensor),
                x = x.Describe(xData, &xTensor),
                dx = gradient.Describe(gradientData, &gradientTensor),
                approximation = tanh ? 1 : 0,
            };
            NativeError.ThrowIfFailed(optirs.optirs_gelu_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        x.KeepAlive();
        gradient.KeepAlive();
    }

    public static void SwiGlu(
        in TensorView x, in TensorView output)
    {
        NativeTensor xTensor, outputTensor;
        fixed (byte* xData = x, outputData = output)
        {
            var args = new optirs_swiglu_args
            {
                struct_size = (nuint)sizeof(optirs_swiglu_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_swiglu_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
    }

    public static void SwiGluBackward(
        in TensorView outputGradient, in TensorView x, in TensorView gradient)
    {
        NativeTensor outputGradientTensor, xTensor, gradientTensor;
        fixed (byte* outputGradientData = outputGradient, xData = x, gradientData = gradient)
        {
            var args = new optirs_swiglu_backward_args
            {
                struct_size = (nuint)sizeof(optirs_swiglu_backward_args),
                dout = outputGradient.Describe(outputGradientData, &outputGradientTensor),
                x = x.Describe(xData, &xTensor),
                dx = gradient.Describe(gradientData, &gradientTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_swiglu_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        x.KeepAlive();
        gradient.KeepAlive();
    }

    public static void RotaryEmbedding(
        in TensorView x, in TensorView cosine, in TensorView sine, in TensorView output, in TensorView positions,
        bool interleaved, bool inverse)
    {
        NativeTensor xTensor, cosineTensor, sineTensor, outputTensor, positionsTensor;
        fixed (byte* xData = x, cosineData = cosine, sineData = sine, outputData = output, positionsData = positions)
        {
            var args = new optirs_rope_args
            {
                struct_size = (nuint)sizeof(optirs_rope_args),
                x = x.Describe(xData, &xTensor),
                cosine = cosine.Describe(cosineData, &cosineTensor),
                sine = sine.Describe(sineData, &sineTensor),
                @out = output.Describe(outputData, &outputTensor),
                positions = positions.Describe(positionsData, &positionsTensor),
                interleaved = interleaved ? 1 : 0,
                inverse = inverse ? 1 : 0,
            };
            NativeError.ThrowIfFailed(optirs.optirs_rope_raw(null, &args));
        }

        x.KeepAlive();
        cosine.KeepAlive();
        sine.KeepAlive();
        output.KeepAlive();
        positions.KeepAlive();
    }

    public static void Dropout(
        in TensorView x, in TensorView output, double probability, ulong seed, ulong offset)
    {
        NativeTensor xTensor, outputTensor;
        fixed (byte* xData = x, outputData = output)
        {
            var args = new optirs_dropout_args
            {
                struct_size = (nuint)sizeof(optirs_dropout_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                probability = probability,
                seed = seed,
                offset = offset,
            };
            NativeError.ThrowIfFailed(optirs.optirs_dropout_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
    }

    public static void Embedding(
        in TensorView table, in TensorView indices, in TensorView output)
    {
        NativeTensor tableTensor, indicesTensor, outputTensor;
        fixed (byte* tableData = table, indicesData = indices, outputData = output)
        {
            var args = new optirs_embedding_args
            {
                struct_size = (nuint)sizeof(optirs_embedding_args),
                table = table.Describe(tableData, &tableTensor),
                indices = indices.Describe(indicesData, &indicesTensor),
                @out = output.Describe(outputData, &outputTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_embedding_raw(null, &args));
        }

        table.KeepAlive();
        indices.KeepAlive();
        output.KeepAlive();
    }

    public static void EmbeddingBackward(
        in TensorView outputGradient, in TensorView indices, in TensorView tableGradient)
    {
        NativeTensor outputGradientTensor, indicesTensor, tableGradientTensor;
        fixed (byte* outputGradientData = outputGradient, indicesData = indices, tableGradientData = tableGradient)
        {
            var args = new optirs_embedding_backward_args
            {
                struct_size = (nuint)sizeof(optirs_embedding_backward_args),
                dout = outputGradient.Describe(outputGradientData, &outputGradientTensor),
                indices = indices.Describe(indicesData, &indicesTensor),
                dtable = tableGradient.Describe(tableGradientData, &tableGradientTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_embedding_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        indices.KeepAlive();
        tableGradient.KeepAlive();
    }
}
