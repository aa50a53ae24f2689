// Operations that move, index, multiply and reduce tensors.
#include "portable_operations.h"

namespace optirs::plugin::testing {

std::vector<OperationCase> movementCases() {
    const std::string f = "tensor<4xf32>";
    const std::string i = "tensor<2xi64>";
    const std::string one = "tensor<1xi64>";
    return {
        {genericOf("broadcast", "<{broadcast_sizes = array<i64: 2>}>", {f}, {"tensor<2x4xf32>"}),
         {{"broadcast_v1", {integers({2})}}}},
        {genericOf("broadcast_in_dim", "<{broadcast_dimensions = array<i64: 1>}>", {f}, {"tensor<2x4xf32>"}),
         {{"broadcast_in_dim_v1", {integers({1})}}}},
        {genericOf("concatenate", "<{dimension = 0 : i64}>", {f, f}, {"tensor<8xf32>"}),
         {{"concatenate_v1", {integer(0)}}}},
        {genericOf("constant", "<{value = dense<[1.5, -2.0]> : tensor<2xf32>}>", {}, {"tensor<2xf32>"}),
         {{"constant_v1", {[](BytecodeWriter& out) {
               const uint64_t element = out.type("vhlo", Bytes({4}));
               const uint64_t tensor = out.type("vhlo", Bytes({20, 1}).signedVarint(2).varint(element));
               return out.attribute("vhlo", Bytes({15, tensor, 8}).raw({"\0\0\xC0\x3F\0\0\0\xC0", 8}));
           }}}}},
        {genericOf("dynamic_broadcast_in_dim",
                   "<{broadcast_dimensions = array<i64: 1>, known_expanding_dimensions = array<i64>, "
                   "known_nonexpanding_dimensions = array<i64: 0>}>",
                   {f, i}, {"tensor<?x4xf32>"}),
         {{"dynamic_broadcast_in_dim_v1", {integers({1}), integers({}), integers({0})}}}},
        {genericOf("dynamic_iota", "<{iota_dimension = 1 : i64}>", {i}, {"tensor<?x?xf32>"}),
         {{"dynamic_iota_v1", {integer(1)}}}},
        {genericOf("dynamic_pad", "", {f, "tensor<f32>", one, one, one}, {"tensor<?xf32>"}),
         {{"dynamic_pad_v1", {}}}},
        {genericOf("dynamic_reshape", "", {f, i}, {"tensor<?x?xf32>"}), {{"dynamic_reshape_v1", {}}}},
        {genericOf("dynamic_slice", "<{slice_sizes = array<i64: 2>}>", {f, "tensor<i64>"}, {"tensor<2xf32>"}),
         {{"dynamic_slice_v1", {integers({2})}}}},
        {genericOf("dynamic_update_slice", "", {f, "tensor<2xf32>", "tensor<i64>"}, {f}),
         {{"dynamic_update_slice_v1", {}}}},
        {genericOf("get_dimension_size", "<{dimension = 0 : i64}>", {f}, {"tensor<i32>"}),
         {{"get_dimension_size_v1", {integer(0)}}}},
        {genericOf("iota", "<{iota_dimension = 0 : i64}>", {}, {f}), {{"iota_v1", {integer(0)}}}},
        {genericOf(
             "pad",
             "<{edge_padding_high = array<i64: 1>, edge_padding_low = array<i64: 2>, interior_padding = "
             "array<i64: 3>}>",
             {f, "tensor<f32>"}, {"tensor<16xf32>"}),
         {{"pad_v1", {integers({1}), integers({2}), integers({3})}}}},
        {genericOf("real_dynamic_slice", "", {"tensor<?xf32>", one, one, one}, {"tensor<?xf32>"}),
         {{"real_dynamic_slice_v1", {}}}},
        {genericOf("reverse", "<{dimensions = array<i64: 0>}>", {f}, {f}), {{"reverse_v1", {integers({0})}}}},
        {genericOf("set_dimension_size", "<{dimension = 0 : i64}>", {f, "tensor<i32>"},
                   {"tensor<?xf32, #stablehlo.bounds<4>>"}),
         {{"set_dimension_size_v1", {integer(0)}}}},
        {genericOf(
             "slice",
             "<{limit_indices = array<i64: 3>, start_indices = array<i64: 1>, strides = array<i64: 2>}>", {f},
             {"tensor<1xf32>"}),
         {{"slice_v1", {integers({3}), integers({1}), integers({2})}}}},
        {genericOf("torch_index_select", "{batch_dims = 0 : i64, dim = 0 : i64}", {f, "tensor<2xi32>"},
                   {"tensor<2xf32>"}),
         {{"torch_index_select_v1", {integer(0), integer(0)}}}},
        {genericOf("transpose", "<{permutation = array<i64: 1, 0>}>", {"tensor<2x3xf32>"},
                   {"tensor<3x2xf32>"}),
         {{"transpose_v1", {integers({1, 0})}}}},
    };
}

std::vector<OperationCase> indexingCases() {
    const std::string x = "tensor<3x4x2xf32>";
    const std::string batched = "tensor<5x3x4x2xf32>";
    const std::string at = "tensor<5x2xi64>";
    const std::string gather_numbers =
        "dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0, 1], "
        "start_index_map = "
        "[1, 0], index_vector_dim = 1>, indices_are_sorted = true";
    const std::string batched_numbers =
        "dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1, 2], "
        "operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [2, 1], "
        "index_vector_dim = 1>";
    const std::string scatter_numbers =
        "scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0, "
        "1], "
        "scatter_dims_to_operand_dims = [1, 0], index_vector_dim = 1>, unique_indices = true";
    const std::string batched_scatter =
        "scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [1, "
        "2], "
        "input_batching_dims = [0], scatter_indices_batching_dims = [0], scatter_dims_to_operand_dims = [2, "
        "1], "
        "index_vector_dim = 1>, indices_are_sorted = true";
    const std::string slices = ", slice_sizes = array<i64: 1, 1, 2>}>";
    const std::string result = "tensor<5x2xf32>";
    const Properties first = {integers({0, 1}), integer(1), boolean(true), integers({1})};
    const auto joined = [](Properties a, const Properties& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    const Properties second = {integers({1, 2}), integer(1), boolean(false), integers({1}), integers({0})};
    return {
        {genericOf("gather", "<{" + gather_numbers + slices, {x, at}, {result}),
         {{"gather_v1", joined(first, {integers({1, 1, 2}), integers({1, 0})})}}},
        {genericOf("gather", "<{" + batched_numbers + ", slice_sizes = array<i64: 1, 1, 1, 2>}>",
                   {batched, at}, {result}),
         {{"gather_v2", joined(second, {integers({1, 1, 1, 2}), integers({2, 1}), integers({0})})}}},
        {genericOf("dynamic_gather", "<{" + gather_numbers + "}>", {x, at, "tensor<3xi32>"}, {result}),
         {{"dynamic_gather_v1", joined(first, {integers({1, 0})})}}},
        {genericOf("dynamic_gather", "<{" + batched_numbers + "}>", {batched, at, "tensor<4xi32>"}, {result}),
         {{"dynamic_gather_v2", joined(second, {integers({2, 1}), integers({0})})}}},
        {genericOf("scatter", "<{" + scatter_numbers + "}> " + kAdd, {x, at, result}, {x}),
         {{"scatter_v1",
           {integer(1), boolean(false), integers({0, 1}), integers({1, 0}), boolean(true), integers({1})}}}},
        {genericOf("scatter", "<{" + batched_scatter + "}> " + kAdd, {batched, at, result}, {batched}),
         {{"scatter_v2",
           {integer(1), boolean(true), integers({0}), integers({1, 2}), integers({2, 1}), integers({0}),
            boolean(false), integers({1})}}}},
    };
}

std::vector<OperationCase> productCases() {
    const std::string m = "tensor<2x2xf32>";
    const Property precision = list({enumeration(11, 1), enumeration(11, 2)});
    const std::string precise =
        "precision_config = [#stablehlo<precision HIGH>, #stablehlo<precision HIGHEST>]";
    const std::string numbers =
        "dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = "
        "[1], "
        "lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]>, ";
    const std::vector<std::string> factors = {"tensor<2x3x4xf32>", "tensor<4x2x5xf32>"};
    const std::string product = "tensor<2x3x5xf32>";
    const Property none = type(33);
    const std::string convolution =
        "batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[f, 0, b, 1]x[o, 1, i, 0]->[0, b, "
        "1, f]>, "
        "feature_group_count = 2 : i64, lhs_dilation = array<i64: 1, 2>, " +
        precise +
        ", rhs_dilation = array<i64: 2, 1>, window_reversal = array<i1: true, true>, window_strides = "
        "array<i64: 1, 3>";
    const std::string padding = ", padding = dense<[[1, 0], [2, 1]]> : tensor<2x2xi64>";
    const Properties head = {integer(1),       integer(2), integer(2), integer(0),
                             integers({1, 3}), integer(2), integer(0), integers({3, 1}),
                             integers({1, 2}), integer(1), integer(3), integers({0, 2})};
    const Property reversal = [](BytecodeWriter& out) {
        const uint64_t element = out.type("vhlo", Bytes({0}));
        const uint64_t tensor = out.type("vhlo", Bytes({20, 1}).signedVarint(2).varint(element));
        return out.attribute("vhlo", Bytes({15, tensor, 1}).byte(0xFF));
    };
    const Properties tail = {precision, integers({2, 1}), reversal, integers({1, 3})};
    Properties padded = head;
    padded.push_back(rows({{1, 0}, {2, 1}}));
    padded.insert(padded.end(), tail.begin(), tail.end());
    Properties unpadded = head;
    unpadded.insert(unpadded.end(), tail.begin(), tail.end());
    const std::string input = "tensor<4x6x2x5xf32>", kernel = "tensor<6x3x2x2xf32>";
    const std::vector<std::string> dynamic = {input, kernel, "tensor<2x2xi64>"};
    return {
        {genericOf("dot", "{" + precise + "}", {m, m}, {m}), {{"dot_v1", {precision}}}},
        {genericOf("dot_general", "<{" + numbers + precise + "}>", factors, {product}),
         {{"dot_general_v1", {integers({0}), integers({2}), precision, integers({1}), integers({0})}},
          {"dot_general_v2",
           {none, boolean(false), integers({0}), integer(1), integers({2}), none, integer(1), precision,
            integers({1}), integer(1), integers({0}), none}}}},
        {genericOf("convolution", "{" + convolution + padding + "}", {input, kernel},
                   {"tensor<5x2x4x6xf32>"}),
         {{"convolution_v1", padded}}},
        {genericOf("dynamic_conv", "{" + convolution + "}", dynamic, {"tensor<?x2x?x6xf32>"}),
         {{"dynamic_conv_v1", padded}, {"dynamic_conv_v2", unpadded}}},
        {genericOf("einsum", "{einsum_config = \"ij,jk->ik\"}", {m, m}, {m}),
         {{"einsum_v1", {text("ij,jk->ik")}}}},
        {genericOf("unary_einsum", "{einsum_config = \"ij->j\"}", {m}, {"tensor<2xf32>"}),
         {{"unary_einsum_v1", {text("ij->j")}}}},
        {genericOf("cholesky", "<{lower = true}>", {m}, {m}), {{"cholesky_v1", {boolean(true)}}}},
        {genericOf("triangular_solve",
                   "<{left_side = true, lower = false, transpose_a = #stablehlo<transpose ADJOINT>, "
                   "unit_diagonal = "
                   "true}>",
                   {m, m}, {m}),
         {{"triangular_solve_v1", {boolean(true), boolean(false), enumeration(16, 3), boolean(true)}}}},
        {genericOf("fft", "<{fft_length = array<i64: 8>, fft_type = #stablehlo<fft_type IRFFT>}>",
                   {"tensor<5xcomplex<f32>>"}, {"tensor<8xf32>"}),
         {{"fft_v1", {integers({8}), enumeration(7, 3)}}}},
    };
}

std::vector<OperationCase> reductionCases() {
    const std::string x = "tensor<4x6xf32>";
    const std::string s = "tensor<f32>";
    const std::string c = "tensor<6xf32>";
    const std::string feature = "<{epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}>";
    const Properties norm = {floating(1e-3F), integer(1)};
    const std::string compare =
        "({\n^bb0(%x: tensor<f32>, %y: tensor<f32>):\n  %s = stablehlo.is_finite %x : (tensor<f32>) -> "
        "tensor<i1>\n"
        "  stablehlo.return %s : tensor<i1>\n})";
    return {
        {genericOf("batch_norm_training", feature, {x, c, c}, {x, c, c}), {{"batch_norm_training_v1", norm}}},
        {genericOf("batch_norm_inference", feature, {x, c, c, c, c}, {x}),
         {{"batch_norm_inference_v1", norm}}},
        {genericOf("batch_norm_grad", feature, {x, c, c, c, x}, {x, c, c}), {{"batch_norm_grad_v1", norm}}},
        {genericOf("map", std::string("<{dimensions = array<i64: 0, 1>}> ") + kAdd, {x, x}, {x}),
         {{"map_v1", {integers({0, 1})}}}},
        {genericOf("reduce", std::string("<{dimensions = array<i64: 0>}> ") + kAdd, {x, s}, {c}),
         {{"reduce_v1", {integers({0})}}}},
        {genericOf(
             "reduce_window",
             std::string(
                 "<{base_dilations = array<i64: 1, 2>, padding = dense<[[1, 0], [0, 2]]> : "
                 "tensor<2x2xi64>, window_dilations = array<i64: 2, 1>, window_dimensions = array<i64: 2, "
                 "3>, window_strides = array<i64: 1, 2>}> ") +
                 kAdd,
             {x, s}, {"tensor<3x6xf32>"}),
         {{"reduce_window_v1",
           {integers({1, 2}), rows({{1, 0}, {0, 2}}), integers({2, 1}), integers({2, 3}),
            integers({1, 2})}}}},
        {genericOf(
             "select_and_scatter",
             std::string(
                 "<{padding = dense<[[0, 0], [1, 1]]> : tensor<2x2xi64>, window_dimensions = array<i64: "
                 "2, 2>, window_strides = array<i64: 2, 2>}> ") +
                 compare.substr(0, compare.size() - 1) + ", " + std::string(kAdd).substr(1),
             {x, "tensor<2x4xf32>", s}, {x}),
         {{"select_and_scatter_v1", {rows({{0, 0}, {1, 1}}), integers({2, 2}), integers({2, 2})}}}},
        {genericOf("sort", "<{dimension = 1 : i64, is_stable = true}> " + compare, {x}, {x}),
         {{"sort_v1", {integer(1), boolean(true)}}}},
        {genericOf("rng", "{rng_distribution = #stablehlo<rng_distribution NORMAL>}", {s, s, "tensor<1xi64>"},
                   {"tensor<3xf32>"}),
         {{"rng_v1", {enumeration(13, 2)}}}},
        {genericOf("rng_bit_generator", "<{rng_algorithm = #stablehlo<rng_algorithm PHILOX>}>",
                   {"tensor<2xui64>"}, {"tensor<2xui64>", "tensor<3xui32>"}),
         {{"rng_bit_generator_v1", {enumeration(12, 2)}}}},
    };
}

}  // namespace optirs::plugin::testing
