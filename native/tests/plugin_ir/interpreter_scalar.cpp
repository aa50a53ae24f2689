#include "interpreter_scalar.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {

double roundTo(double value, ElementType type) { return decodeFloat(encodeFloat(value, type), type); }

int64_t wrapTo(int64_t value, ElementType type) {
    const int width = bitWidth(type);
    if (type == ElementType::kI1) return value & 1;
    if (width == 64) return value;
    const int shift = 64 - width;
    return isUnsignedInteger(type) ? static_cast<int64_t>(static_cast<uint64_t>(value) << shift >> shift)
                                   : static_cast<int64_t>(static_cast<uint64_t>(value) << shift) >> shift;
}

double realOf(OpKind kind, double x) {
    using enum OpKind;
    switch (kind) {
        case kAbs:
            return std::fabs(x);
        case kNegate:
            return -x;
        case kExponential:
            return std::exp(x);
        case kExponentialMinusOne:
            return std::expm1(x);
        case kLog:
            return std::log(x);
        case kLogPlusOne:
            return std::log1p(x);
        case kSqrt:
            return std::sqrt(x);
        case kSine:
            return std::sin(x);
        case kCosine:
            return std::cos(x);
        case kTan:
            return std::tan(x);
        case kFloor:
            return std::floor(x);
        case kCeil:
            return std::ceil(x);
        case kSign:
            return x == 0 || std::isnan(x) ? x : (x < 0 ? -1.0 : 1.0);
        default:
            throw std::runtime_error("unary " + std::string(opKindName(kind)));
    }
}

double realOf(OpKind kind, double x, double y) {
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
        case kAtan2:
            return std::atan2(x, y);
        case kPower:
            return std::pow(x, y);
        case kMaximum:
            return std::isnan(x) ? x : std::isnan(y) ? y : (x < y || (x == y && std::signbit(x))) ? y : x;
        case kMinimum:
            return std::isnan(x) ? x : std::isnan(y) ? y : (y < x || (x == y && std::signbit(y))) ? y : x;
        default:
            throw std::runtime_error("binary " + std::string(opKindName(kind)));
    }
}

int64_t integerOf(OpKind kind, int64_t x, int64_t y, ElementType type) {
    using enum OpKind;
    const auto a = static_cast<uint64_t>(x);
    const auto b = static_cast<uint64_t>(y);
    const bool is_unsigned = isUnsignedInteger(type);
    const int width = bitWidth(type);
    const uint64_t bits = width == 64 ? a : a & ((uint64_t{1} << width) - 1);
    switch (kind) {
        case kAdd:
            return static_cast<int64_t>(a + b);
        case kSubtract:
            return static_cast<int64_t>(a - b);
        case kMultiply:
            return static_cast<int64_t>(a * b);
        case kAnd:
            return x & y;
        case kOr:
            return x | y;
        case kXor:
            return x ^ y;
        case kMaximum:
            return (is_unsigned ? a < b : x < y) ? y : x;
        case kMinimum:
            return (is_unsigned ? a < b : x < y) ? x : y;
        case kShiftLeft:
            return b >= static_cast<uint64_t>(width) ? 0 : static_cast<int64_t>(a << b);
        case kShiftRightLogical:
            return b >= static_cast<uint64_t>(width) ? 0 : static_cast<int64_t>(bits >> b);
        case kShiftRightArithmetic:
            return wrapTo(x, type) >> std::min<int64_t>(y, width - 1);
        default:
            throw std::runtime_error("integer " + std::string(opKindName(kind)));
    }
}

bool compare(const Operation& op, const std::vector<Tensor>& in, size_t i) {
    const bool real = isReal(in[0].type);
    const double x = real ? in[0].reals[i] : 0;
    const double y = real ? in[1].reals[i] : 0;
    const int64_t a = real ? 0 : in[0].integers[i];
    const int64_t b = real ? 0 : in[1].integers[i];
    const bool less = real ? x < y
                      : isUnsignedInteger(in[0].type.element())
                          ? static_cast<uint64_t>(a) < static_cast<uint64_t>(b)
                          : a < b;
    const bool equal = real ? x == y : a == b;
    const bool ordered = !real || (!std::isnan(x) && !std::isnan(y));
    switch (comparisonDirection(op)) {
        case ComparisonDirection::kEq:
            return equal;
        case ComparisonDirection::kNe:
            return !equal;
        case ComparisonDirection::kLt:
            return less;
        case ComparisonDirection::kLe:
            return less || equal;
        case ComparisonDirection::kGt:
            return ordered && !less && !equal;
        case ComparisonDirection::kGe:
            return ordered && !less;
    }
    return false;
}

void bitcast(const Tensor& from, Tensor& to, size_t i) {
    std::byte bits[8] = {};
    if (isReal(from.type)) {
        storeReal(from.reals[i], from.type.element(), bits);
    } else {
        storeInteger(from.integers[i], from.type.element(), bits);
    }
    if (isReal(to.type)) {
        to.reals[i] = loadReal(bits, to.type.element());
    } else {
        to.integers[i] = loadInteger(bits, to.type.element());
    }
}

void convert(const Tensor& from, Tensor& to, size_t i) {
    const bool to_real = isReal(to.type);
    if (isReal(from.type) && to_real) {
        to.reals[i] = roundTo(from.reals[i], to.type.element());
    } else if (to_real) {
        const int64_t value = from.integers[i];
        to.reals[i] =
            roundTo(isUnsignedInteger(from.type.element()) ? static_cast<double>(static_cast<uint64_t>(value))
                                                           : static_cast<double>(value),
                    to.type.element());
    } else if (isReal(from.type)) {
        to.integers[i] = static_cast<int64_t>(from.reals[i]);
    } else if (isBoolean(to.type.element())) {
        to.integers[i] = from.integers[i] != 0 ? 1 : 0;
    } else {
        to.integers[i] = wrapTo(from.integers[i], to.type.element());
    }
}

}  // namespace optirs::plugin::testing
