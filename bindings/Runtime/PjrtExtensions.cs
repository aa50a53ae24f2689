using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>Extensions of plugins: what the managed layer asks that needs pointers.</summary>
internal static unsafe class PjrtExtensions
{
    private delegate optirs_error* BytesCall(optirs_pjrt_bytes** bytes);

    /// <summary>The items of a list, which is released.</summary>
    public static byte[][] Take(PjrtListHandle list)
    {
        using (list)
        {
            var items = new byte[optirs.optirs_pjrt_list_count(list)][];
            for (int i = 0; i < items.Length; i++)
            {
                byte* data = optirs.optirs_pjrt_list_at(list, i, out ulong size);
                items[i] = new ReadOnlySpan<byte>(data, checked((int)size)).ToArray();
            }

            return items;
        }
    }

    public static string[] TakeTexts(PjrtListHandle list) => [.. Take(list).Select(Encoding.UTF8.GetString)];

    public static string TakeText(PjrtBytesHandle bytes) => Encoding.UTF8.GetString(PjrtPrograms.Take(bytes));

    public static string DefaultLayout(PjrtClientHandle client, PjrtArray array)
    {
        optirs.optirs_pjrt_client_default_layout(client, array.Pointer, out PjrtBytesHandle text);
        return TakeText(text);
    }

    public static string DefaultLayout(PjrtTopologyHandle topology, PjrtArray array)
    {
        optirs.optirs_pjrt_topology_default_layout(topology, array.Pointer, out PjrtBytesHandle text);
        return TakeText(text);
    }

    public static (string Kind, int KindId, bool IsDefault)[] DeviceMemories(PjrtTopologyHandle topology, int device)
    {
        optirs.optirs_pjrt_topology_num_device_memories(topology, device, out long count);
        var memories = new (string, int, bool)[count];
        using var lease = new Lease(topology);
        for (int i = 0; i < memories.Length; i++)
        {
            optirs.optirs_pjrt_topology_device_memory(topology, device, i, out optirs_pjrt_memory_description memory);
            memories[i] = (NativeText.Read(memory.kind, memory.kind_size), memory.kind_id, memory.is_default != 0);
        }

        return memories;
    }

    public static byte[][] RunPhases(
        PjrtTopologyHandle topology, IReadOnlyList<ReadOnlyMemory<byte>> programs, IReadOnlyList<byte[]> phases,
        ReadOnlySpan<byte> options)
    {
        using var pins = new Blobs([.. programs, .. phases.Select(p => (ReadOnlyMemory<byte>)p)]);
        optirs.optirs_pjrt_topology_run_phases(
            topology, pins.Items.AsSpan(0, programs.Count), programs.Count, pins.Items.AsSpan(programs.Count), phases.Count,
            options, (ulong)options.Length, out PjrtListHandle results);
        return Take(results);
    }

    public static void RegisterCustomCall(
        PjrtPluginHandle plugin, byte[] name, int version, nint execute, nint instantiate, nint prepare, nint initialize,
        uint traits)
    {
        var call = new optirs_pjrt_custom_call
        {
            struct_size = (nuint)sizeof(optirs_pjrt_custom_call),
            execute = (void*)execute,
            instantiate = (void*)instantiate,
            prepare = (void*)prepare,
            initialize = (void*)initialize,
            version = version,
            traits = traits,
        };
        optirs.optirs_pjrt_plugin_register_custom_call(plugin, name, (ulong)name.Length, &call);
    }

    public static void RegisterFfiHandler(PjrtPluginHandle plugin, byte[] name, byte[] platform, nint handler, uint traits) =>
        optirs.optirs_pjrt_plugin_register_ffi_handler(
            plugin, name, (ulong)name.Length, platform, (ulong)platform.Length, (void*)handler, traits);

    public static void RegisterKernels(PjrtPluginHandle plugin) => optirs.optirs_pjrt_plugin_register_kernels(plugin);

    public static long RegisterFfiType(PjrtPluginHandle plugin, byte[] name, nint deleter)
    {
        optirs.optirs_pjrt_plugin_register_ffi_type(plugin, name, (ulong)name.Length, (void*)deleter, out long id);
        return id;
    }

    public static void AddUserData(PjrtContextHandle context, long typeId, nint data) =>
        optirs.optirs_pjrt_context_add_user_data(context, typeId, (void*)data);

    public static ValueTask RawReadAsync<T>(PjrtRawBufferHandle raw, long offset, Memory<T> destination) where T : unmanaged
    {
        using var lease = new Lease(raw);
        MemoryHandle pinned = PjrtMaking.NativeMemoryOf(destination).Pin();
        return PjrtMaking.Start(pinned, (done, context) => optirs.optirs_pjrt_raw_buffer_read_raw(
            raw.Pointer, (ulong)offset, pinned.Pointer, (ulong)destination.Length * (ulong)sizeof(T), done, context));
    }

    public static ValueTask RawWriteAsync<T>(PjrtRawBufferHandle raw, long offset, ReadOnlyMemory<T> source) where T : unmanaged
    {
        using var lease = new Lease(raw);
        MemoryHandle pinned = PjrtMaking.NativeMemoryOf(MemoryMarshal.AsMemory(source)).Pin();
        return PjrtMaking.Start(pinned, (done, context) => optirs.optirs_pjrt_raw_buffer_write_raw(
            raw.Pointer, (ulong)offset, pinned.Pointer, (ulong)source.Length * (ulong)sizeof(T), done, context));
    }

    public static (PjrtBufferHandle[] Cells, Task<byte[][]> Descriptors) ReceiveRemote(
        PjrtClientHandle client, IReadOnlyList<PjrtArray> arrays)
    {
        var structs = new optirs_pjrt_array[arrays.Count];
        for (int i = 0; i < structs.Length; i++) structs[i] = *arrays[i].Pointer;
        var cells = new nint[arrays.Count];
        var descriptors = new TaskCompletionSource<byte[][]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var root = new GCHandle<TaskCompletionSource<byte[][]>>(descriptors);
        using var lease = new Lease(client);
        optirs_error* error;
        fixed (optirs_pjrt_array* first = structs)
        fixed (nint* made = cells)
            error = optirs.optirs_pjrt_client_receive_remote_raw(
                client.Pointer, first, structs.Length, &OnDescriptors,
                (void*)GCHandle<TaskCompletionSource<byte[][]>>.ToIntPtr(root), (optirs_pjrt_buffer**)made);
        if (error == null) return ([.. cells.Select(cell => PjrtCells.Adopt(cell, client))], descriptors.Task);
        root.Dispose();
        throw NativeError.Consume(error);
    }

    public static ValueTask SendRemoteAsync(PjrtBufferHandle buffer, ReadOnlySpan<byte> descriptor)
    {
        using var lease = new Lease(buffer);
        byte[] copy = descriptor.ToArray();
        return PjrtMaking.Start(buffer, (done, context) =>
        {
            fixed (byte* bytes = copy)
                return optirs.optirs_pjrt_buffer_send_remote_raw(buffer.Pointer, bytes, (ulong)copy.Length, done, context);
        });
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDescriptors(optirs_error* error, optirs_pjrt_list* list, void* context)
    {
        try
        {
            var root = GCHandle<TaskCompletionSource<byte[][]>>.FromIntPtr((nint)context);
            TaskCompletionSource<byte[][]> descriptors = root.Target;
            root.Dispose();
            if (error != null)
            {
                descriptors.SetException(NativeError.Consume(error));
                return;
            }

            var handle = new PjrtListHandle();
            handle.Adopt((nint)list);
            descriptors.SetResult(Take(handle));
        }
        catch (Exception e)
        {
            Environment.FailFast("OptiRs: a callback with descriptors failed.", e);
        }
    }

    /// <summary>Memory of any kind as <see cref="optirs_pjrt_blob"/>s, where it stays until disposed of.</summary>
    internal readonly struct Blobs : IDisposable
    {
        private readonly MemoryHandle[] _pins;

        public Blobs(ReadOnlyMemory<byte>[] memories)
        {
            _pins = [.. memories.Select(m => m.Pin())];
            Items = new optirs_pjrt_blob[memories.Length];
            for (int i = 0; i < memories.Length; i++)
                Items[i] = new optirs_pjrt_blob { data = (byte*)_pins[i].Pointer, size = (ulong)memories[i].Length };
        }

        public optirs_pjrt_blob[] Items { get; }

        public void Dispose()
        {
            foreach (MemoryHandle pin in _pins) pin.Dispose();
        }
    }
}
