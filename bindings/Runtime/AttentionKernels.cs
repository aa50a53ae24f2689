namespace OptiRs.Native.Interop;

/// <summary>Attention.</summary>
internal static unsafe class AttentionKernels
{
    public static void Forward(
        optirs_attention_args args, in TensorView q, in TensorView k, in TensorView v, in TensorView output, in TensorView lse,
        in TensorView bias, in TensorView alibiSlopes, in TensorView queryLengths, in TensorView keyLengths)
    {
        NativeTensor qTensor, kTensor, vTensor, outputTensor, lseTensor, biasTensor, alibiSlopesTensor, queryLengthsTensor,
        keyLengthsTensor;
        fixed (byte* qData = q, kData = k, vData = v, outputData = output, lseData = lse, biasData = bias,
        alibiSlopesData = alibiSlopes, queryLengthsData = queryLengths, keyLengthsData = keyLengths)
        {
            args.struct_size = (nuint)sizeof(optirs_attention_args);
            args.q = q.Describe(qData, &qTensor);
            args.k = k.Describe(kData, &kTensor);
            args.v = v.Describe(vData, &vTensor);
            args.@out = output.Describe(outputData, &outputTensor);
            args.lse = lse.Describe(lseData, &lseTensor);
            args.bias = bias.Describe(biasData, &biasTensor);
            args.alibi_slopes = alibiSlopes.Describe(alibiSlopesData, &alibiSlopesTensor);
            args.q_lengths = queryLengths.Describe(queryLengthsData, &queryLengthsTensor);
            args.kv_lengths = keyLengths.Describe(keyLengthsData, &keyLengthsTensor);
            NativeError.ThrowIfFailed(optirs.optirs_attention_raw(null, &args));
        }

        q.KeepAlive();
        k.KeepAlive();
        v.KeepAlive();
        output.KeepAlive();
        lse.KeepAlive();
        bias.KeepAlive();
        alibiSlopes.KeepAlive();
        queryLengths.KeepAlive();
        keyLengths.KeepAlive();
    }

    public static void Backward(
        optirs_attention_backward_args args, in TensorView outputGradient, in TensorView q, in TensorView k, in TensorView v,
        in TensorView output, in TensorView lse, in TensorView queryGradient, in TensorView keyGradient,
        in TensorView valueGradient, in TensorView bias, in TensorView alibiSlopes, in TensorView queryLengths,
        in TensorView keyLengths)
    {
        NativeTensor outputGradientTensor, qTensor, kTensor, vTensor, outputTensor, lseTensor, queryGradientTensor,
        keyGradientTensor, valueGradientTensor, biasTensor, alibiSlopesTensor, queryLengthsTensor, keyLengthsTensor;
        fixed (byte* outputGradientData = outputGradient, qData = q, kData = k, vData = v, outputData = output, lseData = lse,
        queryGradientData = queryGradient, keyGradientData = keyGradient, valueGradientData = valueGradient, biasData = bias,
        alibiSlopesData = alibiSlopes, queryLengthsData = queryLengths, keyLengthsData = keyLengths)
        {
            args.struct_size = (nuint)sizeof(optirs_attention_backward_args);
            args.dout = outputGradient.Describe(outputGradientData, &outputGradientTensor);
            args.q = q.Describe(qData, &qTensor);
            args.k = k.Describe(kData, &kTensor);
            args.v = v.Describe(vData, &vTensor);
            args.@out = output.Describe(outputData, &outputTensor);
            args.lse = lse.Describe(lseData, &lseTensor);
            args.dq = queryGradient.Describe(queryGradientData, &queryGradientTensor);
            args.dk = keyGradient.Describe(keyGradientData, &keyGradientTensor);
            args.dv = valueGradient.Describe(valueGradientData, &valueGradientTensor);
            args.bias = bias.Describe(biasData, &biasTensor);
            args.alibi_slopes = alibiSlopes.Describe(alibiSlopesData, &alibiSlopesTensor);
            args.q_lengths = queryLengths.Describe(queryLengthsData, &queryLengthsTensor);
            args.kv_lengths = keyLengths.Describe(keyLengthsData, &keyLengthsTensor);
            NativeError.ThrowIfFailed(optirs.optirs_attention_backward_raw(null, &args));
        }

        outputGradient.KeepAlive();
        q.KeepAlive();
        k.KeepAlive();
        v.KeepAlive();
        output.KeepAlive();
        lse.KeepAlive();
        queryGradient.KeepAlive();
        keyGradient.KeepAlive();
        valueGradient.KeepAlive();
        bias.KeepAlive();
        alibiSlopes.KeepAlive();
        queryLengths.KeepAlive();
        keyLengths.KeepAlive();
    }
}
