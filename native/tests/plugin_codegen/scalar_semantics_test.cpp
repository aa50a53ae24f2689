// Scalar operations on the values where they tend to go wrong, every pair of them, in every type: against the
// reference evaluator, which computes in double or 64-bit integers. Each program runs with its operands as
// arguments (compiled) and as constants (folded).
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "pjrt_cpu/ir/float_format.h"
#include "tests/plugin_codegen/run_program.h"
#include "tests/plugin_ir/interpreter_scalar.h"

namespace optirs::plugin::testing {
namespace {

using enum OpKind;

constexpr size_t kMost = 1024;  // elements; no more are folded

const std::vector<ElementType>& types() {
    static const std::vector<ElementType> all = [] {
        std::vector<ElementType> out;
        for (const char* name :
             {"i1",     "i2",     "i4",       "i8",         "i16",           "i32",    "i64",
              "ui2",    "ui4",    "ui8",      "ui16",       "ui32",          "ui64",   "f4E2M1FN",
              "f8E3M4", "f8E4M3", "f8E4M3FN", "f8E4M3FNUZ", "f8E4M3B11FNUZ", "f8E5M2", "f8E5M2FNUZ",
              "bf16",   "f16",    "f32",      "f64"})
            out.push_back(*elementTypeFromName(name));
        return out;
    }();
    return all;
}

std::vector<double> interestingReals(ElementType type) {
    std::vector<double> wanted = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  0.5,
                                  -0.5,
                                  1.5,
                                  -1.5,
                                  2.0,
                                  2.5,
                                  -2.5,
                                  3.0,
                                  -3.0,
                                  7.0,
                                  0.1,
                                  -1e-3,
                                  M_PI,
                                  10.0,
                                  127.5,
                                  -128.5,
                                  255.5,
                                  256.0,
                                  65535.5,
                                  -32769.0,
                                  2147483647.0,
                                  -2147483648.0,
                                  2147483904.0,
                                  1e10,
                                  -1e10,
                                  1e20,
                                  -1e20,
                                  1e300,
                                  8388609.0,
                                  9007199254740993.0,
                                  9.223372036854775807e18,
                                  INFINITY,
                                  -INFINITY,
                                  NAN,
                                  -NAN};
    std::set<uint64_t> bits;
    for (const double each : wanted) bits.insert(encodeFloat(each, type));
    const int width = bitWidth(type);
    // The smallest numbers, the neighbours of one and the largest, on both sides.
    for (const uint64_t near : {uint64_t{0}, encodeFloat(1.0, type), encodeFloat(INFINITY, type)}) {
        for (int step = -2; step <= 2; ++step) {
            const uint64_t mask = width == 64 ? UINT64_MAX : (uint64_t{1} << width) - 1;
            bits.insert((near + static_cast<uint64_t>(step)) & mask);
            bits.insert(((near + static_cast<uint64_t>(step)) ^ (uint64_t{1} << (width - 1))) & mask);
        }
    }
    std::vector<double> out;
    for (const uint64_t each : bits) out.push_back(decodeFloat(each, type));
    return out;
}

std::vector<int64_t> interestingIntegers(ElementType type) {
    const int width = bitWidth(type);
    std::set<int64_t> out;
    if (width <= 4) {
        for (int64_t value = 0; value < (1 << width); ++value) out.insert(wrapTo(value, type));
        return {out.begin(), out.end()};
    }
    for (const int64_t value : {0, 1, 2, 3, 5, 7, 10, 31, 100, -1, -2, -3, -7, -100})
        out.insert(wrapTo(value, type));
    for (const int bit : {width - 1, width - 2, width / 2}) {
        const auto power = static_cast<int64_t>(uint64_t{1} << bit);
        for (int64_t near = -1; near <= 1; ++near)
            out.insert(wrapTo(
                static_cast<int64_t>(static_cast<uint64_t>(power) + static_cast<uint64_t>(near)), type));
    }
    // Beside the middle between two numbers of 8 bits (bf16) and of 24 (f32), which rounding twice takes it
    // for.
    for (const int digits : {8, 24}) {
        const int64_t middle = (int64_t{1} << (width - 2)) + (int64_t{1} << std::max(width - 2 - digits, 0));
        for (int64_t near = -1; near <= 1; ++near) {
            out.insert(wrapTo(middle + near, type));
            out.insert(wrapTo(-middle - near, type));
        }
    }
    for (const int64_t shift : {width - 1, width, width + 1}) out.insert(wrapTo(shift, type));
    return {out.begin(), out.end()};
}

Tensor listOf(ElementType type) {
    Tensor out{TensorType(type, {}), {}, {}};
    if (isFloat(type))
        out.reals = interestingReals(type);
    else
        out.integers = interestingIntegers(type);
    return out;
}

size_t countOf(const Tensor& tensor) {
    return isReal(tensor.type) ? tensor.reals.size() : tensor.integers.size();
}

void append(Tensor& to, const Tensor& from, size_t i) {
    if (isReal(from.type))
        to.reals.push_back(from.reals[i]);
    else
        to.integers.push_back(from.integers[i]);
}

Tensor shaped(Tensor tensor) {
    tensor.type = tensor.type.withDims({static_cast<int64_t>(countOf(tensor))});
    return tensor;
}

/// Every pair, or as many as fit, evenly spread.
std::pair<Tensor, Tensor> pairsOf(ElementType type) {
    const Tensor list = listOf(type);
    const size_t n = countOf(list);
    const size_t stride = n * n / kMost + 1;
    Tensor x{TensorType(type, {}), {}, {}};
    Tensor y = x;
    for (size_t at = 0; at < n * n; at += stride) {
        append(x, list, at / n);
        append(y, list, at % n);
    }
    return {shaped(std::move(x)), shaped(std::move(y))};
}

Literal literalOf(const Tensor& tensor) {
    const ElementType type = tensor.type.element();
    const auto width = static_cast<size_t>(byteWidth(type));
    std::vector<std::byte> bytes(countOf(tensor) * width);
    for (size_t i = 0; i < countOf(tensor); ++i) {
        if (isReal(tensor.type))
            storeReal(tensor.reals[i], type, bytes.data() + i * width);
        else
            storeInteger(tensor.integers[i], type, bytes.data() + i * width);
    }
    return {tensor.type, std::move(bytes)};
}

/// What `x` and `wanted` are apart, in units of the last place of `type`.
double apart(double x, double wanted, ElementType type) {
    if (std::isnan(x) && std::isnan(wanted)) return 0;
    if (x == wanted) return std::signbit(x) == std::signbit(wanted) ? 0 : 1e9;
    if (!std::isfinite(x) || !std::isfinite(wanted)) return 1e9;
    const auto ordered = [&](double value) {
        const auto bits = static_cast<double>(encodeFloat(std::fabs(value), type));
        return std::signbit(value) ? -bits : bits;
    };
    return std::fabs(ordered(x) - ordered(wanted));
}

void expectSame(const Bytes& got, const Tensor& wanted, double ulps, const std::string& what,
                const std::vector<Tensor>& operands) {
    const ElementType type = wanted.type.element();
    const auto width = static_cast<size_t>(byteWidth(type));
    ASSERT_EQ(got.size(), countOf(wanted) * width) << what;
    int shown = 0;
    for (size_t i = 0; i < countOf(wanted) && shown < 5; ++i) {
        std::string given;
        for (const Tensor& each : operands)
            given += (given.empty() ? "" : ", ") + (isReal(each.type)
                                                        ? floatToString(each.reals[i], ElementType::kF64)
                                                        : std::to_string(each.integers[i]));
        if (isReal(wanted.type)) {
            // What a type without NaN has for it is nobody's to say.
            if (std::isnan(wanted.reals[i]) && type == ElementType::kF4E2M1FN) continue;
            const double value = loadReal(got.data() + i * width, type);
            const bool same = apart(value, wanted.reals[i], type) <= ulps;
            EXPECT_TRUE(same) << what << " of " << given << ": " << value << " for " << wanted.reals[i];
            shown += same ? 0 : 1;
        } else {
            const int64_t value = loadInteger(got.data() + i * width, type);
            EXPECT_EQ(value, wanted.integers[i]) << what << " of " << given;
            shown += value == wanted.integers[i] ? 0 : 1;
        }
    }
}

double rounded(double value, ElementType type) { return std::isnan(value) ? value : roundTo(value, type); }

struct Line {
    std::string text;  ///< the operation on %x and %y, without its result's name
    Tensor wanted;
    double ulps;
    std::string name;
};

/// One program of all lines, compiled and folded.
void expectLines(const std::vector<Line>& lines, const std::vector<Tensor>& operands) {
    std::string parameters;
    std::string constants;
    std::vector<Bytes> arguments;
    for (size_t i = 0; i < operands.size(); ++i) {
        const std::string name = i == 0 ? "%x" : "%y";
        const Literal literal = literalOf(operands[i]);
        parameters += (i > 0 ? ", " : "") + name + ": " + operands[i].type.toString();
        constants += name + " = stablehlo.constant " + literal.toString() + "\n";
        const std::vector<std::byte> bytes = literal.expandedBytes();
        arguments.push_back(Bytes::of(bytes));
    }
    std::string body;
    std::string values;
    std::string results;
    for (size_t i = 0; i < lines.size(); ++i) {
        const std::string name = "%r" + std::to_string(i);
        body += name + " = " + lines[i].text + "\n";
        values += (i > 0 ? ", " : "") + name;
        results += (i > 0 ? ", " : "") + lines[i].wanted.type.toString();
    }
    const std::string end = body + "return " + values + " : " + results + "\n}";
    const auto compiled =
        run("func.func @main(" + parameters + ") -> (" + results + ") {\n" + end, arguments);
    const auto folded = run("func.func @main() -> (" + results + ") {\n" + constants + end, {});
    for (size_t i = 0; i < lines.size(); ++i) {
        expectSame(compiled[i], lines[i].wanted, lines[i].ulps, lines[i].name, operands);
        expectSame(folded[i], lines[i].wanted, lines[i].ulps, "folded " + lines[i].name, operands);
    }
}

class ScalarSemantics : public ::testing::TestWithParam<ElementType> {
 protected:
    static std::string typeName() { return std::string(elementTypeName(GetParam())); }
};

TEST_P(ScalarSemantics, ConvertsToEveryType) {
    const Tensor x = shaped(listOf(GetParam()));
    std::vector<Line> lines;
    for (const ElementType to : types()) {
        Tensor wanted{x.type.withElement(to), {}, {}};
        (isReal(wanted.type) ? wanted.reals.resize(countOf(x)) : wanted.integers.resize(countOf(x)));
        for (size_t i = 0; i < countOf(x); ++i) {
            convert(x, wanted, i);
            if (isReal(x.type) && isReal(wanted.type) && std::isnan(x.reals[i])) wanted.reals[i] = x.reals[i];
        }
        lines.push_back({"stablehlo.convert %x : (" + x.type.toString() + ") -> " + wanted.type.toString(),
                         wanted, 0, "convert " + typeName() + " to " + std::string(elementTypeName(to))});
    }
    expectLines(lines, {x});
}

TEST_P(ScalarSemantics, BinaryOperations) {
    const ElementType type = GetParam();
    const auto [x, y] = pairsOf(type);
    struct Entry {
        OpKind kind;
        double ulps;
    };
    std::vector<Entry> kinds;
    if (isFloat(type))
        kinds = {{kAdd, 0},     {kSubtract, 0},  {kMultiply, 0}, {kDivide, 0}, {kMaximum, 0},
                 {kMinimum, 0}, {kRemainder, 0}, {kPower, 3},    {kAtan2, 3}};
    else if (isBoolean(type))
        kinds = {{kAdd, 0}, {kMultiply, 0}, {kMaximum, 0}, {kMinimum, 0}, {kAnd, 0}, {kOr, 0}, {kXor, 0}};
    else
        kinds = {{kAdd, 0},
                 {kSubtract, 0},
                 {kMultiply, 0},
                 {kDivide, 0},
                 {kMaximum, 0},
                 {kMinimum, 0},
                 {kRemainder, 0},
                 {kPower, 0},
                 {kAnd, 0},
                 {kOr, 0},
                 {kXor, 0},
                 {kShiftLeft, 0},
                 {kShiftRightArithmetic, 0},
                 {kShiftRightLogical, 0}};
    std::vector<Line> lines;
    for (const Entry& entry : kinds) {
        Tensor wanted{x.type, {}, {}};
        for (size_t i = 0; i < countOf(x); ++i) {
            if (isFloat(type))
                wanted.reals.push_back(rounded(realOf(entry.kind, x.reals[i], y.reals[i]), type));
            else
                wanted.integers.push_back(
                    wrapTo(integerOf(entry.kind, x.integers[i], y.integers[i], type), type));
        }
        const std::string name(opKindName(entry.kind));
        lines.push_back(
            {name + " %x, %y : " + x.type.toString(), wanted, entry.ulps, name + " " + typeName()});
    }
    expectLines(lines, {x, y});
}

TEST_P(ScalarSemantics, UnaryOperations) {
    const ElementType type = GetParam();
    const Tensor x = shaped(listOf(type));
    struct Entry {
        OpKind kind;
        double ulps;
    };
    std::vector<Entry> kinds;
    if (isFloat(type))
        kinds = {{kAbs, 0},
                 {kNegate, 0},
                 {kSign, 0},
                 {kFloor, 0},
                 {kCeil, 0},
                 {kRoundNearestAfz, 0},
                 {kRoundNearestEven, 0},
                 {kSqrt, 0},
                 {kRsqrt, 3},
                 {kCbrt, 3},
                 {kExponential, 3},
                 {kExponentialMinusOne, 3},
                 {kLog, 3},
                 {kLogPlusOne, 3},
                 {kLogistic, 3},
                 {kTanh, 3},
                 {kSine, 3},
                 {kCosine, 3},
                 {kTan, 3}};
    else if (isBoolean(type))
        kinds = {{kNot, 0}};
    else if (isUnsignedInteger(type))
        kinds = {{kNegate, 0}, {kNot, 0}, {kPopcnt, 0}, {kCountLeadingZeros, 0}};
    else
        kinds = {{kAbs, 0}, {kNegate, 0}, {kSign, 0}, {kNot, 0}, {kPopcnt, 0}, {kCountLeadingZeros, 0}};
    std::vector<Line> lines;
    for (const Entry& entry : kinds) {
        Tensor wanted{x.type, {}, {}};
        for (size_t i = 0; i < countOf(x); ++i) {
            if (isFloat(type))
                wanted.reals.push_back(rounded(realOf(entry.kind, x.reals[i]), type));
            else
                wanted.integers.push_back(wrapTo(integerOf(entry.kind, x.integers[i], type), type));
        }
        const std::string name(opKindName(entry.kind));
        lines.push_back({name + " %x : " + x.type.toString(), wanted, entry.ulps, name + " " + typeName()});
    }
    expectLines(lines, {x});
}

INSTANTIATE_TEST_SUITE_P(Types, ScalarSemantics, ::testing::ValuesIn(types()),
                         [](const auto& each) { return std::string(elementTypeName(each.param)); });

}  // namespace
}  // namespace optirs::plugin::testing
