#include "pjrt_cpu/stablehlo/bytecode/upgrade.h"

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin::bytecode {
namespace {

/// Takes attributes out by name; errors name the operation.
class Taker {
 public:
    Taker(std::string_view op, NamedAttributes& attributes) : op_(op), attributes_(attributes) {}

    bool has(std::string_view name) const { return attributes_.find(name) != nullptr; }

    template <typename T>
    T take(std::string_view name, const char* kind) {
        const Attribute* found = attributes_.find(name);
        if (found == nullptr) fail("attribute " + std::string(name) + " is missing");
        const T* value = found->get<T>();
        if (value == nullptr) fail("attribute " + std::string(name) + " should be " + kind);
        T out = *value;
        attributes_.erase(name);
        return out;
    }
    int64_t integer(std::string_view name) { return take<IntegerAttribute>(name, "an integer").value; }
    std::vector<int64_t> integers(std::string_view name) {
        const auto literal = take<Literal>(name, "a tensor of integers");
        constexpr int64_t kMaxLength = 4096;
        const ElementType element = literal.type().element();
        if (literal.type().rank() != 1 || !isInteger(element) || literal.elementCount() > kMaxLength) {
            fail("attribute " + std::string(name) + " should be a list of integers, got " +
                 literal.type().toString());
        }
        return literal.integers();
    }
    /// Empty when an older version does not have it.
    std::vector<int64_t> integersOrNone(std::string_view name) {
        return has(name) ? integers(name) : std::vector<int64_t>();
    }
    std::string type(std::string_view name) { return take<Type>(name, "a type").toString(); }
    void set(std::string_view name, Attribute value) { attributes_.set(name, std::move(value)); }
    void erase(std::string_view name) { attributes_.erase(name); }
    [[noreturn]] void fail(const std::string& what) const {
        throw invalidArgument(std::string(op_) + ": " + what);
    }

    void symbol(std::string_view name) { set(name, SymbolAttribute{take<std::string>(name, "a name"), {}}); }
    /// A flag that StableHLO writes by its presence.
    void unit(std::string_view name) {
        if (!has(name)) return;
        if (take<bool>(name, "a boolean")) set(name, UnitAttribute{});
    }

 private:
    std::string_view op_;
    NamedAttributes& attributes_;
};

void upgradeChannel(Taker& in) {
    if (!in.has("channel_id")) return;
    const int64_t id = in.integer("channel_id");
    if (in.has("channel_type")) {
        in.set("channel_handle", ChannelHandle{id, in.integer("channel_type")});
    } else if (id != 0) {
        in.set("channel_handle", ChannelHandle{id, 0});
    }
}

void upgradeDot(Taker& in) {
    DotDimensions out;
    out.lhs_batch = in.integers("lhs_batching_dimensions");
    out.rhs_batch = in.integers("rhs_batching_dimensions");
    out.lhs_contracting = in.integers("lhs_contracting_dimensions");
    out.rhs_contracting = in.integers("rhs_contracting_dimensions");
    in.set("dot_dimension_numbers", std::move(out));
    if (!in.has("lhs_precision_type")) return;
    DotAlgorithm algorithm;
    algorithm.lhs_precision = in.type("lhs_precision_type");
    // A type of `none`, in every field, is how VHLO says that there is no algorithm.
    if (algorithm.lhs_precision == "none") {
        for (const char* name :
             {"rhs_precision_type", "accumulation_type", "lhs_component_count", "rhs_component_count",
              "num_primitive_operations", "allow_imprecise_accumulation"}) {
            in.erase(name);
        }
        return;
    }
    algorithm.rhs_precision = in.type("rhs_precision_type");
    algorithm.accumulation = in.type("accumulation_type");
    algorithm.lhs_components = in.integer("lhs_component_count");
    algorithm.rhs_components = in.integer("rhs_component_count");
    algorithm.primitive_operations = in.integer("num_primitive_operations");
    algorithm.allow_imprecise_accumulation = in.take<bool>("allow_imprecise_accumulation", "a boolean");
    in.set("algorithm", std::move(algorithm));
}

void upgradeConvolution(Taker& in) {
    ConvolutionDimensions out;
    out.input_batch = in.integer("input_batch_dimension");
    out.input_feature = in.integer("input_feature_dimension");
    out.input_spatial = in.integers("input_spatial_dimensions");
    out.kernel_input_feature = in.integer("kernel_input_feature_dimension");
    out.kernel_output_feature = in.integer("kernel_output_feature_dimension");
    out.kernel_spatial = in.integers("kernel_spatial_dimensions");
    out.output_batch = in.integer("output_batch_dimension");
    out.output_feature = in.integer("output_feature_dimension");
    out.output_spatial = in.integers("output_spatial_dimensions");
    if (!wellFormed(out)) in.fail("the dimension numbers are not 0, 1, 2, ... each once");
    in.set("dimension_numbers", std::move(out));
}

void upgradeGather(Taker& in) {
    GatherDimensions out;
    out.offset_dims = in.integers("offset_dims");
    out.collapsed_slice_dims = in.integers("collapsed_slice_dims");
    out.operand_batching_dims = in.integersOrNone("operand_batching_dims");
    out.start_indices_batching_dims = in.integersOrNone("start_indices_batching_dims");
    out.start_index_map = in.integers("start_index_map");
    out.index_vector_dim = in.integer("index_vector_dim");
    in.set("dimension_numbers", std::move(out));
}

void upgradeScatter(Taker& in) {
    ScatterDimensions out;
    out.update_window_dims = in.integers("update_window_dims");
    out.inserted_window_dims = in.integers("inserted_window_dims");
    out.input_batching_dims = in.integersOrNone("input_batching_dims");
    out.scatter_indices_batching_dims = in.integersOrNone("scatter_indices_batching_dims");
    out.scatter_dims_to_operand_dims = in.integers("scatter_dims_to_operand_dims");
    out.index_vector_dim = in.integer("index_vector_dim");
    in.set("scatter_dimension_numbers", std::move(out));
}

void upgradeCustomCall(Taker& in) {
    if (!in.has("called_computations")) return;
    Attribute::List symbols;
    for (const Attribute& each : in.take<Attribute::List>("called_computations", "a list of names")) {
        const auto* name = each.get<std::string>();
        if (name == nullptr) in.fail("called_computations should be a list of names");
        symbols.push_back(SymbolAttribute{*name, {}});
    }
    in.set("called_computations", std::move(symbols));
}

/// `all_reduce` of `vhlo.all_reduce_v2`.
std::string_view baseName(std::string_view name) {
    name.remove_prefix(std::string_view("vhlo.").size());
    return name.substr(0, name.rfind("_v"));
}

}  // namespace

std::string upgradeOperation(std::string_view name, NamedAttributes& attributes) {
    const std::string_view base = baseName(name);
    Taker in(name, attributes);
    upgradeChannel(in);
    in.unit("use_global_device_ids");
    in.unit("has_dynamic_root");
    if (base == "call") {
        in.symbol("callee");
        return "func.call";
    }
    if (base == "dot_general") {
        upgradeDot(in);
    } else if (base == "convolution") {
        upgradeConvolution(in);
    } else if (base == "dynamic_conv") {
        upgradeConvolution(in);
        in.erase("padding");  // of version 1, beside the operand that says the same
    } else if (base == "gather" || base == "dynamic_gather") {
        upgradeGather(in);
    } else if (base == "scatter") {
        upgradeScatter(in);
    } else if (base == "custom_call") {
        upgradeCustomCall(in);
    } else if (base == "composite") {
        in.symbol("decomposition");
    }
    return "stablehlo." + std::string(base);
}

void upgradeFunction(NamedAttributes& attributes) {
    Taker in("vhlo.func_v1", attributes);
    if (!in.has("sym_visibility")) return;
    std::string visibility = in.take<std::string>("sym_visibility", "a string");
    if (!visibility.empty()) in.set("sym_visibility", std::move(visibility));
}

}  // namespace optirs::plugin::bytecode
