// CHLO: convenience operations over StableHLO. The code generator has the functions of real and complex
// numbers (asin, erf, lgamma, ...).
#include <limits>
#include <optional>
#include <string>

#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/formula.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

using enum OpKind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Value* expandIsInf(Operation& op) {
    Builder builder(op);
    Term x(builder, op.operand(0));
    if (op.kind() == kChloIsInf) x = x.abs();
    return x.compare("EQ", op.kind() == kChloIsNegInf ? -kInfinity : kInfinity).value();
}

Value* expandConj(Operation& op) {
    Value* x = op.operand(0);
    const TensorType& type = x->tensor();
    if (!isComplex(type.element())) return x;
    Builder builder(op);
    const TensorType part = type.withElement(realType(type.element()));
    Value* imaginary = builder.unary(kNegate, builder.create(kImag, {x}, part));
    return builder.create(OpKind::kComplex, {builder.create(kReal, {x}, part), imaginary}, type);
}

/// The integers of the width of a float type; nothing for the 6-bit ones.
std::optional<ElementType> bitsOf(ElementType type) {
    switch (bitWidth(type)) {
        case 4:
            return ElementType::kI4;
        case 8:
            return type == ElementType::kF8E8M0FNU ? ElementType::kUi8 : ElementType::kI8;
        case 16:
            return ElementType::kI16;
        case 32:
            return ElementType::kI32;
        case 64:
            return ElementType::kI64;
        default:
            return std::nullopt;
    }
}

// The next number from x towards y, through the bits: those of floats of one sign are ordered.
Value* expandNextAfter(Operation& op) {
    Builder builder(op);
    const ElementType element = op.operand(0)->tensor().element();
    const auto integer = bitsOf(element);
    if (!integer) return nullptr;
    const Term x(builder, op.operand(0));
    const Term y(builder, op.operand(1));
    const Term bits = x.bitcast(*integer);
    const Term zero = bits.constant(0);
    const Term one = bits.constant(1);
    const Term is_nan = x.compare("NE", x).apply(kOr, y.compare("NE", y));
    const auto result = [&](Term next) {
        return is_nan.select(x + y, x.compare("EQ", y).select(y, next.bitcast(element))).value();
    };
    // f8E8M0FNU has neither zero nor sign.
    if (element == ElementType::kF8E8M0FNU) return result(x.compare("LT", y).select(bits + one, bits - one));
    const int width = bitWidth(element);
    const Term sign_bit(builder,
                        builder.constant(Literal::splatInteger(
                            bits.value()->tensor(), width == 64 ? INT64_MIN : -(int64_t{1} << (width - 1)))));
    // Away from zero adds one to the bits, whatever the sign; towards it subtracts.
    const Term away = x.compare("LT", y).apply(kXor, bits.compare("LT", zero));
    Term moved = bits + away.select(one, bits.constant(-1));
    // Types whose only zero is positive have NaN where -0 would be.
    const bool one_zero = element == ElementType::kF8E4M3FNUZ || element == ElementType::kF8E4M3B11FNUZ ||
                          element == ElementType::kF8E5M2FNUZ;
    if (one_zero) moved = moved.compare("EQ", sign_bit).select(zero, moved);
    // From zero: the smallest number of y's sign.
    const Term from_zero = y.bitcast(*integer).apply(kAnd, sign_bit).apply(kOr, one);
    return result(x.compare("EQ", 0.0).select(from_zero, moved));
}

// High half of a product.
Value* expandMulhi(Operation& op) {
    Builder builder(op);
    const ElementType element = op.operand(0)->tensor().element();
    const int width = bitWidth(element);
    const bool is_signed = isSignedInteger(element);
    const ElementType wide = is_signed ? ElementType::kI64 : ElementType::kUi64;
    const OpKind shift = is_signed ? kShiftRightArithmetic : kShiftRightLogical;
    const Term x(builder, builder.convert(op.operand(0), wide));
    const Term y(builder, builder.convert(op.operand(1), wide));
    if (width <= 32) return (x * y).apply(shift, x.constant(width)).convert(element).value();
    // 64 bits: schoolbook on halves of 32. The low halves count as unsigned.
    const Term half = x.constant(32);
    const Term mask = x.constant(4294967295.0);
    const Term x_low = x.apply(kAnd, mask);
    const Term y_low = y.apply(kAnd, mask);
    const Term x_high = x.apply(shift, half);
    const Term y_high = y.apply(shift, half);
    const Term low = (x_low * y_low).apply(kShiftRightLogical, half);
    const Term cross = x_high * y_low + low;
    const Term middle = x_low * y_high + cross.apply(kAnd, mask);
    return (x_high * y_high + cross.apply(shift, half) + middle.apply(shift, half)).value();
}

// The k largest (or, as XLA's `mhlo.topk` can say, smallest) of the last dimension with their indices: a
// stable sort.
std::vector<Value*> expandTopK(Operation& op) {
    Builder builder(op);
    Value* operand = op.operand(0);
    const TensorType& type = operand->tensor();
    const int64_t k = integerAttribute(op, "k");
    const int64_t last = type.rank() - 1;
    if (last < 0 || k < 0 || k > type.dim(last)) {
        throw invalidOperation(op, "k = " + std::to_string(k) + " is more than the last dimension of " +
                                       type.toString() + " has");
    }
    const TensorType index_type = type.withElement(ElementType::kI32);
    NamedAttributes iota;
    iota.set("iota_dimension", Attribute::integer(last));
    Value* operands[] = {operand, builder.create(kIota, {}, index_type, std::move(iota))};
    const Type types[] = {type, index_type};
    NamedAttributes attributes;
    attributes.set("dimension", Attribute::integer(last));
    attributes.set("is_stable", true);
    Operation* sort = builder.create(kSort, operands, types, std::move(attributes), 1);
    Block& block = sort->region(0).addBlock();
    for (const Type& each : types) {
        block.addArgument(each.tensor().withDims({}));
        block.addArgument(each.tensor().withDims({}));
    }
    Builder inner(block);
    inner.setLocation(op.location());
    const Attribute* largest = op.attribute("largest");
    const bool is_ascending = largest != nullptr && largest->get<bool>() != nullptr && !*largest->get<bool>();
    Value* before = inner.compare(is_ascending ? "LT" : "GT", block.argument(0), block.argument(1));
    if (isFloat(type.element())) {
        before->definition()->setAttribute("compare_type", EnumAttribute{"comparison_type", "TOTALORDER"});
    }
    inner.create(kReturn, std::span<Value* const>(&before, 1), {});
    std::vector<Value*> out;
    for (size_t i = 0; i < 2; ++i) {
        NamedAttributes slice;
        const std::vector<int64_t> dims = dimsOf(sort->result(i));
        std::vector<int64_t> limit = dims;
        limit.back() = k;
        slice.set("start_indices", Attribute::integers(std::vector<int64_t>(dims.size(), 0)));
        slice.set("limit_indices", Attribute::integers(limit));
        slice.set("strides", Attribute::integers(std::vector<int64_t>(dims.size(), 1)));
        out.push_back(
            builder.create(kSlice, {sort->result(i)}, types[i].tensor().withDims(limit), std::move(slice)));
    }
    return out;
}

OpKind broadcasting(const Operation& op) {
    const std::string name(op.name().substr(std::string_view("chlo.broadcast_").size()));
    const OpKind plain = opKindFromName("stablehlo." + name);
    return plain != kUnknown ? plain : opKindFromName("chlo." + name);
}

// Operands of different ranks: the smaller one's dimensions are the last of the result, or those that
// broadcast_dimensions names.
Value* expandBroadcasting(Operation& op) {
    const OpKind kind = broadcasting(op);
    if (kind == kUnknown) return nullptr;
    Builder builder(op);
    const std::vector<int64_t> dims = dimsOf(op.result());
    const auto rank = static_cast<int64_t>(dims.size());
    std::vector<Value*> operands = op.operands();
    for (Value*& operand : operands) {
        const int64_t own = operand->tensor().rank();
        const bool predicate = kind == kSelect && operand == operands[0];
        if (own == rank && dimsOf(operand) == dims) continue;
        if (predicate && own == 0) continue;
        const auto given = integersAttributeOrEmpty(op, "broadcast_dimensions");
        std::vector<int64_t> mapping = iotaList(rank - own, rank);
        if (op.attribute("broadcast_dimensions") != nullptr && static_cast<int64_t>(given.size()) == own &&
            own < rank) {
            mapping.assign(given.begin(), given.end());
        }
        operand = builder.broadcastInDim(operand, dims, std::move(mapping));
    }
    NamedAttributes attributes = op.attributes();
    attributes.erase("broadcast_dimensions");
    const Type type = op.result()->type();
    return builder.create(kind, operands, {&type, 1}, std::move(attributes))->result();
}

}  // namespace

std::vector<Value*> expandChlo(Operation& op) {
    Builder builder(op);
    Value* value = nullptr;
    switch (op.kind()) {
        case kChloTopK:
            return expandTopK(op);
        case kChloScan:
            return expandScan(op);
        case kChloRaggedDot:
            value = expandRaggedDot(op);
            break;
        case kChloConstant:
            value = builder.constant(constantValue(op));
            break;
        case kChloConstantLike: {
            const Attribute* number = op.attribute("value");
            const auto* real = number != nullptr ? number->get<FloatAttribute>() : nullptr;
            const auto* integer = number != nullptr ? number->get<IntegerAttribute>() : nullptr;
            const auto* truth = number != nullptr ? number->get<bool>() : nullptr;
            const TensorType& type = op.result()->tensor();
            if (real != nullptr) value = builder.constant(type, real->value);
            if (integer != nullptr) value = builder.constant(Literal::splatInteger(type, integer->value));
            if (truth != nullptr) value = builder.constant(Literal::splatInteger(type, *truth ? 1 : 0));
            break;
        }
        case kChloSquare:
            value = builder.binary(kMultiply, op.operand(0), op.operand(0));
            break;
        case kChloTan:
            value = builder.unary(kTan, op.operand(0));
            break;
        case kChloConj:
            value = expandConj(op);
            break;
        case kChloIsInf:
        case kChloIsNegInf:
        case kChloIsPosInf:
            value = expandIsInf(op);
            break;
        case kChloNextAfter:
            value = expandNextAfter(op);
            break;
        case kChloMulhi:
            value = expandMulhi(op);
            break;
        default:
            if (op.name().starts_with("chlo.broadcast_")) value = expandBroadcasting(op);
    }
    return value != nullptr ? std::vector<Value*>{value} : std::vector<Value*>();
}

}  // namespace optirs::plugin
