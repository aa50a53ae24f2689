using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training;

/// <summary>A trainable tensor of a module: shape and start values. Its current values live on the device, in the program's state.</summary>
/// <param name="shape">The shape.</param>
/// <param name="initializer">Fills the start values.</param>
public sealed class Parameter(Shape shape, Initializer initializer)
{
    /// <summary>The shape.</summary>
    public Shape Shape => shape;

    /// <summary>Fills the start values.</summary>
    public Initializer Initializer => initializer;

    /// <summary>The start values: the same for the same seed and name, whatever other parameters the model has.</summary>
    public float[] InitialValues(string name, ulong seed)
    {
        var values = new float[shape.ElementCount];
        initializer.Fill(values, new HostRandom(seed, name));
        return values;
    }
}

/// <summary>
/// A part of a model: named parameters, named parts, and a forward function that each class defines over symbolic values.
/// Names join with dots, as in <c>blocks.0.attention.qkv.weight</c>.
/// </summary>
/// <remarks>Externally synchronised while it is built; thread-safe afterwards.</remarks>
public abstract class Module
{
    private readonly List<(string Name, object Child)> _children = [];

    /// <summary>All parameters with their full names, in the order in which they were registered.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> NamedParameters()
    {
        var found = new List<(string, Parameter)>();
        Collect("", found);
        return found;
    }

    /// <summary>The number of trainable values.</summary>
    public long ParameterCount => NamedParameters().Sum(p => p.Parameter.Shape.ElementCount);

    /// <summary>Adds a parameter under a name that is unique within this module.</summary>
    protected Parameter Register(string name, Parameter parameter) => Add(name, parameter);

    /// <summary>Adds a part under a name that is unique within this module.</summary>
    protected TModule Register<TModule>(string name, TModule module) where TModule : Module => Add(name, module);

    private TChild Add<TChild>(string name, TChild child) where TChild : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_children.Exists(c => c.Name == name)) throw new ArgumentException($"{GetType().Name} already has a part called '{name}'");
        _children.Add((name, child));
        return child;
    }

    private void Collect(string prefix, List<(string, Parameter)> found)
    {
        foreach (var (name, child) in _children)
        {
            if (child is Module module) module.Collect($"{prefix}{name}.", found);
            else found.Add((prefix + name, (Parameter)child));
        }
    }
}

/// <summary>
/// What a forward function needs beside its input: the parameters' values, the precision to compute in, and, while training,
/// the random key of dropout.
/// </summary>
/// <remarks>Lives while one program is traced. Any thread, one at a time.</remarks>
public sealed class ForwardContext
{
    private readonly IReadOnlyDictionary<Parameter, Value> _values;
    private readonly Dictionary<Parameter, Value> _converted = [];
    private readonly Value? _dropoutKey;
    private int _dropouts;

    /// <summary>Creates the context of one trace.</summary>
    /// <param name="values">The value of every parameter, f32 (or f64 in tests).</param>
    /// <param name="computeType">The dtype of matrix products and of what lies between them.</param>
    /// <param name="dropoutKey">u32[2]; null switches dropout off.</param>
    public ForwardContext(IReadOnlyDictionary<Parameter, Value> values, DType computeType, Value? dropoutKey = null) =>
        (_values, ComputeType, _dropoutKey) = (values, computeType, dropoutKey);

    /// <summary>The dtype of matrix products and of what lies between them; sums, norms and softmax stay in the parameters' own.</summary>
    public DType ComputeType { get; }

    /// <summary>Called with each parameter and the value that its layer made of it, in forward order; how a NaN is traced to its layer.</summary>
    public Action<Parameter, Value>? Observer { get; init; }

    /// <summary>True while dropout is on.</summary>
    public bool IsTraining => _dropoutKey is not null;

    /// <summary>The parameter's value in its own precision.</summary>
    /// <exception cref="ArgumentException">The parameter belongs to a module that is not part of the model.</exception>
    public Value this[Parameter parameter] => _values.TryGetValue(parameter, out Value? value)
        ? value
        : throw new ArgumentException($"the model has no such parameter of shape {parameter.Shape}: register the module that it belongs to with its parent", nameof(parameter));

    /// <summary>The parameter's value in <see cref="ComputeType"/>; converted once per program.</summary>
    public Value InComputeType(Parameter parameter)
    {
        if (!_converted.TryGetValue(parameter, out Value? value))
            _converted.Add(parameter, value = ToComputeType(this[parameter]));
        return value;
    }

    /// <summary>Converts to <see cref="ComputeType"/> if that is another dtype.</summary>
    public Value ToComputeType(Value value) => ConvertTo(value, ComputeType);

    /// <summary>A fresh key for one dropout; the k-th asked for is the same in every trace.</summary>
    internal Value NextDropoutKey() =>
        Rng.FoldIn(_dropoutKey ?? throw new InvalidOperationException("dropout is off: there is no key"), _dropouts++);

    internal Value Observe(Parameter parameter, Value output)
    {
        Observer?.Invoke(parameter, output);
        return output;
    }

    internal static Value ConvertTo(Value value, DType dtype) => value.DType == dtype ? value : Op.Convert(value, dtype);
}
