using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>The key-value store that the processes of a client share, as managed code has it.</summary>
internal interface INativeStore
{
    void Put(string key, ReadOnlySpan<byte> value);

    /// <summary>Null where there is no such value after the wait.</summary>
    byte[]? Get(string key, TimeSpan timeout);
}

/// <summary>A client whose plugin asks a managed store. The store is rooted until the plugin's client is gone.</summary>
internal static unsafe class PjrtStore
{
    public static PjrtClientHandle CreateClient(
        PjrtPluginHandle plugin, IReadOnlyDictionary<string, object>? options, INativeStore store)
    {
        using var values = new NamedValues(options);
        var root = new GCHandle<INativeStore>(store);
        try
        {
            optirs.optirs_pjrt_client_create_with_store(
                plugin, new ReadOnlySpan<optirs_pjrt_named_value>(values.Pointer, values.Count), values.Count, &OnPut, &OnGet,
                &OnReleased, (void*)GCHandle<INativeStore>.ToIntPtr(root), out PjrtClientHandle client);
            client.Retain(plugin);
            return client;
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnReleased(void* context) => GCHandle<INativeStore>.FromIntPtr((nint)context).Dispose();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnPut(
        byte* key, ulong keySize, byte* value, ulong valueSize, optirs_pjrt_value_sink* sink, void* context)
    {
        try
        {
            Store(context).Put(NativeText.Read(key, keySize), new ReadOnlySpan<byte>(value, checked((int)valueSize)));
        }
        catch (Exception e)
        {
            Fail(sink, e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnGet(byte* key, ulong keySize, long timeout, optirs_pjrt_value_sink* sink, void* context)
    {
        try
        {
            string name = NativeText.Read(key, keySize);
            byte[]? value = Store(context).Get(name, TimeSpan.FromMilliseconds(timeout));
            if (value is not null) optirs.optirs_pjrt_value_sink_set((nint)sink, value, (ulong)value.Length);
            else Fail(sink, timeout == 0 ? ErrorCode.NotFound : ErrorCode.DeadlineExceeded,
                $"no process has stored '{name}'" + (timeout == 0 ? "" : $" within {timeout} ms"));
        }
        catch (Exception e)
        {
            Fail(sink, e);
        }
    }

    private static INativeStore Store(void* context) => GCHandle<INativeStore>.FromIntPtr((nint)context).Target;

    private static void Fail(optirs_pjrt_value_sink* sink, Exception e) =>
        Fail(sink, e is IOptiRsError known ? known.Code : ErrorCode.Unavailable, $"the key-value store failed: {e.Message}");

    private static void Fail(optirs_pjrt_value_sink* sink, ErrorCode code, string message)
    {
        byte[] text = Encoding.UTF8.GetBytes(message);
        optirs.optirs_pjrt_value_sink_fail((nint)sink, (int)code, text, (ulong)text.Length);
    }
}
