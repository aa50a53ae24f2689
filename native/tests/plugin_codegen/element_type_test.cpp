// Every element type in the operations that allow it. The reference knows the formats from their names and
// computes in double: small floats by looking for the nearest of all their values, integers by wrapping.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

/// A float format of at most 16 bits: sign, exponent, mantissa, and what its special patterns mean.
struct Format {
    const char* name;
    int exponent_bits;
    int mantissa_bits;
    int bias;
    enum Special : uint8_t {
        kIeee,          ///< the highest exponent: infinities and NaN
        kAllOnes,       ///< NaN is all ones beside the sign; no infinity
        kNegativeZero,  ///< NaN is the pattern of -0; no infinity
        kFinite,        ///< no NaN, no infinity
    } special;
    int bits() const { return 1 + exponent_bits + mantissa_bits; }
    int bytes() const { return bits() > 8 ? 2 : 1; }

    double decode(uint32_t pattern) const {
        const uint32_t magnitude = pattern & ((1U << (bits() - 1)) - 1);
        const bool negative = magnitude != pattern;
        const uint32_t exponent = magnitude >> mantissa_bits;
        const uint32_t mantissa = magnitude & ((1U << mantissa_bits) - 1);
        if (special == kIeee && exponent == (1U << exponent_bits) - 1)
            return mantissa != 0 ? NAN : (negative ? -INFINITY : INFINITY);
        if (special == kAllOnes && magnitude == (1U << (bits() - 1)) - 1) return NAN;
        if (special == kNegativeZero && negative && magnitude == 0) return NAN;
        const double fraction = std::ldexp(mantissa, -mantissa_bits);
        const double value = exponent == 0 ? std::ldexp(fraction, 1 - bias)
                                           : std::ldexp(1 + fraction, static_cast<int>(exponent) - bias);
        return negative ? -value : value;
    }
};

const Format kFormats[] = {
    {"f4E2M1FN", 2, 1, 1, Format::kFinite},
    {"f6E2M3FN", 2, 3, 1, Format::kFinite},
    {"f6E3M2FN", 3, 2, 3, Format::kFinite},
    {"f8E3M4", 3, 4, 3, Format::kIeee},
    {"f8E4M3", 4, 3, 7, Format::kIeee},
    {"f8E4M3FN", 4, 3, 7, Format::kAllOnes},
    {"f8E4M3FNUZ", 4, 3, 8, Format::kNegativeZero},
    {"f8E4M3B11FNUZ", 4, 3, 11, Format::kNegativeZero},
    {"f8E5M2", 5, 2, 15, Format::kIeee},
    {"f8E5M2FNUZ", 5, 2, 16, Format::kNegativeZero},
    {"bf16", 8, 7, 127, Format::kIeee},
    {"f16", 5, 10, 15, Format::kIeee},
};

/// The values of a format without a sign, in order, to round to.
class Rounding {
 public:
    explicit Rounding(const Format& format) : format_(format) {
        for (uint32_t pattern = 0; pattern < 1U << (format.bits() - 1); ++pattern) {
            const double value = format.decode(pattern);
            if (std::isfinite(value)) values_.push_back(value);
        }
        // The next one, were there another exponent: halfway to it begins what overflows.
        const double step = values_[values_.size() - 1] - values_[values_.size() - 2];
        overflow_ = values_.back() + step / 2;
    }

    double operator()(double x) const {
        if (std::isnan(x)) return NAN;
        const double magnitude = std::fabs(x);
        const bool overflows = magnitude > overflow_ || (magnitude == overflow_ && values_.size() % 2 == 0);
        if (overflows) {
            if (format_.special == Format::kIeee) return std::copysign(INFINITY, x);
            return format_.special == Format::kFinite ? std::copysign(values_.back(), x) : NAN;
        }
        // Patterns of neighbouring values differ by one: the even one is at the even place.
        auto above = std::ranges::lower_bound(values_, magnitude);
        if (above == values_.end()) return std::copysign(values_.back(), x);
        if (*above == magnitude) return std::copysign(magnitude, x);
        const auto place = above - values_.begin();
        const double low = values_[static_cast<size_t>(place - 1)];
        const double up = *above - magnitude;
        const double down = magnitude - low;
        const bool take_low = down < up || (down == up && place % 2 == 1);
        return std::copysign(take_low ? low : *above, x);
    }

 private:
    const Format& format_;
    std::vector<double> values_;
    double overflow_;
};

std::vector<uint32_t> patternsOf(const Format& format, size_t count) {
    std::vector<uint32_t> out;
    const uint64_t all = uint64_t{1} << format.bits();
    for (size_t i = 0; i < count; ++i)
        out.push_back(static_cast<uint32_t>(i * 2654435761U % all));  // odd: visits all of them
    if (all <= count) {
        for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint32_t>(i % all);
    }
    return out;
}

Bytes packed(const std::vector<uint32_t>& patterns, int bytes) {
    Bytes out(patterns.size() * static_cast<size_t>(bytes));
    for (size_t i = 0; i < patterns.size(); ++i)
        std::memcpy(out.data() + i * static_cast<size_t>(bytes), &patterns[i], static_cast<size_t>(bytes));
    return out;
}

double valueAt(const Bytes& bytes, const Format& format, size_t i) {
    uint32_t pattern = 0;
    const auto width = static_cast<size_t>(format.bytes());
    std::memcpy(&pattern, bytes.data() + i * width, width);
    return format.decode(pattern);
}

void expectSame(double got, double want, const std::string& what) {
    if (std::isnan(want)) {
        ASSERT_TRUE(std::isnan(got)) << what << " is " << got << ", expected NaN";
        return;
    }
    ASSERT_EQ(got, want) << what;
}

class SmallFloat : public ::testing::TestWithParam<Format> {};

/// One program with a result for each operation of %x and %y: compiling one is cheaper than many.
template <typename Operations>
std::string program(const Operations& operations, const std::string& type) {
    std::string body;
    std::string names;
    std::string types;
    int count = 0;
    for (const auto& [text, reference] : operations) {
        const std::string name = "%r" + std::to_string(count);
        body += "  " + name + " = stablehlo." + text + " : " + type + "\n";
        names += (count == 0 ? "" : ", ") + name;
        types += (count == 0 ? "" : ", ") + type;
        ++count;
    }
    return "func.func @main(%x: " + type + ", %y: " + type + ") -> (" + types + ") {\n" + body + "  return " +
           names + " : " + types + "\n}";
}

TEST_P(SmallFloat, ArithmeticIsRoundedOnce) {
    const Format& format = GetParam();
    const Rounding round(format);
    constexpr size_t kCount = 4096;
    const auto x = patternsOf(format, kCount);
    auto y = x;
    for (size_t i = 0; i < kCount; ++i) y[i] = x[(i * 7 + i / 64 + 13) % kCount];
    const std::string type = "tensor<4096x" + std::string(format.name) + ">";
    const std::pair<const char*, std::function<double(double, double)>> operations[] = {
        {"add %x, %y", [](double a, double b) { return a + b; }},
        {"subtract %x, %y", [](double a, double b) { return a - b; }},
        {"multiply %x, %y", [](double a, double b) { return a * b; }},
        {"divide %x, %y", [](double a, double b) { return a / b; }},
        {"maximum %x, %y",
         [](double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }},
        {"minimum %x, %y",
         [](double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }},
        {"negate %x", [](double a, double) { return -a; }},
        {"abs %x", [](double a, double) { return std::fabs(a); }},
        {"floor %x", [](double a, double) { return std::floor(a); }},
        {"ceil %x", [](double a, double) { return std::ceil(a); }},
        {"round_nearest_even %x", [](double a, double) { return std::nearbyint(a); }},
        {"round_nearest_afz %x", [](double a, double) { return std::round(a); }},
        {"sqrt %x", [](double a, double) { return std::sqrt(a); }},
        {"sign %x", [](double a, double) { return a > 0   ? 1.0
                                                  : a < 0 ? -1.0
                                                          : a; }},
        {"exponential %x", [](double a, double) { return std::exp(a); }},
        {"tanh %x", [](double a, double) { return std::tanh(a); }},
        {"log %x", [](double a, double) { return std::log(a); }},
    };
    const auto outs = run(program(operations, type), {packed(x, format.bytes()), packed(y, format.bytes())});
    size_t result = 0;
    for (const auto& [text, reference] : operations) {
        const Bytes& out = outs[result++];
        for (size_t i = 0; i < kCount; ++i) {
            const double a = format.decode(x[i]);
            const double b = format.decode(y[i]);
            const double want = round(reference(a, b));
            // What has no NaN may give anything for one.
            if (format.special == Format::kFinite && (std::isnan(want) || std::isnan(reference(a, b))))
                continue;
            // A zero's sign is lost where there is one zero; values are compared.
            expectSame(valueAt(out, format, i), want,
                       std::string(format.name) + " " + text + " of " + std::to_string(a) + ", " +
                           std::to_string(b));
            if (HasFatalFailure()) break;
        }
    }
}

TEST_P(SmallFloat, ConversionsRoundAndBack) {
    const Format& format = GetParam();
    const Rounding round(format);
    std::vector<float> values;
    for (int i = -2000; i <= 2000; ++i)
        values.push_back(std::ldexp(static_cast<float>(i * 37 % 4001), i % 24 - 12));
    values.insert(values.end(), {0, -0.0F, INFINITY, -INFINITY, NAN, 1e30F, -1e30F, 1e-30F});
    const std::string count = std::to_string(values.size());
    const std::string real = "tensor<" + count + "xf32>";
    const std::string type = "tensor<" + count + "x" + format.name + ">";
    const auto convert = [](const std::string& from, const std::string& to) {
        return "func.func @main(%x: " + from + ") -> " + to + " {\n  %z = stablehlo.convert %x : (" + from +
               ") -> " + to + "\n  return %z : " + to + "\n}";
    };
    const Bytes small = run(convert(real, type), {Bytes::of(values)})[0];
    const auto back = run(convert(type, real), {small})[0].as<float>();
    for (size_t i = 0; i < values.size(); ++i) {
        const double want = round(values[i]);
        // What has neither NaN nor infinity may give anything for them.
        if (format.special == Format::kFinite && !std::isfinite(values[i])) continue;
        expectSame(valueAt(small, format, i), want,
                   std::string(format.name) + " of " + std::to_string(values[i]));
        expectSame(back[i], want, std::string("back from ") + format.name);
        if (HasFatalFailure()) return;
    }
}

TEST_P(SmallFloat, StructureAndContractions) {
    const Format& format = GetParam();
    const Rounding round(format);
    const std::string e = format.name;
    // Small integers and halves: products and sums are exact in any order, but for the last rounding.
    const auto encode = [&](double value) {
        for (uint32_t p = 0; p < 1U << format.bits(); ++p) {
            if (format.decode(p) == value) return p;
        }
        return 0U;
    };
    std::vector<uint32_t> a;
    std::vector<uint32_t> b;
    for (int i = 0; i < 6; ++i) {
        a.push_back(encode(i % 3 * 0.5));
        b.push_back(encode(i % 2 == 0 ? 1.0 : -0.5));
    }
    const std::string text =
        "func.func @main(%a: tensor<2x3x" + e + ">, %b: tensor<3x2x" + e + ">) -> (tensor<2x2x" + e +
        ">, tensor<2x" + e + ">, tensor<3x4x" + e + ">, tensor<2x3xi1>) {\n" +
        "  %d = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3x" + e +
        ">, tensor<3x2x" + e + ">) -> tensor<2x2x" + e + ">\n" +
        "  %zero = stablehlo.constant dense<0.0> : tensor<" + e + ">\n" +
        "  %r = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [1] : "
        "(tensor<2x3x" +
        e + ">, tensor<" + e + ">) -> tensor<2x" + e + ">\n" +
        "  %t = stablehlo.transpose %a, dims = [1, 0] : (tensor<2x3x" + e + ">) -> tensor<3x2x" + e + ">\n" +
        "  %c = stablehlo.concatenate %t, %b, dim = 1 : (tensor<3x2x" + e + ">, tensor<3x2x" + e +
        ">) -> tensor<3x4x" + e + ">\n" + "  %l = stablehlo.compare LT, %a, %a : (tensor<2x3x" + e +
        ">, tensor<2x3x" + e + ">) -> tensor<2x3xi1>\n" + "  return %d, %r, %c, %l : tensor<2x2x" + e +
        ">, tensor<2x" + e + ">, tensor<3x4x" + e + ">, tensor<2x3xi1>\n}";
    const auto out = run(text, {packed(a, format.bytes()), packed(b, format.bytes())});
    for (size_t i = 0; i < 2; ++i) {
        double row = 0;
        for (size_t k = 0; k < 3; ++k) row = round(row + format.decode(a[i * 3 + k]));
        expectSame(valueAt(out[1], format, i), row, "reduce of " + e);
        for (size_t j = 0; j < 2; ++j) {
            double sum = 0;
            for (size_t k = 0; k < 3; ++k) sum += format.decode(a[i * 3 + k]) * format.decode(b[k * 2 + j]);
            expectSame(valueAt(out[0], format, i * 2 + j), round(sum), "dot of " + e);
        }
        for (size_t k = 0; k < 3; ++k) {
            expectSame(valueAt(out[2], format, k * 4 + i), format.decode(a[i * 3 + k]), "transpose of " + e);
            expectSame(valueAt(out[2], format, k * 4 + 2 + i), format.decode(b[k * 2 + i]),
                       "concatenate of " + e);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, SmallFloat, ::testing::ValuesIn(kFormats),
                         [](const auto& each) { return each.param.name; });

struct Integer {
    const char* name;
    int bits;
    bool is_signed;
};

class IntegerType : public ::testing::TestWithParam<Integer> {};

int64_t wrap(uint64_t value, const Integer& type) {
    if (type.bits == 64) return static_cast<int64_t>(value);
    value &= (uint64_t{1} << type.bits) - 1;
    const bool negative = type.is_signed && (value >> (type.bits - 1)) != 0;
    return static_cast<int64_t>(negative ? value - (uint64_t{1} << type.bits) : value);
}

TEST_P(IntegerType, ArithmeticWraps) {
    const Integer& type = GetParam();
    constexpr size_t kCount = 1024;
    const auto width = static_cast<size_t>(std::max(type.bits, 8) / 8);
    std::vector<int64_t> x;
    std::vector<int64_t> y;
    uint64_t state = 88172645463325252U;
    const auto next = [&] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Ends of the range and small numbers come often.
        const uint64_t number = state % 5 == 0   ? uint64_t{1} << (type.bits - 1)
                                : state % 5 == 1 ? state % 7 - 3
                                                 : state;
        return wrap(number, type);
    };
    for (size_t i = 0; i < kCount; ++i) {
        x.push_back(next());
        y.push_back(next());
    }
    const auto bytesOf = [&](const std::vector<int64_t>& values) {
        Bytes out(kCount * width);
        for (size_t i = 0; i < kCount; ++i) std::memcpy(out.data() + i * width, &values[i], width);
        return out;
    };
    using Operation = std::function<uint64_t(int64_t, int64_t)>;
    const auto u = [](int64_t v) { return static_cast<uint64_t>(v); };
    const uint64_t mask = type.bits == 64 ? ~uint64_t{0} : (uint64_t{1} << type.bits) - 1;
    const auto bits = static_cast<uint64_t>(type.bits);
    const auto less = [&](int64_t a, int64_t b) { return type.is_signed ? a < b : u(a) < u(b); };
    const int64_t lowest = wrap(uint64_t{1} << (type.bits - 1), type);
    const std::pair<const char*, Operation> operations[] = {
        {"add %x, %y", [&](int64_t a, int64_t b) { return u(a) + u(b); }},
        {"subtract %x, %y", [&](int64_t a, int64_t b) { return u(a) - u(b); }},
        {"multiply %x, %y", [&](int64_t a, int64_t b) { return u(a) * u(b); }},
        {"divide %x, %y",
         [&](int64_t a, int64_t b) {
             if (b == 0) return ~uint64_t{0};
             if (type.is_signed) return a == lowest && b == -1 ? u(a) : u(a / b);
             return u(a) / u(b);
         }},
        {"remainder %x, %y",
         [&](int64_t a, int64_t b) {
             if (b == 0) return u(a);
             if (type.is_signed) return b == -1 ? uint64_t{0} : u(a % b);
             return u(a) % u(b);
         }},
        {"maximum %x, %y", [&](int64_t a, int64_t b) { return u(less(a, b) ? b : a); }},
        {"minimum %x, %y", [&](int64_t a, int64_t b) { return u(less(a, b) ? a : b); }},
        {"and %x, %y", [&](int64_t a, int64_t b) { return u(a) & u(b); }},
        {"or %x, %y", [&](int64_t a, int64_t b) { return u(a) | u(b); }},
        {"xor %x, %y", [&](int64_t a, int64_t b) { return u(a) ^ u(b); }},
        {"not %x", [&](int64_t a, int64_t) { return ~u(a); }},
        {"negate %x", [&](int64_t a, int64_t) { return 0 - u(a); }},
        {"popcnt %x",
         [&](int64_t a, int64_t) { return static_cast<uint64_t>(__builtin_popcountll(u(a) & mask)); }},
        {"count_leading_zeros %x",
         [&](int64_t a, int64_t) {
             const uint64_t value = u(a) & mask;
             return value == 0 ? bits : static_cast<uint64_t>(__builtin_clzll(value)) - (64 - bits);
         }},
        {"shift_left %x, %y",
         [&](int64_t a, int64_t b) { return (u(b) & mask) >= bits ? 0 : u(a) << (u(b) & mask); }},
        {"shift_right_logical %x, %y",
         [&](int64_t a, int64_t b) { return (u(b) & mask) >= bits ? 0 : (u(a) & mask) >> (u(b) & mask); }},
        {"shift_right_arithmetic %x, %y",
         [&](int64_t a, int64_t b) {
             const Integer as_signed{"", type.bits, true};
             const int64_t value = wrap(u(a), as_signed);
             const uint64_t by = std::min<uint64_t>(u(b) & mask, bits - 1);
             return u(value >> by);
         }},
    };
    const std::string tensor = "tensor<1024x" + std::string(type.name) + ">";
    const auto outs = run(program(operations, tensor), {bytesOf(x), bytesOf(y)});
    size_t result = 0;
    for (const auto& [text, reference] : operations) {
        const Bytes& out = outs[result++];
        for (size_t i = 0; i < kCount; ++i) {
            int64_t want = wrap(reference(x[i], y[i]), type);
            int64_t got = 0;
            std::memcpy(&got, out.data() + i * width, width);
            // The whole byte counts for narrow types: they are kept extended.
            const Integer kept{"", static_cast<int>(width * 8), type.is_signed};
            got = wrap(u(got), kept);
            ASSERT_EQ(got, want) << type.name << " " << text << " of " << x[i] << ", " << y[i];
        }
    }
}

TEST_P(IntegerType, ConvertsToEveryOther) {
    const Integer& from = GetParam();
    const Integer others[] = {{"i2", 2, true},     {"i4", 4, true},     {"i8", 8, true},
                              {"i16", 16, true},   {"i32", 32, true},   {"i64", 64, true},
                              {"ui2", 2, false},   {"ui4", 4, false},   {"ui8", 8, false},
                              {"ui16", 16, false}, {"ui32", 32, false}, {"ui64", 64, false}};
    const auto width = static_cast<size_t>(std::max(from.bits, 8) / 8);
    std::vector<int64_t> x;
    for (int i = 0; i < 64; ++i) x.push_back(wrap(static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15U, from));
    Bytes in(64 * width);
    for (size_t i = 0; i < 64; ++i) std::memcpy(in.data() + i * width, &x[i], width);
    const std::string type = "tensor<64x" + std::string(from.name) + ">";
    std::string body;
    std::string names;
    std::string types;
    for (const Integer& to : others) {
        const std::string target = "tensor<64x" + std::string(to.name) + ">";
        body += "  %" + std::string(to.name) + " = stablehlo.convert %x : (" + type + ") -> " + target + "\n";
        names += (names.empty() ? "%" : ", %") + std::string(to.name);
        types += (types.empty() ? "" : ", ") + target;
    }
    const auto outs = run("func.func @main(%x: " + type + ") -> (" + types + ") {\n" + body + "  return " +
                              names + " : " + types + "\n}",
                          {in});
    size_t result = 0;
    for (const Integer& to : others) {
        const Bytes& out = outs[result++];
        const auto out_width = static_cast<size_t>(std::max(to.bits, 8) / 8);
        for (size_t i = 0; i < 64; ++i) {
            uint64_t got = 0;
            std::memcpy(&got, out.data() + i * out_width, out_width);
            const Integer kept{"", static_cast<int>(out_width * 8), to.is_signed};
            ASSERT_EQ(wrap(got, kept), wrap(static_cast<uint64_t>(x[i]), to))
                << from.name << " " << x[i] << " to " << to.name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Integers, IntegerType,
                         ::testing::Values(Integer{"i2", 2, true}, Integer{"i4", 4, true},
                                           Integer{"i8", 8, true}, Integer{"i16", 16, true},
                                           Integer{"i32", 32, true}, Integer{"i64", 64, true},
                                           Integer{"ui2", 2, false}, Integer{"ui4", 4, false},
                                           Integer{"ui8", 8, false}, Integer{"ui16", 16, false},
                                           Integer{"ui32", 32, false}, Integer{"ui64", 64, false}),
                         [](const auto& each) { return each.param.name; });

TEST(ElementType, SparseEncodingsAreRefused) {
    try {
        compile(
            "func.func @main(%x: tensor<4xf32, #sparse_tensor.encoding<{ map = (d0) -> (d0 : compressed) "
            "}>>) {\n"
            "  return\n}");
        ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
        EXPECT_NE(error.message().find("spars"), std::string::npos) << error.message();
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
