using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>Borrowed UTF-8 to strings, at once: nobody keeps a pointer to borrowed text.</summary>
internal static unsafe class NativeText
{
    public static string Read(byte* text, ulong size) =>
        text == null || size == 0 ? "" : Encoding.UTF8.GetString(new ReadOnlySpan<byte>(text, checked((int)size)));

    /// <summary>What the functions that have no object say: version of the library, names of codes, dtypes, kinds.</summary>
    public static string LibraryVersion()
    {
        byte* text = optirs.optirs_version(out ulong size);
        return Read(text, size);
    }

    public static string StatusName(int code)
    {
        byte* text = optirs.optirs_status_name(code, out ulong size);
        return Read(text, size);
    }

    public static string DTypeName(int dtype)
    {
        byte* text = optirs.optirs_dtype_name(dtype, out ulong size);
        return Read(text, size);
    }

    public static string ObjectKindName(int kind)
    {
        byte* text = optirs.optirs_object_kind_name(kind, out ulong size);
        return Read(text, size);
    }
}
