#include "interpreter_tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {

double roundTo(double value, ElementType type) {
    return decodeFloat(encodeFloat(value, realType(type)), realType(type));
}

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
        case kRoundNearestAfz:
            return std::round(x);
        case kRoundNearestEven:
            return std::nearbyint(x);
        case kRsqrt:
            return 1 / std::sqrt(x);
        case kCbrt:
            return std::cbrt(x);
        case kLogistic:
            return 1 / (1 + std::exp(-x));
        case kTanh:
            return std::tanh(x);
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
        case kRemainder:
            return std::fmod(x, y);
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

int64_t integerOf(OpKind kind, int64_t x, ElementType type) {
    using enum OpKind;
    const int width = bitWidth(type);
    const uint64_t bits =
        width == 64 ? static_cast<uint64_t>(x) : static_cast<uint64_t>(x) & ((uint64_t{1} << width) - 1);
    const auto negated = static_cast<int64_t>(~static_cast<uint64_t>(x) + 1);
    switch (kind) {
        case kNot:
            return ~x;
        case kNegate:
            return negated;
        case kAbs:
            return x < 0 ? negated : x;
        case kSign:
            return x > 0 ? 1 : x < 0 ? -1 : 0;
        case kPopcnt:
            return std::popcount(bits);
        case kCountLeadingZeros:
            return std::countl_zero(bits) - (64 - width);
        default:
            throw std::runtime_error("integer " + std::string(opKindName(kind)));
    }
}

namespace {

/// The quotient rounded towards zero; -1 (all ones) by zero, and the least number by -1 is itself.
int64_t quotient(int64_t x, int64_t y, bool is_unsigned) {
    if (y == 0) return -1;
    if (is_unsigned) return static_cast<int64_t>(static_cast<uint64_t>(x) / static_cast<uint64_t>(y));
    return y == -1 ? static_cast<int64_t>(~static_cast<uint64_t>(x) + 1) : x / y;
}

/// x^y that wraps; of a negative exponent the integer part: 1 and -1 stay, 0 is all that is left of others.
int64_t power(int64_t x, int64_t y, bool is_unsigned) {
    if (!is_unsigned && y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
    uint64_t out = 1;
    for (uint64_t base = static_cast<uint64_t>(x), left = static_cast<uint64_t>(y); left > 0; left >>= 1) {
        if ((left & 1) != 0) out *= base;
        base *= base;
    }
    return static_cast<int64_t>(out);
}

}  // namespace

int64_t integerOf(OpKind kind, int64_t x, int64_t y, ElementType type) {
    using enum OpKind;
    const auto a = static_cast<uint64_t>(x);
    const auto b = static_cast<uint64_t>(y);
    const bool is_unsigned = isUnsignedInteger(type);
    const int width = bitWidth(type);
    const uint64_t bits = width == 64 ? a : a & ((uint64_t{1} << width) - 1);
    // A distance is unsigned: negative ones are far.
    const bool far = b >= static_cast<uint64_t>(width);
    switch (kind) {
        case kAdd:
            return type == ElementType::kI1 ? x | y : static_cast<int64_t>(a + b);
        case kSubtract:
            return static_cast<int64_t>(a - b);
        case kMultiply:
            return static_cast<int64_t>(a * b);
        case kDivide:
            return quotient(x, y, is_unsigned);
        case kRemainder:
            return y == 0 ? x
                          : static_cast<int64_t>(a - static_cast<uint64_t>(quotient(x, y, is_unsigned)) * b);
        case kPower:
            return power(x, y, is_unsigned);
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
            return far ? 0 : static_cast<int64_t>(a << b);
        case kShiftRightLogical:
            return far ? 0 : static_cast<int64_t>(bits >> b);
        case kShiftRightArithmetic:
            // The sign that is shifted in is the uppermost bit, also of unsigned numbers.
            return static_cast<int64_t>(a << (64 - width)) >> (64 - width) >> (far ? width - 1 : y);
        default:
            throw std::runtime_error("integer " + std::string(opKindName(kind)));
    }
}

namespace {

/// Numbers in the order of this are -NaN, -inf, ..., -0, 0, ..., inf, NaN.
int64_t totalOrder(double value) {
    const auto bits = std::bit_cast<int64_t>(value);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

bool compareAs(ComparisonDirection direction, int64_t a, int64_t b) {
    switch (direction) {
        case ComparisonDirection::kEq:
            return a == b;
        case ComparisonDirection::kNe:
            return a != b;
        case ComparisonDirection::kLt:
            return a < b;
        case ComparisonDirection::kLe:
            return a <= b;
        case ComparisonDirection::kGt:
            return a > b;
        case ComparisonDirection::kGe:
            return a >= b;
    }
    return false;
}

}  // namespace

bool compare(const Operation& op, const std::vector<Tensor>& in, size_t i) {
    const bool real = isReal(in[0].type);
    const double x = real ? in[0].reals[i] : 0;
    const double y = real ? in[1].reals[i] : 0;
    const int64_t a = real ? 0 : in[0].integers[i];
    const int64_t b = real ? 0 : in[1].integers[i];
    if (real && comparisonType(op) == ComparisonType::kTotalOrder)
        return compareAs(comparisonDirection(op), totalOrder(x), totalOrder(y));
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

}  // namespace optirs::plugin::testing
