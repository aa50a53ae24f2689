namespace OptiRs.Xla.Tests;

/// <summary>The embedded plugin, for tests that run programs; they are skipped where it is not built.</summary>
internal static class PluginSession
{
    private const string PluginFile = "libpjrt_optirs.so";

    /// <summary>Where the plugin lies; the test is skipped where it does not.</summary>
    public static string Path
    {
        get
        {
            string folder = Environment.GetEnvironmentVariable(Loader.PathVariable) ?? AppContext.BaseDirectory;
            if (File.Exists(folder))
                folder = System.IO.Path.GetDirectoryName(folder)!;
            string plugin = System.IO.Path.Combine(folder, PluginFile);
            if (!File.Exists(plugin))
                Assert.Ignore($"{PluginFile} is not in {folder}; build the native libraries first.");
            return plugin;
        }
    }

    public static Session Open() => Session.Open(Path);

    /// <summary>Runs a graph's text on the device; elements cross as the graph's own types.</summary>
    public static NdArray[] Run(Session session, Graph graph, params NdArray[] arguments)
    {
        using PjrtExecutable program = session.Client.Compile(graph.ToStableHlo());
        PjrtBuffer[] buffers = [.. arguments.Select((argument, i) => Upload(session, argument, graph.Arguments[i].DType))];
        PjrtBuffer[] results = [];
        try
        {
            results = program.Execute(buffers);
            return [.. results.Select(Download)];
        }
        finally
        {
            foreach (PjrtBuffer buffer in buffers.Concat(results))
                buffer.Dispose();
        }
    }

    public static PjrtBuffer Upload(Session session, NdArray array, DType dtype)
    {
        var shape = new Shape(array.Shape);
        return dtype switch
        {
            DType.F64 => session.Put<double>(array.Data, shape),
            DType.F32 => session.Put<float>([.. array.Data.Select(v => (float)v)], shape),
            DType.S32 => session.Put<int>([.. array.Data.Select(v => (int)v)], shape),
            DType.U32 => session.Put<uint>([.. array.Data.Select(v => (uint)v)], shape),
            DType.S64 => session.Put<long>([.. array.Data.Select(v => (long)v)], shape),
            DType.U64 => session.Put<ulong>([.. array.Data.Select(v => (ulong)v)], shape),
            DType.Pred => session.Put<bool>([.. array.Data.Select(v => v != 0)], shape),
            _ => throw new NotSupportedException(dtype.ToString()),
        };
    }

    public static NdArray Download(PjrtBuffer buffer)
    {
        double[] data = buffer.DType switch
        {
            DType.F64 => buffer.ToArray<double>(),
            DType.F32 => [.. buffer.ToArray<float>().Select(v => (double)v)],
            DType.S32 => [.. buffer.ToArray<int>().Select(v => (double)v)],
            DType.U32 => [.. buffer.ToArray<uint>().Select(v => (double)v)],
            DType.S64 => [.. buffer.ToArray<long>().Select(v => (double)v)],
            DType.U64 => [.. buffer.ToArray<ulong>().Select(v => (double)v)],
            DType.Pred => [.. buffer.ToArray<bool>().Select(v => v ? 1.0 : 0.0)],
            _ => throw new NotSupportedException(buffer.DType.ToString()),
        };
        return new(buffer.Shape.Dimensions.ToArray(), data);
    }
}
