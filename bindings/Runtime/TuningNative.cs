namespace OptiRs.Native.Interop;

/// <summary>Measuring: what has structs with a size, and an array of results.</summary>
internal static unsafe class TuningNative
{
    public static optirs_timing[] Matmul(StreamHandle stream, optirs_matmul_shape shape)
    {
        shape.struct_size = (nuint)sizeof(optirs_matmul_shape);
        var timings = new optirs_timing[optirs.OPTIRS_MAX_TIMINGS];
        optirs.optirs_tune_matmul(stream, &shape, timings, timings.Length, out long count);
        return timings[..(int)count];
    }

    public static optirs_timing[] Attention(StreamHandle stream, optirs_attention_shape shape)
    {
        shape.struct_size = (nuint)sizeof(optirs_attention_shape);
        var timings = new optirs_timing[optirs.OPTIRS_MAX_TIMINGS];
        optirs.optirs_tune_attention(stream, &shape, timings, timings.Length, out long count);
        return timings[..(int)count];
    }
}
