namespace OptiRs.Native.Interop;

/// <summary>Texts that the StableHLO reader makes.</summary>
internal static unsafe class StableHloNative
{
    public static string Print(ReadOnlySpan<byte> program)
    {
        optirs.optirs_stablehlo_print(program, (ulong)program.Length, out StablehloTextHandle text);
        using (text)
        {
            byte* data = optirs.optirs_stablehlo_text_data(text, out ulong size);
            return NativeText.Read(data, size);
        }
    }
}
