/// @file
/// Attributes: the compile-time parameters of operations. The parser brings every spelling to one of
/// these forms; code should read them through the typed accessors of ops.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pjrt_cpu/ir/literal.h"
#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

class Attribute;

struct NamedAttribute;

/// Attributes by name: sorted, names unique.
class NamedAttributes {
 public:
    // Out of line: the entries hold attributes, which are complete only below.
    NamedAttributes();
    NamedAttributes(const NamedAttributes& other);
    NamedAttributes(NamedAttributes&& other) noexcept;
    NamedAttributes& operator=(const NamedAttributes& other);
    NamedAttributes& operator=(NamedAttributes&& other) noexcept;
    ~NamedAttributes();

    const Attribute* find(std::string_view name) const;
    void set(std::string_view name, Attribute value);
    void erase(std::string_view name);
    bool empty() const;
    size_t size() const;
    const NamedAttribute* begin() const;
    const NamedAttribute* end() const;
    bool operator==(const NamedAttributes& other) const;

 private:
    std::vector<NamedAttribute> entries_;
};

/// `unit`: its presence is its value.
struct UnitAttribute {
    bool operator==(const UnitAttribute&) const = default;
};
/// `3 : i64`.
struct IntegerAttribute {
    int64_t value = 0;
    ElementType type = ElementType::kI64;
    bool operator==(const IntegerAttribute&) const = default;
};
/// `1.0 : f32`; compared by bits.
struct FloatAttribute {
    double value = 0;
    ElementType type = ElementType::kF64;
    bool operator==(const FloatAttribute& other) const;
};
/// `@name` and `@name::@nested`.
struct SymbolAttribute {
    std::string name;
    std::vector<std::string> nested;
    bool operator==(const SymbolAttribute&) const = default;
};
/// `#stablehlo<comparison_direction EQ>`, as kind and value; also `#chlo<...>`.
struct EnumAttribute {
    std::string kind;
    std::string value;
    bool operator==(const EnumAttribute&) const = default;
};
/// `array<i64: 1, 2>`, `array<i1: true>`, `array<f32: 1.0>`.
struct ArrayListAttribute {
    ElementType type = ElementType::kI64;
    std::vector<int64_t> integers;  ///< integer and i1 types
    std::vector<double> floats;     ///< float types
    bool operator==(const ArrayListAttribute&) const = default;
};
/// `#dialect.name<...>` of which the plugin knows nothing, verbatim.
struct OpaqueAttribute {
    std::string text;
    bool operator==(const OpaqueAttribute&) const = default;
};

/// `#stablehlo.dot<...>`; empty lists by default. Also a ragged dot's inner part.
struct DotDimensions {
    std::vector<int64_t> lhs_batch;
    std::vector<int64_t> rhs_batch;
    std::vector<int64_t> lhs_contracting;
    std::vector<int64_t> rhs_contracting;
    bool operator==(const DotDimensions&) const = default;
};
/// `#stablehlo.gather<...>`.
struct GatherDimensions {
    std::vector<int64_t> offset_dims;
    std::vector<int64_t> collapsed_slice_dims;
    std::vector<int64_t> operand_batching_dims;
    std::vector<int64_t> start_indices_batching_dims;
    std::vector<int64_t> start_index_map;
    int64_t index_vector_dim = 0;
    bool operator==(const GatherDimensions&) const = default;
};
/// `#stablehlo.scatter<...>`.
struct ScatterDimensions {
    std::vector<int64_t> update_window_dims;
    std::vector<int64_t> inserted_window_dims;
    std::vector<int64_t> input_batching_dims;
    std::vector<int64_t> scatter_indices_batching_dims;
    std::vector<int64_t> scatter_dims_to_operand_dims;
    int64_t index_vector_dim = 0;
    bool operator==(const ScatterDimensions&) const = default;
};
/// `#stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>`.
struct ConvolutionDimensions {
    int64_t input_batch = 0;
    int64_t input_feature = 0;
    std::vector<int64_t> input_spatial;
    int64_t kernel_input_feature = 0;
    int64_t kernel_output_feature = 0;
    std::vector<int64_t> kernel_spatial;
    int64_t output_batch = 0;
    int64_t output_feature = 0;
    std::vector<int64_t> output_spatial;
    bool operator==(const ConvolutionDimensions&) const = default;
};
/// Whether each of input, kernel and output numbers its dimensions 0, 1, 2, ... each once, and all have as
/// many spatial ones. The parsers refuse anything else.
bool wellFormed(const ConvolutionDimensions& dimensions);
/// `#stablehlo.channel_handle<handle = 1, type = 0>`.
struct ChannelHandle {
    int64_t handle = 0;
    int64_t type = 0;
    bool operator==(const ChannelHandle&) const = default;
};
/// `#stablehlo.output_operand_alias<...>`.
struct OutputOperandAlias {
    std::vector<int64_t> output_tuple_indices;
    int64_t operand_index = 0;
    std::vector<int64_t> operand_tuple_indices;
    bool operator==(const OutputOperandAlias&) const = default;
};
/// `#stablehlo.dot_algorithm<...>`: types by their MLIR spelling (`tf32` among them).
struct DotAlgorithm {
    std::string lhs_precision;
    std::string rhs_precision;
    std::string accumulation;
    int64_t lhs_components = 1;
    int64_t rhs_components = 1;
    int64_t primitive_operations = 1;
    bool allow_imprecise_accumulation = false;
    bool operator==(const DotAlgorithm&) const = default;
};
/// `#stablehlo.result_accuracy<...>`; mode DEFAULT, HIGHEST or TOLERANCE.
struct ResultAccuracy {
    double atol = 0;
    double rtol = 0;
    int64_t ulps = 0;
    std::string mode = "DEFAULT";
    bool operator==(const ResultAccuracy&) const = default;
};

/// Any attribute. Immutable; copies share.
class Attribute {
 public:
    using List = std::vector<Attribute>;
    using Data =
        std::variant<UnitAttribute, bool, IntegerAttribute, FloatAttribute, std::string, SymbolAttribute,
                     Type, List, NamedAttributes, EnumAttribute, ArrayListAttribute, Literal, DotDimensions,
                     GatherDimensions, ScatterDimensions, ConvolutionDimensions, ChannelHandle,
                     OutputOperandAlias, DotAlgorithm, ResultAccuracy, OpaqueAttribute>;

    Attribute();  ///< unit
    template <typename T>
        requires(std::is_constructible_v<Data, T> && !std::is_same_v<std::decay_t<T>, Attribute>)
    Attribute(T&& value)  // NOLINT(google-explicit-constructor)
        : data_(std::make_shared<const Data>(std::forward<T>(value))) {}

    static Attribute integers(std::vector<int64_t> values);
    static Attribute integer(int64_t value, ElementType type = ElementType::kI64);

    /// The payload, or null when the attribute is of another kind.
    template <typename T>
    const T* get() const {
        return std::get_if<T>(data_.get());
    }
    const Data& data() const { return *data_; }
    bool operator==(const Attribute& other) const;

    /// MLIR syntax.
    std::string toString() const;

 private:
    std::shared_ptr<const Data> data_;
};

struct NamedAttribute {
    std::string name;
    Attribute value;
    bool operator==(const NamedAttribute&) const = default;
};

/// `"text"` with MLIR escapes.
std::string quoted(std::string_view text);
/// `@name`, quoted when it is not a bare identifier.
std::string symbolToString(std::string_view name);
/// Shortest text that reads back as the same number of `type`; a hex pattern when not finite.
std::string floatToString(double value, ElementType type);

}  // namespace optirs::plugin
