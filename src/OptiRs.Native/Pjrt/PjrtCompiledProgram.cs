using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>A program that was compiled for a topology: it tells of itself, and becomes executable when a client loads it.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class PjrtCompiledProgram : IDisposable
{
    internal PjrtCompiledProgram(PjrtExecutableHandle handle)
    {
        Handle = handle;
        Facts = new PjrtProgramFacts(handle);
    }

    internal PjrtExecutableHandle Handle { get; }

    /// <summary>What the plugin says of the program.</summary>
    public PjrtProgramFacts Facts { get; }

    /// <summary>The program as bytes, for <see cref="PjrtClient.Load(ReadOnlySpan{byte}, PjrtCompileOptions?)"/> of the same plugin and version.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public byte[] Serialize() => Facts.Serialize();

    /// <summary>Gives up the program.</summary>
    public void Dispose() => Handle.Dispose();
}

/// <summary>What a plugin says of a compiled program, loaded or not. Each answer is asked for when it is read.</summary>
public sealed partial class PjrtProgramFacts
{
    private readonly PjrtExecutableHandle _handle;

    internal PjrtProgramFacts(PjrtExecutableHandle handle) => _handle = handle;

    /// <summary>Name of the program.</summary>
    public string Name => PjrtNative.ExecutableName(_handle);

    /// <summary>Number of replicas compiled for.</summary>
    public int ReplicaCount => checked((int)optirs.optirs_pjrt_executable_num_replicas(_handle));

    /// <summary>Number of partitions compiled for.</summary>
    public int PartitionCount => checked((int)optirs.optirs_pjrt_executable_num_partitions(_handle));

    /// <summary>Element types and shapes of the results; null where the plugin does not say.</summary>
    public IReadOnlyList<(DType DType, Shape Shape)>? Outputs =>
        PjrtNative.Outputs(_handle)?.Select(o => ((DType)o.DType, new Shape(o.Dims))).ToArray();

    /// <summary>Kinds of the memories that results are put in; null where the plugin does not say.</summary>
    public IReadOnlyList<string>? OutputMemoryKinds => PjrtPrograms.OutputMemoryKinds(_handle);

    /// <summary>Kinds of the memories that arguments are expected in; null where the plugin does not say.</summary>
    public IReadOnlyList<string>? ParameterMemoryKinds => PjrtPrograms.ParameterMemoryKinds(_handle);

    /// <summary>Equal for equal programs; null where the plugin has none.</summary>
    public byte[]? Fingerprint => PjrtPrograms.Fingerprint(_handle);

    /// <summary>The options that the program was compiled with.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public byte[] CompileOptions
    {
        get
        {
            optirs.optirs_pjrt_executable_compile_options(_handle, out PjrtBytesHandle bytes);
            return PjrtPrograms.Take(bytes);
        }
    }

    /// <summary>The program after the plugin's passes, and the name of its format: <c>mlir</c>, <c>hlo</c> or <c>hlo_with_config</c>.</summary>
    /// <exception cref="NotSupportedException">The plugin does not tell.</exception>
    public (byte[] Code, string Format) OptimizedProgram => PjrtPrograms.OptimizedProgram(_handle);

    internal byte[] Serialize()
    {
        optirs.optirs_pjrt_executable_serialize(_handle, out PjrtBytesHandle bytes);
        return PjrtPrograms.Take(bytes);
    }
}
