using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

// Random bits of the device, and operations that the graph does not know.
public static partial class Op
{
    /// <summary>
    /// Random bits of the device's own generator: the next state, and bits of any integer type. For numbers that are the same on
    /// every device use <see cref="Rng"/>.
    /// </summary>
    public static (Value State, Value Bits) RngBitGenerator(Value state, RngAlgorithm algorithm, DType dtype, Shape shape, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(state);
        SourceLocation location = SourceLocation.Here(file, line);
        bool fits = state.Rank == 1 && state.DType == DType.U64 && algorithm switch
        {
            RngAlgorithm.ThreeFry => state.Shape[0] == 2,
            RngAlgorithm.Philox => state.Shape[0] is 2 or 3,
            _ => true,
        };
        if (!fits || dtype is DType.Pred || dtype.IsComplex)
            throw GraphException.Invalid("RngBitGenerator", [state], $"{algorithm} with this state gives no {new TensorType(dtype, shape)}; the state is u64[2] (Philox: also u64[3]) and the bits are numbers", location);
        Value[] results = Many(OpKind.RngBitGenerator, [state], [state.Type, new(dtype, shape)], location, new RngAttributes(algorithm));
        return (results[0], results[1]);
    }

    /// <summary>A call of a target that the device knows by name. It has no gradient; wrap it in <see cref="CustomGradient"/> for one.</summary>
    public static Value[] CustomCall(string target, ReadOnlySpan<Value> operands, ReadOnlySpan<(DType DType, Shape Shape)> results, string? backendConfig = null,
        bool hasSideEffect = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        string? config = backendConfig is null ? null : AttributeText.Quoted(backendConfig);
        return Call(new CustomCallAttributes(target, hasSideEffect, config, IsDictionary: false), operands, results, SourceLocation.Here(file, line));
    }

    /// <summary>
    /// A call of a target whose options have names, such as the kernels <c>optirs.*</c> of the embedded plugin (docs/kernels.md).
    /// The configuration holds texts, numbers, truth values, enumeration members and lists of them.
    /// </summary>
    /// <exception cref="ArgumentException">The configuration has a value of another type.</exception>
    public static Value[] CustomCall(string target, ReadOnlySpan<Value> operands, ReadOnlySpan<(DType DType, Shape Shape)> results,
        IReadOnlyDictionary<string, object> backendConfig, bool hasSideEffect = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(backendConfig);
        return Call(new CustomCallAttributes(target, hasSideEffect, AttributeText.Dictionary(backendConfig), IsDictionary: true), operands, results, SourceLocation.Here(file, line));
    }

    private static Value[] Call(CustomCallAttributes call, ReadOnlySpan<Value> operands, ReadOnlySpan<(DType DType, Shape Shape)> results, SourceLocation location)
    {
        ArgumentException.ThrowIfNullOrEmpty(call.Target);
        var types = new TensorType[results.Length];
        for (int i = 0; i < types.Length; i++)
            types[i] = new(results[i].DType, results[i].Shape);
        return Many(OpKind.CustomCall, operands, types, location, call);
    }
}
