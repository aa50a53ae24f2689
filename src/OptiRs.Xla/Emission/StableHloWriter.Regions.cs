using System.Globalization;

namespace OptiRs.Xla;

// Operations with regions, and those with structured attributes.
internal sealed partial class StableHloWriter
{
    private void WriteReduce(Node node)
    {
        int count = node.Results.Length;
        string dimensions = List(node.As<DimensionsAttributes>().Dimensions);
        string inputs = string.Join(", ", Enumerable.Range(0, count).Select(i => $"({Name(node.Operands[i])} init: {Name(node.Operands[count + i])})"));
        Region body = node.Regions[0];
        if (count == 1 && Regions.AsBinary(body) is { } kind)
        {
            Append($"stablehlo.reduce{inputs} applies stablehlo.{kind.Mnemonic()} across dimensions = {dimensions} : {Signature(node)}");
            return;
        }
        Append($"stablehlo.reduce{inputs} across dimensions = {dimensions} : {Signature(node)}\n");
        Line(" reducer");
        for (int i = 0; i < count; i++)
            Append($"({Declared(body.Arguments[i])}, {Declared(body.Arguments[count + i])}) ");
        _text.Append("{\n");
        WriteBody(body);
        Line("}");
    }

    private void WriteWhile(Node node)
    {
        Region condition = node.Regions[0];
        Region body = node.Regions[1];
        var carried = new string[node.Operands.Length];
        for (int i = 0; i < carried.Length; i++)
        {
            // The two regions share the names of what is carried.
            string name = string.Create(CultureInfo.InvariantCulture, $"%iterArg{_argumentCount++}");
            _names[condition.Arguments[i]] = _names[body.Arguments[i]] = name;
            carried[i] = $"{name} = {Name(node.Operands[i])}";
        }
        Append($"stablehlo.while({string.Join(", ", carried)}) : {Types(node.Operands)}\n");
        Line(" cond {\n");
        WriteBody(condition);
        Line("} do {\n");
        WriteBody(body);
        Line("}");
    }

    /// <summary>The generic form, with properties between &lt;{ }&gt; and regions between ( ).</summary>
    private void WriteGeneric(Node node, string? properties)
    {
        Append($"\"stablehlo.{node.Kind.Mnemonic()}\"({Names(node.Operands)})");
        if (properties is not null)
            Append($" <{{{properties}}}>");
        _text.Append(" (");
        for (int i = 0; i < node.Regions.Length; i++)
        {
            Region region = node.Regions[i];
            _text.Append(i == 0 ? "{\n" : ", {\n");
            if (region.Arguments.Count > 0)
            {
                Line("^bb0(");
                _text.Append(string.Join(", ", region.Arguments.Select(Declared))).Append("):\n");
            }
            WriteBody(region);
            Line("}");
        }
        Append($") : {Signature(node)}");
    }

    private string Declared(Value argument) => $"{NameArgument(argument)}: {Type(argument.Type)}";

    private void WriteGather(Node node)
    {
        var gather = node.As<GatherAttributes>();
        GatherDimensions d = gather.Dimensions;
        string numbers = Numbers(
            ("offset_dims", d.OffsetDims),
            ("collapsed_slice_dims", d.CollapsedSliceDims),
            ("operand_batching_dims", d.OperandBatchingDims),
            ("start_indices_batching_dims", d.StartIndicesBatchingDims),
            ("start_index_map", d.StartIndexMap));
        Append($"\"stablehlo.gather\"({Names(node.Operands)}) <{{dimension_numbers = #stablehlo.gather<{numbers}index_vector_dim = {d.IndexVectorDim}>, ");
        Append($"indices_are_sorted = {Bool(gather.IndicesAreSorted)}, slice_sizes = {I64(gather.SliceSizes)}}}> : {Signature(node)}");
    }

    private static string Scatter(ScatterAttributes scatter)
    {
        ScatterDimensions d = scatter.Dimensions;
        string numbers = Numbers(
            ("update_window_dims", d.UpdateWindowDims),
            ("inserted_window_dims", d.InsertedWindowDims),
            ("input_batching_dims", d.InputBatchingDims),
            ("scatter_indices_batching_dims", d.ScatterIndicesBatchingDims),
            ("scatter_dims_to_operand_dims", d.ScatterDimsToOperandDims));
        return string.Create(CultureInfo.InvariantCulture, $"indices_are_sorted = {Bool(scatter.IndicesAreSorted)}, scatter_dimension_numbers = ")
            + string.Create(CultureInfo.InvariantCulture, $"#stablehlo.scatter<{numbers}index_vector_dim = {d.IndexVectorDim}>, unique_indices = {Bool(scatter.UniqueIndices)}");
    }

    private static string Window(WindowAttributes a)
    {
        string padding = a.Padding.Length == 0 ? "" : string.Join(", ", a.Padding.Select(p => string.Create(CultureInfo.InvariantCulture, $"[{p.Low}, {p.High}]")));
        string dense = a.Padding.Length == 0 ? "dense<> : tensor<0x2xi64>" : string.Create(CultureInfo.InvariantCulture, $"dense<[{padding}]> : tensor<{a.Padding.Length}x2xi64>");
        return $"base_dilations = {I64(a.BaseDilations)}, padding = {dense}, window_dilations = {I64(a.WindowDilations)}, "
            + $"window_dimensions = {I64(a.Dimensions)}, window_strides = {I64(a.Strides)}";
    }

    /// <summary>Fields of a dimension-numbers attribute, each followed by a comma; empty ones are left out, as StableHLO prints them.</summary>
    private static string Numbers(params ReadOnlySpan<(string Name, int[] Axes)> fields)
    {
        string text = "";
        foreach ((string name, int[] axes) in fields)
        {
            if (axes.Length > 0)
                text += $"{name} = {List(axes)}, ";
        }
        return text;
    }

    private static string I64(long[] values) => values.Length == 0 ? "array<i64>" : $"array<i64: {string.Join(", ", values)}>";

    private static string Bool(bool value) => value ? "true" : "false";
}
