namespace OptiRs.Native;

/// <summary>Where the processes of one job leave values for each other. Implementations are thread-safe.</summary>
public interface IKeyValueStore
{
    /// <summary>Stores a value, which replaces an older one.</summary>
    void Put(string key, ReadOnlySpan<byte> value);

    /// <summary>The value, waited for as long as <paramref name="timeout"/>; null if there is none by then.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="timeout"><see cref="TimeSpan.Zero"/> does not wait.</param>
    byte[]? Get(string key, TimeSpan timeout);
}
