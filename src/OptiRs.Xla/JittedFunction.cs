namespace OptiRs.Xla;

/// <summary>
/// A function that is compiled for each combination of element types and shapes it is called with, and remembers the programs.
/// Thread-safe.
/// </summary>
public sealed class JittedFunction
{
    private readonly Session _session;
    private readonly Func<Value[], Value[]> _function;
    private readonly int? _arity;
    private readonly Dictionary<CallSignature, PjrtExecutable> _cache = [];
    private readonly Lock _lock = new();
    private volatile Entry? _last;
    private int _hits;

    internal JittedFunction(Session session, Func<Value[], Value[]> function, JitOptions options, int? arity)
    {
        _session = session;
        _function = function;
        _arity = arity;
        Options = options;
    }

    /// <summary>The options it was made with.</summary>
    public JitOptions Options { get; }

    /// <summary>Calls that found their program compiled.</summary>
    public int CacheHits => Volatile.Read(ref _hits);

    /// <summary>Programs that had to be compiled.</summary>
    public int CacheMisses { get; private set; }

    /// <summary>
    /// Why the last compilation was needed although there had been others: "argument 2 changed from f32[8,128] to f32[7,128]". Null if
    /// there was at most one.
    /// </summary>
    public string? LastRecompilation { get; private set; }

    /// <summary>Called on every compilation but the first, with the explanation of <see cref="LastRecompilation"/>.</summary>
    public event Action<string>? Recompiled;

    /// <summary>Runs the function on device buffers; returns when it is enqueued. Donated arguments are deleted.</summary>
    /// <exception cref="GraphException">Tracing failed for these shapes.</exception>
    public PjrtBuffer[] Call(params ReadOnlySpan<PjrtBuffer> arguments) => Program(arguments).Execute(arguments);

    /// <summary>
    /// A call whose buffers are settled once: running it allocates nothing. The same buffer may be an argument and a result: donated, it
    /// takes the new value each time. Null results are allocated.
    /// </summary>
    public PjrtCall Bind(ReadOnlySpan<PjrtBuffer> arguments, ReadOnlySpan<PjrtBuffer?> results) => Program(arguments).Bind(arguments, results);

    /// <summary>The program for the given argument types, compiled if it is not there yet.</summary>
    public PjrtExecutable Compile(params ReadOnlySpan<(DType DType, Shape Shape)> arguments) => Find(CallSignature.Of(arguments));

    /// <summary>The StableHLO text for the given argument types. Needs no compilation.</summary>
    public string Lower(params ReadOnlySpan<(DType DType, Shape Shape)> arguments) => Trace(arguments).ToStableHlo(Options);

    private PjrtExecutable Program(ReadOnlySpan<PjrtBuffer> arguments)
    {
        if (_last is { } last && last.Signature.Matches(arguments))
        {
            Interlocked.Increment(ref _hits);
            return last.Program;
        }
        return Find(CallSignature.Of(arguments));
    }

    private PjrtExecutable Find(CallSignature signature)
    {
        string? explanation = null;
        PjrtExecutable? program;
        lock (_lock)
        {
            if (_cache.TryGetValue(signature, out program))
            {
                Interlocked.Increment(ref _hits);
                _last = new Entry(signature, program);
                return program;
            }
            program = _session.Compile(Trace([.. signature.Types.Select(type => (type.DType, type.Shape))]).ToStableHlo(Options));
            if (_cache.Count > 0)
                LastRecompilation = explanation = CallSignature.Explain(_cache.Keys, signature);
            _cache.Add(signature, program);
            _last = new Entry(signature, program);
            CacheMisses++;
        }
        if (explanation is not null)
            Recompiled?.Invoke(explanation);
        return program;
    }

    private Graph Trace(ReadOnlySpan<(DType DType, Shape Shape)> arguments)
    {
        if (_arity is { } arity && arguments.Length != arity)
            throw new ArgumentException($"'{Options.Name}' takes {arity} arguments, not {arguments.Length}.", nameof(arguments));
        return Graph.Trace(_function, arguments, Options.Name, Options.Locations);
    }

    /// <summary>The program of the latest call, found without locking or hashing.</summary>
    private sealed record Entry(CallSignature Signature, PjrtExecutable Program);
}
