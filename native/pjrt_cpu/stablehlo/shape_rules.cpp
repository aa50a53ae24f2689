#include "pjrt_cpu/stablehlo/shape_rules.h"

#include <algorithm>

namespace optirs::plugin {
namespace {

ElementType expressed(const TensorType& type) {
    return type.quantized() != nullptr ? type.quantized()->expressed : type.element();
}

/// Quantized operands may differ in scale, and mix with what they express.
bool sameElement(const TensorType& a, const TensorType& b) { return expressed(a) == expressed(b); }

}  // namespace

const TensorType& Rule::operand(size_t i) const {
    require(i < op_.operandCount(), "operand " + std::to_string(i) + " is missing");
    const Type& type = op_.operand(i)->type();
    const TensorType* tensor = type.tensorOrNull();
    if (tensor == nullptr)
        fail("operand " + std::to_string(i) + " should be a tensor, got " + type.toString());
    return *tensor;
}

const TensorType& Rule::result(size_t i) const {
    require(i < op_.resultCount(), "result " + std::to_string(i) + " is missing");
    const Type& type = op_.result(i)->type();
    const TensorType* tensor = type.tensorOrNull();
    if (tensor == nullptr)
        fail("result " + std::to_string(i) + " should be a tensor, got " + type.toString());
    return *tensor;
}

void Rule::requireRank(size_t operand_index, int64_t rank) const {
    const TensorType& type = operand(operand_index);
    if (type.rank() != rank) {
        fail("operand " + std::to_string(operand_index) + " should have rank " + std::to_string(rank) +
             ", got " + type.toString());
    }
}

void Rule::requireDimensions(std::span<const int64_t> values, int64_t rank, const char* name) const {
    std::vector<bool> seen(static_cast<size_t>(rank));
    for (const int64_t value : values) {
        requireInRange(value, 0, rank, name);
        if (seen[static_cast<size_t>(value)]) {
            fail(std::string(name) + " " + listToString(values) + " names dimension " +
                 std::to_string(value) + " twice");
        }
        seen[static_cast<size_t>(value)] = true;
    }
}

void Rule::requireSorted(std::span<const int64_t> values, const char* name) const {
    if (!std::is_sorted(values.begin(), values.end())) {
        fail(std::string(name) + " " + listToString(values) + " should be sorted");
    }
}

void Rule::requireInRange(int64_t value, int64_t begin, int64_t end, const char* name) const {
    if (value < begin || value >= end) {
        fail(std::string(name) + " " + std::to_string(value) + " should be in [" + std::to_string(begin) +
             ", " + std::to_string(end) + ")");
    }
}

void Rule::requireCount(std::span<const int64_t> values, int64_t count, const char* name) const {
    if (static_cast<int64_t>(values.size()) != count) {
        fail(std::string(name) + " " + listToString(values) + " should have " + std::to_string(count) +
             " values");
    }
}

void Rule::requireSameSize(int64_t a, int64_t b, const std::string& what) const {
    if (a != kDynamic && b != kDynamic && a != b) {
        fail(what + ": " + std::to_string(a) + " and " + std::to_string(b) + " differ; " +
             signatureToString(op_));
    }
}

void Rule::requireSameShape(const TensorType& a, const TensorType& b, const char* what) const {
    if (!compatibleShapes(a.dims(), b.dims())) {
        fail(std::string(what) + " should have the same shape, got " + a.toString() + " and " + b.toString());
    }
}

void Rule::requireSameElement(const TensorType& a, const TensorType& b, const char* what) const {
    if (!sameElement(a, b)) {
        fail(std::string(what) + " should have the same element type, got " + a.toString() + " and " +
             b.toString());
    }
}

void Rule::requireRegion(size_t region, std::span<const TensorType> arguments,
                         std::span<const TensorType> results, const char* name) const {
    const Block& block = body(op_, region);
    if (block.argumentCount() != arguments.size()) {
        fail(std::string(name) + " should take " + std::to_string(arguments.size()) +
             " arguments, it takes " + std::to_string(block.argumentCount()));
    }
    const auto check = [&](const Type& got, const TensorType& wanted, const std::string& which) {
        const TensorType* tensor = got.tensorOrNull();
        if (tensor == nullptr || !compatibleShapes(tensor->dims(), wanted.dims()) ||
            !sameElement(*tensor, wanted)) {
            fail(which + " of the " + name + " should be " + wanted.toString() + ", got " + got.toString());
        }
    };
    for (size_t i = 0; i < arguments.size(); ++i) {
        check(block.argument(i)->type(), arguments[i], "argument " + std::to_string(i));
    }
    const Operation* end = block.terminator();
    if (end == nullptr) fail(std::string("the ") + name + " should end with a return");
    if (end->operandCount() != results.size()) {
        fail(std::string("the ") + name + " should return " + std::to_string(results.size()) +
             " values, it returns " + std::to_string(end->operandCount()));
    }
    for (size_t i = 0; i < results.size(); ++i) {
        check(end->operand(i)->type(), results[i], "returned value " + std::to_string(i));
    }
}

Type Rule::typed(TensorType type, size_t i) const {
    const TensorType& declared = result(i);
    if (declared.quantized() != nullptr || type.quantized() != nullptr) {
        // Scales are chosen, not inferred.
        const bool any = type.element() == ElementType::kQuantized && type.quantized() == nullptr;
        require(any || sameElement(declared, type), "result " + std::to_string(i) + " should be or express " +
                                                        std::string(elementTypeName(expressed(type))) +
                                                        ", got " + declared.toString());
        TensorType out = declared;
        return out.withDims({type.dims().begin(), type.dims().end()});
    }
    type.setBounds({});
    return type;
}

std::vector<int64_t> mergeShapes(std::span<const int64_t> a, std::span<const int64_t> b) {
    std::vector<int64_t> out(a.begin(), a.end());
    for (size_t i = 0; i < out.size(); ++i) out[i] = mergeSize(a[i], b[i]);
    return out;
}

bool compatibleShapes(std::span<const int64_t> a, std::span<const int64_t> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](int64_t x, int64_t y) { return x == y || x == kDynamic || y == kDynamic; });
}

int64_t windowedSize(int64_t size, const WindowDimension& window) {
    if (size == kDynamic || window.size == kDynamic) return kDynamic;
    // Whatever the numbers are, the sums are right; what is too large for a size stays too large.
    __extension__ using Wide = __int128;
    const Wide dilated = size == 0 ? 0 : Wide{size - 1} * window.base_dilation + 1;
    const Wide padded = dilated + window.padding_low + window.padding_high;
    const Wide extent = window.size == 0 ? 0 : Wide{window.size - 1} * window.window_dilation + 1;
    if (padded <= 0 || extent > padded) return 0;
    return static_cast<int64_t>(std::min<Wide>((padded - extent) / window.stride + 1, INT64_MAX));
}

}  // namespace optirs::plugin
