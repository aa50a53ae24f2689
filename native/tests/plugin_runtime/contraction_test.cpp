#include "pjrt_cpu/runtime/contraction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/half.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::runStep;
using Kind = ContractionSpec::Kind;

float decode(const std::byte* data, ElementType type, int64_t index) {
    if (type == ElementType::kF32) return reinterpret_cast<const float*>(data)[index];
    const uint16_t bits = reinterpret_cast<const uint16_t*>(data)[index];
    return type == ElementType::kBF16 ? bf16ToFloat(bits) : f16ToFloat(bits);
}

void encode(std::byte* data, ElementType type, int64_t index, float value) {
    if (type == ElementType::kF32) {
        reinterpret_cast<float*>(data)[index] = value;
    } else {
        reinterpret_cast<uint16_t*>(data)[index] =
            type == ElementType::kBF16 ? floatToBf16(value) : floatToF16(value);
    }
}

/// Runs the spec on random operands, and compares each element with a sum in double.
class Checker {
 public:
    explicit Checker(uint64_t seed) : random_(seed) {}

    void check(ContractionSpec spec, double tolerance) {
        spec.lhs_allocation = 0;
        spec.rhs_allocation = 1;
        spec.out_allocation = 2;
        int64_t lhs_size = spec.lhs_offset + 1;
        int64_t rhs_size = spec.rhs_offset + 1;
        int64_t out_size = spec.out_offset + 1;
        for (const auto& dim : spec.dims) {
            if (dim.kind != Kind::kN) lhs_size += std::max<int64_t>(0, (dim.size - 1) * dim.lhs_stride);
            if (dim.kind != Kind::kM) rhs_size += std::max<int64_t>(0, (dim.size - 1) * dim.rhs_stride);
            if (dim.kind != Kind::kK) out_size += std::max<int64_t>(0, (dim.size - 1) * dim.out_stride);
        }
        std::vector<std::byte> lhs = randomOperand(lhs_size, spec.lhs);
        std::vector<std::byte> rhs = randomOperand(rhs_size, spec.rhs);
        std::vector<std::byte> out(static_cast<size_t>(out_size * byteWidth(spec.out)), std::byte{0x7B});
        const std::unique_ptr<Step> step = makeContractionStep(spec);
        ASSERT_NE(step, nullptr);
        runStep(*step, {lhs.data(), rhs.data(), out.data()});
        EXPECT_EQ(step->describe().find("ref"), std::string::npos) << step->describe();

        std::vector<bool> written(static_cast<size_t>(out_size));
        std::vector<ContractionSpec::Dim> outer, inner;
        for (const auto& dim : spec.dims) (dim.kind == Kind::kK ? inner : outer).push_back(dim);
        walk(outer, [&](const Offsets& o) {
            double sum = 0;
            double magnitude = 0;
            walk(inner, [&](const Offsets& i) {
                const double product =
                    static_cast<double>(decode(lhs.data(), spec.lhs, spec.lhs_offset + o.lhs + i.lhs)) *
                    static_cast<double>(decode(rhs.data(), spec.rhs, spec.rhs_offset + o.rhs + i.rhs));
                sum += product;
                magnitude += std::abs(product);
            });
            const int64_t place = spec.out_offset + o.out;
            const double actual = static_cast<double>(decode(out.data(), spec.out, place));
            const double alpha = static_cast<double>(spec.alpha);
            ASSERT_NEAR(actual, alpha * sum, tolerance * std::abs(alpha) * magnitude + 6e-8)
                << step->describe();
            written[static_cast<size_t>(place)] = true;
        });
        for (int64_t i = 0; i < out_size; ++i) {
            if (written[static_cast<size_t>(i)]) continue;
            const auto width = byteWidth(spec.out);
            for (int64_t b = 0; b < width; ++b) {
                ASSERT_EQ(out[static_cast<size_t>(i * width + b)], std::byte{0x7B})
                    << "wrote between the elements";
            }
        }
    }

 private:
    struct Offsets {
        int64_t lhs = 0, rhs = 0, out = 0;
    };

    template <class Visit>
    static void walk(const std::vector<ContractionSpec::Dim>& dims, Visit&& visit) {
        int64_t count = 1;
        for (const auto& dim : dims) count *= dim.size;
        for (int64_t index = 0; index < count; ++index) {
            Offsets offsets;
            int64_t rest = index;
            for (size_t d = dims.size(); d-- > 0;) {
                const int64_t i = rest % dims[d].size;
                rest /= dims[d].size;
                if (dims[d].kind != Kind::kN) offsets.lhs += i * dims[d].lhs_stride;
                if (dims[d].kind != Kind::kM) offsets.rhs += i * dims[d].rhs_stride;
                if (dims[d].kind != Kind::kK) offsets.out += i * dims[d].out_stride;
            }
            visit(offsets);
        }
    }

    std::vector<std::byte> randomOperand(int64_t size, ElementType type) {
        std::vector<std::byte> data(static_cast<size_t>(size * byteWidth(type)));
        std::uniform_real_distribution<float> uniform(-1, 1);
        for (int64_t i = 0; i < size; ++i) encode(data.data(), type, i, uniform(random_));
        return data;
    }

    std::mt19937_64 random_;
};

double toleranceOf(ElementType out) {
    return out == ElementType::kF32 ? 2e-6 : out == ElementType::kBF16 ? 1.0 / 128 : 1.0 / 1024;
}

ContractionSpec matmul(int64_t m, int64_t n, int64_t k, bool lhs_transposed, bool rhs_transposed,
                       bool out_transposed, ElementType type) {
    ContractionSpec spec;
    spec.lhs = spec.rhs = spec.out = type;
    spec.dims = {{m, Kind::kM, lhs_transposed ? 1 : k, 0, out_transposed ? 1 : n},
                 {n, Kind::kN, 0, rhs_transposed ? k : 1, out_transposed ? m : 1},
                 {k, Kind::kK, lhs_transposed ? m : 1, rhs_transposed ? 1 : n, 0}};
    return spec;
}

TEST(Contraction, EveryTransposition) {
    Checker checker(1);
    for (const ElementType type : {ElementType::kF32, ElementType::kBF16, ElementType::kF16}) {
        for (int bits = 0; bits < 8; ++bits) {
            checker.check(matmul(70, 130, 33, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, type),
                          toleranceOf(type));
        }
    }
}

TEST(Contraction, VectorsAndScalars) {
    Checker checker(2);
    for (const int64_t m : {1, 5}) {
        for (const int64_t n : {1, 7}) {
            for (const int64_t k : {1, 9}) {
                for (int bits = 0; bits < 8; ++bits) {
                    checker.check(
                        matmul(m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, ElementType::kF32),
                        2e-6);
                }
            }
        }
    }
    ContractionSpec scalar;
    scalar.lhs = scalar.rhs = scalar.out = ElementType::kF32;
    checker.check(scalar, 2e-6);
}

TEST(Contraction, LargeBlocksSplitTheSameWay) {
    Checker checker(3);
    checker.check(matmul(400, 300, 300, false, false, false, ElementType::kF32), 2e-6);
    checker.check(matmul(333, 415, 257, true, false, false, ElementType::kF32), 2e-6);
    checker.check(matmul(333, 415, 257, false, true, true, ElementType::kBF16), 1.0 / 128);
}

// Attention: q, k, v interleaved in [batch, time, 3, head, dim]; scores [batch, head, time, time].
TEST(Contraction, AttentionInPlaceStrides) {
    constexpr int64_t kBatch = 2, kTime = 40, kHeads = 3, kDim = 16;
    const int64_t row = 3 * kHeads * kDim;
    ContractionSpec spec;
    spec.lhs = spec.rhs = spec.out = ElementType::kF32;
    spec.alpha = 0.25F;
    spec.rhs_offset = kHeads * kDim;
    spec.dims = {{kBatch, Kind::kBatch, kTime * row, kTime * row, kHeads * kTime * kTime},
                 {kHeads, Kind::kBatch, kDim, kDim, kTime * kTime},
                 {kTime, Kind::kM, row, 0, kTime},
                 {kTime, Kind::kN, 0, row, 1},
                 {kDim, Kind::kK, 1, 1, 0}};
    Checker(4).check(spec, 2e-6);
}

TEST(Contraction, MixedTypes) {
    Checker checker(5);
    for (const ElementType type : {ElementType::kBF16, ElementType::kF16}) {
        ContractionSpec spec = matmul(20, 30, 40, false, false, false, type);
        spec.out = ElementType::kF32;
        checker.check(spec, 2e-6);
    }
}

TEST(Contraction, RandomDimsAndStrides) {
    std::mt19937_64 random(6);
    Checker checker(7);
    const auto pick = [&](auto... values) {
        const std::vector<int64_t> list{static_cast<int64_t>(values)...};
        return list[random() % list.size()];
    };
    for (int round = 0; round < 200; ++round) {
        ContractionSpec spec;
        const ElementType type = std::vector{ElementType::kF32, ElementType::kF32, ElementType::kBF16,
                                             ElementType::kF16}[random() % 4];
        spec.lhs = spec.rhs = type;
        spec.out = random() % 4 == 0 ? ElementType::kF32 : type;
        const Kind kinds[] = {Kind::kBatch, Kind::kM, Kind::kN, Kind::kK};
        for (const Kind kind : kinds) {
            const auto count = random() % (kind == Kind::kBatch ? 3 : 3);
            for (uint64_t i = 0; i < count; ++i)
                spec.dims.push_back({pick(1, 2, 3, 5, 8, 17), kind, 0, 0, 0});
        }
        std::shuffle(spec.dims.begin(), spec.dims.end(), random);
        // Every operand is laid out in an order of its own, with gaps and offsets; inputs may be broadcast or
        // reversed.
        const auto lay = [&](auto ContractionSpec::Dim::* stride, Kind absent, int64_t& offset, bool input) {
            std::vector<size_t> order;
            for (size_t d = 0; d < spec.dims.size(); ++d) {
                if (spec.dims[d].kind != absent) order.push_back(d);
            }
            std::shuffle(order.begin(), order.end(), random);
            int64_t step = random() % 5 == 0 ? 2 : 1;
            offset = pick(0, 0, 3);
            for (const size_t d : order) {
                spec.dims[d].*stride = step;
                const uint64_t special = random() % 12;
                if (input && special == 0) {
                    spec.dims[d].*stride = 0;
                    continue;
                }
                if (input && special == 1) {
                    spec.dims[d].*stride = -step;
                    offset += (spec.dims[d].size - 1) * step;
                }
                step = step * spec.dims[d].size + (random() % 6 == 0 ? 4 : 0);
            }
        };
        lay(&ContractionSpec::Dim::lhs_stride, Kind::kN, spec.lhs_offset, true);
        lay(&ContractionSpec::Dim::rhs_stride, Kind::kM, spec.rhs_offset, true);
        lay(&ContractionSpec::Dim::out_stride, Kind::kK, spec.out_offset, false);
        if (random() % 4 == 0) spec.alpha = 0.5F;
        ASSERT_NO_FATAL_FAILURE(checker.check(spec, toleranceOf(spec.out))) << "round " << round;
        if (HasFailure()) FAIL() << "round " << round;
    }
}

void addBias(std::byte* const* buffers, int64_t begin, int64_t end) {
    auto* out = reinterpret_cast<float*>(buffers[0]);
    const auto* bias = reinterpret_cast<const float*>(buffers[1]);
    for (int64_t row = begin; row < end; ++row) {
        for (int64_t column = 0; column < 48; ++column) out[row * 48 + column] += bias[column];
    }
}

TEST(Contraction, EpilogueSeesEveryRowOnce) {
    for (const bool transposed_out_of_order : {false, true}) {
        ContractionSpec spec = matmul(500, 48, 300, transposed_out_of_order, false, false, ElementType::kF32);
        spec.dims.insert(spec.dims.begin(), {3, Kind::kBatch, 500 * 300, 0, 500 * 48});
        spec.lhs_allocation = 0;
        spec.rhs_allocation = 1;
        spec.out_allocation = 2;
        spec.epilogue = addBias;
        spec.epilogue_allocations = {2, 3};
        std::vector<float> lhs(3 * 500 * 300, 1.0F), rhs(300 * 48, 1.0F), out(3 * 500 * 48, -1.0F), bias(48);
        for (size_t i = 0; i < bias.size(); ++i) bias[i] = static_cast<float>(i);
        runStep(*makeContractionStep(spec),
                {testing::bytes(lhs), testing::bytes(rhs), testing::bytes(out), testing::bytes(bias)});
        for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], 300.0F + bias[i % 48]);
    }
}

TEST(Contraction, EmptySumIsZeroAndEmptyResultIsNothing) {
    ContractionSpec spec = matmul(3, 4, 0, false, false, false, ElementType::kF32);
    spec.lhs_allocation = 0;
    spec.rhs_allocation = 1;
    spec.out_allocation = 2;
    std::vector<float> out(12, 5.0F);
    runStep(*makeContractionStep(spec), {nullptr, nullptr, testing::bytes(out)});
    EXPECT_EQ(out, std::vector<float>(12, 0.0F));
    spec = matmul(0, 4, 2, false, false, false, ElementType::kF32);
    spec.lhs_allocation = spec.rhs_allocation = spec.out_allocation = 0;
    EXPECT_NO_THROW(runStep(*makeContractionStep(spec), {nullptr}));
}

TEST(Contraction, ResultsDoNotDependOnTheNumberOfThreads) {
    ContractionSpec spec = matmul(500, 400, 300, false, true, false, ElementType::kF32);
    spec.lhs_allocation = 0;
    spec.rhs_allocation = 1;
    spec.out_allocation = 2;
    std::vector<float> lhs(500 * 300), rhs(300 * 400);
    std::mt19937 random(9);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& value : lhs) value = uniform(random);
    for (float& value : rhs) value = uniform(random);
    const std::unique_ptr<Step> step = makeContractionStep(spec);
    std::vector<float> first;
    for (const int threads : {1, 2, 5}) {
        ThreadPool pool(threads);
        std::vector<float> out(500 * 400);
        runStep(*step, {testing::bytes(lhs), testing::bytes(rhs), testing::bytes(out)}, pool);
        if (first.empty()) first = out;
        ASSERT_EQ(out, first);
    }
}

TEST(Contraction, RefusesWhatIsNone) {
    ContractionSpec spec = matmul(3, 4, 5, false, false, false, ElementType::kF64);
    EXPECT_EQ(makeContractionStep(spec), nullptr);
    spec = matmul(3, 4, 5, false, false, false, ElementType::kF32);
    EXPECT_THROW(makeContractionStep(spec), Error);  // no allocations
    spec.lhs_allocation = spec.rhs_allocation = spec.out_allocation = 0;
    spec.dims[0].out_stride = 0;
    EXPECT_THROW(makeContractionStep(spec), Error);
}

}  // namespace
}  // namespace optirs::plugin
