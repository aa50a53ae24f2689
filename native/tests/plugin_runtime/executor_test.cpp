#include "pjrt_cpu/runtime/executor.h"

#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

/// buffers[2] = buffers[0] + buffers[1], elementwise.
class AddStep final : public Step {
 public:
    AddStep(size_t a, size_t b, size_t out) : a_(a), b_(b), out_(out) {}
    void run(const Frame& frame) const override {
        for (int i = 0; i < 4; ++i) at(frame, out_)[i] = at(frame, a_)[i] + at(frame, b_)[i];
    }
    std::string describe() const override { return "add"; }

 private:
    static float* at(const Frame& frame, size_t i) { return reinterpret_cast<float*>(frame.buffers[i]); }
    size_t a_, b_, out_;
};

// out = (x + constant) + x, with the first sum in the arena; out takes the memory of x when x is donated.
std::unique_ptr<Program> program(int32_t aliased, size_t unused_allocations) {
    static const float kConstant[4] = {10, 20, 30, 40};
    auto result = std::make_unique<Program>();
    using K = Allocation::Kind;
    result->allocations = {{K::kArgument, 16, 0, 0, -1, nullptr},
                           {K::kConstant, 16, -1, 0, -1, reinterpret_cast<const std::byte*>(kConstant)},
                           {K::kTemp, 16, -1, 64, -1, nullptr},
                           {K::kOutput, 16, 0, 0, aliased, nullptr}};
    for (size_t i = 0; i < unused_allocations; ++i)
        result->allocations.push_back({K::kTemp, 16, -1, 0, -1, nullptr});
    result->arena_bytes = 128;
    result->arguments = {TensorType(ElementType::kF32, {4})};
    result->outputs = result->arguments;
    result->steps.push_back(std::make_unique<AddStep>(0, 1, 2));
    result->steps.push_back(std::make_unique<AddStep>(2, 0, 3));
    return result;
}

TEST(Executor, ArgumentsConstantsTempsOutputs) {
    for (const size_t unused : {size_t{0}, size_t{200}}) {
        alignas(64) float x[4] = {1, 2, 3, 4};
        alignas(64) float out[4] = {};
        alignas(64) std::byte arena[128];
        std::byte* arguments[] = {reinterpret_cast<std::byte*>(x)};
        std::byte* outputs[] = {reinterpret_cast<std::byte*>(out)};
        const auto plain = program(-1, unused);
        execute(*plain, arguments, outputs, arena, testing::pool(), {});
        EXPECT_EQ(out[3], 48);
        EXPECT_EQ(x[3], 4);
        // Kept argument of an alias: the output starts as its copy, the argument stays.
        const auto aliased = program(0, unused);
        out[3] = 0;
        execute(*aliased, arguments, outputs, arena, testing::pool(), {});
        EXPECT_EQ(out[3], 48);
        EXPECT_EQ(x[3], 4);
        // Donated: in place.
        execute(*aliased, arguments, arguments, arena, testing::pool(), {});
        EXPECT_EQ(x[3], 48);
    }
}

TEST(Executor, CountsMustFit) {
    const auto plain = program(-1, 0);
    EXPECT_THROW(execute(*plain, {}, {}, nullptr, testing::pool(), {}), Error);
}

TEST(Executor, SmallPrograms) {
    const auto plain = program(-1, 0);
    EXPECT_TRUE(isSmall(*plain));
    plain->cost.flops = 1e9;
    EXPECT_FALSE(isSmall(*plain));
    plain->cost.flops = 0;
    plain->cost.has_loops = true;
    EXPECT_FALSE(isSmall(*plain));
}

}  // namespace
}  // namespace optirs::plugin
