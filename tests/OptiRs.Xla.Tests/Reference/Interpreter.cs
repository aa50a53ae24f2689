using System.Buffers.Binary;

namespace OptiRs.Xla.Tests;

/// <summary>
/// The reference: evaluates a graph one element at a time in f64, straight from the definitions in the StableHLO specification. Slow,
/// plain, and written without a look at the plugin.
/// </summary>
internal sealed partial class Interpreter
{
    private readonly Dictionary<Value, NdArray> _values = [];

    public static NdArray[] Run(Graph graph, params NdArray[] arguments) => new Interpreter().RunRegion(graph.Body, arguments);

    private NdArray[] RunRegion(Region region, params NdArray[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
            _values[region.Arguments[i]] = arguments[i];
        foreach (Node node in region.Nodes)
        {
            NdArray[] results = Evaluate(node);
            for (int i = 0; i < results.Length; i++)
                _values[node.Results[i]] = Round(results[i], node.Results[i].DType);
        }
        return [.. region.Results.Select(value => _values[value])];
    }

    private NdArray[] Evaluate(Node node)
    {
        NdArray[] x = [.. node.Operands.Select(value => _values[value])];
        long[] shape = node.Results[0].Shape.Dimensions.ToArray();
        DType dtype = node.Operands.Length > 0 ? node.Operands[0].DType : node.Results[0].DType;
        switch (node.Kind)
        {
            case OpKind.CustomGradient or OpKind.OptimizationBarrier:
                return [x[0]];
            case OpKind.Constant:
                return [Constant(node.As<ConstantAttributes>().Value)];
            case OpKind.Iota:
                return [NdArray.Filled(shape, i => i[node.As<DimensionAttributes>().Dimension])];
            case OpKind.Compare:
                ComparisonDirection direction = node.As<CompareAttributes>().Direction;
                return [NdArray.Filled(shape, i => Compare(direction, x[0][i], x[1][i]) ? 1 : 0)];
            case OpKind.Select:
                return [NdArray.Filled(shape, i => (x[0].Shape.Length == 0 ? x[0].Data[0] : x[0][i]) != 0 ? x[1][i] : x[2][i])];
            case OpKind.Clamp:
                return [NdArray.Filled(shape, i => Math.Min(Math.Max(x[1][i], At(x[0], i)), At(x[2], i)))];
            case OpKind.Convert:
                return [NdArray.Filled(shape, i => node.Results[0].DType == DType.Pred ? (x[0][i] != 0 ? 1 : 0) : node.Results[0].DType.IsInteger ? Math.Truncate(x[0][i]) : x[0][i])];
            case OpKind.ReducePrecision when node.As<ReducePrecisionAttributes>() is { ExponentBits: 5, MantissaBits: 10 }:
                return [NdArray.Filled(shape, i => (double)(Half)x[0][i])];
            case OpKind.BitcastConvert:
                return [NdArray.Filled(shape, i => Bitcast(x[0][i], dtype, node.Results[0].DType))];
            case OpKind.BroadcastInDim:
                long[] dims = node.As<DimensionsAttributes>().Dimensions;
                return [NdArray.Filled(shape, i => x[0][[.. dims.Select((d, k) => x[0].Shape[k] == 1 ? 0 : i[d])]])];
            case OpKind.Reshape:
                return [new(shape, x[0].Data)];
            case OpKind.Transpose:
                long[] permutation = node.As<DimensionsAttributes>().Dimensions;
                return [NdArray.Filled(shape, i => x[0][[.. permutation.Select((_, k) => i[Array.IndexOf(permutation, k)])]])];
            case OpKind.Reverse:
                long[] reversed = node.As<DimensionsAttributes>().Dimensions;
                return [NdArray.Filled(shape, i => x[0][[.. i.Select((v, k) => reversed.Contains(k) ? shape[k] - 1 - v : v)]])];
            case OpKind.Slice:
                var slice = node.As<SliceAttributes>();
                return [NdArray.Filled(shape, i => x[0][[.. i.Select((v, k) => slice.Start[k] + v * slice.Strides[k])]])];
            case OpKind.Concatenate:
                return [Concatenate(x, shape, node.As<DimensionAttributes>().Dimension)];
            case OpKind.Pad:
                return [Pad(x[0], x[1].Data[0], shape, node.As<PadAttributes>())];
            case OpKind.DynamicSlice:
                long[] start = Start(x[1..], x[0].Shape, shape);
                return [NdArray.Filled(shape, i => x[0][[.. i.Select((v, k) => v + start[k])]])];
            case OpKind.DynamicUpdateSlice:
                long[] at = Start(x[2..], x[0].Shape, x[1].Shape);
                return [NdArray.Filled(shape, i => i.Select((v, k) => v - at[k]).ToArray() is var j && j.Select((v, k) => v >= 0 && v < x[1].Shape[k]).All(b => b) ? x[1][j] : x[0][i])];
            case OpKind.DotGeneral:
                return [Dot(x[0], x[1], shape, node.As<DotAttributes>())];
            case OpKind.Convolution:
                return [Convolution(x[0], x[1], shape, node.As<ConvolutionAttributes>())];
            case OpKind.Gather:
                return [Gather(x[0], x[1], shape, node.As<GatherAttributes>())];
            case OpKind.Scatter:
                return Scatter(node, x);
            case OpKind.Reduce:
                return Reduce(node, x, shape);
            case OpKind.ReduceWindow:
                return ReduceWindow(node, x, shape);
            case OpKind.Sort:
                return Sort(node, x);
            case OpKind.If:
                return RunRegion(node.Regions[x[0].Data[0] != 0 ? 0 : 1]);
            case OpKind.Case:
                int branch = (int)x[0].Data[0];
                return RunRegion(node.Regions[branch < 0 || branch >= node.Regions.Length ? ^1 : branch]);
            case OpKind.While:
                while (RunRegion(node.Regions[0], x)[0].Data[0] != 0)
                    x = RunRegion(node.Regions[1], x);
                return x;
            default:
                return [NdArray.Filled(shape, i => x.Length == 1 ? Scalars.Unary(node.Kind, x[0][i], dtype) : Scalars.Binary(node.Kind, x[0][i], x[1][i], dtype))];
        }
    }

    private static double At(NdArray array, long[] index) => array.Shape.Length == 0 ? array.Data[0] : array[index];

    private static bool Compare(ComparisonDirection direction, double left, double right) => direction switch
    {
        ComparisonDirection.Eq => left == right,
        ComparisonDirection.Ne => left != right,
        ComparisonDirection.Lt => left < right,
        ComparisonDirection.Le => left <= right,
        ComparisonDirection.Gt => left > right,
        _ => left >= right,
    };

    /// <summary>Brings a result into the range and precision of its element type.</summary>
    private static NdArray Round(NdArray array, DType dtype) => dtype switch
    {
        DType.F32 => new(array.Shape, [.. array.Data.Select(v => (double)(float)v)]),
        DType.U32 => new(array.Shape, [.. array.Data.Select(v => (double)(uint)(long)v)]),
        DType.S32 => new(array.Shape, [.. array.Data.Select(v => (double)(int)(long)v)]),
        _ => array,
    };

    private static double Bitcast(double value, DType from, DType to) => (from, to) switch
    {
        (DType.U32, DType.F32) => BitConverter.UInt32BitsToSingle((uint)value),
        (DType.F32, DType.U32) => BitConverter.SingleToUInt32Bits((float)value),
        _ => throw new NotSupportedException($"bitcast {from} to {to}"),
    };

    private static NdArray Constant(Literal literal)
    {
        long[] shape = literal.Type.Shape.Dimensions.ToArray();
        int size = literal.Type.DType.ByteSize;
        int next = 0;
        return NdArray.Filled(shape, _ => Element(literal.Bytes.AsSpan(literal.IsSplat ? 0 : size * next++, size), literal.Type.DType));
    }

    private static double Element(ReadOnlySpan<byte> bytes, DType dtype) => dtype switch
    {
        DType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        DType.S32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        DType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        DType.S64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        DType.Pred => bytes[0],
        _ => throw new NotSupportedException(dtype.ToString()),
    };
}
