#include "portable_operations.h"

namespace optirs::plugin::testing {

std::string functionOf(const std::string& operation, const std::vector<std::string>& arguments,
                       const std::vector<std::string>& results) {
    std::string out = "func.func @main(";
    for (size_t i = 0; i < arguments.size(); ++i)
        out += std::string(i == 0 ? "%" : ", %") + static_cast<char>('a' + i) + ": " + arguments[i];
    std::string types;
    std::string values;
    for (size_t i = 0; i < results.size(); ++i) {
        types += (i == 0 ? "" : ", ") + results[i];
        values += (i == 0 ? "%r" : ", %r") + (results.size() == 1 ? "" : "#" + std::to_string(i));
    }
    const std::string name = results.size() > 1 ? "%r:" + std::to_string(results.size()) + " = "
                             : results.empty()  ? ""
                                                : "%r = ";
    return out + ") -> (" + types + ") {\n  " + name + operation + "\n  return " +
           (results.empty() ? "" : values + " : " + types) + "\n}";
}

std::string genericOf(const std::string& name, const std::string& parts,
                      const std::vector<std::string>& arguments, const std::vector<std::string>& results) {
    std::string operands;
    std::string from;
    for (size_t i = 0; i < arguments.size(); ++i) {
        operands += std::string(i == 0 ? "%" : ", %") + static_cast<char>('a' + i);
        from += (i == 0 ? "" : ", ") + arguments[i];
    }
    std::string to;
    for (size_t i = 0; i < results.size(); ++i) to += (i == 0 ? "" : ", ") + results[i];
    return functionOf(
        "\"stablehlo." + name + "\"(" + operands + ") " + parts + " : (" + from + ") -> (" + to + ")",
        arguments, results);
}

const char* const kAdd =
    "({\n^bb0(%x: tensor<f32>, %y: tensor<f32>):\n  %s = stablehlo.add %x, %y : tensor<f32>\n"
    "  stablehlo.return %s : tensor<f32>\n})";

namespace {

const char* const kGroups = "replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>";
const char* const kChannel = "channel_handle = #stablehlo.channel_handle<handle = 3, type = 0>";

}  // namespace

std::vector<OperationCase> elementwiseCases() {
    std::vector<OperationCase> out;
    const auto add = [&](std::initializer_list<const char*> names, size_t operands, const std::string& from,
                         const std::string& to) {
        for (const char* name : names) {
            out.push_back({genericOf(name, "", std::vector<std::string>(operands, from), {to}),
                           {{std::string(name) + "_v1", {}}}});
        }
    };
    const std::string f = "tensor<2xf32>", i = "tensor<2xi32>", p = "tensor<2xi1>",
                      c = "tensor<2xcomplex<f32>>";
    add({"abs", "ceil", "floor", "negate", "round_nearest_afz", "round_nearest_even", "sign", "convert",
         "optimization_barrier", "reshape"},
        1, f, f);
    add({"add", "atan2", "divide", "maximum", "minimum", "multiply", "power", "remainder", "subtract"}, 2, f,
        f);
    add({"shift_left", "shift_right_arithmetic", "shift_right_logical"}, 2, i, i);
    add({"and", "or", "xor"}, 2, p, p);
    add({"not"}, 1, p, p);
    add({"count_leading_zeros", "popcnt"}, 1, i, i);
    add({"bitcast_convert"}, 1, f, i);
    add({"is_finite"}, 1, f, p);
    add({"complex"}, 2, f, c);
    add({"real", "imag"}, 1, c, f);
    add({"clamp"}, 3, f, f);
    for (const char* name : {"cbrt", "cosine", "exponential", "exponential_minus_one", "log", "log_plus_one",
                             "logistic", "rsqrt", "sine", "sqrt", "tan", "tanh"}) {
        out.push_back({genericOf(name, "", {f}, {f}),
                       {{std::string(name) + "_v1", {}}, {std::string(name) + "_v2", {defaultAccuracy()}}}});
    }
    out.push_back({genericOf("select", "", {p, f, f}, {f}), {{"select_v1", {}}}});
    out.push_back({genericOf("compare",
                             "<{comparison_direction = #stablehlo<comparison_direction GE>, compare_type = "
                             "#stablehlo<comparison_type TOTALORDER>}>",
                             {f, f}, {p}),
                   {{"compare_v1", {enumeration(4, 2), enumeration(3, 2)}}}});
    out.push_back(
        {genericOf("reduce_precision", "<{exponent_bits = 5 : i32, mantissa_bits = 10 : i32}>", {f}, {f}),
         {{"reduce_precision_v1", {integer32(5), integer32(10)}}}});
    const std::string q = "tensor<2x!quant.uniform<i8:f32, 5.000000e-01:3>>";
    out.push_back({genericOf("uniform_quantize", "", {f}, {q}), {{"uniform_quantize_v1", {}}}});
    out.push_back({genericOf("uniform_dequantize", "", {q}, {f}), {{"uniform_dequantize_v1", {}}}});
    return out;
}

std::vector<OperationCase> collectiveCases() {
    const std::string f = "tensor<2x4xf32>";
    const Property groups = rows({{0, 1}});
    const auto with = [](const std::string& attributes) {
        return "<{" + attributes + ", " + kChannel + ", " + kGroups + ", use_global_device_ids}>";
    };
    const Property channel = integer(3);
    const Properties all_gather = {integer(1), channel, groups, boolean(true)};
    const Properties all_reduce = {channel, groups, boolean(true)};
    const Properties all_to_all = {channel, integer(0), groups, integer(2), integer(1)};
    const std::string only = std::string("<{") + kChannel + ", " + kGroups;
    return {
        {genericOf("all_gather", with("all_gather_dim = 1 : i64"), {f}, {"tensor<2x8xf32>"}),
         {{"all_gather_v1", all_gather}, {"all_gather_v2", all_gather}}},
        {genericOf("all_reduce", only + ", use_global_device_ids}> " + kAdd, {f}, {f}),
         {{"all_reduce_v1", all_reduce}, {"all_reduce_v2", all_reduce}}},
        {genericOf("all_to_all",
                   only + ", concat_dimension = 0 : i64, split_count = 2 : i64, split_dimension = 1 : i64}>",
                   {f}, {"tensor<4x2xf32>"}),
         {{"all_to_all_v1", all_to_all}, {"all_to_all_v2", all_to_all}}},
        {genericOf("collective_broadcast", only + "}>", {f}, {f}),
         {{"collective_broadcast_v1", {channel, groups}},
          {"collective_broadcast_v2", {channel, boolean(false), groups}}}},
        {genericOf("collective_permute",
                   std::string("<{") + kChannel +
                       ", source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}>",
                   {f}, {f}),
         {{"collective_permute_v1", {channel, rows({{0, 1}, {1, 0}})}}}},
        {genericOf("collective_reduce", only + ", use_global_device_ids}> " + kAdd, {f}, {f}),
         {{"collective_reduce_v1", {channel, boolean(false), groups, boolean(true)}}}},
        {genericOf("reduce_scatter", with("scatter_dimension = 1 : i64") + " " + kAdd, {f},
                   {"tensor<2x2xf32>"}),
         {{"reduce_scatter_v1", {channel, groups, integer(1), boolean(true)}}}},
        {genericOf("cross-replica-sum", std::string("{") + kGroups + "}", {f}, {f}),
         {{"cross-replica-sum_v1", {groups}}}},
        {genericOf("replica_id", "", {}, {"tensor<ui32>"}), {{"replica_id_v1", {}}}},
        {genericOf("partition_id", "", {}, {"tensor<ui32>"}), {{"partition_id_v1", {}}}},
    };
}

std::vector<OperationCase> exchangeCases() {
    const std::string t = "!stablehlo.token";
    const std::string f = "tensor<f32>";
    const std::string handle = "channel_handle = #stablehlo.channel_handle<handle = 5, type = 3>";
    return {
        {genericOf("after_all", "", {t, t}, {t}), {{"after_all_v1", {}}}},
        {genericOf("create_token", "", {}, {t}), {{"create_token_v1", {}}}},
        {genericOf("infeed", "<{infeed_config = \"where\", layout = [[0, 1]]}>", {t}, {"tensor<2x2xf32>", t}),
         {{"infeed_v1", {text("where"), list({list({integer(0), integer(1)})})}}}},
        {genericOf("outfeed", "<{outfeed_config = \"there\"}>", {f, t}, {t}),
         {{"outfeed_v1", {text("there")}}}},
        {genericOf("recv", "<{" + handle + ", is_host_transfer = true}>", {t}, {f, t}),
         {{"recv_v1", {integer(5), integer(3), boolean(true)}},
          {"recv_v2", {integer(5), integer(3), boolean(true), rows({})}}}},
        {genericOf(
             "send",
             "<{channel_handle = #stablehlo.channel_handle<handle = 5, type = 2>, is_host_transfer = true}>",
             {f, t}, {t}),
         {{"send_v1", {integer(5), integer(2), boolean(true)}},
          {"send_v2", {integer(5), integer(2), boolean(true), rows({})}}}},
        {functionOf("%f = \"stablehlo.async_start\"(%a) ({\n^bb0(%x: tensor<2xf32>):\n  stablehlo.return %x "
                    ": tensor<2xf32>\n"
                    "}) : (tensor<2xf32>) -> !stablehlo.future<tensor<2xf32>>\n  %r = "
                    "\"stablehlo.async_done\"(%f) : "
                    "(!stablehlo.future<tensor<2xf32>>) -> tensor<2xf32>",
                    {"tensor<2xf32>"}, {}),
         {{"async_start_v1", {}}, {"async_done_v1", {}}}},
    };
}

std::vector<OperationCase> structureCases() {
    const std::string s = "tensor<f32>";
    const std::string p = "tensor<i1>";
    const std::string pair = "tuple<tensor<f32>, tensor<i1>>";
    const std::string half =
        "func.func private @half(%x: tensor<f32>) -> tensor<f32> {\n  return %x : tensor<f32>\n}\n";
    const std::string ends =
        "({\n  stablehlo.return %b : tensor<f32>\n}, {\n  stablehlo.return %c : tensor<f32>\n})";
    const Properties composite = {dictionary({{"n", integer(4)}}), text("half"), text("my.op"), integer32(2)};
    const Properties call = {enumeration(5, 2), text("config"), text("target"), list({text("half")}),
                             boolean(true),     list({}),       list({}),       list({})};
    Properties tiled = call;
    tiled.push_back(list({}));
    return {
        {half + functionOf("func.call @half(%a) : (tensor<f32>) -> tensor<f32>", {s}, {s}),
         {{"call_v1", {text("half")}}}},
        {half + genericOf("composite",
                          "<{composite_attributes = {n = 4 : i64}, decomposition = @half, name = \"my.op\", "
                          "version = 2 "
                          ": i32}>",
                          {s}, {s}),
         {{"composite_v1", composite}, {"composite_v2", composite}}},
        {half +
             genericOf("custom_call",
                       "<{api_version = 2 : i32, backend_config = \"config\", call_target_name = \"target\", "
                       "called_computations = [@half], has_side_effect = true}>",
                       {s}, {s}),
         {{"custom_call_v1", call}, {"custom_call_v2", tiled}}},
        {functionOf("\"stablehlo.case\"(%a) " + ends + " : (tensor<i32>) -> tensor<f32>",
                    {"tensor<i32>", s, s}, {s}),
         {{"case_v1", {}}}},
        {functionOf("\"stablehlo.if\"(%a) " + ends + " : (tensor<i1>) -> tensor<f32>", {p, s, s}, {s}),
         {{"if_v1", {}}}},
        {genericOf(
             "while",
             "({\n^bb0(%x: tensor<i1>, %y: tensor<f32>):\n  stablehlo.return %x : tensor<i1>\n}, {\n^bb0(%x: "
             "tensor<i1>, %y: tensor<f32>):\n  stablehlo.return %x, %y : tensor<i1>, tensor<f32>\n})",
             {p, s}, {p, s}),
         {{"while_v1", {}}}},
        {genericOf("tuple", "", {s, p}, {pair}), {{"tuple_v1", {}}}},
        {genericOf("get_tuple_element", "<{index = 1 : i32}>", {pair}, {p}),
         {{"get_tuple_element_v1", {integer32(1)}}}},
        {functionOf("", {s}, {}), {{"return_v1", {}}, {"func_v1", {}}}},
    };
}

}  // namespace optirs::plugin::testing
