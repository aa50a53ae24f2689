namespace OptiRs.Native.Tests.Pjrt;

/// <summary>A call of a kernel from a program, and the same call of the kernel itself.</summary>
/// <param name="Target">The kernel's name.</param>
/// <param name="Operands">In the order in which the target takes them unnamed.</param>
/// <param name="Results">Likewise; what they start as does not matter where the kernel does not read them.</param>
/// <param name="Direct">Calls the kernel.</param>
/// <param name="Config">Further entries of backend_config.</param>
internal sealed record KernelCall(
    string Target, (string Name, CallValue Value)[] Operands, (string Name, CallValue Value)[] Results, Action<KernelCall.Tensors> Direct,
    string Config = "")
{
    /// <summary>What the kernel itself gives for each result.</summary>
    public Array[] Expected()
    {
        var tensors = new Tensors(this);
        Direct(tensors);
        return [.. Results.Select(result => tensors.Written(result.Name).Elements)];
    }

    /// <summary>What a program gives that calls the kernel: with its operands and results named, and in another order, or not.</summary>
    public Array[] Run(PjrtClient client, bool named)
    {
        (string Name, CallValue Value)[] operands = [.. Operands], results = [.. Results];
        if (named)
        {
            Array.Reverse(operands);
            Array.Reverse(results);
        }

        var entries = new List<string>();
        if (named) entries.Add($"operands = \"{Names(operands)}\", results = \"{Names(results)}\"");
        if (Config.Length > 0) entries.Add(Config);
        string arguments = string.Join(", ", operands.Select((operand, i) => $"%a{i}: {operand.Value.Type}"));
        string types = string.Join(", ", results.Select(result => result.Value.Type));
        string returned = results.Length == 1 ? "%r" : string.Join(", ", results.Select((_, i) => $"%r#{i}"));
        using PjrtExecutable executable = client.Compile(
            $$"""
            module @call {
              func.func public @main({{arguments}}) -> ({{types}}) {
                {{(results.Length == 1 ? "%r" : $"%r:{results.Length}")}} = stablehlo.custom_call @optirs.{{Target}}({{string.Join(", ", operands.Select((_, i) => $"%a{i}"))}}) {api_version = 4 : i32, backend_config = { {{string.Join(", ", entries)}} } } : ({{string.Join(", ", operands.Select(operand => operand.Value.Type))}}) -> {{(results.Length == 1 ? types : $"({types})")}}
                return {{returned}} : {{types}}
              }
            }
            """);
        PjrtBuffer[] buffers = [.. operands.Select(operand => operand.Value.Upload(client))], outputs = [];
        try
        {
            outputs = [.. executable.Execute(buffers)];
            Array[] arrays = [.. results.Select((result, i) => result.Value.Download(outputs[i]))];
            if (named) Array.Reverse(arrays);
            return arrays;
        }
        finally
        {
            foreach (PjrtBuffer buffer in buffers.Concat(outputs)) buffer.Dispose();
        }
    }

    public override string ToString() => Config.Length == 0 ? Target : $"{Target} {{{Config}}}";

    private static string Names((string Name, CallValue Value)[] values) => string.Join(", ", values.Select(value => value.Name));

    /// <summary>The tensors of one call of the kernel itself.</summary>
    public sealed class Tensors(KernelCall call)
    {
        // What is operand and result is updated: it starts as a copy.
        private readonly Dictionary<string, CallValue> _written = call.Results.ToDictionary(
            result => result.Name, result => (call.Operands.FirstOrDefault(operand => operand.Name == result.Name).Value ?? result.Value).Copy());

        private readonly Dictionary<string, CallValue> _read = call.Operands.ToDictionary(operand => operand.Name, operand => operand.Value);

        public ReadOnlyKernelTensor In(string name) => _read[name].Input;

        public KernelTensor Out(string name) => _written[name].Output;

        public CallValue Written(string name) => _written[name];

        /// <summary>Runs the step of an optimizer on them.</summary>
        public void Step(Action<OptimizerTensors> step)
        {
            using TensorList parameters = List("params")!;
            using TensorList? gradients = List("grads"), state1 = List("state1"), state2 = List("state2");
            using var tensors = new OptimizerTensors(parameters, gradients, state1, state2);
            step(tensors);
            foreach ((string name, Tensor<float> tensor) in _listed)
            {
                if (_written.TryGetValue(name, out CallValue? result)) tensor.ReadOnlySpan.CopyTo((float[])result.Elements);
                tensor.Dispose();
            }
        }

        private readonly List<(string Name, Tensor<float> Tensor)> _listed = [];

        private TensorList? List(string name)
        {
            if (!_read.TryGetValue(name, out CallValue? value)) return null;
            Tensor<float> tensor = Tensor<float>.Create(new Shape(value.Shape));
            ((float[])value.Elements).CopyTo(tensor.Span);
            _listed.Add((name, tensor));
            return TensorList.Of(tensor);
        }
    }
}
