namespace OptiRs.Native.Interop;

/// <summary>Devices and memories of a client: what the managed layer asks that needs pointers.</summary>
internal static unsafe class PjrtPlaces
{
    public static nint[] ClientMemories(PjrtClientHandle client)
    {
        using var lease = new Lease(client);
        var memories = new nint[optirs.optirs_pjrt_client_num_memories_raw(client.Pointer)];
        for (int i = 0; i < memories.Length; i++) memories[i] = (nint)optirs.optirs_pjrt_client_memory_raw(client.Pointer, i);
        return memories;
    }

    public static nint[] DeviceMemories(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        var memories = new nint[optirs.optirs_pjrt_device_num_memories(device)];
        for (int i = 0; i < memories.Length; i++) memories[i] = (nint)optirs.optirs_pjrt_device_memory(device, i);
        return memories;
    }

    public static nint DefaultMemory(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        return (nint)optirs.optirs_pjrt_device_default_memory(device);
    }

    public static nint[] MemoryDevices(PjrtClientHandle client, nint memory)
    {
        using var lease = new Lease(client);
        var devices = new nint[optirs.optirs_pjrt_memory_num_devices(memory)];
        for (int i = 0; i < devices.Length; i++) devices[i] = (nint)optirs.optirs_pjrt_memory_device(memory, i);
        return devices;
    }

    public static string DeviceText(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        byte* text = optirs.optirs_pjrt_device_to_string(device, out ulong size);
        return NativeText.Read(text, size);
    }

    public static (string Kind, string DebugString, string Text) MemoryTexts(PjrtClientHandle client, nint memory)
    {
        using var lease = new Lease(client);
        string kind = NativeText.Read(optirs.optirs_pjrt_memory_kind(memory, out ulong size), size);
        string debug = NativeText.Read(optirs.optirs_pjrt_memory_debug_string(memory, out size), size);
        return (kind, debug, NativeText.Read(optirs.optirs_pjrt_memory_to_string(memory, out size), size));
    }

    public static Dictionary<string, object> ReadAttributes(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        optirs.optirs_pjrt_device_read_attributes(device, out PjrtValuesHandle values);
        using (values) return Read(values);
    }

    public static Dictionary<string, object> Read(PjrtValuesHandle values)
    {
        var read = new Dictionary<string, object>();
        long count = optirs.optirs_pjrt_values_count(values);
        for (long i = 0; i < count; i++)
        {
            optirs.optirs_pjrt_values_at(values, i, out optirs_pjrt_named_value value);
            (string name, object item) = NamedValues.Read(value);
            read[name] = item;
        }

        return read;
    }

    public static void DmaMap(PjrtClientHandle client, BufferHandle memory)
    {
        using var lease = new Lease(memory);
        optirs.optirs_pjrt_client_dma_map(
            client, optirs.optirs_buffer_data_raw(memory.Pointer), optirs.optirs_buffer_size_raw(memory.Pointer));
    }

    public static void DmaUnmap(PjrtClientHandle client, BufferHandle memory)
    {
        using var lease = new Lease(memory);
        optirs.optirs_pjrt_client_dma_unmap(client, optirs.optirs_buffer_data_raw(memory.Pointer));
    }

    public static void UpdateProcesses(
        PjrtClientHandle client, IReadOnlyList<(int Task, ulong Incarnation, int State, int Code, byte[] Message)> processes)
    {
        // Messages are short: one block for all of them.
        var infos = new optirs_pjrt_process_info[processes.Count];
        byte[] texts = [.. processes.SelectMany(p => p.Message)];
        fixed (byte* text = texts)
        {
            byte* next = text;
            for (int i = 0; i < infos.Length; i++)
            {
                (int task, ulong incarnation, int state, int code, byte[] message) = processes[i];
                infos[i] = new optirs_pjrt_process_info
                {
                    task_id = task, incarnation_id = incarnation, state = state, error_code = code,
                    message = next, message_size = (ulong)message.Length,
                };
                next += message.Length;
            }

            optirs.optirs_pjrt_client_update_processes(client, infos, infos.Length);
        }
    }
}
