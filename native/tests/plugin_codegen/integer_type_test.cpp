// Every integer type in the operations that allow it, against 64-bit arithmetic that wraps.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/operations_program.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

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
