// Floats are computed in double and rounded once. For add, subtract, multiply, divide and sqrt of types
// up to f32 that gives the correctly rounded result, as double has more than twice their precision.
#include <algorithm>
#include <bit>
#include <cmath>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/evaluate.h"

namespace optirs::plugin {
namespace {

using Integer = int64_t;

std::optional<double> unaryFloat(OpKind kind, double x) {
    using enum OpKind;
    switch (kind) {
        case kAbs:
            return std::fabs(x);
        case kNegate:
            return -x;
        case kCeil:
            return std::ceil(x);
        case kFloor:
            return std::floor(x);
        case kSqrt:
            return std::sqrt(x);
        case kRoundNearestEven:
            return std::nearbyint(x);
        case kRoundNearestAfz:
            return std::round(x);
        case kSign:
            return std::isnan(x) || x == 0 ? x : std::copysign(1.0, x);
        default:
            return std::nullopt;
    }
}

std::optional<double> binaryFloat(OpKind kind, double x, double y) {
    using enum OpKind;
    switch (kind) {
        case kAdd:
            return x + y;
        case kSubtract:
            return x - y;
        case kMultiply:
            return x * y;
        case kDivide:
            return x / y;
        case kRemainder:
            return std::fmod(x, y);
        // NaN wins, and -0 is less than +0.
        case kMaximum:
            if (std::isnan(x) || std::isnan(y)) return x + y;
            return x == y ? (std::signbit(x) ? y : x) : std::max(x, y);
        case kMinimum:
            if (std::isnan(x) || std::isnan(y)) return x + y;
            return x == y ? (std::signbit(x) ? x : y) : std::min(x, y);
        default:
            return std::nullopt;
    }
}

uint64_t widthMask(int width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

std::optional<Integer> unaryInteger(OpKind kind, Integer x, ElementType type) {
    using enum OpKind;
    const uint64_t bits = static_cast<uint64_t>(x) & widthMask(bitWidth(type));
    switch (kind) {
        case kAbs:
            return x < 0 ? static_cast<Integer>(~static_cast<uint64_t>(x) + 1) : x;
        case kNegate:
            return static_cast<Integer>(~static_cast<uint64_t>(x) + 1);
        case kNot:
            return type == ElementType::kI1 ? 1 - x : ~x;
        case kSign:
            return x == 0 ? 0 : (x < 0 && isSignedInteger(type) ? -1 : 1);
        case kPopcnt:
            return std::popcount(bits);
        case kCountLeadingZeros:
            return std::countl_zero(bits) - (64 - bitWidth(type));
        default:
            return std::nullopt;
    }
}

bool lessThan(Integer x, Integer y, ElementType type) {
    return isUnsignedInteger(type) ? static_cast<uint64_t>(x) < static_cast<uint64_t>(y) : x < y;
}

Integer shift(OpKind kind, Integer x, Integer amount, ElementType type) {
    const int width = bitWidth(type);
    const auto n = static_cast<uint64_t>(amount) & widthMask(width);
    const bool out = n >= static_cast<uint64_t>(width);
    const uint64_t bits = static_cast<uint64_t>(x) & widthMask(width);
    if (kind == OpKind::kShiftLeft) return out ? 0 : static_cast<Integer>(bits << n);
    if (kind == OpKind::kShiftRightLogical) return out ? 0 : static_cast<Integer>(bits >> n);
    // The sign bit of the type fills, also of an unsigned one.
    const uint64_t sign = (bits >> (width - 1)) & 1;
    if (out) return sign != 0 ? -1 : 0;
    const uint64_t fill = sign != 0 && n > 0 ? ~uint64_t{0} << (static_cast<uint64_t>(width) - n) : 0;
    return static_cast<Integer>((bits >> n) | fill);
}

std::optional<Integer> divide(OpKind kind, Integer x, Integer y, ElementType type) {
    if (y == 0) return std::nullopt;
    const bool quotient = kind == OpKind::kDivide;
    if (isUnsignedInteger(type)) {
        const auto a = static_cast<uint64_t>(x);
        const auto b = static_cast<uint64_t>(y);
        return static_cast<Integer>(quotient ? a / b : a % b);
    }
    // The smallest number divided by -1 wraps to itself.
    if (y == -1) return quotient ? static_cast<Integer>(~static_cast<uint64_t>(x) + 1) : 0;
    return quotient ? x / y : x % y;
}

Integer power(Integer x, Integer y, ElementType type) {
    if (isSignedInteger(type) && y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
    uint64_t base = static_cast<uint64_t>(x);
    uint64_t result = 1;
    for (auto n = static_cast<uint64_t>(y); n != 0; n >>= 1) {
        if ((n & 1) != 0) result *= base;
        base *= base;
    }
    return static_cast<Integer>(result);
}

std::optional<Integer> binaryInteger(OpKind kind, Integer x, Integer y, ElementType type) {
    using enum OpKind;
    const auto a = static_cast<uint64_t>(x);
    const auto b = static_cast<uint64_t>(y);
    // On i1, add is or and multiply is and.
    const bool boolean = isBoolean(type);
    switch (kind) {
        case kAdd:
            return boolean ? (x | y) : static_cast<Integer>(a + b);
        case kSubtract:
            return static_cast<Integer>(a - b);
        case kMultiply:
            return static_cast<Integer>(a * b);
        case kDivide:
        case kRemainder:
            return divide(kind, x, y, type);
        case kPower:
            return power(x, y, type);
        case kMaximum:
            return lessThan(x, y, type) ? y : x;
        case kMinimum:
            return lessThan(y, x, type) ? y : x;
        case kAnd:
            return x & y;
        case kOr:
            return x | y;
        case kXor:
            return x ^ y;
        case kShiftLeft:
        case kShiftRightLogical:
        case kShiftRightArithmetic:
            return shift(kind, x, y, type);
        default:
            return std::nullopt;
    }
}

template <typename T, typename Less>
bool compareWith(ComparisonDirection direction, const T& x, const T& y, const Less& less) {
    switch (direction) {
        case ComparisonDirection::kEq:
            return x == y;
        case ComparisonDirection::kNe:
            return x != y;
        case ComparisonDirection::kGe:
            return x == y || less(y, x);
        case ComparisonDirection::kGt:
            return less(y, x);
        case ComparisonDirection::kLe:
            return x == y || less(x, y);
        case ComparisonDirection::kLt:
            return less(x, y);
    }
    return false;
}

// Converts one element; a float to an integer type saturates, NaN gives 0.
void convertElement(const std::byte* in, ElementType from, ElementType to, std::byte* out) {
    if (!isFloat(from)) {
        const Integer value = loadInteger(in, from);
        if (isFloat(to) && from == ElementType::kUi64) {
            storeReal(loadReal(in, from), to, out);
        } else {
            storeInteger(value, to, out);
        }
        return;
    }
    const double value = loadReal(in, from);
    if (!isInteger(to)) {
        storeReal(value, to, out);
        return;
    }
    const int width = bitWidth(to);
    const bool is_unsigned = isUnsignedInteger(to);
    const double low = is_unsigned ? 0 : -std::ldexp(1.0, width - 1);
    const double high = std::ldexp(1.0, is_unsigned ? width : width - 1);
    if (std::isnan(value)) {
        storeInteger(0, to, out);
    } else if (value <= low) {
        storeInteger(is_unsigned ? 0 : static_cast<Integer>(~uint64_t{0} << (width - 1)), to, out);
    } else if (value >= high) {
        storeInteger(static_cast<Integer>(is_unsigned ? widthMask(width) : widthMask(width - 1)), to, out);
    } else {
        storeReal(value, to, out);
    }
}

bool evaluateElement(const Operation& op, std::span<const std::byte* const> in, ElementType from,
                     ElementType to, std::byte* out) {
    using enum OpKind;
    const OpKind kind = op.kind();
    const auto size = static_cast<size_t>(byteWidth(to));
    if (kind == kConvert) {
        // 64-bit integers to bf16 and f16 would round twice through double.
        const bool rounds_twice =
            isInteger(from) && bitWidth(from) == 64 && isFloat(to) && to != ElementType::kF64;
        if (rounds_twice && std::abs(loadReal(in[0], from)) > 9007199254740992.0) return false;
        convertElement(in[0], from, to, out);
        return true;
    }
    if (kind == kSelect) {
        std::memcpy(out, in[*in[0] != std::byte{0} ? 1 : 2], size);
        return true;
    }
    if (kind == kCompare) {
        const ComparisonDirection direction = comparisonDirection(op);
        bool holds = false;
        if (isFloat(from)) {
            if (comparisonType(op) == ComparisonType::kTotalOrder) return false;
            holds = compareWith(direction, loadReal(in[0], from), loadReal(in[1], from), std::less<>());
        } else {
            holds = compareWith(direction, loadInteger(in[0], from), loadInteger(in[1], from),
                                [&](Integer x, Integer y) { return lessThan(x, y, from); });
        }
        *out = holds ? std::byte{1} : std::byte{0};
        return true;
    }
    if (kind == kIsFinite) {
        *out = std::isfinite(loadReal(in[0], from)) ? std::byte{1} : std::byte{0};
        return true;
    }
    if (from != to) return false;
    if (isFloat(from)) {
        std::optional<double> value;
        if (in.size() == 1) value = unaryFloat(kind, loadReal(in[0], from));
        if (in.size() == 2) value = binaryFloat(kind, loadReal(in[0], from), loadReal(in[1], from));
        if (!value) return false;
        storeReal(*value, to, out);
        return true;
    }
    std::optional<Integer> value;
    if (in.size() == 1) value = unaryInteger(kind, loadInteger(in[0], from), from);
    if (in.size() == 2) value = binaryInteger(kind, loadInteger(in[0], from), loadInteger(in[1], from), from);
    if (!value) return false;
    storeInteger(*value, to, out);
    return true;
}

bool isPlain(const TensorType& type) { return type.quantized() == nullptr && !isComplex(type.element()); }

}  // namespace

std::optional<Literal> evaluateElementwise(const Operation& op, std::span<const Literal* const> operands,
                                           int64_t max_elements) {
    const TensorType& type = op.result()->tensor();
    if (!type.isStatic() || !isPlain(type)) return std::nullopt;
    bool splat = true;
    for (const Literal* operand : operands) {
        if (!isPlain(operand->type())) return std::nullopt;
        splat = splat && operand->isSplat();
    }
    const int64_t count = splat ? 1 : type.elementCount();
    if (count > max_elements) return std::nullopt;
    const ElementType from = operands[op.kind() == OpKind::kSelect ? 1 : 0]->type().element();
    const auto width = static_cast<size_t>(byteWidth(type.element()));
    std::vector<std::byte> bytes(static_cast<size_t>(count) * width);
    std::vector<const std::byte*> in(operands.size());
    for (int64_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < operands.size(); ++k) {
            // A scalar predicate beside a tensor is a splat, whatever its shape.
            in[k] = operands[k]->element(operands[k]->isSplat() ? 0 : i);
        }
        if (!evaluateElement(op, in, from, type.element(), &bytes[static_cast<size_t>(i) * width]))
            return std::nullopt;
    }
    return Literal(type, std::move(bytes));
}

}  // namespace optirs::plugin
