using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>The registry of backends.</summary>
internal static unsafe class BackendNative
{
    public static (string Name, int Score, string Reason) At(ulong index)
    {
        byte* text;
        optirs.optirs_backend_name_at(index, &text, out ulong size);
        var utf8 = new ReadOnlySpan<byte>(text, checked((int)size));
        optirs.optirs_backend_score(utf8, size, out int score);
        optirs.optirs_backend_reason(utf8, size, &text, out ulong reasonSize);
        return (Encoding.UTF8.GetString(utf8), score, NativeText.Read(text, reasonSize));
    }

    public static BackendHandle Load(string name)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        optirs.optirs_backend_load(utf8, (ulong)utf8.Length, out BackendHandle backend);
        return backend;
    }
}
