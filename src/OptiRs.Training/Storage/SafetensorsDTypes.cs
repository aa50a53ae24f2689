using OptiRs.Native;

namespace OptiRs.Training;

/// <summary>The dtype names of the safetensors format and the dtypes they stand for.</summary>
internal static class SafetensorsDTypes
{
    private static readonly (string Name, DType DType, int Bytes)[] Table =
    [
        ("BOOL", DType.Pred, 1), ("U8", DType.U8, 1), ("I8", DType.S8, 1),
        ("F8_E5M2", DType.F8E5M2, 1), ("F8_E4M3", DType.F8E4M3FN, 1),
        ("U16", DType.U16, 2), ("I16", DType.S16, 2), ("F16", DType.F16, 2), ("BF16", DType.BF16, 2),
        ("U32", DType.U32, 4), ("I32", DType.S32, 4), ("F32", DType.F32, 4),
        ("U64", DType.U64, 8), ("I64", DType.S64, 8), ("F64", DType.F64, 8), ("C64", DType.C64, 8),
    ];

    public static bool TryParse(string name, out DType dtype)
    {
        foreach (var row in Table)
            if (row.Name == name) { dtype = row.DType; return true; }
        dtype = default;
        return false;
    }

    public static string NameOf(DType dtype)
    {
        foreach (var row in Table)
            if (row.DType == dtype) return row.Name;
        throw new CheckpointException($"safetensors has no dtype for {dtype}; convert the tensor before saving it");
    }

    public static int BytesOf(DType dtype)
    {
        foreach (var row in Table)
            if (row.DType == dtype) return row.Bytes;
        throw new CheckpointException($"safetensors has no dtype for {dtype}; convert the tensor before saving it");
    }
}
