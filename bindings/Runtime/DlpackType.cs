namespace OptiRs.Native.Interop;

/// <summary>Element types as DLPack writes them.</summary>
internal static class DlpackType
{
    /// <param name="dtype">An OPTIRS_DTYPE_* constant.</param>
    /// <exception cref="NotSupportedException">DLPack has no such type of whole bytes.</exception>
    public static optirs_dl_data_type Of(int dtype) => dtype switch
    {
        optirs.OPTIRS_DTYPE_F32 => Make(optirs.OPTIRS_DL_FLOAT, 32),
        optirs.OPTIRS_DTYPE_BF16 => Make(optirs.OPTIRS_DL_BFLOAT, 16),
        optirs.OPTIRS_DTYPE_F16 => Make(optirs.OPTIRS_DL_FLOAT, 16),
        optirs.OPTIRS_DTYPE_F64 => Make(optirs.OPTIRS_DL_FLOAT, 64),
        optirs.OPTIRS_DTYPE_F8E4M3FN => Make(optirs.OPTIRS_DL_F8E4M3FN, 8),
        optirs.OPTIRS_DTYPE_F8E5M2 => Make(optirs.OPTIRS_DL_F8E5M2, 8),
        optirs.OPTIRS_DTYPE_F8E8M0FNU => Make(optirs.OPTIRS_DL_F8E8M0FNU, 8),
        optirs.OPTIRS_DTYPE_S8 => Make(optirs.OPTIRS_DL_INT, 8),
        optirs.OPTIRS_DTYPE_S16 => Make(optirs.OPTIRS_DL_INT, 16),
        optirs.OPTIRS_DTYPE_S32 => Make(optirs.OPTIRS_DL_INT, 32),
        optirs.OPTIRS_DTYPE_S64 => Make(optirs.OPTIRS_DL_INT, 64),
        optirs.OPTIRS_DTYPE_U8 => Make(optirs.OPTIRS_DL_UINT, 8),
        optirs.OPTIRS_DTYPE_U16 => Make(optirs.OPTIRS_DL_UINT, 16),
        optirs.OPTIRS_DTYPE_U32 => Make(optirs.OPTIRS_DL_UINT, 32),
        optirs.OPTIRS_DTYPE_U64 => Make(optirs.OPTIRS_DL_UINT, 64),
        optirs.OPTIRS_DTYPE_PRED => Make(optirs.OPTIRS_DL_BOOL, 8),
        _ => throw new NotSupportedException($"Kernels take no tensors of element type {dtype}."),
    };

    private static optirs_dl_data_type Make(int code, byte bits) => new() { code = (byte)code, bits = bits, lanes = 1 };
}
