// Every float type of at most 16 bits in the operations that allow it. The reference knows the formats by
// their fields, computes in double and rounds by looking for the nearest of all values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/operations_program.h"
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

}  // namespace
}  // namespace optirs::plugin::testing
