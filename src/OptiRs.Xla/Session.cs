using System.Collections.Concurrent;

namespace OptiRs.Xla;

/// <summary>A device, and the programs compiled for it. Thread-safe.</summary>
public sealed class Session : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<PjrtExecutable>> _programs = new();
    private readonly bool _ownsClient;

    private Session(PjrtClient client, PjrtDevice device, bool ownsClient)
    {
        Client = client;
        Device = device;
        _ownsClient = ownsClient;
    }

    /// <summary>The client of the plugin.</summary>
    public PjrtClient Client { get; }

    /// <summary>The device that programs run on.</summary>
    public PjrtDevice Device { get; }

    /// <summary>The number of different programs compiled so far; functions that lower to the same text share one.</summary>
    public int ProgramCount => _programs.Count;

    /// <summary>Opens a device.</summary>
    /// <param name="device">
    /// "cpu", "tpu", "cuda" or a name from PJRT_NAMES_AND_LIBRARY_PATHS, or the path of a plugin; with ":1" for its second device. Null
    /// for the best that is found.
    /// </param>
    /// <param name="options">Options of the plugin by name.</param>
    /// <exception cref="OptiRsException">There is no such plugin or device; the message lists what was tried or what there is.</exception>
    public static Session Open(string? device = null, IReadOnlyDictionary<string, object>? options = null)
    {
        DeviceSelector selector = DeviceSelector.Parse(device);
        // The embedded plugin has as many devices as it is asked for.
        if (selector is { Plugin: "cpu", Ordinal: > 0 } && options is null)
            options = new Dictionary<string, object> { ["device_count"] = (long)selector.Ordinal + 1 };
        PjrtClient client = PjrtClient.Open(selector.Plugin, options);
        try
        {
            return new Session(client, Select(client, selector.Ordinal), ownsClient: true);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A session on a client of the caller's, which the caller disposes of after the session.</summary>
    /// <param name="client">The client.</param>
    /// <param name="ordinal">Which of its addressable devices.</param>
    public static Session On(PjrtClient client, int ordinal = 0)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new Session(client, Select(client, ordinal), ownsClient: false);
    }

    /// <summary>
    /// Makes a function that is traced and compiled on its first call, and again when element types or shapes of its arguments change.
    /// </summary>
    /// <param name="function">The function over symbolic values.</param>
    /// <param name="options">Donations and names.</param>
    public JittedFunction Jit(Func<Value[], Value[]> function, JitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new JittedFunction(this, function, options ?? JitOptions.Default, arity: null);
    }

    /// <summary>As <see cref="Jit(Func{Value[], Value[]}, JitOptions?)"/>, for one argument and one result.</summary>
    public JittedFunction Jit(Func<Value, Value> function, JitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new JittedFunction(this, arguments => [function(arguments[0])], options ?? JitOptions.Default, arity: 1);
    }

    /// <summary>As <see cref="Jit(Func{Value[], Value[]}, JitOptions?)"/>, for two arguments and one result.</summary>
    public JittedFunction Jit(Func<Value, Value, Value> function, JitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new JittedFunction(this, arguments => [function(arguments[0], arguments[1])], options ?? JitOptions.Default, arity: 2);
    }

    /// <summary>As <see cref="Jit(Func{Value[], Value[]}, JitOptions?)"/>, for three arguments and one result.</summary>
    public JittedFunction Jit(Func<Value, Value, Value, Value> function, JitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new JittedFunction(this, arguments => [function(arguments[0], arguments[1], arguments[2])], options ?? JitOptions.Default, arity: 3);
    }

    /// <summary>As <see cref="Jit(Func{Value[], Value[]}, JitOptions?)"/>, for four arguments and one result.</summary>
    public JittedFunction Jit(Func<Value, Value, Value, Value, Value> function, JitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new JittedFunction(this, arguments => [function(arguments[0], arguments[1], arguments[2], arguments[3])], options ?? JitOptions.Default, arity: 4);
    }

    /// <summary>Copies row-major elements to the session's device.</summary>
    public PjrtBuffer Put<T>(ReadOnlySpan<T> data, Shape shape)
        where T : unmanaged => Client.BufferFromHost(data, shape, Device);

    /// <summary>Gives up the compiled programs and, if the session opened it, the client.</summary>
    public void Dispose()
    {
        foreach (Lazy<PjrtExecutable> program in _programs.Values)
        {
            if (program.IsValueCreated)
                program.Value.Dispose();
        }
        _programs.Clear();
        if (_ownsClient)
            Client.Dispose();
    }

    /// <summary>The program compiled from a text; the same text is compiled once.</summary>
    internal PjrtExecutable Compile(string stableHlo)
    {
        Lazy<PjrtExecutable> program = _programs.GetOrAdd(stableHlo, text => new Lazy<PjrtExecutable>(
            () => Client.Compile(text, new PjrtCompileOptions { DeviceAssignment = new long[] { Device.Id } })));
        try
        {
            return program.Value;
        }
        catch
        {
            // A program that did not compile is tried again when it is asked for again.
            _programs.TryRemove(stableHlo, out _);
            throw;
        }
    }

    private static PjrtDevice Select(PjrtClient client, int ordinal)
    {
        IReadOnlyList<PjrtDevice> devices = client.AddressableDevices;
        if (ordinal >= 0 && ordinal < devices.Count)
            return devices[ordinal];
        throw new OptiRsException(ErrorCode.NotFound,
            $"Session.Open: there is no device {ordinal}; {client.PlatformName} has {devices.Count}: {string.Join(", ", devices)}.", "Session.Open", client.PlatformName);
    }
}
