#include "pjrt_cpu/ir/ops.h"

#include <array>

namespace optirs::plugin {
namespace {

const Attribute& required(const Operation& op, std::string_view name) {
    const Attribute* attribute = op.attribute(name);
    if (attribute == nullptr) throw invalidOperation(op, "attribute " + std::string(name) + " is missing");
    return *attribute;
}

template <typename T>
const T& typed(const Operation& op, std::string_view name, const char* kind) {
    const Attribute& attribute = required(op, name);
    if (const T* value = attribute.get<T>()) return *value;
    throw invalidOperation(
        op, "attribute " + std::string(name) + " should be " + kind + ", got " + attribute.toString());
}

/// Index of an enumeration's value in `cases`.
template <typename Enum, size_t N>
Enum enumeration(const Operation& op, std::string_view name, const std::array<std::string_view, N>& cases) {
    const std::string& value = typed<EnumAttribute>(op, name, "an enumeration").value;
    for (size_t i = 0; i < N; ++i) {
        if (cases[i] == value) return static_cast<Enum>(i);
    }
    throw invalidOperation(op, "attribute " + std::string(name) + " has no case " + value);
}

}  // namespace

std::string signatureToString(const Operation& op) {
    FunctionType type;
    for (const Value* operand : op.operands()) type.inputs.push_back(operand->type());
    type.results = op.resultTypes();
    return Type(std::move(type)).toString();
}

Error invalidOperation(const Operation& op, const std::string& what) {
    return invalidArgument(std::string(op.name()) + " at " + op.location().toString() + ": " + what);
}

Error unimplementedOperation(const Operation& op, const std::string& what) {
    return unimplemented(std::string(op.name()) + " at " + op.location().toString() + ": " + what + "; " +
                         signatureToString(op));
}

std::span<const int64_t> integersAttribute(const Operation& op, std::string_view name) {
    return typed<ArrayListAttribute>(op, name, "a list of integers").integers;
}

std::span<const int64_t> integersAttributeOrEmpty(const Operation& op, std::string_view name) {
    if (op.attribute(name) == nullptr) return {};
    return integersAttribute(op, name);
}

int64_t integerAttribute(const Operation& op, std::string_view name) {
    return typed<IntegerAttribute>(op, name, "an integer").value;
}

int64_t integerAttributeOr(const Operation& op, std::string_view name, int64_t otherwise) {
    return op.attribute(name) == nullptr ? otherwise : integerAttribute(op, name);
}

bool boolAttribute(const Operation& op, std::string_view name, bool otherwise) {
    const Attribute* attribute = op.attribute(name);
    if (attribute == nullptr) return otherwise;
    if (attribute->get<UnitAttribute>() != nullptr) return true;
    return typed<bool>(op, name, "true or false");
}

double floatAttribute(const Operation& op, std::string_view name) {
    return typed<FloatAttribute>(op, name, "a floating-point number").value;
}

const std::string& stringAttribute(const Operation& op, std::string_view name) {
    return typed<std::string>(op, name, "a string");
}

const std::string& symbolAttribute(const Operation& op, std::string_view name) {
    return typed<SymbolAttribute>(op, name, "a symbol").name;
}

const Literal& literalAttribute(const Operation& op, std::string_view name) {
    return typed<Literal>(op, name, "a dense tensor");
}

const Literal& constantValue(const Operation& op) { return literalAttribute(op, "value"); }

const Literal* constantOrNull(const Value* value) {
    const Operation* op = value->definition();
    if (op == nullptr || op->kind() != OpKind::kConstant) return nullptr;
    return &constantValue(*op);
}

std::optional<double> splatOf(const Value* value) {
    const Operation* op = value->definition();
    if (op == nullptr) return std::nullopt;
    if (op->kind() == OpKind::kBroadcastInDim || op->kind() == OpKind::kReshape)
        return splatOf(op->operand(0));
    const Literal* literal = constantOrNull(value);
    if (literal == nullptr || literal->elementCount() == 0) return std::nullopt;
    if (!literal->isSplat() && literal->elementCount() != 1) return std::nullopt;
    if (isComplex(literal->type().element())) return std::nullopt;
    return literal->real(0);
}

std::span<const int64_t> permutation(const Operation& op) { return integersAttribute(op, "permutation"); }

std::span<const int64_t> dimensions(const Operation& op) { return integersAttribute(op, "dimensions"); }

std::span<const int64_t> broadcastDimensions(const Operation& op) {
    return integersAttribute(op, "broadcast_dimensions");
}

int64_t dimension(const Operation& op) {
    if (op.kind() == OpKind::kIota || op.kind() == OpKind::kDynamicIota) {
        return integerAttribute(op, "iota_dimension");
    }
    if (op.kind() == OpKind::kSort) {
        const int64_t value = integerAttributeOr(op, "dimension", -1);
        return value < 0 ? value + op.operand(0)->tensor().rank() : value;
    }
    return integerAttribute(op, "dimension");
}

std::span<const int64_t> sliceSizes(const Operation& op) { return integersAttribute(op, "slice_sizes"); }

SliceAttributes sliceAttributes(const Operation& op) {
    return {integersAttribute(op, "start_indices"), integersAttribute(op, "limit_indices"),
            integersAttribute(op, "strides")};
}

PadAttributes padAttributes(const Operation& op) {
    return {integersAttribute(op, "edge_padding_low"), integersAttribute(op, "edge_padding_high"),
            integersAttribute(op, "interior_padding")};
}

const DotDimensions& dotDimensions(const Operation& op) {
    return typed<DotDimensions>(op, "dot_dimension_numbers", "#stablehlo.dot<...>");
}

const GatherDimensions& gatherDimensions(const Operation& op) {
    return typed<GatherDimensions>(op, "dimension_numbers", "#stablehlo.gather<...>");
}

const ScatterDimensions& scatterDimensions(const Operation& op) {
    return typed<ScatterDimensions>(op, "scatter_dimension_numbers", "#stablehlo.scatter<...>");
}

const ConvolutionDimensions& convolutionDimensions(const Operation& op) {
    return typed<ConvolutionDimensions>(op, "dimension_numbers", "#stablehlo.conv<...>");
}

int64_t featureGroupCount(const Operation& op) { return integerAttributeOr(op, "feature_group_count", 1); }

int64_t batchGroupCount(const Operation& op) { return integerAttributeOr(op, "batch_group_count", 1); }

Precision operandPrecision(const Operation& op, size_t i) {
    const Attribute* attribute = op.attribute("precision_config");
    const auto* list = attribute != nullptr ? attribute->get<Attribute::List>() : nullptr;
    if (list == nullptr || i >= list->size()) return Precision::kDefault;
    const auto* value = (*list)[i].get<EnumAttribute>();
    if (value == nullptr || value->value == "DEFAULT") return Precision::kDefault;
    return value->value == "HIGH" ? Precision::kHigh : Precision::kHighest;
}

ComparisonDirection comparisonDirection(const Operation& op) {
    constexpr std::array<std::string_view, 6> kCases = {"EQ", "NE", "GE", "GT", "LE", "LT"};
    return enumeration<ComparisonDirection>(op, "comparison_direction", kCases);
}

ComparisonType comparisonType(const Operation& op) {
    const ElementType element = op.operand(0)->tensor().element();
    if (isFloat(element) || isComplex(element)) {
        const Attribute* attribute = op.attribute("compare_type");
        const auto* value = attribute != nullptr ? attribute->get<EnumAttribute>() : nullptr;
        return value != nullptr && value->value == "TOTALORDER" ? ComparisonType::kTotalOrder
                                                                : ComparisonType::kFloat;
    }
    return isUnsignedInteger(element) || isBoolean(element) ? ComparisonType::kUnsigned
                                                            : ComparisonType::kSigned;
}

RngAlgorithm rngAlgorithm(const Operation& op) {
    constexpr std::array<std::string_view, 3> kCases = {"DEFAULT", "THREE_FRY", "PHILOX"};
    return enumeration<RngAlgorithm>(op, "rng_algorithm", kCases);
}

RngDistribution rngDistribution(const Operation& op) {
    constexpr std::array<std::string_view, 2> kCases = {"UNIFORM", "NORMAL"};
    return enumeration<RngDistribution>(op, "rng_distribution", kCases);
}

FftType fftType(const Operation& op) {
    constexpr std::array<std::string_view, 4> kCases = {"FFT", "IFFT", "RFFT", "IRFFT"};
    return enumeration<FftType>(op, "fft_type", kCases);
}

TransposeKind transposeA(const Operation& op) {
    constexpr std::array<std::string_view, 3> kCases = {"NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"};
    return enumeration<TransposeKind>(op, "transpose_a", kCases);
}

Block& body(const Operation& op, size_t i) {
    if (i >= op.regionCount() || op.region(i).empty()) {
        throw invalidOperation(op, "region " + std::to_string(i) + " is missing or empty");
    }
    return op.region(i).front();
}

OpKind reducerKind(const Block& block) {
    const Operation* combine = block.first();
    if (combine == nullptr || combine->next() == nullptr || combine->next() != block.terminator()) {
        return OpKind::kUnknown;
    }
    const Operation& result = *combine->next();
    if (block.argumentCount() != 2 || combine->operandCount() != 2 || combine->resultCount() != 1 ||
        result.operandCount() != 1 || result.operand(0) != combine->result() ||
        combine->result()->type() != block.argument(0)->type()) {
        return OpKind::kUnknown;
    }
    const bool straight =
        combine->operand(0) == block.argument(0) && combine->operand(1) == block.argument(1);
    const bool swapped = combine->operand(0) == block.argument(1) && combine->operand(1) == block.argument(0);
    return straight || (swapped && isCommutative(combine->kind())) ? combine->kind() : OpKind::kUnknown;
}

size_t tupleSize(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kReduce:
        case OpKind::kReduceWindow:
            return op.operandCount() / 2;
        case OpKind::kScatter:
            return (op.operandCount() - 1) / 2;
        default:
            return op.operandCount();
    }
}

const std::string& callee(const Operation& op) {
    return op.kind() == OpKind::kCustomCall ? stringAttribute(op, "call_target_name")
                                            : symbolAttribute(op, "callee");
}

bool callStandsForBody(std::string_view target) {
    return target == kDynamicReduceWindow || target == kTopKCall || target == kApproxTopKCall;
}

ChannelHandle channelHandle(const Operation& op) {
    if (op.attribute("channel_handle") == nullptr) return {};
    return typed<ChannelHandle>(op, "channel_handle", "#stablehlo.channel_handle<...>");
}

}  // namespace optirs::plugin
