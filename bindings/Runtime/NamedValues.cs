using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>Client options as native named values, alive until disposed of; and attributes back to .NET.</summary>
internal sealed unsafe class NamedValues : IDisposable
{
    private readonly List<nint> _blocks = [];

    public NamedValues(IReadOnlyDictionary<string, object>? values)
    {
        try
        {
            Count = values?.Count ?? 0;
            if (values is null || Count == 0) return;
            Pointer = (optirs_pjrt_named_value*)Allocate((nuint)(Count * sizeof(optirs_pjrt_named_value)));
            int i = 0;
            foreach ((string name, object value) in values) Fill(ref Pointer[i++], name, value);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public optirs_pjrt_named_value* Pointer { get; }

    public int Count { get; }

    public void Dispose()
    {
        foreach (nint block in _blocks) NativeMemory.Free((void*)block);
        _blocks.Clear();
    }

    public static (string Name, object Value) Read(in optirs_pjrt_named_value value)
    {
        object read = value.kind switch
        {
            optirs.OPTIRS_PJRT_VALUE_STRING => NativeText.Read(value.string_value, value.value_size),
            optirs.OPTIRS_PJRT_VALUE_INT64 => value.int64_value,
            optirs.OPTIRS_PJRT_VALUE_INT64_LIST =>
                new ReadOnlySpan<long>(value.int64_list, checked((int)value.value_size)).ToArray(),
            optirs.OPTIRS_PJRT_VALUE_FLOAT => value.float_value,
            optirs.OPTIRS_PJRT_VALUE_BOOL => value.bool_value != 0,
            _ => throw new OptiRsException(
                ErrorCode.Internal, $"attribute of kind {value.kind.ToString(CultureInfo.InvariantCulture)}", "named value"),
        };
        return (NativeText.Read(value.name, value.name_size), read);
    }

    private void Fill(ref optirs_pjrt_named_value target, string name, object value)
    {
        target.name = Utf8(name, out target.name_size);
        target.value_size = 1;
        switch (value)
        {
            case string text:
                target.kind = optirs.OPTIRS_PJRT_VALUE_STRING;
                target.string_value = Utf8(text, out target.value_size);
                break;
            case bool flag:
                target.kind = optirs.OPTIRS_PJRT_VALUE_BOOL;
                target.bool_value = flag ? (byte)1 : (byte)0;
                break;
            case long or int or short or sbyte or byte or ushort or uint:
                target.kind = optirs.OPTIRS_PJRT_VALUE_INT64;
                target.int64_value = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                break;
            case float or double:
                target.kind = optirs.OPTIRS_PJRT_VALUE_FLOAT;
                target.float_value = Convert.ToSingle(value, CultureInfo.InvariantCulture);
                break;
            case IReadOnlyList<long> list:
                target.kind = optirs.OPTIRS_PJRT_VALUE_INT64_LIST;
                target.value_size = (ulong)list.Count;
                long* items = (long*)Allocate((nuint)(list.Count * sizeof(long)));
                for (int i = 0; i < list.Count; i++) items[i] = list[i];
                target.int64_list = items;
                break;
            default:
                throw new ArgumentException(
                    $"Option '{name}' has a value of type {value?.GetType().Name ?? "null"}; "
                    + "string, bool, an integer, float and a list of long are possible.");
        }
    }

    private byte* Utf8(string text, out ulong size)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        byte* copy = (byte*)Allocate((nuint)bytes);
        Encoding.UTF8.GetBytes(text, new Span<byte>(copy, bytes));
        size = (ulong)bytes;
        return copy;
    }

    private void* Allocate(nuint bytes)
    {
        void* block = NativeMemory.AllocZeroed(Math.Max(bytes, 1));
        _blocks.Add((nint)block);
        return block;
    }
}
