using System.Globalization;
using System.Text;

namespace OptiRs.Xla;

/// <summary>
/// Writes a graph as StableHLO text, one operation a line, in the order in which it was traced. Values are numbered in order of
/// appearance, so the same graph always gives the same text.
/// </summary>
internal sealed partial class StableHloWriter
{
    private readonly Graph _graph;
    private readonly JitOptions _options;
    private readonly Liveness _liveness;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<Value, string> _names = [];
    private int _valueCount;
    private int _argumentCount;
    private int _indent;

    public StableHloWriter(Graph graph, JitOptions options)
    {
        _graph = graph;
        _options = options;
        _liveness = new Liveness(graph.Body);
    }

    public string Write()
    {
        _text.Append("module ").Append(AttributeText.Symbol(_graph.Name)).Append(" {\n");
        _indent++;
        Line("func.func public @main(");
        WriteArguments();
        _text.Append(')');
        Region body = _graph.Body;
        if (body.Results.Length > 0)
            _text.Append(" -> (").Append(Types(body.Results)).Append(')');
        _text.Append(" {\n");
        _indent++;
        WriteNodes(body);
        Line("return");
        if (body.Results.Length > 0)
            _text.Append(' ').Append(Names(body.Results)).Append(" : ").Append(Types(body.Results));
        _text.Append('\n');
        _indent--;
        Line("}\n");
        return _text.Append("}\n").ToString();
    }

    private void WriteArguments()
    {
        int?[] donations = Donations.Match(_graph, _options);
        for (int i = 0; i < donations.Length; i++)
        {
            Value argument = _graph.Body.Arguments[i];
            if (i > 0)
                _text.Append(", ");
            _text.Append(NameArgument(argument)).Append(": ").Append(Type(argument.Type));
            if (donations[i] is { } result)
                _text.Append(CultureInfo.InvariantCulture, $" {{{(result >= 0 ? $"tf.aliasing_output = {result} : i32" : "jax.buffer_donor = true")}}}");
            if (_options.ArgumentNames is { } names && i < names.Length)
                _text.Append(" loc(").Append(AttributeText.Quoted(names[i])).Append(')');
        }
    }

    private void WriteNodes(Region region)
    {
        foreach (Node node in region.Nodes)
        {
            if (!_liveness.IsLive(node))
                continue;
            if (node.Kind == OpKind.CustomGradient)
            {
                // Only differentiation knows this operation; in the program it is its first operand.
                _names[node.Results[0]] = Name(node.Operands[0]);
                continue;
            }
            WriteNode(node);
        }
    }

    private void WriteNode(Node node)
    {
        Line("");
        WriteResults(node);
        WriteOperation(node);
        if (_options.Locations && node.Location.IsKnown)
            _text.Append(CultureInfo.InvariantCulture, $" loc({AttributeText.Quoted(node.Location.FileName)}:{node.Location.Line}:1)");
        _text.Append('\n');
    }

    private void WriteResults(Node node)
    {
        if (node.Results.Length == 0)
            return;
        string name = string.Create(CultureInfo.InvariantCulture, $"%{_valueCount++}");
        if (node.Results.Length == 1)
        {
            _names[node.Results[0]] = name;
            _text.Append(name).Append(" = ");
            return;
        }
        _text.Append(CultureInfo.InvariantCulture, $"{name}:{node.Results.Length} = ");
        for (int i = 0; i < node.Results.Length; i++)
            _names[node.Results[i]] = string.Create(CultureInfo.InvariantCulture, $"{name}#{i}");
    }

    /// <summary>The lines of a region and its return, one level deeper.</summary>
    private void WriteBody(Region region)
    {
        _indent++;
        WriteNodes(region);
        Line("stablehlo.return");
        if (region.Results.Length > 0)
            _text.Append(' ').Append(Names(region.Results)).Append(" : ").Append(Types(region.Results));
        _text.Append('\n');
        _indent--;
    }

    private string NameArgument(Value argument) =>
        _names[argument] = string.Create(CultureInfo.InvariantCulture, $"%arg{_argumentCount++}");

    private string Name(Value value) => _names[value];

    private string Names(IEnumerable<Value> values) => string.Join(", ", values.Select(Name));

    private void Line(string start) => _text.Append(' ', 2 * _indent).Append(start);

    private static string Type(TensorType type)
    {
        var text = new StringBuilder("tensor<");
        foreach (long size in type.Shape.Dimensions)
            text.Append(CultureInfo.InvariantCulture, $"{size}x");
        return text.Append(type.DType.Name).Append('>').ToString();
    }

    private static string Types(IEnumerable<Value> values) => string.Join(", ", values.Select(value => Type(value.Type)));

    private static string List<T>(IEnumerable<T> values) => $"[{string.Join(", ", values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))}]";
}
