using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>One memory of a client, for instance <c>device</c> or <c>pinned_host</c>; valid as long as the client is.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtMemory
{
    private readonly PjrtClient _client;

    internal PjrtMemory(PjrtClient client, nint memory)
    {
        (_client, Pointer) = (client, memory);
        Id = optirs.optirs_pjrt_memory_id(memory);
        KindId = optirs.optirs_pjrt_memory_kind_id(memory);
        (Kind, DebugString, Description) = PjrtPlaces.MemoryTexts(client.Handle, memory);
    }

    internal nint Pointer { get; }

    internal PjrtClient Client => _client;

    /// <summary>Number of the memory, unique within its client.</summary>
    public int Id { get; }

    /// <summary>Kind, for instance <c>device</c>, <c>pinned_host</c>, <c>unpinned_host</c>.</summary>
    public string Kind { get; }

    /// <summary>Number of the kind; -1 where the plugin gives none.</summary>
    public int KindId { get; }

    /// <summary>Long description for logs.</summary>
    public string DebugString { get; }

    /// <summary>Short description for people; empty where the plugin gives none.</summary>
    public string Description { get; }

    /// <summary>Devices that can use the memory.</summary>
    public IReadOnlyList<PjrtDevice> Devices =>
        [.. PjrtPlaces.MemoryDevices(_client.Handle, Pointer).Select(_client.FindDevice)];

    /// <summary>Kind and number.</summary>
    public override string ToString() => $"{Kind} {Id}";
}
