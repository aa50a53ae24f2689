#include "pjrt_cpu/runtime/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pjrt_cpu/ir/error.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

/// Dense row-major index of a coordinate given by (dimension, position) pairs.
struct Indexer {
    explicit Indexer(const std::vector<int64_t>& shape) : strides(shape.size()) {
        int64_t stride = 1;
        for (size_t d = shape.size(); d-- > 0; stride *= shape[d]) strides[d] = stride;
    }
    int64_t at(int64_t a, int64_t i, int64_t b, int64_t j, const std::vector<int64_t>& spatial,
               const std::vector<int64_t>& position) const {
        int64_t index = strides[static_cast<size_t>(a)] * i + strides[static_cast<size_t>(b)] * j;
        for (size_t d = 0; d < spatial.size(); ++d)
            index += strides[static_cast<size_t>(spatial[d])] * position[d];
        return index;
    }
    std::vector<int64_t> strides;
};

int64_t countOf(const std::vector<int64_t>& shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    return count;
}

std::vector<int64_t> unravel(int64_t index, const std::vector<int64_t>& sizes) {
    std::vector<int64_t> position(sizes.size());
    for (size_t d = sizes.size(); d-- > 0; index /= sizes[d]) position[d] = index % sizes[d];
    return position;
}

/// The definition, in double.
std::vector<double> reference(const ConvolutionSpec& spec, const std::vector<float>& lhs,
                              const std::vector<float>& rhs) {
    const Indexer in(spec.lhs_shape), kernel(spec.rhs_shape), result(spec.out_shape);
    const size_t rank = spec.input_spatial_dimensions.size();
    const auto sizes = [](const std::vector<int64_t>& shape, const std::vector<int64_t>& dims) {
        std::vector<int64_t> list;
        for (const int64_t d : dims) list.push_back(shape[static_cast<size_t>(d)]);
        return list;
    };
    const auto in_sizes = sizes(spec.lhs_shape, spec.input_spatial_dimensions);
    const auto kernel_sizes = sizes(spec.rhs_shape, spec.kernel_spatial_dimensions);
    const auto out_sizes = sizes(spec.out_shape, spec.output_spatial_dimensions);
    const int64_t batch = spec.lhs_shape[static_cast<size_t>(spec.input_batch_dimension)];
    const int64_t features = spec.out_shape[static_cast<size_t>(spec.output_feature_dimension)];
    const int64_t per_group_in = spec.rhs_shape[static_cast<size_t>(spec.kernel_input_feature_dimension)];
    const int64_t per_group_out = features / spec.feature_group_count;
    std::vector<double> out(static_cast<size_t>(countOf(spec.out_shape)));
    for (int64_t n = 0; n < batch; ++n) {
        for (int64_t f = 0; f < features; ++f) {
            for (int64_t o = 0; o < countOf(out_sizes); ++o) {
                const auto place = unravel(o, out_sizes);
                double sum = 0;
                for (int64_t k = 0; k < countOf(kernel_sizes); ++k) {
                    const auto window = unravel(k, kernel_sizes);
                    std::vector<int64_t> source(rank), tap(rank);
                    bool inside = true;
                    for (size_t d = 0; d < rank; ++d) {
                        const int64_t x = place[d] * spec.window_strides[d] +
                                          window[d] * spec.rhs_dilation[d] - spec.padding_low[d];
                        inside = inside && x >= 0 && x % spec.lhs_dilation[d] == 0 &&
                                 x / spec.lhs_dilation[d] < in_sizes[d];
                        source[d] = x / spec.lhs_dilation[d];
                        tap[d] = spec.window_reversal[d] ? kernel_sizes[d] - 1 - window[d] : window[d];
                    }
                    if (!inside) continue;
                    for (int64_t c = 0; c < per_group_in; ++c) {
                        const int64_t channel = f / per_group_out * per_group_in + c;
                        sum +=
                            static_cast<double>(lhs[static_cast<size_t>(
                                in.at(spec.input_batch_dimension, n, spec.input_feature_dimension, channel,
                                      spec.input_spatial_dimensions, source))]) *
                            static_cast<double>(rhs[static_cast<size_t>(kernel.at(
                                spec.kernel_output_feature_dimension, f, spec.kernel_input_feature_dimension,
                                c, spec.kernel_spatial_dimensions, tap))]);
                    }
                }
                out[static_cast<size_t>(result.at(spec.output_batch_dimension, n,
                                                  spec.output_feature_dimension, f,
                                                  spec.output_spatial_dimensions, place))] = sum;
            }
        }
    }
    return out;
}

void check(ConvolutionSpec spec, bool must_be_there, std::mt19937& random) {
    spec.lhs = spec.rhs = spec.out = ElementType::kF32;
    spec.lhs_allocation = 0;
    spec.rhs_allocation = 1;
    spec.out_allocation = 2;
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> lhs(static_cast<size_t>(countOf(spec.lhs_shape))),
        rhs(static_cast<size_t>(countOf(spec.rhs_shape)));
    std::vector<float> out(static_cast<size_t>(countOf(spec.out_shape)), NAN);
    for (float& value : lhs) value = uniform(random);
    for (float& value : rhs) value = uniform(random);
    const std::unique_ptr<Step> step = makeConvolutionStep(spec);
    if (step == nullptr) {
        EXPECT_FALSE(must_be_there);
        return;
    }
    testing::runStep(*step, {testing::bytes(lhs), testing::bytes(rhs), testing::bytes(out)});
    const std::vector<double> expected = reference(spec, lhs, rhs);
    for (size_t i = 0; i < out.size(); ++i) {
        ASSERT_NEAR(static_cast<double>(out[i]), expected[i], 1e-4) << step->describe() << " element " << i;
    }
}

/// A spec whose result shape follows from the rest; layout orders are permutations of [batch, feature,
/// spatial...].
ConvolutionSpec make(std::mt19937& random, size_t rank, bool shuffled) {
    const auto pick = [&](int64_t low, int64_t high) {
        return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
    };
    ConvolutionSpec spec;
    const int64_t batch = pick(1, 5);
    spec.feature_group_count = pick(0, 3) == 0 ? pick(2, 3) : 1;
    const int64_t in_features = spec.feature_group_count * pick(1, 5);
    const int64_t out_features = spec.feature_group_count * pick(1, 20);
    std::vector<int64_t> in{batch, in_features}, kernel{out_features, in_features / spec.feature_group_count},
        out{batch, out_features};
    const bool dilate_input = pick(0, 3) == 0;
    const bool reversed = pick(0, 3) == 0;
    for (size_t d = 0; d < rank; ++d) {
        spec.lhs_dilation.push_back(dilate_input ? pick(1, 3) : 1);
        spec.window_strides.push_back(dilate_input ? 1 : pick(1, 3));
        spec.rhs_dilation.push_back(pick(1, 2));
        spec.window_reversal.push_back(reversed);
        const int64_t size = pick(5, 9);
        const int64_t window = pick(1, 3);
        const int64_t reach = (window - 1) * spec.rhs_dilation.back() + 1;
        spec.padding_low.push_back(pick(0, reach - 1));
        spec.padding_high.push_back(pick(0, reach - 1));
        const int64_t padded =
            (size - 1) * spec.lhs_dilation.back() + 1 + spec.padding_low.back() + spec.padding_high.back();
        in.push_back(size);
        kernel.push_back(window);
        out.push_back((padded - reach) / spec.window_strides.back() + 1);
    }
    const auto lay = [&](const std::vector<int64_t>& sizes, std::vector<int64_t>& shape, int64_t& first,
                         int64_t& second, std::vector<int64_t>& spatial) {
        std::vector<size_t> order(sizes.size());
        for (size_t i = 0; i < order.size(); ++i) order[i] = i;
        if (shuffled) std::shuffle(order.begin(), order.end(), random);
        shape.resize(sizes.size());
        spatial.resize(rank);
        for (size_t place = 0; place < order.size(); ++place) {
            shape[place] = sizes[order[place]];
            const auto position = static_cast<int64_t>(place);
            if (order[place] == 0)
                first = position;
            else if (order[place] == 1)
                second = position;
            else
                spatial[order[place] - 2] = position;
        }
    };
    lay(in, spec.lhs_shape, spec.input_batch_dimension, spec.input_feature_dimension,
        spec.input_spatial_dimensions);
    lay(kernel, spec.rhs_shape, spec.kernel_output_feature_dimension, spec.kernel_input_feature_dimension,
        spec.kernel_spatial_dimensions);
    lay(out, spec.out_shape, spec.output_batch_dimension, spec.output_feature_dimension,
        spec.output_spatial_dimensions);
    return spec;
}

TEST(Convolution, RandomGeometriesAndLayouts) {
    std::mt19937 random(3);
    for (int round = 0; round < 60; ++round) {
        const size_t rank = 1 + random() % 3;
        ASSERT_NO_FATAL_FAILURE(check(make(random, rank, round % 2 == 1), false, random))
            << "round " << round;
    }
}

TEST(Convolution, UsualLayersAreServed) {
    std::mt19937 random(4);
    ConvolutionSpec spec;
    spec.lhs_shape = {9, 14, 14, 16};  // NHWC, HWIO
    spec.rhs_shape = {3, 3, 16, 32};
    spec.out_shape = {9, 14, 14, 32};
    spec.input_batch_dimension = spec.output_batch_dimension = 0;
    spec.input_feature_dimension = spec.output_feature_dimension = 3;
    spec.input_spatial_dimensions = spec.output_spatial_dimensions = {1, 2};
    spec.kernel_spatial_dimensions = {0, 1};
    spec.kernel_input_feature_dimension = 2;
    spec.kernel_output_feature_dimension = 3;
    spec.window_strides = spec.lhs_dilation = spec.rhs_dilation = {1, 1};
    spec.padding_low = spec.padding_high = {1, 1};
    spec.window_reversal = {false, false};
    check(spec, true, random);
}

/// The gradient with respect to a kernel as frameworks write it: batch and features exchanged.
struct Gradient {
    int64_t batch, height, width, inputs, outputs, kernel_height, kernel_width;
    std::vector<int64_t> low, high;
    bool channels_last;
};

ConvolutionSpec gradient(const Gradient& of) {
    const int64_t rows = of.height + of.low[0] + of.high[0] - of.kernel_height + 1;
    const int64_t columns = of.width + of.low[1] + of.high[1] - of.kernel_width + 1;
    ConvolutionSpec spec;
    if (of.channels_last) {
        spec.lhs_shape = {of.batch, of.height, of.width, of.inputs};
        spec.rhs_shape = {of.batch, rows, columns, of.outputs};
        spec.out_shape = {of.kernel_height, of.kernel_width, of.inputs, of.outputs};
        spec.input_batch_dimension = spec.kernel_output_feature_dimension = 3;
        spec.input_spatial_dimensions = spec.kernel_spatial_dimensions = {1, 2};
        spec.output_spatial_dimensions = {0, 1};
        spec.output_batch_dimension = 2;
        spec.output_feature_dimension = 3;
    } else {
        spec.lhs_shape = {of.batch, of.inputs, of.height, of.width};
        spec.rhs_shape = {of.batch, of.outputs, rows, columns};
        spec.out_shape = {of.outputs, of.inputs, of.kernel_height, of.kernel_width};
        spec.input_batch_dimension = spec.kernel_output_feature_dimension = 1;
        spec.input_spatial_dimensions = spec.kernel_spatial_dimensions = {2, 3};
        spec.output_spatial_dimensions = {2, 3};
        spec.output_batch_dimension = 1;
        spec.output_feature_dimension = 0;
    }
    spec.input_feature_dimension = spec.kernel_input_feature_dimension = 0;
    spec.window_strides = spec.lhs_dilation = spec.rhs_dilation = {1, 1};
    spec.padding_low = of.low;
    spec.padding_high = of.high;
    spec.window_reversal = {false, false};
    return spec;
}

TEST(Convolution, GradientsOfKernels) {
    std::mt19937 random(6);
    for (const bool channels_last : {true, false}) {
        for (const Gradient& of : {
                 Gradient{3, 9, 11, 17, 19, 3, 3, {1, 1}, {1, 1}, channels_last},
                 Gradient{2, 14, 14, 40, 16, 5, 3, {2, 0}, {0, 2}, channels_last},
                 Gradient{2, 23, 37, 61, 16, 1, 2, {0, 0}, {0, 0}, channels_last},
                 Gradient{1, 4, 400, 16, 16, 2, 7, {1, 6}, {1, 6}, channels_last},
                 Gradient{
                     8, 56, 56, 16, 33, 1, 1, {0, 0}, {0, 0}, channels_last},  // more than is packed at once
             })
            ASSERT_NO_FATAL_FAILURE(check(gradient(of), true, random));
    }
}

TEST(Convolution, GradientOfAKernelSeesNoPixelThatItsPlaceDoesNot) {
    ConvolutionSpec spec = gradient({1, 8, 9, 16, 16, 3, 3, {0, 0}, {0, 0}, true});
    spec.lhs = spec.rhs = spec.out = ElementType::kF32;
    spec.lhs_allocation = 0;
    spec.rhs_allocation = 1;
    spec.out_allocation = 2;
    std::vector<float> x(8 * 9 * 16, 1.0F), g(6 * 7 * 16, 1.0F), dw(3 * 3 * 16 * 16);
    std::fill_n(x.begin(), 16, INFINITY);     // the first pixel, which only the first place sees
    std::fill_n(x.end() - 16, 16, INFINITY);  // and the last
    testing::runStep(*makeConvolutionStep(spec), {testing::bytes(x), testing::bytes(g), testing::bytes(dw)});
    for (size_t i = 0; i < dw.size(); ++i) {
        const size_t place = i / 256;
        ASSERT_EQ(dw[i], place == 0 || place == 8 ? INFINITY : 42.0F) << place;
    }
}

/// 3x3 with channels last, large enough for patches.
ConvolutionSpec threeByThree(int64_t batch, int64_t height, int64_t width, int64_t inputs, int64_t outputs,
                             std::vector<int64_t> low, std::vector<int64_t> high, bool swapped_kernel) {
    ConvolutionSpec spec;
    spec.lhs_shape = {batch, height, width, inputs};
    spec.rhs_shape = {3, 3, inputs, outputs};
    spec.kernel_input_feature_dimension = 2;
    spec.kernel_output_feature_dimension = 3;
    if (swapped_kernel) {  // as the gradient with respect to the input has it
        std::swap(spec.rhs_shape[2], spec.rhs_shape[3]);
        std::swap(spec.kernel_input_feature_dimension, spec.kernel_output_feature_dimension);
    }
    spec.out_shape = {batch, height + low[0] + high[0] - 2, width + low[1] + high[1] - 2, outputs};
    spec.input_batch_dimension = spec.output_batch_dimension = 0;
    spec.input_feature_dimension = spec.output_feature_dimension = 3;
    spec.input_spatial_dimensions = spec.output_spatial_dimensions = {1, 2};
    spec.kernel_spatial_dimensions = {0, 1};
    spec.window_strides = spec.lhs_dilation = spec.rhs_dilation = {1, 1};
    spec.padding_low = std::move(low);
    spec.padding_high = std::move(high);
    spec.window_reversal = {false, false};
    spec.lhs = spec.rhs = spec.out = ElementType::kF32;
    spec.lhs_allocation = 0;
    spec.rhs_allocation = 1;
    spec.out_allocation = 2;
    return spec;
}

/// The same with channels first.
ConvolutionSpec channelsFirst(ConvolutionSpec spec) {
    for (std::vector<int64_t>* shape : {&spec.lhs_shape, &spec.out_shape})
        std::rotate(shape->begin() + 1, shape->begin() + 3, shape->end());
    spec.rhs_shape = {spec.rhs_shape[3], spec.rhs_shape[2], 3, 3};
    spec.input_feature_dimension = spec.output_feature_dimension = 1;
    spec.input_spatial_dimensions = spec.output_spatial_dimensions = spec.kernel_spatial_dimensions = {2, 3};
    spec.kernel_output_feature_dimension = 0;
    spec.kernel_input_feature_dimension = 1;
    return spec;
}

bool isWinograd(const ConvolutionSpec& spec) {
    return makeConvolutionStep(spec)->describe().find("Winograd") != std::string::npos;
}

TEST(Convolution, WinogradAgreesWithTheDefinition) {
    std::mt19937 random(7);
    for (const ConvolutionSpec& spec :
         {threeByThree(2, 15, 14, 16, 17, {1, 1}, {1, 1}, false),  // odd rows, a short vector
          threeByThree(1, 23, 21, 39, 16, {0, 2}, {3, 0}, true),
          threeByThree(1, 22, 22, 400, 20, {0, 0}, {0, 0}, false),  // channels in two blocks
          threeByThree(3, 19, 19, 24, 61, {1, 0}, {0, 1}, true),
          channelsFirst(threeByThree(2, 15, 17, 64, 65, {1, 1}, {1, 1}, false))}) {
        ASSERT_TRUE(isWinograd(spec)) << makeConvolutionStep(spec)->describe();
        ASSERT_NO_FATAL_FAILURE(check(spec, true, random));
    }
}

TEST(Convolution, WinogradOnlyWhereItPaysAndIsAllowed) {
    const ConvolutionSpec usual = threeByThree(1, 20, 20, 16, 16, {1, 1}, {1, 1}, false);
    EXPECT_TRUE(isWinograd(usual));
    ConvolutionSpec spec = usual;
    spec.is_exact = true;
    EXPECT_FALSE(isWinograd(spec));
    EXPECT_FALSE(isWinograd(threeByThree(1, 20, 20, 15, 16, {1, 1}, {1, 1}, false)));
    EXPECT_FALSE(isWinograd(threeByThree(1, 20, 20, 16, 15, {1, 1}, {1, 1}, false)));
    EXPECT_FALSE(isWinograd(threeByThree(1, 10, 10, 16, 16, {1, 1}, {1, 1}, false)));
    EXPECT_FALSE(isWinograd(channelsFirst(threeByThree(1, 20, 20, 64, 63, {1, 1}, {1, 1}, false))));
    spec = usual;
    spec.window_strides = {2, 2};
    spec.out_shape = {1, 10, 10, 16};
    EXPECT_FALSE(isWinograd(spec));
}

/// Infinity and NaN reach the pixels whose windows hold them, and no other.
TEST(Convolution, WinogradSpreadsNothingThatIsNotFinite) {
    const ConvolutionSpec spec = threeByThree(1, 24, 24, 16, 16, {1, 1}, {1, 1}, false);
    ASSERT_TRUE(isWinograd(spec));
    std::vector<float> x(24 * 24 * 16, 1.0F), w(3 * 3 * 16 * 16, 1.0F), y(24 * 24 * 16);
    const auto pixel = [](int64_t row, int64_t column) {
        return static_cast<size_t>((row * 24 + column) * 16);
    };
    x[pixel(5, 6)] = INFINITY;
    x[pixel(15, 16) + 3] = NAN;
    x[pixel(20, 3)] = 3e38F;  // four of them are more than f32 holds
    testing::runStep(*makeConvolutionStep(spec), {testing::bytes(x), testing::bytes(w), testing::bytes(y)});
    for (int64_t row = 0; row < 24; ++row) {
        for (int64_t column = 0; column < 24; ++column) {
            const auto sees = [&](int64_t r, int64_t c) {
                return std::abs(row - r) <= 1 && std::abs(column - c) <= 1;
            };
            const int64_t taps = (row % 23 == 0 ? 2 : 3) * (column % 23 == 0 ? 2 : 3);
            const float value = y[pixel(row, column)];
            if (sees(15, 16))
                ASSERT_TRUE(std::isnan(value)) << row << ", " << column;
            else
                ASSERT_EQ(value, sees(5, 6)    ? INFINITY
                                 : sees(20, 3) ? 3e38F
                                               : 16.0F * static_cast<float>(taps))
                    << row << ", " << column;
        }
    }
}

TEST(Convolution, NullForWhatIsNotThere) {
    std::mt19937 random(5);
    ConvolutionSpec spec = make(random, 2, false);
    spec.lhs = spec.rhs = spec.out = ElementType::kF64;
    EXPECT_EQ(makeConvolutionStep(spec), nullptr);
    spec.lhs = spec.rhs = spec.out = ElementType::kF32;
    spec.batch_group_count = 2;
    EXPECT_EQ(makeConvolutionStep(spec), nullptr);
    spec.batch_group_count = 1;
    spec.window_strides.clear();
    EXPECT_THROW(makeConvolutionStep(spec), Error);
}

}  // namespace
}  // namespace optirs::plugin
