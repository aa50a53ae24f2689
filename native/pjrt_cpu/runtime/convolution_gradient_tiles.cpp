// The gradient with respect to a kernel as products of tiles: for every place of the kernel
//     dw[i, o] = sum over the pixels of x, moved to that place, [i, pixel] g[pixel, o].
// Blocks of x are packed once for all places, with the padding that the convolution gives it: a place is
// where the tile kernels begin to read.
#include <algorithm>

#include "pjrt_cpu/runtime/convolution_geometry.h"
#include "src/cpu/pack_block.h"
#include "src/cpu/thread_pool.h"
#include "src/cpu/tile_kernels.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kFloat = sizeof(float);
/// Pixels of g that are summed in registers: their panel of columns and a strip of x fill the first cache.
constexpr int64_t kPixels = 320;
/// Of g, packed for all threads.
constexpr int64_t kPackedBytes = int64_t{4} << 20;
/// Channels of x in a task, in strips of the kernels' rows.
constexpr int64_t kTaskStrips = 3;
constexpr int64_t kFewestTasks = 8;
/// With fewer channels most of a tile is empty.
constexpr int64_t kFewestChannels = 16;

class TileGradientStep final : public Step {
 public:
    TileGradientStep(ConvolutionSpec spec, const ConvolutionView& x, const ConvolutionView& g,
                     const ConvolutionView& w, const ConvolutionGeometry& geometry)
        : spec_(std::move(spec)),
          kernels_(cpu::tileKernels()),
          x_(x),
          g_(g),
          w_(w),
          low_{geometry.padding_low[0], geometry.padding_low[1]},
          padded_width_(g.dims[3] + w.dims[3] - 1),
          chunk_rows_(std::clamp<int64_t>(kPixels / g.dims[3], 1, g.dims[2])),
          chunks_(ceilOf(g.dims[2], chunk_rows_)),
          inputs_{kernels_.rows, x.strides[1], x.strides[3]},
          outputs_{kernels_.panel_width, g.strides[1], g.strides[3]},
          strip_groups_(ceilOf(inputs_.strips(x.dims[1]), kTaskStrips)),
          panel_groups_(std::clamp<int64_t>(kFewestTasks / strip_groups_, 1, outputs_.strips(g.dims[1]))) {}

    void run(const Frame& frame) const override {
        const auto at = [&](int32_t allocation) {
            return reinterpret_cast<float*>(frame.buffers[static_cast<size_t>(allocation)]);
        };
        const float* x = at(spec_.lhs_allocation);
        const float* g = at(spec_.rhs_allocation);
        const int64_t image = outputs_.strips(g_.dims[1]) * outputs_.width * g_.dims[2] * g_.dims[3];
        const int64_t together = std::clamp<int64_t>(kPackedBytes / kFloat / image, 1, g_.dims[0]);
        float* const packed = scratchFloats(ScratchSlot::kRhs, together * image);
        float* const sums = scratchFloats(ScratchSlot::kOut, taskCount() * taskSums());
        for (int64_t first = 0; first < g_.dims[0]; first += together) {
            const int64_t images = std::min(together, g_.dims[0] - first);
            frame.pool.parallelFor(images * chunks_, 1, [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) packOutputs(g, first, i, packed);
            });
            frame.pool.parallelFor(taskCount(), 1, [&](int64_t begin, int64_t end) {
                for (int64_t task = begin; task < end; ++task) {
                    for (int64_t i = 0; i < images * chunks_; ++i)
                        addChunk(task, x, first, i, packed, sums + task * taskSums());
                }
            });
        }
        float* const out = at(spec_.out_allocation);
        frame.pool.parallelFor(taskCount(), 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) write(task, sums + task * taskSums(), out);
        });
    }

    std::string describe() const override {
        return optirs::plugin::describe(spec_) + " as a gradient by tiles in " + std::to_string(taskCount()) +
               " tasks";
    }

 private:
    /// Channels of x and of g that a task multiplies.
    struct Channels {
        int64_t input, inputs;
        int64_t output, outputs;
    };

    int64_t taskCount() const { return strip_groups_ * panel_groups_; }
    int64_t places() const { return w_.dims[2] * w_.dims[3]; }
    int64_t taskPanels() const { return ceilOf(outputs_.strips(g_.dims[1]), panel_groups_); }
    int64_t taskSums() const {
        return places() * kTaskStrips * inputs_.width * taskPanels() * outputs_.width;
    }
    int64_t rowsOf(int64_t chunk) const {
        return std::min(chunk_rows_, g_.dims[2] - chunk % chunks_ * chunk_rows_);
    }

    Channels channelsOf(int64_t task) const {
        const int64_t input = task % strip_groups_ * kTaskStrips * inputs_.width;
        const int64_t output = task / strip_groups_ * taskPanels() * outputs_.width;
        return {input, std::min(kTaskStrips * inputs_.width, x_.dims[1] - input), output,
                std::clamp<int64_t>(g_.dims[1] - output, 0, taskPanels() * outputs_.width)};
    }

    /// Where the packed panels of a chunk begin.
    int64_t packedOffset(int64_t chunk) const {
        const int64_t row = chunk / chunks_ * g_.dims[2] + chunk % chunks_ * chunk_rows_;
        return row * g_.dims[3] * outputs_.strips(g_.dims[1]) * outputs_.width;
    }

    /// Panel after panel of the channels of a chunk of g, pixel after pixel.
    void packOutputs(const float* g, int64_t first_image, int64_t chunk, float* packed) const {
        const float* from = g + (first_image + chunk / chunks_) * g_.strides[0] +
                            chunk % chunks_ * chunk_rows_ * g_.strides[2];
        const int64_t rows = rowsOf(chunk);
        const int64_t row_size = g_.dims[3] * outputs_.width;
        float* to = packed + packedOffset(chunk);
        for (int64_t row = 0; row < rows; ++row)
            cpu::packBlock(outputs_, from + row * g_.strides[2], g_.dims[1], g_.dims[3], to + row * row_size,
                           rows * row_size);
    }

    /// Strip after strip of channels of x, the rows that `rows` rows of g see from `first_row` on, with zeros
    /// around the image.
    void packInputs(const float* x, const Channels& channels, int64_t first_row, int64_t rows,
                    float* to) const {
        const int64_t width = inputs_.width;
        const int64_t pitch = rows * padded_width_ * width;
        const int64_t right = low_[1] + x_.dims[3];
        for (int64_t row = 0; row < rows; ++row, to += padded_width_ * width) {
            const int64_t from = first_row + row - low_[0];
            const bool inside = from >= 0 && from < x_.dims[2];
            for (int64_t strip = 0; strip < inputs_.strips(channels.inputs); ++strip) {
                float* const line = to + strip * pitch;
                std::fill(line, line + (inside ? low_[1] : padded_width_) * width, 0.0F);
                if (inside) std::fill(line + right * width, line + padded_width_ * width, 0.0F);
            }
            if (inside)
                cpu::packBlock(inputs_, x + from * x_.strides[2] + channels.input * x_.strides[1],
                               channels.inputs, x_.dims[3], to + low_[1] * width, pitch);
        }
    }

    void addChunk(int64_t task, const float* x, int64_t first_image, int64_t chunk, const float* packed,
                  float* sums) const {
        const Channels channels = channelsOf(task);
        const int64_t rows = rowsOf(chunk);
        const int64_t image = first_image + chunk / chunks_;
        const int64_t input_rows = rows + w_.dims[2] - 1;
        const int64_t strip_size = input_rows * padded_width_ * inputs_.width;
        float* const strips = scratchFloats(ScratchSlot::kLhs, kTaskStrips * strip_size);
        packInputs(x + image * x_.strides[0], channels, chunk % chunks_ * chunk_rows_, input_rows, strips);
        const float* panel = packed + packedOffset(chunk) + channels.output * rows * g_.dims[3];
        const int64_t row_floats = taskPanels() * outputs_.width;
        cpu::TileBlock block{};
        block.left_bytes = kFloat;
        block.left_step = inputs_.width * kFloat;
        block.left_skip = (w_.dims[3] - 1) * inputs_.width * kFloat;
        block.out_bytes = row_floats * kFloat;
        block.steps = g_.dims[3];
        block.more_runs = rows - 1;
        block.width = outputs_.width;
        block.accumulate = image > 0 || chunk > 0;
        for (int64_t column = 0; column < channels.outputs; column += outputs_.width) {
            block.right = reinterpret_cast<const std::byte*>(panel);
            for (int64_t row = 0; row < channels.inputs; row += inputs_.width) {
                const float* const strip = strips + row / inputs_.width * strip_size;
                const int64_t count = std::min(inputs_.width, channels.inputs - row);
                for (int64_t place = 0; place < places(); ++place) {
                    const int64_t pixel = place / w_.dims[3] * padded_width_ + place % w_.dims[3];
                    block.left = reinterpret_cast<const std::byte*>(strip + pixel * inputs_.width);
                    block.out = reinterpret_cast<std::byte*>(
                        sums + (place * kTaskStrips * inputs_.width + row) * row_floats + column);
                    kernels_.of_rows[count - 1](block);
                }
            }
            panel += rows * g_.dims[3] * outputs_.width;
        }
    }

    void write(int64_t task, const float* sums, float* out) const {
        const Channels channels = channelsOf(task);
        const int64_t row_floats = taskPanels() * outputs_.width;
        for (int64_t place = 0; place < places(); ++place) {
            for (int64_t i = 0; i < channels.inputs; ++i) {
                const float* from = sums + (place * kTaskStrips * inputs_.width + i) * row_floats;
                float* to = out + place / w_.dims[3] * w_.strides[2] + place % w_.dims[3] * w_.strides[3] +
                            (channels.input + i) * w_.strides[1] + channels.output * w_.strides[0];
                for (int64_t o = 0; o < channels.outputs; ++o) to[o * w_.strides[0]] = from[o];
            }
        }
    }

    ConvolutionSpec spec_;
    const cpu::TileKernels& kernels_;
    ConvolutionView x_, g_, w_;  // [batch, channel, row, column], [output, input, row, column]
    int64_t low_[2];
    int64_t padded_width_;
    int64_t chunk_rows_, chunks_;  // of an image of g
    cpu::PackedSide inputs_, outputs_;
    int64_t strip_groups_, panel_groups_;
};

}  // namespace

std::unique_ptr<Step> makeTileGradientStep(const ConvolutionSpec& spec, const ConvolutionView& x,
                                           const ConvolutionView& g, const ConvolutionView& w,
                                           const ConvolutionGeometry& geometry) {
    constexpr size_t kPlane = 4;  // batch, channel, row, column
    if (!cpu::packsBlocks() || spec.out != ElementType::kF32 || x.dims.size() != kPlane ||
        x.dims[1] < kFewestChannels || g.dims[1] < kFewestChannels)
        return nullptr;
    const auto differs = [](int64_t from) { return [from](int64_t value) { return value != from; }; };
    if (std::ranges::any_of(geometry.strides, differs(1)) ||
        std::ranges::any_of(geometry.dilations, differs(0)))
        return nullptr;
    return std::make_unique<TileGradientStep>(spec, x, g, w, geometry);
}

}  // namespace optirs::plugin
