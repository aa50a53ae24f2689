using System.Text;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>A loaded PJRT plugin. Its library stays mapped until the process ends.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed partial class PjrtPlugin : IDisposable
{
    private readonly PjrtPluginHandle _handle;

    private PjrtPlugin(PjrtPluginHandle handle) => _handle = handle;

    /// <summary>Absolute path of the plugin's file.</summary>
    public string Path => PjrtNative.PluginPath(_handle);

    /// <summary>Major version of the PJRT C API that the plugin speaks.</summary>
    public int ApiMajor => optirs.optirs_pjrt_plugin_api_major(_handle);

    /// <summary>Minor version of the PJRT C API that the plugin speaks.</summary>
    public int ApiMinor => optirs.optirs_pjrt_plugin_api_minor(_handle);

    /// <summary>What the plugin states about itself: string, long, long[], float or bool by name.</summary>
    public IReadOnlyDictionary<string, object> Attributes => PjrtNative.PluginAttributes(_handle);

    /// <summary>Loads a plugin and initialises it. Loading the same file again gives the same plugin.</summary>
    /// <param name="nameOrPath">
    /// A path (it has a '/' or ends in ".so"); or a name such as "tpu", "cuda", "cpu"; or null for the first plugin that loads
    /// of those that <see cref="Diagnostics.PluginCandidates"/> lists.
    /// </param>
    /// <exception cref="ArgumentException">The file is no shared library, or has no GetPjrtApi.</exception>
    /// <exception cref="OptiRsException">
    /// No such file or name (<see cref="ErrorCode.NotFound"/>, with the table of what was tried), or a version that cannot be
    /// used or a dependency that is missing (<see cref="ErrorCode.FailedPrecondition"/>).
    /// </exception>
    public static PjrtPlugin Load(string? nameOrPath = null)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(nameOrPath ?? "");
        optirs.optirs_pjrt_plugin_load(utf8, (ulong)utf8.Length, out PjrtPluginHandle handle);
        return new PjrtPlugin(handle);
    }

    /// <summary>Whether the plugin offers a function of the C API, for example <c>PJRT_Client_DmaMap</c>.</summary>
    public bool HasFunction(string name)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        return optirs.optirs_pjrt_plugin_has_function(_handle, utf8, (ulong)utf8.Length) != 0;
    }

    /// <summary>Opens the devices of the plugin. The client keeps the plugin alive.</summary>
    /// <param name="options">Values that the plugin knows by name: string, bool, integers, float, lists of long.</param>
    /// <exception cref="ArgumentException">An option that the plugin does not take.</exception>
    public PjrtClient CreateClient(IReadOnlyDictionary<string, object>? options = null) =>
        new(PjrtNative.CreateClient(_handle, options), Path);

    /// <summary>Opens the devices for one of several processes, which find each other through a store that they share.</summary>
    /// <param name="store">Asked on threads of the plugin until the client is gone.</param>
    /// <param name="options">Values that the plugin knows by name, such as <c>node_id</c> and <c>num_nodes</c>.</param>
    public PjrtClient CreateClient(IKeyValueStore store, IReadOnlyDictionary<string, object>? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        return new PjrtClient(PjrtStore.CreateClient(_handle, options, new StoreAdapter(store)), Path);
    }

    /// <summary>Devices that programs can be compiled for, by name: <c>v5e:2x4</c>. They need not be there.</summary>
    /// <exception cref="ArgumentException">The plugin knows no such topology.</exception>
    public PjrtTopology CreateTopology(string name, IReadOnlyDictionary<string, object>? options = null) =>
        new(PjrtPrograms.CreateTopology(_handle, Encoding.UTF8.GetBytes(name), options));

    /// <summary>A topology that <see cref="PjrtTopology.Serialize"/> has written.</summary>
    public PjrtTopology DeserializeTopology(ReadOnlySpan<byte> bytes)
    {
        optirs.optirs_pjrt_topology_deserialize(_handle, bytes, (ulong)bytes.Length, out PjrtTopologyHandle topology);
        topology.Retain(_handle);
        return new PjrtTopology(topology);
    }

    private sealed class StoreAdapter(IKeyValueStore store) : INativeStore
    {
        public void Put(string key, ReadOnlySpan<byte> value) => store.Put(key, value);

        public byte[]? Get(string key, TimeSpan timeout) => store.Get(key, timeout);
    }

    /// <summary>Gives up the plugin; clients that it has made go on.</summary>
    public void Dispose() => _handle.Dispose();
}
