// Every optimizer step over lists, of every type that they have, and the norm of gradients, beside the CPU's.
#include "optimizer_twins.h"

namespace optirs::test {
namespace {

const StepVariant kVariants[] = {
    {.name = "f32"},
    {.name = "f32, shifted", .is_shifted = true},
    {.name = "gradients of all types", .grads = {kBF16, kF16, kF32}},
    {.name = "rounded parameters", .params = {kBF16, kF16}, .grads = {kF16, kBF16, kF32}},
    {.name = "masters",
     .params = {kF16, kBF16},
     .grads = {kBF16},
     .beside = StepVariant::kMasters,
     .casts = {kE4M3, kE5M2},
     .has_cast_scale = true,
     .has_amax = true},
    {.name = "remainders", .params = {kBF16}, .grads = {kBF16, kF32}, .beside = StepVariant::kRemainders},
    {.name = "codes", .has_codes1 = true, .has_codes2 = true},
    {.name = "codes of the first state", .grads = {kBF16}, .has_codes1 = true, .casts = {kE5M2}},
    {.name = "all, shifted",
     .params = {kBF16},
     .grads = {kF16, kF32},
     .beside = StepVariant::kRemainders,
     .has_codes1 = true,
     .has_codes2 = true,
     .casts = {kE4M3},
     .has_cast_scale = true,
     .is_shifted = true},
    {.name = "greatest magnitudes alone", .has_amax = true},
};

class OptimizerKernelTest : public OptimizerTwins {
 protected:
    /// Two steps, changing something, with what steps can do besides in the second, and one that is skipped.
    void check(const Step& step, const StepVariant& given, const std::vector<int64_t>& counts) {
        SCOPED_TRACE(step.name);
        SCOPED_TRACE(given.name);
        prepare(counts, given);
        const std::vector<char> before = params.twins[0]->host;
        step.run();
        EXPECT_NE(params.twins[0]->host, before);
        expectSameLists(step.has_norms);
        if (step.has_norms) {
            return;  // what differs by rounding may differ by more after another step
        }
        setExtras(0.5F, 0);
        step.run();
        expectSameLists();
        if (step.has_grads) {
            EXPECT_EQ(numberAt(grads.twins[0]->host, variant.grads[0], 7), 0);
        }
        setExtras(1, 1);
        const std::vector<char> kept = params.twins[0]->host;
        step.run();
        EXPECT_EQ(params.twins[0]->host, kept);
        expectSameLists();
    }
};

class EveryVariant : public OptimizerKernelTest, public ::testing::WithParamInterface<StepVariant> {};

TEST_P(EveryVariant, OfEveryStep) {
    for (const Step& step : allSteps()) {
        check(step, GetParam(), {5000, 0, 1, 4096, 77, 256});
    }
}

INSTANTIATE_TEST_SUITE_P(OptimizerKernelTest, EveryVariant, ::testing::ValuesIn(kVariants));

/// Lists of any lengths, of any variant.
TEST_F(OptimizerKernelTest, ListsOfAnySizes) {
    const std::vector<Step> steps = allSteps();
    for (unsigned seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 draw(seed);
        std::vector<int64_t> counts(1 + draw() % 12);
        for (int64_t& count : counts) {
            count = draw() % (draw() % 4 == 0 ? 9000 : 600);
        }
        counts[0] += 8;  // so that something changes
        check(steps[draw() % steps.size()], kVariants[draw() % std::size(kVariants)], counts);
    }
}

TEST_F(OptimizerKernelTest, NormsOf0LeaveTheRateAsItIs) {
    for (const StepVariant& given : {kVariants[0], kVariants[4], kVariants[6]}) {
        for (const Step& step : allSteps()) {
            if (step.has_norms) {
                prepare({300}, given);
                for (Twin* twin : grads.twins) {
                    std::fill(twin->host.begin(), twin->host.end(), 0);
                    upload(*twin);
                }
                step.run();
                expectSameLists(true);
            }
        }
    }
}

/// NaN and infinity stay in their element, or in the block of their scale.
TEST_F(OptimizerKernelTest, SpecialGradientsStayWhereTheyAre) {
    for (const StepVariant& given : {kVariants[0], kVariants[3], kVariants[4], kVariants[6]}) {
        SCOPED_TRACE(given.name);
        prepare({600, 300}, given);
        for (const auto& [at, value] : {std::pair<size_t, float>{3, NAN}, {5, INFINITY}, {6, -INFINITY}}) {
            Twin& twin = *grads.twins[0];
            const auto put = [&](auto element) {
                std::memcpy(twin.host.data() + at * sizeof(element), &element, sizeof(element));
            };
            if (twin.type.bits == 32) {
                put(value);
            } else if (twin.type.code == OPTIRS_DL_BFLOAT) {
                put(cuda::rounded<cuda::BF16>(value));
            } else {
                put(cuda::rounded<cuda::F16>(value));
            }
        }
        upload(*grads.twins[0]);
        allSteps()[3].run();  // AdamW
        const Twin& written = *params.twins[0];
        const std::vector<char> actual = onDevice(written);
        for (const int64_t at : {3, 5, 6}) {
            EXPECT_TRUE(std::isnan(numberAt(actual, written.type, at))) << at;
        }
        for (int64_t i = given.has_codes1 ? 256 : 7; i < written.count(); ++i) {
            ASSERT_EQ(numberAt(actual, written.type, i), numberAt(written.host, written.type, i)) << i;
        }
        for (const List* scales : {&scales1, &scales2}) {
            if (given.has_codes1) {
                const std::vector<char> bits = onDevice(*scales->twins[0]);
                EXPECT_TRUE(std::isnan(numberAt(bits, kF32, 0)));
                EXPECT_EQ(numberAt(bits, kF32, 1), numberAt(scales->twins[0]->host, kF32, 1));
            }
        }
        if (given.has_amax) {
            const std::vector<char> bits = onDevice(*amax);
            EXPECT_TRUE(std::isnan(numberAt(bits, kF32, 0)));
            EXPECT_EQ(numberAt(bits, kF32, 1), numberAt(amax->host, kF32, 1));
        }
    }
}

TEST_F(OptimizerKernelTest, ManyTensorsTakeSeveralLaunches) {
    std::vector<int64_t> counts(170, 3);
    counts[75] = 9000;
    for (const StepVariant& given : {kVariants[0], kVariants[4], kVariants[8]}) {
        SCOPED_TRACE(given.name);
        for (const Step& step : allSteps()) {
            if (step.name == "lamb" || step.name == "lion") {
                prepare(counts, given);
                step.run();
                expectSameLists(step.has_norms);
            }
        }
    }
}

TEST_F(OptimizerKernelTest, NormOfGradients) {
    // Types in turns, more of them than a launch takes, and a tensor that is not aligned with 16 bytes.
    std::array<std::vector<optirs_dl_tensor>, 2> tensors;
    for (int i = 0; i < 400; ++i) {
        const auto type = i < 200 ? kF32 : i % 2 == 0 ? kBF16 : kF16;
        Twin& twin = normal(type, {i == 3 ? 10000 : i % 7});
        for (const size_t place : {0, 1}) {
            tensors[place].push_back(twin.tensors[place]);
        }
    }
    const auto check = [&](float scale, double max_norm, size_t count) {
        SCOPED_TRACE(testing::Message() << scale << " " << max_norm << " " << count);
        Twin& factor = values(kF32, {1}, std::vector<float>{scale});
        Twin& norm = result(kF32, {1});
        Twin& grad_scale = result(kF32, {1});
        Twin& non_finite = result(kF32, {1});
        runBoth<optirs_grad_norm_args>(OPTIRS_KERNEL_GRAD_NORM, optirs_grad_norm, [&](auto& args, int place) {
            args.count = static_cast<int64_t>(count);
            args.grads = tensors[static_cast<size_t>(place)].data();
            args.scale = &factor.tensors[place];
            args.max_norm = max_norm;
            args.norm = &norm.tensors[place];
            args.grad_scale = &grad_scale.tensors[place];
            args.non_finite = &non_finite.tensors[place];
        });
        expectSame(norm, 1e-6, 0);
        expectSame(grad_scale, 1e-6, 0);
        expectSame(non_finite, 0, 0);
    };
    check(1, 0, tensors[0].size());
    check(-0.25F, 3, tensors[0].size());
    check(1, 1e6, tensors[0].size());
    check(1, 1, 0);
    Twin& spoiled = values(kF32, {2}, std::vector<float>{1, std::numeric_limits<float>::infinity()});
    for (const size_t place : {0, 1}) {
        tensors[place].push_back(spoiled.tensors[place]);
    }
    check(2, 5, tensors[0].size());
}

}  // namespace
}  // namespace optirs::test
