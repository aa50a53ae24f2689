// Element-wise operations: one shape, and element types that follow from the operands'.
#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

bool givesReal(OpKind kind) { return kind == OpKind::kAbs || kind == OpKind::kReal || kind == OpKind::kImag; }

bool givesBoolean(OpKind kind) {
    using enum OpKind;
    return kind == kCompare || kind == kIsFinite || kind == kChloIsInf || kind == kChloIsNegInf ||
           kind == kChloIsPosInf;
}

}  // namespace

std::vector<Type> inferElementwise(const Rule& rule) {
    const OpKind kind = rule.op().kind();
    const size_t count = rule.op().operandCount();
    // Scalars are allowed for select's predicate and clamp's bounds.
    const bool scalar_first = kind == OpKind::kSelect || kind == OpKind::kClamp;
    const size_t main = scalar_first ? 1 : 0;
    const TensorType& type = rule.operand(main);
    std::vector<int64_t> dims(type.dims().begin(), type.dims().end());
    for (size_t i = 0; i < count; ++i) {
        if (i == main) continue;
        const TensorType& other = rule.operand(i);
        const bool may_be_scalar = (kind == OpKind::kSelect && i == 0) || kind == OpKind::kClamp;
        if (may_be_scalar && other.isScalar()) {
            if (kind == OpKind::kClamp) rule.requireSameElement(type, other, "operands");
            continue;
        }
        rule.requireSameShape(type, other, "operands");
        dims = mergeShapes(dims, other.dims());
        if (kind != OpKind::kSelect || i != 0) rule.requireSameElement(type, other, "operands");
    }
    if (kind == OpKind::kSelect) {
        rule.require(isBoolean(rule.operand(0).element()),
                     "the predicate should be i1, got " + rule.operand(0).toString());
    }
    if (kind == OpKind::kReducePrecision) {
        rule.require(integerAttribute(rule.op(), "exponent_bits") >= 1, "exponent_bits should be at least 1");
        rule.require(integerAttribute(rule.op(), "mantissa_bits") >= 0,
                     "mantissa_bits should not be negative");
    }
    ElementType element = type.element();
    if (kind == OpKind::kConvert || kind == OpKind::kUniformDequantize || kind == OpKind::kUniformQuantize) {
        element = rule.result().element();
        if (kind == OpKind::kUniformDequantize && type.quantized() != nullptr)
            element = type.quantized()->expressed;
        const QuantizedType* quantized = rule.result().quantized();
        rule.require(kind != OpKind::kUniformQuantize || quantized != nullptr,
                     "the result should be quantized, got " + rule.result().toString());
        rule.require(kind != OpKind::kUniformQuantize || type.quantized() != nullptr ||
                         quantized->expressed == type.element(),
                     "the result should express " + std::string(elementTypeName(type.element())) + ", got " +
                         rule.result().toString());
    } else if (givesReal(kind)) {
        element = realType(element);
    } else if (givesBoolean(kind)) {
        element = ElementType::kI1;
    } else if (kind == OpKind::kComplex) {
        rule.require(element == ElementType::kF32 || element == ElementType::kF64,
                     "operands should be f32 or f64, got " + type.toString());
        element = element == ElementType::kF32 ? ElementType::kC64 : ElementType::kC128;
    }
    if (kind == OpKind::kCompare) {
        const ComparisonDirection direction = comparisonDirection(rule.op());
        rule.require(!isComplex(type.element()) || direction == ComparisonDirection::kEq ||
                         direction == ComparisonDirection::kNe,
                     "complex numbers compare EQ or NE only");
    }
    return {rule.typed(type.withDims(std::move(dims)).withElement(element))};
}

}  // namespace optirs::plugin
