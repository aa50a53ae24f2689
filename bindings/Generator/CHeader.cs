namespace OptiRs.Bindings.Generator;

/// <summary>What a header declares, in the order in which it declares it.</summary>
internal sealed class CHeader
{
    public List<CConstant> Constants { get; } = [];
    public List<COpaque> Opaque { get; } = [];
    public List<CStruct> Structs { get; } = [];
    public List<CFunction> Functions { get; } = [];

    /// <summary>Scalar typedefs and callback typedefs, by name.</summary>
    public Dictionary<string, CAlias> Aliases { get; } = [];

    public bool IsOpaque(string name) => Opaque.Exists(o => o.Name == name);

    public bool IsStruct(string name) => Structs.Exists(s => s.Name == name);

    /// <summary>An opaque type that is reference counted: there is a <c>_release</c> for it.</summary>
    public bool IsHandle(string name) => IsOpaque(name) && Functions.Exists(f => f.Name == name + "_release");
}

/// <summary>An enumerator or a macro: <c>Text</c> is its C# literal, <c>Type</c> its C# type.</summary>
internal sealed record CConstant(string Name, long Value, string Text, string Type, Documentation Documentation);

internal sealed record COpaque(string Name, Documentation Documentation);

internal sealed record CStruct(string Name, bool IsUnion, List<CField> Fields, Documentation Documentation);

internal sealed record CField(string Name, string Type, Documentation Documentation);

/// <summary>A typedef of a scalar (<see cref="Callback"/> is null) or of a function pointer.</summary>
internal sealed record CAlias(string Name, string Target, CCallback? Callback);

internal sealed record CCallback(string Result, List<string> Parameters);

internal sealed record CParameter(string Name, string Type);

internal sealed record CFunction(string Name, string Result, List<CParameter> Parameters, Documentation Documentation);
