using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>A compiled program, loaded on its devices.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed partial class PjrtExecutable : IDisposable
{
    private readonly PjrtClient _client;
    private readonly (DType DType, Shape Shape)[]? _outputs;
    private readonly PjrtBuffer.StatedShape _stated;

    internal PjrtExecutable(PjrtClient client, PjrtExecutableHandle handle)
    {
        (_client, Handle) = (client, handle);
        Name = PjrtNative.ExecutableName(handle);
        OutputCount = checked((int)optirs.optirs_pjrt_executable_num_outputs(handle));
        DeviceCount = checked((int)optirs.optirs_pjrt_executable_num_devices(handle));
        _stated = optirs.optirs_pjrt_executable_num_partitions(handle) > 1 ? PjrtBuffer.StatedShape.Whole : PjrtBuffer.StatedShape.Bounds;
        _outputs = PjrtNative.Outputs(handle)?.Select(o => ((DType)o.DType, new Shape(o.Dims))).ToArray();
    }

    internal PjrtExecutableHandle Handle { get; }

    /// <summary>Name of the program.</summary>
    public string Name { get; }

    /// <summary>Number of results on each device.</summary>
    public int OutputCount { get; }

    /// <summary>Number of devices of this process that one execution runs on.</summary>
    public int DeviceCount { get; }

    /// <summary>Devices in the order of the rows of <see cref="ExecuteOnDevices"/>.</summary>
    public IReadOnlyList<PjrtDevice> Devices =>
        [.. Enumerable.Range(0, DeviceCount).Select(i => _client.FindDevice(PjrtNative.ExecutableDevice(Handle, i)))];

    /// <summary>
    /// Element types and shapes of the results; bounds where the program computes the size of a dimension. Of a program for
    /// several partitions, whether these are the parts or the whole is for the plugin to say; buffers have the shape of what they hold.
    /// </summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public IReadOnlyList<(DType DType, Shape Shape)> Outputs =>
        _outputs ?? throw new NotSupportedException($"The plugin of '{_client.PlatformName}' does not say what '{Name}' returns.");

    /// <summary>Bytes of machine code.</summary>
    public long GeneratedCodeBytes
    {
        get
        {
            optirs.optirs_pjrt_executable_code_size(Handle, out long size);
            return size;
        }
    }

    /// <summary>Memory that one execution needs.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public PjrtMemoryAnalysis MemoryAnalysis =>
        PjrtNative.ExecutableMemory(Handle) is { } memory
            ? new PjrtMemoryAnalysis(
                memory.argument_bytes, memory.output_bytes, memory.alias_bytes, memory.temporary_bytes,
                memory.generated_code_bytes, memory.peak_bytes)
            : throw new NotSupportedException($"The plugin of '{_client.PlatformName}' has no memory analysis.");

    /// <summary>Figures of the plugin's cost analysis, for example <c>flops</c>; empty where it has none.</summary>
    public IReadOnlyDictionary<string, object> Costs => PjrtNative.Costs(Handle);

    /// <summary>What the plugin says of the program beyond what executing needs.</summary>
    public PjrtProgramFacts Facts => new(Handle);

    /// <summary>Whether the program was taken from its devices.</summary>
    public bool IsDeleted
    {
        get
        {
            optirs.optirs_pjrt_executable_is_deleted(Handle, out byte isDeleted);
            return isDeleted != 0;
        }
    }

    /// <summary>The devices of all replicas and partitions, a serialized DeviceAssignmentProto.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public byte[] DeviceAssignment
    {
        get
        {
            optirs.optirs_pjrt_executable_device_assignment(Handle, out PjrtBytesHandle bytes);
            return PjrtPrograms.Take(bytes);
        }
    }

    /// <summary>Replica and partition that a device of <see cref="Devices"/> runs.</summary>
    /// <exception cref="NotSupportedException">The plugin does not say.</exception>
    public (int Replica, int Partition) LogicalIds(int device)
    {
        optirs.optirs_pjrt_executable_logical_ids(Handle, device, out int replica, out int partition);
        return (replica, partition);
    }

    /// <summary>The program as bytes, for <see cref="PjrtClient.Load(ReadOnlySpan{byte}, PjrtCompileOptions?)"/> of the same plugin and version.</summary>
    /// <exception cref="NotSupportedException">The plugin cannot.</exception>
    public byte[] Serialize() => Facts.Serialize();

    /// <summary>Takes the program from its devices; calls in flight finish, later ones fail.</summary>
    public void Delete() => optirs.optirs_pjrt_executable_delete(Handle);

    /// <summary>Starts the program on its one device, and returns when it is enqueued. Donated arguments are deleted.</summary>
    /// <returns>New buffers, whose data comes when the program has run.</returns>
    /// <exception cref="ArgumentException">The arguments are not those of the program.</exception>
    public PjrtBuffer[] Execute(params ReadOnlySpan<PjrtBuffer> arguments)
    {
        if (DeviceCount != 1)
            throw new InvalidOperationException($"'{Name}' runs on {DeviceCount} devices: use ExecuteOnDevices.");
        return Start(arguments);
    }

    /// <summary>Starts the program with options, and returns when it is enqueued.</summary>
    /// <param name="arguments">[devices x arguments] flat.</param>
    /// <param name="options">What is not donated, what happens to sends and receives, and the like.</param>
    /// <returns>[devices x results] flat, and the end of the execution, with its error if there was one; await it once.</returns>
    /// <exception cref="NotSupportedException">The plugin is too old for one of the options; the message names it.</exception>
    public (PjrtBuffer[] Results, ValueTask Done) Execute(
        IReadOnlyList<PjrtBuffer> arguments, PjrtExecutionOptions options)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfDisposed();
        Telemetry.Executions.Add(1);
        PjrtBufferHandle[] handles = [.. arguments.Select(a => CheckArgument(a).Handle)];
        var cells = new PjrtBufferHandle[(options.Device is null ? DeviceCount : 1) * OutputCount];
        var receives = new PjrtReceives();
        using PjrtChannels native = options.ToNative(receives);
        ValueTask done = PjrtExecution.Execute(Handle, _client.Handle, handles, cells, native);
        return ([.. cells.Select(Result)], options.Receives.Count == 0 ? done : new ValueTask(receives.EndAsync(done)));
    }

    /// <summary>Starts the program on all its devices, and returns when it is enqueued.</summary>
    /// <param name="argumentsPerDevice">One row for each device of <see cref="Devices"/>; rows of equal length.</param>
    /// <returns>One row of results for each device.</returns>
    public PjrtBuffer[][] ExecuteOnDevices(PjrtBuffer[][] argumentsPerDevice)
    {
        ArgumentNullException.ThrowIfNull(argumentsPerDevice);
        foreach (PjrtBuffer[] row in argumentsPerDevice) ArgumentNullException.ThrowIfNull(row, nameof(argumentsPerDevice));
        if (argumentsPerDevice.Length != DeviceCount || argumentsPerDevice.Any(r => r.Length != argumentsPerDevice[0].Length))
            throw new ArgumentException(
                $"'{Name}' runs on {DeviceCount} devices and needs as many rows of equal length; there are "
                + $"[{string.Join(", ", argumentsPerDevice.Select(r => r.Length))}].", nameof(argumentsPerDevice));
        PjrtBuffer[] results = Start(argumentsPerDevice.SelectMany(r => r).ToArray());
        return [.. results.Chunk(Math.Max(OutputCount, 1))];
    }

    /// <summary>
    /// Binds a call to its arguments and results, so that running it allocates nothing. A buffer may stand in both: it gives
    /// its old value and receives the new one, which is how a training step keeps its parameters.
    /// </summary>
    /// <param name="arguments">[devices x arguments] flat.</param>
    /// <param name="results">[devices x results] flat; null entries get new buffers, which <see cref="PjrtCall.Results"/> shows.</param>
    public PjrtCall Bind(ReadOnlySpan<PjrtBuffer> arguments, ReadOnlySpan<PjrtBuffer?> results)
    {
        ThrowIfDisposed();
        if (results.Length != DeviceCount * OutputCount)
            throw new ArgumentException(
                $"Bind: '{Name}' has {OutputCount} results on each of {DeviceCount} devices; {results.Length} buffers are given.",
                nameof(results));
        foreach (PjrtBuffer argument in arguments) CheckArgument(argument);
        var bound = new PjrtBuffer[results.Length];
        var distinct = new HashSet<PjrtBuffer>(results.Length);
        int made = 0;
        try
        {
            for (int i = 0; i < bound.Length; i++)
            {
                if (results[i] is { } given)
                {
                    CheckArgument(given);
                    if (!distinct.Add(given))
                        throw new ArgumentException($"Bind: one buffer is given for result {bound.AsSpan().IndexOf(given)} and result {i} of '{Name}'.", nameof(results));
                    bound[i] = given;
                }
                else
                {
                    bound[i] = Result(PjrtCells.CreateEmpty(_client.Handle), i);
                    made++;
                }
            }

            var call = new PjrtCall(Handle, arguments, bound);
            // Not before: if the call cannot be bound, the buffers stay what they are.
            for (int i = 0; i < bound.Length; i++)
                if (results[i] is { } given) Retype(given, i);
            return call;
        }
        catch
        {
            for (int i = 0; i < bound.Length && made > 0; i++)
                if (results[i] is null && bound[i] is not null) bound[i].Dispose();
            throw;
        }
    }

    /// <summary>Gives up the program; executions in flight finish.</summary>
    public void Dispose() => Handle.Dispose();

    private PjrtBuffer[] Start(ReadOnlySpan<PjrtBuffer> arguments)
    {
        ThrowIfDisposed();
        Telemetry.Executions.Add(1);
        PjrtBufferHandle[] handles = ArrayPool<PjrtBufferHandle>.Shared.Rent(arguments.Length);
        try
        {
            for (int i = 0; i < arguments.Length; i++) handles[i] = CheckArgument(arguments[i]).Handle;
            var cells = new PjrtBufferHandle[DeviceCount * OutputCount];
            PjrtExecution.Execute(Handle, _client.Handle, handles.AsSpan(0, arguments.Length), cells);
            var results = new PjrtBuffer[cells.Length];
            for (int i = 0; i < results.Length; i++) results[i] = Result(cells[i], i);
            return results;
        }
        finally
        {
            ArrayPool<PjrtBufferHandle>.Shared.Return(handles, clearArray: true);
        }
    }

    private PjrtBuffer Result(PjrtBufferHandle cell, int index) =>
        _outputs is null
            ? new PjrtBuffer(_client, cell, DType.Invalid, null)
            : _client.Created(cell, _outputs[index % OutputCount].DType, _outputs[index % OutputCount].Shape, _stated);

    private void Retype(PjrtBuffer given, int index)
    {
        if (_outputs is null) given.Retype(DType.Invalid, null, PjrtBuffer.StatedShape.None);
        else given.Retype(_outputs[index % OutputCount].DType, _outputs[index % OutputCount].Shape, _stated);
    }

    private static PjrtBuffer CheckArgument([NotNull] PjrtBuffer? buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        buffer.ThrowIfDisposed();
        return buffer;
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Handle.IsDisposed, this);
}

/// <summary>Memory that one execution needs on a device, in bytes.</summary>
/// <param name="ArgumentBytes">Arguments.</param>
/// <param name="OutputBytes">Results, aliased ones included.</param>
/// <param name="AliasBytes">Results that live in donated arguments.</param>
/// <param name="TemporaryBytes">Scratch.</param>
/// <param name="GeneratedCodeBytes">Machine code.</param>
/// <param name="PeakBytes">The most at once; -1 where the plugin does not say.</param>
public sealed record PjrtMemoryAnalysis(
    long ArgumentBytes, long OutputBytes, long AliasBytes, long TemporaryBytes, long GeneratedCodeBytes, long PeakBytes);
