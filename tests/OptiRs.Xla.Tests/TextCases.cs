namespace OptiRs.Xla.Tests;

/// <summary>One program for each operation, with the line (or lines) that it becomes in StableHLO text.</summary>
internal static class TextCases
{
    private static readonly (DType, Shape) Matrix = (DType.F32, new Shape(2, 3));
    private static readonly (DType, Shape) Ints = (DType.S32, new Shape(4));
    private static readonly (DType, Shape) Words = (DType.U32, new Shape(4));
    private static readonly (DType, Shape) Flags = (DType.Pred, new Shape(4));
    private static readonly (DType, Shape) Waves = (DType.C64, new Shape(4));
    private static readonly (DType, Shape) Index = (DType.S32, Shape.Scalar);
    private static readonly (DType, Shape) Flag = (DType.Pred, Shape.Scalar);
    private static readonly (DType, Shape) Image = (DType.F32, new Shape(1, 2, 6, 6));
    private static readonly (DType, Shape) Kernel = (DType.F32, new Shape(4, 2, 3, 3));

    /// <summary>Name, argument types, the function, and what its text contains, without locations.</summary>
    public static readonly (string Name, (DType, Shape)[] Arguments, Func<Value[], Value[]> Function, string Text)[] All =
    [
        ("abs", [Matrix], v => [Op.Abs(v[0])],
            "%0 = stablehlo.abs %arg0 : tensor<2x3xf32>"),
        ("abs complex", [Waves], v => [Op.Abs(v[0])],
            "%0 = stablehlo.abs %arg0 : (tensor<4xcomplex<f32>>) -> tensor<4xf32>"),
        ("cbrt", [Matrix], v => [Op.Cbrt(v[0])],
            "%0 = stablehlo.cbrt %arg0 : tensor<2x3xf32>"),
        ("ceil", [Matrix], v => [Op.Ceil(v[0])],
            "%0 = stablehlo.ceil %arg0 : tensor<2x3xf32>"),
        ("count_leading_zeros", [Ints], v => [Op.CountLeadingZeros(v[0])],
            "%0 = stablehlo.count_leading_zeros %arg0 : tensor<4xi32>"),
        ("cosine", [Matrix], v => [Op.Cos(v[0])],
            "%0 = stablehlo.cosine %arg0 : tensor<2x3xf32>"),
        ("exponential", [Matrix], v => [Op.Exp(v[0])],
            "%0 = stablehlo.exponential %arg0 : tensor<2x3xf32>"),
        ("exponential_minus_one", [Matrix], v => [Op.Expm1(v[0])],
            "%0 = stablehlo.exponential_minus_one %arg0 : tensor<2x3xf32>"),
        ("floor", [Matrix], v => [Op.Floor(v[0])],
            "%0 = stablehlo.floor %arg0 : tensor<2x3xf32>"),
        ("imag", [Waves], v => [Op.Imag(v[0])],
            "%0 = stablehlo.imag %arg0 : (tensor<4xcomplex<f32>>) -> tensor<4xf32>"),
        ("is_finite", [Matrix], v => [Op.IsFinite(v[0])],
            "%0 = stablehlo.is_finite %arg0 : (tensor<2x3xf32>) -> tensor<2x3xi1>"),
        ("log", [Matrix], v => [Op.Log(v[0])],
            "%0 = stablehlo.log %arg0 : tensor<2x3xf32>"),
        ("log_plus_one", [Matrix], v => [Op.Log1p(v[0])],
            "%0 = stablehlo.log_plus_one %arg0 : tensor<2x3xf32>"),
        ("logistic", [Matrix], v => [Op.Logistic(v[0])],
            "%0 = stablehlo.logistic %arg0 : tensor<2x3xf32>"),
        ("negate", [Matrix], v => [-v[0]],
            "%0 = stablehlo.negate %arg0 : tensor<2x3xf32>"),
        ("not", [Flags], v => [~v[0]],
            "%0 = stablehlo.not %arg0 : tensor<4xi1>"),
        ("popcnt", [Words], v => [Op.Popcnt(v[0])],
            "%0 = stablehlo.popcnt %arg0 : tensor<4xui32>"),
        ("real", [Waves], v => [Op.Real(v[0])],
            "%0 = stablehlo.real %arg0 : (tensor<4xcomplex<f32>>) -> tensor<4xf32>"),
        ("round_nearest_afz", [Matrix], v => [Op.RoundAwayFromZero(v[0])],
            "%0 = stablehlo.round_nearest_afz %arg0 : tensor<2x3xf32>"),
        ("round_nearest_even", [Matrix], v => [Op.RoundNearestEven(v[0])],
            "%0 = stablehlo.round_nearest_even %arg0 : tensor<2x3xf32>"),
        ("rsqrt", [Matrix], v => [Op.Rsqrt(v[0])],
            "%0 = stablehlo.rsqrt %arg0 : tensor<2x3xf32>"),
        ("sign", [Matrix], v => [Op.Sign(v[0])],
            "%0 = stablehlo.sign %arg0 : tensor<2x3xf32>"),
        ("sine", [Matrix], v => [Op.Sin(v[0])],
            "%0 = stablehlo.sine %arg0 : tensor<2x3xf32>"),
        ("sqrt", [Matrix], v => [Op.Sqrt(v[0])],
            "%0 = stablehlo.sqrt %arg0 : tensor<2x3xf32>"),
        ("tan", [Matrix], v => [Op.Tan(v[0])],
            "%0 = stablehlo.tan %arg0 : tensor<2x3xf32>"),
        ("tanh", [Matrix], v => [Op.Tanh(v[0])],
            "%0 = stablehlo.tanh %arg0 : tensor<2x3xf32>"),
        ("add", [Matrix, Matrix], v => [v[0] + v[1]],
            "%0 = stablehlo.add %arg0, %arg1 : tensor<2x3xf32>"),
        ("and", [Flags, Flags], v => [v[0] & v[1]],
            "%0 = stablehlo.and %arg0, %arg1 : tensor<4xi1>"),
        ("atan2", [Matrix, Matrix], v => [Op.Atan2(v[0], v[1])],
            "%0 = stablehlo.atan2 %arg0, %arg1 : tensor<2x3xf32>"),
        ("complex", [Matrix, Matrix], v => [Op.Complex(v[0], v[1])],
            "%0 = stablehlo.complex %arg0, %arg1 : tensor<2x3xcomplex<f32>>"),
        ("divide", [Ints, Ints], v => [v[0] / v[1]],
            "%0 = stablehlo.divide %arg0, %arg1 : tensor<4xi32>"),
        ("maximum", [Matrix, Matrix], v => [Op.Max(v[0], v[1])],
            "%0 = stablehlo.maximum %arg0, %arg1 : tensor<2x3xf32>"),
        ("minimum", [Matrix, Matrix], v => [Op.Min(v[0], v[1])],
            "%0 = stablehlo.minimum %arg0, %arg1 : tensor<2x3xf32>"),
        ("multiply", [Waves, Waves], v => [v[0] * v[1]],
            "%0 = stablehlo.multiply %arg0, %arg1 : tensor<4xcomplex<f32>>"),
        ("or", [Ints, Ints], v => [v[0] | v[1]],
            "%0 = stablehlo.or %arg0, %arg1 : tensor<4xi32>"),
        ("power", [Matrix, Matrix], v => [Op.Power(v[0], v[1])],
            "%0 = stablehlo.power %arg0, %arg1 : tensor<2x3xf32>"),
        ("remainder", [Ints, Ints], v => [v[0] % v[1]],
            "%0 = stablehlo.remainder %arg0, %arg1 : tensor<4xi32>"),
        ("shift_left", [Words], v => [v[0] << 3],
            """
            %0 = stablehlo.constant dense<3> : tensor<4xui32>
            %1 = stablehlo.shift_left %arg0, %0 : tensor<4xui32>
            """),
        ("shift_right_arithmetic", [Ints], v => [v[0] >> 3],
            """
            %0 = stablehlo.constant dense<3> : tensor<4xi32>
            %1 = stablehlo.shift_right_arithmetic %arg0, %0 : tensor<4xi32>
            """),
        ("shift_right_logical", [Words], v => [v[0] >> 3],
            """
            %0 = stablehlo.constant dense<3> : tensor<4xui32>
            %1 = stablehlo.shift_right_logical %arg0, %0 : tensor<4xui32>
            """),
        ("subtract", [Matrix, Matrix], v => [v[0] - v[1]],
            "%0 = stablehlo.subtract %arg0, %arg1 : tensor<2x3xf32>"),
        ("xor", [Words, Words], v => [v[0] ^ v[1]],
            "%0 = stablehlo.xor %arg0, %arg1 : tensor<4xui32>"),
        ("clamp scalars", [Matrix], v => [Op.Clamp(0, v[0], 1)],
            """
            %0 = stablehlo.constant dense<0.0> : tensor<f32>
            %1 = stablehlo.constant dense<1.0> : tensor<f32>
            %2 = stablehlo.clamp %0, %arg0, %1 : (tensor<f32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
            """),
        ("clamp", [Matrix], v => [Op.Clamp(v[0], v[0], v[0])],
            "%0 = stablehlo.clamp %arg0, %arg0, %arg0 : tensor<2x3xf32>"),
        ("compare float", [Matrix, Matrix], v => [v[0] < v[1]],
            "%0 = stablehlo.compare LT, %arg0, %arg1, FLOAT : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>"),
        ("compare signed", [Ints, Ints], v => [Op.NotEqual(v[0], v[1])],
            "%0 = stablehlo.compare NE, %arg0, %arg1, SIGNED : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>"),
        ("compare unsigned", [Words, Words], v => [v[0] >= v[1]],
            "%0 = stablehlo.compare GE, %arg0, %arg1, UNSIGNED : (tensor<4xui32>, tensor<4xui32>) -> tensor<4xi1>"),
        ("compare pred", [Flags, Flags], v => [Op.Equal(v[0], v[1])],
            "%0 = stablehlo.compare EQ, %arg0, %arg1, UNSIGNED : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>"),
        ("select", [Flags, Ints, Ints], v => [Op.Select(v[0], v[1], v[2])],
            "%0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<4xi1>, tensor<4xi32>"),
        ("select scalar", [Flag, Ints, Ints], v => [Op.Select(v[0], v[1], v[2])],
            "%0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<i1>, tensor<4xi32>"),
        ("convert", [Matrix], v => [Op.Convert(v[0], DType.BF16)],
            "%0 = stablehlo.convert %arg0 : (tensor<2x3xf32>) -> tensor<2x3xbf16>"),
        ("bitcast_convert", [Matrix], v => [Op.BitcastConvert(v[0], DType.U32)],
            "%0 = stablehlo.bitcast_convert %arg0 : (tensor<2x3xf32>) -> tensor<2x3xui32>"),
        ("bitcast_convert narrow", [Matrix], v => [Op.BitcastConvert(v[0], DType.U16)],
            "%0 = stablehlo.bitcast_convert %arg0 : (tensor<2x3xf32>) -> tensor<2x3x2xui16>"),
        ("reduce_precision", [Matrix], v => [Op.ReducePrecision(v[0], 5, 10)],
            "%0 = stablehlo.reduce_precision %arg0, format = e5m10 : tensor<2x3xf32>"),
        ("optimization_barrier", [Matrix], v => [Op.OptimizationBarrier(v[0])],
            "%0 = stablehlo.optimization_barrier %arg0 : tensor<2x3xf32>"),
        ("constant", [], _ => [Op.Constant<float>([1, -0.1f, float.PositiveInfinity, 1e-30f], new Shape(2, 2))],
            "%0 = stablehlo.constant dense<[[1.0, -0.1], [0x7F800000, 1.0e-30]]> : tensor<2x2xf32>"),
        ("constant splat", [], _ => [Op.Full(2.5, DType.F64, new Shape(3))],
            "%0 = stablehlo.constant dense<2.5> : tensor<3xf64>"),
        ("constant pred", [], _ => [Op.Constant<bool>([true, false])],
            "%0 = stablehlo.constant dense<[true, false]> : tensor<2xi1>"),
        ("constant half", [], _ => [Op.Full(-1.5, DType.BF16, new Shape(3)), Op.Full(double.NaN, DType.F16, new Shape(3))],
            """
            %0 = stablehlo.constant dense<-1.5> : tensor<3xbf16>
            %1 = stablehlo.constant dense<0xFE00> : tensor<3xf16>
            """),
        ("constant integer", [], _ => [Op.Constant<long>([long.MinValue, -1, 7])],
            "%0 = stablehlo.constant dense<[-9223372036854775808, -1, 7]> : tensor<3xi64>"),
        ("constant complex", [], _ => [Op.Constant(new System.Numerics.Complex(1, -2), DType.C64, new Shape(2))],
            "%0 = stablehlo.constant dense<(1.0, -2.0)> : tensor<2xcomplex<f32>>"),
        ("constant long", [], _ => [Op.Constant<short>([.. Enumerable.Range(0, 40).Select(i => (short)(i - 1))])],
            "%0 = stablehlo.constant dense<\"0xFFFF00000100020003000400050006000700080009000A000B000C000D000E000F0010001100120013001400150016001700180019001A001B001C001D001E001F002000210022002300240025002600\"> : tensor<40xi16>"),
        ("constant empty", [], _ => [Op.Constant<int>([], new Shape(0))],
            "%0 = stablehlo.constant dense<> : tensor<0xi32>"),
        ("iota", [], _ => [Op.Iota(DType.S32, new Shape(2, 3), 1)],
            "%0 = stablehlo.iota dim = 1 : tensor<2x3xi32>"),
        ("reshape", [Matrix], v => [Op.Reshape(v[0], [3, -1])],
            "%0 = stablehlo.reshape %arg0 : (tensor<2x3xf32>) -> tensor<3x2xf32>"),
        ("transpose", [Matrix], v => [Op.Transpose(v[0])],
            "%0 = stablehlo.transpose %arg0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>"),
        ("broadcast_in_dim", [Matrix], v => [Op.BroadcastInDim(v[0], new Shape(3, 5, 2), [2, 0])],
            "%0 = stablehlo.broadcast_in_dim %arg0, dims = [2, 0] : (tensor<2x3xf32>) -> tensor<3x5x2xf32>"),
        ("slice", [Matrix], v => [Op.Slice(v[0], [0, 0], [2, 3], [1, 2])],
            "%0 = stablehlo.slice %arg0 [0:2, 0:3:2] : (tensor<2x3xf32>) -> tensor<2x2xf32>"),
        ("dynamic_slice", [Matrix, Index, Index], v => [Op.DynamicSlice(v[0], [v[1], v[2]], [1, 2])],
            "%0 = stablehlo.dynamic_slice %arg0, %arg1, %arg2, sizes = [1, 2] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>"),
        ("dynamic_update_slice", [Matrix, Index], v => [Op.DynamicUpdateSlice(v[0], Op.Slice(v[0], [0, 0], [1, 1]), [v[1], v[1]])],
            """
            %0 = stablehlo.slice %arg0 [0:1, 0:1] : (tensor<2x3xf32>) -> tensor<1x1xf32>
            %1 = stablehlo.dynamic_update_slice %arg0, %0, %arg1, %arg1 : (tensor<2x3xf32>, tensor<1x1xf32>, tensor<i32>, tensor<i32>) -> tensor<2x3xf32>
            """),
        ("pad", [Matrix], v => [Op.Pad(v[0], Op.Constant(0.0, DType.F32), [1, 0], [-1, 2], [0, 1])],
            """
            %0 = stablehlo.constant dense<0.0> : tensor<f32>
            %1 = stablehlo.pad %arg0, %0, low = [1, 0], high = [-1, 2], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x7xf32>
            """),
        ("concatenate", [Matrix, Matrix], v => [Op.Concatenate([v[0], v[1]], -1)],
            "%0 = stablehlo.concatenate %arg0, %arg1, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>"),
        ("reverse", [Matrix], v => [Op.Reverse(v[0], [1])],
            "%0 = stablehlo.reverse %arg0, dims = [1] : tensor<2x3xf32>"),
        ("reduce", [Matrix], v => [Op.Sum(v[0], 1)],
            """
            %0 = stablehlo.constant dense<0.0> : tensor<f32>
            %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
            """),
        ("reduce or", [Flags], v => [Op.ReduceOr(v[0])],
            """
            %0 = stablehlo.constant dense<false> : tensor<i1>
            %1 = stablehlo.reduce(%arg0 init: %0) applies stablehlo.or across dimensions = [0] : (tensor<4xi1>, tensor<i1>) -> tensor<i1>
            """),
        ("reduce variadic", [Ints], v => [Op.Argmax(v[0])],
            """
            %0 = stablehlo.iota dim = 0 : tensor<4xi32>
            %1 = stablehlo.constant dense<-2147483648> : tensor<i32>
            %2 = stablehlo.constant dense<2147483647> : tensor<i32>
            %3:2 = stablehlo.reduce(%arg0 init: %1), (%0 init: %2) across dimensions = [0] : (tensor<4xi32>, tensor<4xi32>, tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
             reducer(%arg1: tensor<i32>, %arg2: tensor<i32>) (%arg3: tensor<i32>, %arg4: tensor<i32>) {
              %4 = stablehlo.compare GT, %arg2, %arg1, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
              %5 = stablehlo.compare EQ, %arg2, %arg1, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
              %6 = stablehlo.compare LT, %arg4, %arg3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
              %7 = stablehlo.and %5, %6 : tensor<i1>
              %8 = stablehlo.or %4, %7 : tensor<i1>
              %9 = stablehlo.select %8, %arg2, %arg1 : tensor<i1>, tensor<i32>
              %10 = stablehlo.select %8, %arg4, %arg3 : tensor<i1>, tensor<i32>
              stablehlo.return %9, %10 : tensor<i32>, tensor<i32>
            }
            """),
        ("reduce_window", [Matrix], v => [Op.MaxWindow(v[0], [2, 2], [1, 1], [(0, 1), (0, 0)])],
            """
            %0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
            %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1, 1>, padding = dense<[[0, 1], [0, 0]]> : tensor<2x2xi64>, window_dilations = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 1, 1>}> ({
            ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
              %2 = stablehlo.maximum %arg1, %arg2 : tensor<f32>
              stablehlo.return %2 : tensor<f32>
            }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x2xf32>
            """),
        ("gather", [Matrix, Ints], v => [Op.Take(v[0], v[1])],
            "%0 = \"stablehlo.gather\"(%arg0, %arg1) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 3>}> : (tensor<2x3xf32>, tensor<4xi32>) -> tensor<4x3xf32>"),
        ("gather batching", [Matrix], v => [Op.TakeAlongAxis(v[0], Op.Iota(DType.S32, new Shape(2, 1)), 1)],
            """
            %0 = stablehlo.iota dim = 0 : tensor<2x1xi32>
            %1 = "stablehlo.gather"(%arg0, %0) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, indices_are_sorted = false, slice_sizes = array<i64: 1, 1>}> : (tensor<2x3xf32>, tensor<2x1xi32>) -> tensor<2x1xf32>
            """),
        ("scatter", [Matrix, Ints], v => [Op.ScatterAdd(v[0], v[1], Op.Zeros(DType.F32, new Shape(4, 3)), new() { UpdateWindowDims = [1], InsertedWindowDims = [0], ScatterDimsToOperandDims = [0], IndexVectorDim = 1 })],
            """
            %0 = stablehlo.constant dense<0.0> : tensor<4x3xf32>
            %1 = "stablehlo.scatter"(%arg0, %arg1, %0) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
            ^bb0(%arg2: tensor<f32>, %arg3: tensor<f32>):
              %2 = stablehlo.add %arg2, %arg3 : tensor<f32>
              stablehlo.return %2 : tensor<f32>
            }) : (tensor<2x3xf32>, tensor<4xi32>, tensor<4x3xf32>) -> tensor<2x3xf32>
            """),
        ("dot_general", [Matrix, Matrix], v => [Op.DotGeneral(v[0], v[1], [(1, 1)])],
            "%0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>"),
        ("dot_general batching", [Matrix, Matrix], v => [Op.DotGeneral(v[0], v[1], [(1, 1)], [(0, 0)])],
            "%0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2xf32>"),
        ("convolution", [Image, Kernel], v => [Op.Convolution(v[0], v[1], null, [2, 1], [(1, 1), (0, 0)], kernelDilation: [1, 2])],
            "%0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {stride = [2, 1], pad = [[1, 1], [0, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 2], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x2x6x6xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x3x2xf32>"),
        ("sort", [Ints, Matrix], v => [.. Op.Sort([v[0], v[0]], (l, r) => l[0] > r[0])],
            """
            %0:2 = "stablehlo.sort"(%arg0, %arg0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%arg2: tensor<i32>, %arg3: tensor<i32>, %arg4: tensor<i32>, %arg5: tensor<i32>):
              %1 = stablehlo.compare GT, %arg2, %arg3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
              stablehlo.return %1 : tensor<i1>
            }) : (tensor<4xi32>, tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>)
            """),
        ("while", [Ints], v => [.. Op.For(3, [v[0]], (i, c) => [c[0] + i])],
            """
            %0 = stablehlo.constant dense<0> : tensor<i32>
            %1:2 = stablehlo.while(%iterArg1 = %0, %iterArg2 = %arg0) : tensor<i32>, tensor<4xi32>
             cond {
              %2 = stablehlo.constant dense<3> : tensor<i32>
              %3 = stablehlo.compare LT, %iterArg1, %2, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
              stablehlo.return %3 : tensor<i1>
            } do {
              %4 = stablehlo.constant dense<1> : tensor<i32>
              %5 = stablehlo.add %iterArg1, %4 : tensor<i32>
              %6 = stablehlo.broadcast_in_dim %iterArg1, dims = [] : (tensor<i32>) -> tensor<4xi32>
              %7 = stablehlo.add %iterArg2, %6 : tensor<4xi32>
              stablehlo.return %5, %7 : tensor<i32>, tensor<4xi32>
            }
            """),
        ("if", [Flag, Ints], v => [.. Op.If(v[0], () => [v[1] + 1L], () => [v[1]])],
            """
            %0 = "stablehlo.if"(%arg0) ({
              %1 = stablehlo.constant dense<1> : tensor<4xi32>
              %2 = stablehlo.add %arg1, %1 : tensor<4xi32>
              stablehlo.return %2 : tensor<4xi32>
            }, {
              stablehlo.return %arg1 : tensor<4xi32>
            }) : (tensor<i1>) -> tensor<4xi32>
            """),
        ("case", [Index, Ints], v => [.. Op.Case(v[0], [() => [v[1]], () => [-v[1]]])],
            """
            %0 = "stablehlo.case"(%arg0) ({
              stablehlo.return %arg1 : tensor<4xi32>
            }, {
              %1 = stablehlo.negate %arg1 : tensor<4xi32>
              stablehlo.return %1 : tensor<4xi32>
            }) : (tensor<i32>) -> tensor<4xi32>
            """),
        ("rng_bit_generator", [(DType.U64, new Shape(2))], v => [Op.RngBitGenerator(v[0], RngAlgorithm.ThreeFry, DType.U32, new Shape(3)).Bits],
            "%0:2 = stablehlo.rng_bit_generator %arg0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>)"),
        ("custom_call", [Ints], v => [.. Op.CustomCall("target", [v[0]], [(DType.F32, new Shape(2)), (DType.S32, Shape.Scalar)], "a \"b\"")],
            "%0:2 = stablehlo.custom_call @target(%arg0) {backend_config = \"a \\22b\\22\"} : (tensor<4xi32>) -> (tensor<2xf32>, tensor<i32>)"),
        ("custom_call", [Ints], v => [.. Op.CustomCall("target", [v[0]], [(DType.F32, new Shape(2))],
                new Dictionary<string, object> { ["scale"] = 0.57735026918962573, ["operands"] = (string[])["q", "k"], ["mask"] = 2, ["is causal"] = true })],
            "%0 = stablehlo.custom_call @target(%arg0) {api_version = 4 : i32, backend_config = {\"is causal\" = true, mask = 2 : i64, operands = [\"q\", \"k\"], scale = 0.5773502691896257 : f64}} : (tensor<4xi32>) -> tensor<2xf32>"),
    ];
}
