using System.Runtime.InteropServices;

namespace OptiRs.Native.Interop;

/// <summary>The layout of the public structs as the library was compiled, in the form of <see cref="Layout"/>.</summary>
internal static unsafe class LayoutNative
{
    public static IReadOnlyList<(string Type, string Field, ulong Offset, ulong Size)> Rows()
    {
        optirs_layout_row* row;
        ulong count = optirs.optirs_abi_layout(&row);
        var rows = new List<(string, string, ulong, ulong)>();
        for (ulong i = 0; i < count; i++)
            rows.Add((
                Marshal.PtrToStringUTF8((nint)row[i].type_name)!, Marshal.PtrToStringUTF8((nint)row[i].field_name)!,
                row[i].offset, row[i].size));
        return rows;
    }
}
