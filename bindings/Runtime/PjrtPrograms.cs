namespace OptiRs.Native.Interop;

/// <summary>Compiled programs and topologies: what the managed layer asks that needs pointers.</summary>
internal static unsafe class PjrtPrograms
{
    public static byte[] Take(PjrtBytesHandle bytes)
    {
        using (bytes)
        {
            byte* data = optirs.optirs_pjrt_bytes_data(bytes, out ulong size);
            return new ReadOnlySpan<byte>(data, checked((int)size)).ToArray();
        }
    }

    public static string[]? OutputMemoryKinds(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        return Kinds(
            executable, optirs.optirs_pjrt_executable_num_outputs_raw(executable.Pointer), isOutput: true);
    }

    public static string[]? ParameterMemoryKinds(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        long count;
        return IsUnimplemented(optirs.optirs_pjrt_executable_num_parameters_raw(executable.Pointer, &count))
            ? null : Kinds(executable, count, isOutput: false);
    }

    public static (byte[] Code, string Format) OptimizedProgram(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        byte* format;
        optirs.optirs_pjrt_executable_optimized_program(
            executable, out PjrtBytesHandle program, &format, out ulong size);
        return (Take(program), NativeText.Read(format, size));
    }

    /// <summary>Null where the plugin has none.</summary>
    public static byte[]? Fingerprint(PjrtExecutableHandle executable)
    {
        using var lease = new Lease(executable);
        byte* bytes;
        ulong size;
        return IsUnimplemented(optirs.optirs_pjrt_executable_fingerprint_raw(executable.Pointer, &bytes, &size))
            ? null : new ReadOnlySpan<byte>(bytes, checked((int)size)).ToArray();
    }

    public static PjrtExecutableHandle Deserialize(
        PjrtClientHandle client, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> options)
    {
        optirs.optirs_pjrt_executable_deserialize(
            client, bytes, (ulong)bytes.Length, options, (ulong)options.Length, out PjrtExecutableHandle executable);
        executable.Retain(client);
        return executable;
    }

    public static PjrtExecutableHandle Load(
        PjrtClientHandle client, PjrtExecutableHandle compiled, ReadOnlySpan<byte> extraOptions)
    {
        fixed (byte* extra = extraOptions)
        {
            optirs_pjrt_compile_options options = Options(extra, extraOptions.Length, 0);
            optirs.optirs_pjrt_executable_load(client, compiled, &options, out PjrtExecutableHandle executable);
            executable.Retain(client);
            return executable;
        }
    }

    public static PjrtExecutableHandle Compile(
        PjrtTopologyHandle topology, ReadOnlySpan<byte> program, int format, ReadOnlySpan<byte> extraOptions,
        PjrtClientHandle? client)
    {
        using var none = new PjrtClientHandle();  // stands for NULL
        fixed (byte* extra = extraOptions)
        {
            optirs_pjrt_compile_options options = Options(extra, extraOptions.Length, format);
            optirs.optirs_pjrt_topology_compile(
                topology, program, (ulong)program.Length, &options, client ?? none, out PjrtExecutableHandle executable);
            executable.Retain(topology);
            return executable;
        }
    }

    public static PjrtTopologyHandle CreateTopology(
        PjrtPluginHandle plugin, byte[] name, IReadOnlyDictionary<string, object>? options)
    {
        using var values = new NamedValues(options);
        optirs.optirs_pjrt_topology_create(
            plugin, name, (ulong)name.Length, new ReadOnlySpan<optirs_pjrt_named_value>(values.Pointer, values.Count),
            values.Count, out PjrtTopologyHandle topology);
        topology.Retain(plugin);
        return topology;
    }

    public static (string Name, string Version) Platform(PjrtTopologyHandle topology)
    {
        using var lease = new Lease(topology);
        string name = NativeText.Read(optirs.optirs_pjrt_topology_platform_name(topology, out ulong size), size);
        return (name, NativeText.Read(optirs.optirs_pjrt_topology_platform_version(topology, out size), size));
    }

    public static Dictionary<string, object> Attributes(PjrtTopologyHandle topology)
    {
        var attributes = new Dictionary<string, object>();
        long count = optirs.optirs_pjrt_topology_num_attributes(topology);
        for (long i = 0; i < count; i++)
        {
            optirs.optirs_pjrt_topology_attribute(topology, i, out optirs_pjrt_named_value value);
            (string name, object read) = NamedValues.Read(value);
            attributes[name] = read;
        }

        return attributes;
    }

    public static (int Id, int Process, string Kind, string Debug, string Text, Dictionary<string, object> Attributes)[] Devices(
        PjrtTopologyHandle topology)
    {
        using var lease = new Lease(topology);
        var devices = new (int, int, string, string, string, Dictionary<string, object>)[
            optirs.optirs_pjrt_topology_num_devices_raw(topology.Pointer)];
        for (int i = 0; i < devices.Length; i++)
        {
            optirs.optirs_pjrt_topology_device(topology, i, out optirs_pjrt_device_description device);
            var attributes = new Dictionary<string, object>();
            for (long k = 0; k < device.num_attributes; k++)
            {
                optirs.optirs_pjrt_topology_device_attribute(topology, i, k, out optirs_pjrt_named_value value);
                (string name, object read) = NamedValues.Read(value);
                attributes[name] = read;
            }

            devices[i] = (
                device.id, device.process_index, NativeText.Read(device.kind, device.kind_size),
                NativeText.Read(device.debug_string, device.debug_string_size),
                NativeText.Read(device.to_string, device.to_string_size), attributes);
        }

        return devices;
    }

    public static byte[] CanonicalShape(PjrtTopologyHandle topology, int memoryKindId, PjrtArray array)
    {
        optirs.optirs_pjrt_topology_canonical_shape(topology, memoryKindId, array.Pointer, out PjrtBytesHandle shape);
        return Take(shape);
    }

    // Everything is in the bytes, which come after the other fields and win over them.
    private static optirs_pjrt_compile_options Options(byte* extra, int size, int format) => new()
    {
        struct_size = (nuint)sizeof(optirs_pjrt_compile_options),
        num_replicas = 1,
        num_partitions = 1,
        extra_options = extra,
        extra_options_size = (ulong)size,
        format = format,
    };

    private static string[]? Kinds(PjrtExecutableHandle executable, long count, bool isOutput)
    {
        var kinds = new string[count];
        for (int i = 0; i < kinds.Length; i++)
        {
            byte* kind;
            ulong size;
            optirs_error* error = isOutput
                ? optirs.optirs_pjrt_executable_output_memory_kind_raw(executable.Pointer, i, &kind, &size)
                : optirs.optirs_pjrt_executable_parameter_memory_kind_raw(executable.Pointer, i, &kind, &size);
            if (IsUnimplemented(error)) return null;
            kinds[i] = NativeText.Read(kind, size);
        }

        return kinds;
    }

    // The plugin has no such function, which is an answer. Any other error is thrown.
    private static bool IsUnimplemented(optirs_error* error)
    {
        if (error == null) return false;
        Exception exception = NativeError.Consume(error);
        return exception is OptiRsNotSupportedException ? true : throw exception;
    }
}
