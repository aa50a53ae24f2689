namespace OptiRs.Native.Interop;

/// <summary>Plugin, client, device and executable: what the managed layer asks that needs pointers.</summary>
internal static unsafe class PjrtNative
{
    public static PjrtClientHandle CreateClient(PjrtPluginHandle plugin, IReadOnlyDictionary<string, object>? options)
    {
        using var values = new NamedValues(options);
        using var lease = new Lease(plugin);
        optirs_pjrt_client* client;
        NativeError.ThrowIfFailed(
            optirs.optirs_pjrt_client_create_raw(plugin.Pointer, values.Pointer, values.Count, &client));
        var handle = new PjrtClientHandle();
        handle.Adopt((nint)client);
        handle.Retain(plugin);
        return handle;
    }

    public static string PluginPath(PjrtPluginHandle plugin)
    {
        using var lease = new Lease(plugin);
        ulong size;
        byte* text = optirs.optirs_pjrt_plugin_path_raw(plugin.Pointer, &size);
        return NativeText.Read(text, size);
    }

    public static string[] PluginExtensions(PjrtPluginHandle plugin)
    {
        var names = new string[optirs.optirs_pjrt_plugin_num_extensions(plugin)];
        using var lease = new Lease(plugin);
        for (int i = 0; i < names.Length; i++)
        {
            int type;
            byte* name;
            ulong size;
            NativeError.ThrowIfFailed(optirs.optirs_pjrt_plugin_extension_raw(plugin.Pointer, i, &type, &name, &size));
            names[i] = NativeText.Read(name, size);
        }

        return names;
    }

    public static Dictionary<string, object> PluginAttributes(PjrtPluginHandle plugin)
    {
        var attributes = new Dictionary<string, object>();
        long count = optirs.optirs_pjrt_plugin_num_attributes(plugin);
        using var lease = new Lease(plugin);
        for (long i = 0; i < count; i++)
        {
            optirs.optirs_pjrt_plugin_attribute(plugin, i, out optirs_pjrt_named_value value);
            (string name, object read) = NamedValues.Read(value);
            attributes[name] = read;
        }

        return attributes;
    }

    /// <summary>Where plugins are looked for, in order: name, source, path, state, and a note where it is missing.</summary>
    public static List<(string Name, string Source, string Path, int State, string Note)> Candidates()
    {
        optirs.optirs_pjrt_discovery_create(out PjrtDiscoveryHandle discovery);
        using (discovery)
        {
            var found = new List<(string, string, string, int, string)>();
            long count = optirs.optirs_pjrt_discovery_num_candidates(discovery);
            for (long i = 0; i < count; i++)
            {
                optirs.optirs_pjrt_discovery_candidate(discovery, i, out optirs_pjrt_candidate candidate);
                found.Add((
                    NativeText.Read(candidate.name, candidate.name_size),
                    NativeText.Read(candidate.source, candidate.source_size),
                    NativeText.Read(candidate.path, candidate.path_size), candidate.state,
                    NativeText.Read(candidate.note, candidate.note_size)));
            }

            return found;
        }
    }

    public static string PlatformName(PjrtClientHandle client)
    {
        using var lease = new Lease(client);
        ulong size;
        byte* text = optirs.optirs_pjrt_client_platform_name_raw(client.Pointer, &size);
        return NativeText.Read(text, size);
    }

    public static string PlatformVersion(PjrtClientHandle client)
    {
        using var lease = new Lease(client);
        ulong size;
        byte* text = optirs.optirs_pjrt_client_platform_version_raw(client.Pointer, &size);
        return NativeText.Read(text, size);
    }

    public static nint[] Devices(PjrtClientHandle client, bool addressableOnly)
    {
        using var lease = new Lease(client);
        long count = addressableOnly
            ? optirs.optirs_pjrt_client_num_addressable_devices_raw(client.Pointer)
            : optirs.optirs_pjrt_client_num_devices_raw(client.Pointer);
        var devices = new nint[count];
        for (long i = 0; i < count; i++)
            devices[i] = (nint)(addressableOnly
                ? optirs.optirs_pjrt_client_addressable_device_raw(client.Pointer, i)
                : optirs.optirs_pjrt_client_device_raw(client.Pointer, i));
        return devices;
    }

    public static string DeviceKind(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        ulong size;
        byte* text = optirs.optirs_pjrt_device_kind_raw((optirs_pjrt_device*)device, &size);
        return NativeText.Read(text, size);
    }

    public static string DeviceDebugString(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        ulong size;
        byte* text = optirs.optirs_pjrt_device_debug_string_raw((optirs_pjrt_device*)device, &size);
        return NativeText.Read(text, size);
    }

    public static Dictionary<string, object> DeviceAttributes(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        var attributes = new Dictionary<string, object>();
        long count = optirs.optirs_pjrt_device_num_attributes(device);
        for (long i = 0; i < count; i++)
        {
            optirs.optirs_pjrt_device_attribute(device, i, out optirs_pjrt_named_value value);
            (string name, object read) = NamedValues.Read(value);
            attributes[name] = read;
        }

        return attributes;
    }

    /// <summary>Null where the plugin keeps no statistics.</summary>
    public static optirs_pjrt_memory_stats? MemoryStats(PjrtClientHandle client, nint device)
    {
        using var lease = new Lease(client);
        optirs_pjrt_memory_stats stats;
        optirs_error* error = optirs.optirs_pjrt_device_memory_stats_raw((optirs_pjrt_device*)device, &stats);
        return NullIfUnimplemented(error) ? null : stats;
    }

    public static optirs_pjrt_live_buffers LiveBuffers(PjrtClientHandle client)
    {
        using var lease = new Lease(client);
        optirs_pjrt_live_buffers live;
        optirs.optirs_pjrt_client_live_buffers_raw(client.Pointer, &live);
        return live;
    }

    public static PjrtExecutableHandle Compile(
        PjrtClientHandle client, ReadOnlySpan<byte> program, int format, ReadOnlySpan<byte> serializedOptions)
    {
        using var lease = new Lease(client);
        optirs_pjrt_executable* executable;
        fixed (byte* text = program, extra = serializedOptions)
        {
            // The bytes hold all options: they come after the other fields, and win over them.
            var options = new optirs_pjrt_compile_options
            {
                struct_size = (nuint)sizeof(optirs_pjrt_compile_options),
                num_replicas = 1,
                num_partitions = 1,
                extra_options = extra,
                extra_options_size = (ulong)serializedOptions.Length,
                format = format,
            };
            NativeError.ThrowIfFailed(optirs.optirs_pjrt_executable_compile_raw(
                client.Pointer, text, (ulong)program.Length, &options, &executable));
        }

        var handle = new PjrtExecutableHandle();
        handle.Adopt((nint)executable);
        handle.Retain(client);
        return handle;
    }

    public static string ExecutableName(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        ulong size;
        byte* text = optirs.optirs_pjrt_executable_name_raw(executable.Pointer, &size);
        return NativeText.Read(text, size);
    }

    /// <summary>Element types and extents of the results; null where the plugin does not say.</summary>
    public static (int DType, long[] Dims)[]? Outputs(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        var outputs = new (int, long[])[optirs.optirs_pjrt_executable_num_outputs_raw(executable.Pointer)];
        for (int i = 0; i < outputs.Length; i++)
        {
            int dtype;
            long rank;
            optirs_error* error = optirs.optirs_pjrt_executable_output_type_raw(executable.Pointer, i, &dtype, &rank);
            if (NullIfUnimplemented(error)) return null;
            var dims = new long[rank];
            optirs.optirs_pjrt_executable_output_dims(executable, i, dims, rank);
            outputs[i] = (dtype, dims);
        }

        return outputs;
    }

    public static optirs_pjrt_executable_memory? ExecutableMemory(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        optirs_pjrt_executable_memory memory;
        return NullIfUnimplemented(optirs.optirs_pjrt_executable_memory_stats_raw(executable.Pointer, &memory))
            ? null : memory;
    }

    public static Dictionary<string, object> Costs(PjrtExecutableHandle executable)
    {
        var costs = new Dictionary<string, object>();
        using var lease = new Lease(executable);
        long count;
        if (NullIfUnimplemented(optirs.optirs_pjrt_executable_num_costs_raw(executable.Pointer, &count))) return costs;
        for (long i = 0; i < count; i++)
        {
            optirs.optirs_pjrt_executable_cost(executable, i, out optirs_pjrt_named_value value);
            (string name, object read) = NamedValues.Read(value);
            costs[name] = read;
        }

        return costs;
    }

    public static nint ExecutableDevice(PjrtExecutableHandle executable, long index) =>
        (nint)optirs.optirs_pjrt_executable_device(executable, index);

    // True: the plugin has no such function, which is an answer. Any other error is thrown.
    internal static bool NullIfUnimplemented(optirs_error* error)
    {
        if (error == null) return false;
        Exception exception = NativeError.Consume(error);
        return exception is OptiRsNotSupportedException ? true : throw exception;
    }
}
