namespace OptiRs.Native.Interop;

/// <summary>Matrix products.</summary>
internal static unsafe class MatmulKernels
{
    public static void Run(
        optirs_matmul_args args, Span<byte> workspace, in TensorView a, in TensorView b, in TensorView output,
        in TensorView bias, in TensorView aux, in TensorView scaleA, in TensorView scaleB, in TensorView scaleOutput,
        in TensorView amaxOutput)
    {
        NativeTensor aTensor, bTensor, outputTensor, biasTensor, auxTensor, scaleATensor, scaleBTensor, scaleOutputTensor,
        amaxOutputTensor;
        fixed (byte* aData = a, bData = b, outputData = output, biasData = bias, auxData = aux, scaleAData = scaleA,
        scaleBData = scaleB, scaleOutputData = scaleOutput, amaxOutputData = amaxOutput, workspaceData = workspace)
        {
            args.struct_size = (nuint)sizeof(optirs_matmul_args);
            args.a = a.Describe(aData, &aTensor);
            args.b = b.Describe(bData, &bTensor);
            args.@out = output.Describe(outputData, &outputTensor);
            args.bias = bias.Describe(biasData, &biasTensor);
            args.aux = aux.Describe(auxData, &auxTensor);
            args.scale_a = scaleA.Describe(scaleAData, &scaleATensor);
            args.scale_b = scaleB.Describe(scaleBData, &scaleBTensor);
            args.scale_out = scaleOutput.Describe(scaleOutputData, &scaleOutputTensor);
            args.amax_out = amaxOutput.Describe(amaxOutputData, &amaxOutputTensor);
            args.workspace = workspaceData;
            args.workspace_size = (ulong)workspace.Length;
            NativeError.ThrowIfFailed(optirs.optirs_matmul_raw(null, &args));
        }

        a.KeepAlive();
        b.KeepAlive();
        output.KeepAlive();
        bias.KeepAlive();
        aux.KeepAlive();
        scaleA.KeepAlive();
        scaleB.KeepAlive();
        scaleOutput.KeepAlive();
        amaxOutput.KeepAlive();
    }

    public static long Workspace(
        optirs_matmul_args args, in TensorView a, in TensorView b, in TensorView output, in TensorView bias, in TensorView aux,
        in TensorView scaleA, in TensorView scaleB, in TensorView scaleOutput, in TensorView amaxOutput)
    {
        NativeTensor aTensor, bTensor, outputTensor, biasTensor, auxTensor, scaleATensor, scaleBTensor, scaleOutputTensor,
        amaxOutputTensor;
        ulong bytes;
        fixed (byte* aData = a, bData = b, outputData = output, biasData = bias, auxData = aux, scaleAData = scaleA,
        scaleBData = scaleB, scaleOutputData = scaleOutput, amaxOutputData = amaxOutput)
        {
            args.struct_size = (nuint)sizeof(optirs_matmul_args);
            args.a = a.Describe(aData, &aTensor);
            args.b = b.Describe(bData, &bTensor);
            args.@out = output.Describe(outputData, &outputTensor);
            args.bias = bias.Describe(biasData, &biasTensor);
            args.aux = aux.Describe(auxData, &auxTensor);
            args.scale_a = scaleA.Describe(scaleAData, &scaleATensor);
            args.scale_b = scaleB.Describe(scaleBData, &scaleBTensor);
            args.scale_out = scaleOutput.Describe(scaleOutputData, &scaleOutputTensor);
            args.amax_out = amaxOutput.Describe(amaxOutputData, &amaxOutputTensor);
            optirs.optirs_kernel_workspace(optirs.OPTIRS_KERNEL_MATMUL, &args, out bytes);
        }

        a.KeepAlive();
        b.KeepAlive();
        output.KeepAlive();
        bias.KeepAlive();
        aux.KeepAlive();
        scaleA.KeepAlive();
        scaleB.KeepAlive();
        scaleOutput.KeepAlive();
        amaxOutput.KeepAlive();
        return checked((long)bytes);
    }
}
