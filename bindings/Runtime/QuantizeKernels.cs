namespace OptiRs.Native.Interop;

/// <summary>Casts to 8-bit floats and back, and the upkeep of their scales.</summary>
internal static unsafe class QuantizeKernels
{
    public static void Amax(
        in TensorView x, in TensorView amax)
    {
        NativeTensor xTensor, amaxTensor;
        fixed (byte* xData = x, amaxData = amax)
        {
            var args = new optirs_amax_args
            {
                struct_size = (nuint)sizeof(optirs_amax_args),
                x = x.Describe(xData, &xTensor),
                amax = amax.Describe(amaxData, &amaxTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_amax_raw(null, &args));
        }

        x.KeepAlive();
        amax.KeepAlive();
    }

    public static void Quantize(
        in TensorView x, in TensorView output, in TensorView scale, in TensorView amax)
    {
        NativeTensor xTensor, outputTensor, scaleTensor, amaxTensor;
        fixed (byte* xData = x, outputData = output, scaleData = scale, amaxData = amax)
        {
            var args = new optirs_quantize_args
            {
                struct_size = (nuint)sizeof(optirs_quantize_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                scale = scale.Describe(scaleData, &scaleTensor),
                amax = amax.Describe(amaxData, &amaxTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_quantize_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
        scale.KeepAlive();
        amax.KeepAlive();
    }

    public static void Dequantize(
        in TensorView x, in TensorView output, in TensorView scaleInverse)
    {
        NativeTensor xTensor, outputTensor, scaleInverseTensor;
        fixed (byte* xData = x, outputData = output, scaleInverseData = scaleInverse)
        {
            var args = new optirs_dequantize_args
            {
                struct_size = (nuint)sizeof(optirs_dequantize_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                scale_inv = scaleInverse.Describe(scaleInverseData, &scaleInverseTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_dequantize_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
        scaleInverse.KeepAlive();
    }

    public static void CastTranspose(
        in TensorView x, in TensorView transposed, in TensorView output, in TensorView scale, in TensorView amax,
        in TensorView biasGradient)
    {
        NativeTensor xTensor, transposedTensor, outputTensor, scaleTensor, amaxTensor, biasGradientTensor;
        fixed (byte* xData = x, transposedData = transposed, outputData = output, scaleData = scale, amaxData = amax,
        biasGradientData = biasGradient)
        {
            var args = new optirs_cast_transpose_args
            {
                struct_size = (nuint)sizeof(optirs_cast_transpose_args),
                x = x.Describe(xData, &xTensor),
                out_transposed = transposed.Describe(transposedData, &transposedTensor),
                @out = output.Describe(outputData, &outputTensor),
                scale = scale.Describe(scaleData, &scaleTensor),
                amax = amax.Describe(amaxData, &amaxTensor),
                dbias = biasGradient.Describe(biasGradientData, &biasGradientTensor),
            };
            NativeError.ThrowIfFailed(optirs.optirs_cast_transpose_raw(null, &args));
        }

        x.KeepAlive();
        transposed.KeepAlive();
        output.KeepAlive();
        scale.KeepAlive();
        amax.KeepAlive();
        biasGradient.KeepAlive();
    }

    public static void QuantizeBlocks(
        in TensorView x, in TensorView output, in TensorView scaleInverse, long blockRows, long blockColumns, bool powerOfTwo)
    {
        NativeTensor xTensor, outputTensor, scaleInverseTensor;
        fixed (byte* xData = x, outputData = output, scaleInverseData = scaleInverse)
        {
            var args = new optirs_quantize_blocks_args
            {
                struct_size = (nuint)sizeof(optirs_quantize_blocks_args),
                x = x.Describe(xData, &xTensor),
                @out = output.Describe(outputData, &outputTensor),
                scale_inv = scaleInverse.Describe(scaleInverseData, &scaleInverseTensor),
                block_rows = blockRows,
                block_columns = blockColumns,
                power_of_two = powerOfTwo ? 1 : 0,
            };
            NativeError.ThrowIfFailed(optirs.optirs_quantize_blocks_raw(null, &args));
        }

        x.KeepAlive();
        output.KeepAlive();
        scaleInverse.KeepAlive();
    }

    public static void DequantizeBlocks(
        in TensorView x, in TensorView scaleInverse, in TensorView output, long blockRows, long blockColumns)
    {
        NativeTensor xTensor, scaleInverseTensor, outputTensor;
        fixed (byte* xData = x, scaleInverseData = scaleInverse, outputData = output)
        {
            var args = new optirs_dequantize_blocks_args
            {
                struct_size = (nuint)sizeof(optirs_dequantize_blocks_args),
                x = x.Describe(xData, &xTensor),
                scale_inv = scaleInverse.Describe(scaleInverseData, &scaleInverseTensor),
                @out = output.Describe(outputData, &outputTensor),
                block_rows = blockRows,
                block_columns = blockColumns,
            };
            NativeError.ThrowIfFailed(optirs.optirs_dequantize_blocks_raw(null, &args));
        }

        x.KeepAlive();
        scaleInverse.KeepAlive();
        output.KeepAlive();
    }

    public static void DelayedScaling(
        in TensorView amaxHistory, in TensorView scale, double fp8Max, in TensorView scaleInverse, double margin, bool mostRecent)
    {
        NativeTensor amaxHistoryTensor, scaleTensor, scaleInverseTensor;
        fixed (byte* amaxHistoryData = amaxHistory, scaleData = scale, scaleInverseData = scaleInverse)
        {
            var args = new optirs_delayed_scaling_args
            {
                struct_size = (nuint)sizeof(optirs_delayed_scaling_args),
                amax_history = amaxHistory.Describe(amaxHistoryData, &amaxHistoryTensor),
                scale = scale.Describe(scaleData, &scaleTensor),
                scale_inv = scaleInverse.Describe(scaleInverseData, &scaleInverseTensor),
                fp8_max = fp8Max,
                margin = margin,
                algorithm = mostRecent ? 1 : 0,
            };
            NativeError.ThrowIfFailed(optirs.optirs_delayed_scaling_raw(null, &args));
        }

        amaxHistory.KeepAlive();
        scale.KeepAlive();
        scaleInverse.KeepAlive();
    }
}
