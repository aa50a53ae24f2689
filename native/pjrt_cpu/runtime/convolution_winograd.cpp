// Convolutions of 3x3 with fewer multiplications: see src/cpu/winograd.h. Sums of four or so numbers come
// before the products: the result is about twice as far from the exact one as a direct convolution's, and
// what is not finite spreads over its patch. Then, which is seen by the result, the direct one does it again.
#include <algorithm>
#include <array>
#include <atomic>

#include "pjrt_cpu/runtime/convolution_geometry.h"
#include "pjrt_cpu/runtime/strided_copy.h"
#include "src/cpu/thread_pool.h"
#include "src/cpu/tile_gemm.h"
#include "src/cpu/winograd.h"

namespace optirs::plugin {
namespace {

using cpu::kWinogradPlaces;

constexpr int64_t kFloat = sizeof(float);
/// What a task's patches and their products may take of the caches.
constexpr int64_t kTaskBytes = int64_t{3} << 19;
constexpr int64_t kFewestTasks = 16;
constexpr int64_t kFewestPatches = 24;
/// Below these the transformations cost more than they save.
constexpr int64_t kFewestChannels = 16;
constexpr int64_t kFewestPatchesInAll = 96;
/// The same where channels come first, and images are copied to have them last.
constexpr int64_t kFewestCopiedChannels = 64;
/// Rows of the kernel's panels that stay in the first cache.
constexpr int64_t kDepth = 384;
/// Input channels whose kernels are transformed together: their numbers share cache lines in some layouts.
constexpr int64_t kKernelGrain = 16;

int64_t roundUp(int64_t value, int64_t multiple) { return ceilOf(value, multiple) * multiple; }

/// Vectors hold channels, so they have to be last: a copy that makes them so; the view becomes that of it.
StridedCopy lastChannels(ConvolutionView& view) {
    StridedCopy copy{{}, ElementType::kF32, ElementType::kF32};
    const int64_t column = view.dims[1];
    const int64_t row = view.dims[3] * column;
    const dnnl::memory::dims strides = {view.dims[2] * row, 1, row, column};
    for (size_t d = 0; d < strides.size(); ++d)
        copy.dims.push_back({view.dims[d], view.strides[d], strides[d]});
    view.strides = strides;
    return copy;
}

int64_t elements(const ConvolutionView& view) {
    return view.dims[0] * view.dims[1] * view.dims[2] * view.dims[3];
}

class WinogradStep final : public Step {
 public:
    WinogradStep(const ConvolutionSpec& spec, ConvolutionView x, ConvolutionView w, ConvolutionView y,
                 std::unique_ptr<Step> direct)
        : spec_(spec), x_(std::move(x)), w_(std::move(w)), y_(std::move(y)), direct_(std::move(direct)) {
        if (x_.strides[1] != 1) x_copy_ = normalized(lastChannels(x_));
        if (y_.strides[1] != 1) {
            y_copy_ = lastChannels(y_);
            for (StridedCopy::Dim& dim : y_copy_.dims) std::swap(dim.from_stride, dim.to_stride);
            y_copy_ = normalized(std::move(y_copy_));
        }
        constexpr int64_t kLine = 16;
        inputs_ = roundUp(x_.dims[1], kLine);
        outputs_ = roundUp(y_.dims[1], cpu::panelWidth());
        down_ = ceilOf(y_.dims[2], 2);
        across_ = ceilOf(y_.dims[3], 2);
        patches_ = y_.dims[0] * down_ * across_;
        const int64_t most = kTaskBytes / kFloat / kWinogradPlaces / (inputs_ + outputs_);
        together_ = std::clamp(std::min(most, patches_ / kFewestTasks), kFewestPatches, patches_);
    }

    void run(const Frame& frame) const override {
        const auto at = [&](int32_t allocation) {
            return reinterpret_cast<float*>(frame.buffers[static_cast<size_t>(allocation)]);
        };
        const float* x = at(spec_.lhs_allocation);
        const float* w = at(spec_.rhs_allocation);
        float* const result = at(spec_.out_allocation);
        float* const y = y_copy_.dims.empty() ? result : scratchFloats(ScratchSlot::kColumns, elements(y_));
        if (!x_copy_.dims.empty()) {
            float* const copy = scratchFloats(ScratchSlot::kPanels, elements(x_));
            optirs::plugin::run(x_copy_, reinterpret_cast<const std::byte*>(x),
                                reinterpret_cast<std::byte*>(copy), frame.pool);
            x = copy;
        }
        float* const kernels = scratchFloats(ScratchSlot::kRhs, kWinogradPlaces * kernelSize());
        frame.pool.parallelFor(w_.dims[1], kKernelGrain, [&](int64_t begin, int64_t end) {
            for (int64_t input = begin; input < end; ++input) transformKernels(w, input, kernels);
        });
        std::atomic<bool> finite{true};
        frame.pool.parallelFor(ceilOf(patches_, together_), 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) {
                const int64_t first = task * together_;
                if (!convolve(x, kernels, first, std::min(together_, patches_ - first), y))
                    finite.store(false, std::memory_order_relaxed);
            }
        });
        if (!finite.load(std::memory_order_relaxed)) {
            direct_->run(frame);
        } else if (!y_copy_.dims.empty()) {
            optirs::plugin::run(y_copy_, reinterpret_cast<const std::byte*>(y),
                                reinterpret_cast<std::byte*>(result), frame.pool);
        }
    }

    std::string describe() const override {
        return optirs::plugin::describe(spec_) + " by Winograd F(2x2, 3x3) in " +
               std::to_string(ceilOf(patches_, together_)) + " tasks, or " + direct_->describe();
    }

 private:
    int64_t kernelSize() const { return cpu::packedSize(w_.dims[1], w_.dims[0]); }

    /// The kernels of one input channel, into the panels of all places.
    void transformKernels(const float* w, int64_t input, float* kernels) const {
        constexpr int64_t kTaps = 9;
        const int64_t width = cpu::panelWidth();
        float* const taps = scratchFloats(ScratchSlot::kLhs, (kTaps + kWinogradPlaces) * outputs_);
        float* const places = taps + kTaps * outputs_;
        std::array<const float*, kTaps> rows;
        for (int64_t tap = 0; tap < kTaps; ++tap) {
            const float* from = w + input * w_.strides[1] + tap / 3 * w_.strides[2] + tap % 3 * w_.strides[3];
            float* const row = taps + tap * outputs_;
            for (int64_t o = 0; o < w_.dims[0]; ++o) row[o] = from[o * w_.strides[0]];
            std::fill(row + w_.dims[0], row + outputs_, 0.0F);
            rows[static_cast<size_t>(tap)] = row;
        }
        cpu::winogradKernel(rows.data(), outputs_, places, outputs_);
        for (int64_t place = 0; place < kWinogradPlaces; ++place) {
            const float* from = places + place * outputs_;
            float* to = kernels + place * kernelSize() + input * width;
            for (int64_t o = 0; o < outputs_; o += width, to += w_.dims[1] * width)
                std::copy_n(from + o, width, to);
        }
    }

    /// Patches from `first` on; whether their results are finite.
    bool convolve(const float* x, const float* kernels, int64_t first, int64_t count, float* y) const {
        const int64_t input_pitch = together_ * inputs_;
        const int64_t product_pitch = together_ * outputs_;
        float* const patches = scratchFloats(ScratchSlot::kWork, kWinogradPlaces * input_pitch);
        float* const products = scratchFloats(ScratchSlot::kOut, kWinogradPlaces * product_pitch);
        float* const outside = scratchFloats(ScratchSlot::kLhs, std::max(inputs_, outputs_));
        std::fill_n(outside, inputs_, 0.0F);
        for (int64_t i = 0; i < count; ++i)
            cpu::winogradInput(pixelsOf(x, first + i, outside).data(), x_.dims[1], patches + i * inputs_,
                               input_pitch);
        for (int64_t place = 0; place < kWinogradPlaces; ++place) {
            for (int64_t k = 0; k < x_.dims[1]; k += kDepth)
                cpu::multiplyTile({patches + place * input_pitch + k, inputs_, 1},
                                  kernels + place * kernelSize(), x_.dims[1], k, count, outputs_,
                                  std::min(kDepth, x_.dims[1] - k), k > 0, products + place * product_pitch,
                                  outputs_);
        }
        bool finite = true;
        for (int64_t i = 0; i < count; ++i)
            finite &= cpu::winogradOutput(products + i * outputs_, product_pitch, y_.dims[1],
                                          resultsOf(y, first + i, outside).data());
        return finite;
    }

    struct Place {
        int64_t image, row, column;
    };
    Place placeOf(int64_t patch) const {
        return {patch / across_ / down_, patch / across_ % down_ * 2, patch % across_ * 2};
    }

    /// The 4x4 pixels of a patch; `outside` for those beyond the image.
    std::array<const float*, 16> pixelsOf(const float* x, int64_t patch, const float* outside) const {
        const Place at = placeOf(patch);
        std::array<const float*, 16> pixels;
        for (int64_t i = 0; i < 16; ++i) {
            const int64_t row = at.row + i / 4 - spec_.padding_low[0];
            const int64_t column = at.column + i % 4 - spec_.padding_low[1];
            const bool inside = row >= 0 && row < x_.dims[2] && column >= 0 && column < x_.dims[3];
            pixels[static_cast<size_t>(i)] =
                inside ? x + at.image * x_.strides[0] + row * x_.strides[2] + column * x_.strides[3]
                       : outside;
        }
        return pixels;
    }

    std::array<float*, 4> resultsOf(float* y, int64_t patch, float* outside) const {
        const Place at = placeOf(patch);
        std::array<float*, 4> pixels;
        for (int64_t i = 0; i < 4; ++i) {
            const int64_t row = at.row + i / 2;
            const int64_t column = at.column + i % 2;
            pixels[static_cast<size_t>(i)] =
                row < y_.dims[2] && column < y_.dims[3]
                    ? y + at.image * y_.strides[0] + row * y_.strides[2] + column * y_.strides[3]
                    : outside;
        }
        return pixels;
    }

    ConvolutionSpec spec_;
    ConvolutionView x_, w_, y_;    // [batch, channel, row, column], [output, input, row, column]
    StridedCopy x_copy_, y_copy_;  // where channels come first
    std::unique_ptr<Step> direct_;
    int64_t inputs_, outputs_;         // channels, rounded up
    int64_t down_, across_, patches_;  // of an image, and of all
    int64_t together_;                 // patches of a task
};

bool isWorthwhile(const ConvolutionSpec& spec, const ConvolutionView& x, const ConvolutionView& w,
                  const ConvolutionView& y) {
    constexpr size_t kPlane = 4;
    if (spec.out != ElementType::kF32 || spec.is_exact || spec.feature_group_count != 1 ||
        x.dims.size() != kPlane || w.dims[2] != 3 || w.dims[3] != 3)
        return false;
    const bool copies = x.strides[1] != 1 || y.strides[1] != 1;
    if (std::min(x.dims[1], y.dims[1]) < (copies ? kFewestCopiedChannels : kFewestChannels)) return false;
    const auto is_one = [](int64_t value) { return value == 1; };
    if (!std::ranges::all_of(spec.window_strides, is_one) ||
        !std::ranges::all_of(spec.lhs_dilation, is_one) || !std::ranges::all_of(spec.rhs_dilation, is_one) ||
        std::ranges::find(spec.window_reversal, true) != spec.window_reversal.end())
        return false;
    return y.dims[0] * ceilOf(y.dims[2], 2) * ceilOf(y.dims[3], 2) >= kFewestPatchesInAll;
}

}  // namespace

std::unique_ptr<Step> orWinograd(const ConvolutionSpec& spec, std::unique_ptr<Step> direct) {
    ConvolutionView x = convolutionView(spec.lhs_shape, spec.input_batch_dimension,
                                        spec.input_feature_dimension, spec.input_spatial_dimensions);
    ConvolutionView w = convolutionView(spec.rhs_shape, spec.kernel_output_feature_dimension,
                                        spec.kernel_input_feature_dimension, spec.kernel_spatial_dimensions);
    ConvolutionView y = convolutionView(spec.out_shape, spec.output_batch_dimension,
                                        spec.output_feature_dimension, spec.output_spatial_dimensions);
    if (direct == nullptr || !isWorthwhile(spec, x, w, y)) return direct;
    return std::make_unique<WinogradStep>(spec, std::move(x), std::move(w), std::move(y), std::move(direct));
}

}  // namespace optirs::plugin
