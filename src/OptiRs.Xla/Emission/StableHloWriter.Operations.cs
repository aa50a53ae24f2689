using System.Globalization;

namespace OptiRs.Xla;

// One operation after its "%n = ": the pretty form where StableHLO has one, else the generic form.
internal sealed partial class StableHloWriter
{
    private void WriteOperation(Node node)
    {
        string mnemonic = "stablehlo." + node.Kind.Mnemonic();
        switch (node.Kind)
        {
            case OpKind.Constant:
                Append($"{mnemonic} {LiteralText.Dense(node.As<ConstantAttributes>().Value)} : {Result(node)}");
                break;
            case OpKind.Iota:
                Append($"{mnemonic} dim = {node.As<DimensionAttributes>().Dimension} : {Result(node)}");
                break;
            case OpKind.Compare:
                WriteCompare(node);
                break;
            case OpKind.Select:
                Append($"{mnemonic} {Names(node.Operands)} : {Type(node.Operands[0].Type)}, {Result(node)}");
                break;
            case OpKind.ReducePrecision:
                var precision = node.As<ReducePrecisionAttributes>();
                Append($"{mnemonic} {Names(node.Operands)}, format = e{precision.ExponentBits}m{precision.MantissaBits} : {Result(node)}");
                break;
            case OpKind.BroadcastInDim or OpKind.Transpose:
                Append($"{mnemonic} {Names(node.Operands)}, dims = {List(node.As<DimensionsAttributes>().Dimensions)} : {Signature(node)}");
                break;
            case OpKind.Reverse:
                Append($"{mnemonic} {Names(node.Operands)}, dims = {List(node.As<DimensionsAttributes>().Dimensions)} : {Result(node)}");
                break;
            case OpKind.Concatenate:
                Append($"{mnemonic} {Names(node.Operands)}, dim = {node.As<DimensionAttributes>().Dimension} : {Signature(node)}");
                break;
            case OpKind.Slice:
                WriteSlice(node);
                break;
            case OpKind.DynamicSlice:
                Append($"{mnemonic} {Names(node.Operands)}, sizes = {List(node.As<DynamicSliceAttributes>().Sizes)} : {Signature(node)}");
                break;
            case OpKind.Pad:
                var pad = node.As<PadAttributes>();
                Append($"{mnemonic} {Names(node.Operands)}, low = {List(pad.Low)}, high = {List(pad.High)}, interior = {List(pad.Interior)} : {Signature(node)}");
                break;
            case OpKind.DotGeneral:
                WriteDot(node);
                break;
            case OpKind.Convolution:
                WriteConvolution(node);
                break;
            case OpKind.RngBitGenerator:
                Append($"{mnemonic} {Names(node.Operands)}, algorithm = {RngName(node.As<RngAttributes>().Algorithm)} : {Signature(node)}");
                break;
            case OpKind.CustomCall:
                WriteCustomCall(node);
                break;
            case OpKind.Gather:
                WriteGather(node);
                break;
            case OpKind.Reduce:
                WriteReduce(node);
                break;
            case OpKind.While:
                WriteWhile(node);
                break;
            case OpKind.If or OpKind.Case:
                WriteGeneric(node, null);
                break;
            case OpKind.ReduceWindow:
                WriteGeneric(node, Window(node.As<WindowAttributes>()));
                break;
            case OpKind.Scatter:
                WriteGeneric(node, Scatter(node.As<ScatterAttributes>()));
                break;
            case OpKind.Sort:
                var sort = node.As<SortAttributes>();
                WriteGeneric(node, string.Create(CultureInfo.InvariantCulture, $"dimension = {sort.Dimension} : i64, is_stable = {(sort.IsStable ? "true" : "false")}"));
                break;
            case OpKind.Clamp:
                bool uniform = Array.TrueForAll(node.Operands, operand => operand.Type == node.Results[0].Type);
                Append($"{mnemonic} {Names(node.Operands)} : {(uniform ? Result(node) : Signature(node))}");
                break;
            default:
                bool same = Array.TrueForAll(node.Operands, operand => operand.Type == node.Results[0].Type);
                bool alwaysFull = node.Kind is OpKind.Convert or OpKind.BitcastConvert or OpKind.Reshape or OpKind.DynamicUpdateSlice
                    or OpKind.Real or OpKind.Imag or OpKind.IsFinite;
                bool isComplex = node.Kind == OpKind.Complex;
                Append($"{mnemonic} {Names(node.Operands)} : {(isComplex ? Result(node) : same && !alwaysFull ? Result(node) : Signature(node))}");
                break;
        }
    }

    private void WriteCompare(Node node)
    {
        DType dtype = node.Operands[0].DType;
        string kind = dtype.IsDifferentiable ? "FLOAT" : dtype.IsSignedInteger ? "SIGNED" : "UNSIGNED";
        string direction = node.As<CompareAttributes>().Direction.ToString().ToUpperInvariant();
        Append($"stablehlo.compare {direction}, {Names(node.Operands)}, {kind} : {Signature(node)}");
    }

    private void WriteSlice(Node node)
    {
        var slice = node.As<SliceAttributes>();
        var ranges = new string[slice.Start.Length];
        for (int i = 0; i < ranges.Length; i++)
            ranges[i] = slice.Strides[i] == 1 ? $"{slice.Start[i]}:{slice.Limit[i]}" : $"{slice.Start[i]}:{slice.Limit[i]}:{slice.Strides[i]}";
        Append($"stablehlo.slice {Names(node.Operands)} [{string.Join(", ", ranges)}] : {Signature(node)}");
    }

    private void WriteDot(Node node)
    {
        var dot = node.As<DotAttributes>();
        string batching = dot.LhsBatch.Length == 0 ? "" : $", batching_dims = {List(dot.LhsBatch)} x {List(dot.RhsBatch)}";
        Append($"stablehlo.dot_general {Names(node.Operands)}{batching}, contracting_dims = {List(dot.LhsContracting)} x {List(dot.RhsContracting)} : {Signature(node)}");
    }

    private void WriteConvolution(Node node)
    {
        var a = node.As<ConvolutionAttributes>();
        ConvolutionDimensions d = a.Dimensions;
        string input = Layout(d.InputBatch, "b", d.InputFeature, "f", d.InputSpatial);
        string kernel = Layout(d.KernelInputFeature, "i", d.KernelOutputFeature, "o", d.KernelSpatial);
        string output = Layout(d.OutputBatch, "b", d.OutputFeature, "f", d.OutputSpatial);
        string padding = List(a.Padding.Select(p => $"[{p.Low}, {p.High}]"));
        string window = $"stride = {List(a.Strides)}, pad = {padding}, lhs_dilate = {List(a.LhsDilation)}, rhs_dilate = {List(a.RhsDilation)}, reverse = {List(a.Reversal.Select(r => r ? "true" : "false"))}";
        Append($"stablehlo.convolution({Names(node.Operands)}) dim_numbers = {input}x{kernel}->{output}, window = {{{window}}} ");
        Append($"{{batch_group_count = {a.BatchGroups} : i64, feature_group_count = {a.FeatureGroups} : i64}} : {Signature(node)}");
    }

    private static string Layout(int first, string firstName, int second, string secondName, int[] spatial)
    {
        var axes = new string[spatial.Length + 2];
        axes[first] = firstName;
        axes[second] = secondName;
        for (int i = 0; i < spatial.Length; i++)
            axes[spatial[i]] = i.ToString(CultureInfo.InvariantCulture);
        return List(axes);
    }

    private void WriteCustomCall(Node node)
    {
        var call = node.As<CustomCallAttributes>();
        var attributes = new List<string>();
        if (call.IsDictionary) attributes.Add("api_version = 4 : i32");
        if (call.BackendConfig is not null) attributes.Add($"backend_config = {call.BackendConfig}");
        if (call.HasSideEffect)
            attributes.Add("has_side_effect = true");
        string dictionary = attributes.Count == 0 ? "" : $" {{{string.Join(", ", attributes)}}}";
        Append($"stablehlo.custom_call {AttributeText.Symbol(call.Target)}({Names(node.Operands)}){dictionary} : {Signature(node)}");
    }

    private static string RngName(RngAlgorithm algorithm) => algorithm switch
    {
        RngAlgorithm.ThreeFry => "THREE_FRY",
        RngAlgorithm.Philox => "PHILOX",
        _ => "DEFAULT",
    };

    private static string Signature(Node node)
    {
        string results = node.Results.Length == 1 ? Result(node) : $"({Types(node.Results)})";
        return $"({Types(node.Operands)}) -> {results}";
    }

    private static string Result(Node node) => Type(node.Results[0].Type);

    private void Append(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture));
}
