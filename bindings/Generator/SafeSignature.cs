namespace OptiRs.Bindings.Generator;

/// <summary>
/// The form of a function that hand-written code calls first: errors throw, handles are SafeHandles, pointer and length
/// are a span. Where it says no more than the raw form, only the raw form is written.
/// </summary>
internal sealed class SafeSignature
{
    private readonly CHeader _header;
    private readonly TypeMapper _types;
    private readonly CFunction _function;

    public SafeSignature(CHeader header, TypeMapper types, CFunction function)
    {
        (_header, _types, _function) = (header, types, function);
        bool fallible = function.Documentation.Has("fallible");
        bool returnsError = TypeMapper.Parse(function.Result, function.Name) is { Name: "optirs_error", Stars: 1 };
        if (fallible && !returnsError)
            throw new GeneratorException($"{function.Name}: @fallible, but it returns '{function.Result}', not optirs_error*.");
        if (fallible && function.Documentation.Has("fast"))
            throw new GeneratorException($"{function.Name}: @fast is for trivial getters; it may not be @fallible.");
        Result = fallible ? "Checked" : types.Map(function.Result, function.Name);
        Parameters = [.. function.Parameters.Select(Parameter)];
        string[] raw = [.. function.Parameters.Select(p => types.Map(p.Type, Where(p)) + " " + Identifier(p.Name))];
        RawParameters = raw;
        IsRaw = IsLifetime || (!fallible && Parameters.SequenceEqual(raw));
    }

    public string Result { get; }

    public IReadOnlyList<string> Parameters { get; }

    public IReadOnlyList<string> RawParameters { get; }

    /// <summary>There is nothing safer to offer.</summary>
    public bool IsRaw { get; }

    // Reference counting is what handles are made of: it cannot take them.
    private bool IsLifetime =>
        _function.Name.EndsWith("_release", StringComparison.Ordinal)
        || _function.Name.EndsWith("_retain", StringComparison.Ordinal);

    private string Parameter(CParameter parameter)
    {
        string name = Identifier(parameter.Name);
        Documentation text = _function.Documentation;
        CPointer type = TypeMapper.Parse(parameter.Type, Where(parameter));
        bool isOut = parameter.Name.StartsWith("out_", StringComparison.Ordinal);
        if (isOut && type.Stars == 2 && _header.IsOpaque(type.Name))
        {
            if (text.Has(parameter.Name, "owned"))
                return _header.IsHandle(type.Name)
                    ? $"out {HandleName(type.Name)} {name}"
                    : throw new GeneratorException($"{Where(parameter)}: @owned, but there is no {type.Name}_release.");
            return text.Has(parameter.Name, "borrowed")
                ? $"out nint {name}"
                : throw new GeneratorException($"{Where(parameter)}: say @owned or @borrowed.");
        }

        if (type.Stars == 1 && _header.IsOpaque(type.Name))
            return _header.IsHandle(type.Name) ? $"{HandleName(type.Name)} {name}" : $"nint {name}";
        if (text.SizeOf(parameter.Name) is not null && type.Stars == 1)
        {
            string element = type.Name == "void" ? "byte" : _types.Map(type.Name, Where(parameter));
            return $"{(type.IsConst ? "ReadOnlySpan" : "Span")}<{element}> {name}";
        }

        if (isOut && type.Stars == 1 && type.Name != "void")
            return $"out {_types.Map(type.Name, Where(parameter))} {name}";
        return _types.Map(parameter.Type, Where(parameter)) + " " + name;
    }

    private string Where(CParameter parameter) => $"{_function.Name}({parameter.Name})";

    /// <summary>optirs_pjrt_buffer -> PjrtBufferHandle.</summary>
    public static string HandleName(string opaque)
    {
        IEnumerable<string> words = opaque.Split('_').Skip(1).Select(w => char.ToUpperInvariant(w[0]) + w[1..]);
        return string.Concat(words) + "Handle";
    }

    public static string Identifier(string name) =>
        name is "event" or "operator" or "object" or "string" or "params" or "in" or "out" or "ref" or "base" or "lock"
            or "is" or "as" or "checked" or "fixed" or "internal" or "namespace" or "byte" or "default"
            ? "@" + name : name;
}
