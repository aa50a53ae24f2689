using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace OptiRs.Xla;

/// <summary>A line of the user's C# that created an operation; printed in errors and in MLIR <c>loc(...)</c>.</summary>
internal readonly record struct SourceLocation(string? File, int Line)
{
    private static readonly ConcurrentDictionary<(MethodBase Method, int Offset), SourceLocation> Places = new();

    [ThreadStatic]
    private static SourceLocation _ambient;

    public string FileName => File is null ? "unknown" : Path.GetFileName(File.Replace('\\', '/'));

    public bool IsKnown => File is not null;

    /// <summary>The location of an explicit call, unless a composite operation or a gradient rule is being built on behalf of another line.</summary>
    public static SourceLocation Here(string file, int line) => _ambient.IsKnown ? _ambient : new(file, line);

    /// <summary>As <see cref="OfCaller"/>, but nothing while a graph is traced without the locations of operators.</summary>
    public static SourceLocation OfOperator() => Region.Current is { Graph.RecordsOperators: false } ? _ambient : OfCaller();

    /// <summary>
    /// The location of an operator's user. Operators cannot take caller attributes, so the stack is asked: the first frame outside
    /// this assembly. The stack walk costs microseconds; reading line numbers costs more, so each place is looked up once.
    /// </summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The method is only compared and asked for its assembly.")]
    public static SourceLocation OfCaller()
    {
        if (_ambient.IsKnown)
            return _ambient;
        var trace = new StackTrace(skipFrames: 1, fNeedFileInfo: false);
        for (int i = 0; i < trace.FrameCount; i++)
        {
            if (trace.GetFrame(i) is not { } frame || frame.GetMethod() is not { } method || method.Module == typeof(SourceLocation).Module)
                continue;
            (MethodBase, int) place = (method, frame.GetILOffset());
            if (!Places.TryGetValue(place, out SourceLocation location))
            {
                StackFrame? detailed = new StackTrace(skipFrames: 1, fNeedFileInfo: true).GetFrame(i);
                location = new(detailed?.GetFileName(), detailed?.GetFileLineNumber() ?? 0);
                Places.TryAdd(place, location);
            }
            return location;
        }
        return default;
    }

    /// <summary>Until the scope ends, every operation created on this thread carries this location.</summary>
    public AmbientScope Enter()
    {
        var scope = new AmbientScope(_ambient);
        if (IsKnown && !_ambient.IsKnown)
            _ambient = this;
        return scope;
    }

    /// <summary>As <see cref="Enter"/>, but replacing a scope that is already there: for gradients, which revisit many lines.</summary>
    public AmbientScope Override()
    {
        var scope = new AmbientScope(_ambient);
        _ambient = this;
        return scope;
    }

    public override string ToString() => IsKnown ? $"{File}:{Line}" : "an unknown line";

    internal readonly struct AmbientScope(SourceLocation previous) : IDisposable
    {
        public void Dispose() => _ambient = previous;
    }
}
