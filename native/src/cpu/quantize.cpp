#include "src/cpu/quantize.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <vector>

#include "src/cpu/pointwise_kernels.h"
#include "src/cpu/rows.h"
#include "src/cpu/transpose.h"

namespace optirs::cpu {
namespace {

/// Elements that a thread takes at a time.
constexpr int64_t kGrain = 16384;

float maxValue(Element type) { return type == Element::kE4M3 ? E4M3::kMax : E5M2::kMax; }

/// Elements of a tensor from an offset on.
struct Run {
    explicit Run(const optirs_dl_tensor& tensor)
        : type(elementOf(tensor.dtype)), data(dataOf<char>(tensor)) {}

    void* at(int64_t offset) const { return data + offset * byteSize(type); }

    Element type;
    char* data;
};

/// Memory of the calling thread that grows only.
template <class T>
std::vector<T>& scratch(int64_t size) {
    thread_local std::vector<T> memory;
    if (memory.size() < static_cast<size_t>(size)) {
        memory.resize(static_cast<size_t>(size));
    }
    return memory;
}

/// Calls body(offset, count), which returns the bits of a largest magnitude, for all elements, and writes the
/// largest to amax if that is wanted.
template <class Body>
void forElements(int64_t count, const optirs_dl_tensor* amax, ThreadPool& pool, const Body& body) {
    const int64_t length = ThreadPool::rangeLength(count, kGrain);
    std::vector<uint32_t>& largest = scratch<uint32_t>(count / length + 1);
    const int64_t ranges = (count + length - 1) / length;
    pool.parallelFor(count, kGrain, [&](int64_t begin, int64_t end) {
        largest[static_cast<size_t>(begin / length)] = body(begin, end - begin);
    });
    if (amax != nullptr) {
        uint32_t bits = 0;
        for (int64_t i = 0; i < ranges; ++i) {
            bits = std::max(bits, largest[static_cast<size_t>(i)]);
        }
        *dataOf<float>(*amax) = std::bit_cast<float>(bits);
    }
}

}  // namespace

void run(const optirs_amax_args& args, ThreadPool& pool) {
    const Run x(*args.x);
    forElements(elementCount(*args.x), args.amax, pool,
                [&](int64_t begin, int64_t count) { return maxMagnitude(x.type, x.at(begin), count); });
}

namespace {

/// out = x scale, past the caches where that is possible; amax receives the largest magnitude of x, if
/// wanted.
void cast(const optirs_dl_tensor& x_tensor, float scale, const optirs_dl_tensor& out_tensor,
          const optirs_dl_tensor* amax, ThreadPool& pool) {
    constexpr int64_t kBlock = 2048;
    const Run x(x_tensor);
    const Run out(out_tensor);
    const bool streams = canStream(out_tensor, kBlock, x_tensor);
    forElements(elementCount(x_tensor), amax, pool, [&](int64_t begin, int64_t count) {
        if (!streams) {
            return convert(x.type, x.at(begin), scale, out.type, out.at(begin), count);
        }
        alignas(64) float staging[kBlock];
        uint32_t largest = 0;
        for (int64_t i = begin; i < begin + count; i += kBlock) {
            const int64_t length = std::min(kBlock, begin + count - i);
            const bool is_whole = length == kBlock;
            void* to = is_whole ? static_cast<void*>(staging) : out.at(i);
            largest = std::max(largest, convert(x.type, x.at(i), scale, out.type, to, length));
            if (is_whole) {
                streamBytes(out.at(i), staging, length * byteSize(out.type));
            }
        }
        streamFence();
        return largest;
    });
}

}  // namespace

void run(const optirs_quantize_args& args, ThreadPool& pool) {
    cast(*args.x, scalarOr(args.scale, 1.0F), *args.out, args.amax, pool);
}

void run(const optirs_dequantize_args& args, ThreadPool& pool) {
    cast(*args.x, scalarOr(args.scale_inv, 1.0F), *args.out, nullptr, pool);
}

namespace {

constexpr int64_t kCastColumns = 512;

/// What a cast with transposition takes for x: x itself, or f32 in `staging`.
class Activation {
 public:
    explicit Activation(const optirs_cast_transpose_args& args)
        : kind_(args.activation), x_(*args.x), aux_(args.aux != nullptr ? *args.aux : *args.x) {}

    Element type() const { return kind_ == OPTIRS_ACTIVATION_NONE ? x_.type : Element::kF32; }

    /// At most kCastColumns elements.
    const void* at(int64_t offset, int64_t count, float* staging) const {
        if (kind_ == OPTIRS_ACTIVATION_NONE) return x_.at(offset);
        convert(x_.type, x_.at(offset), 1.0F, Element::kF32, staging, count);
        if (kind_ == OPTIRS_ACTIVATION_GELU) {
            geluRun(Element::kF32, staging, true, count, staging);
            return staging;
        }
        float aux[kCastColumns];
        convert(aux_.type, aux_.at(offset), 1.0F, Element::kF32, aux, count);
        geluRunBackward(Element::kF32, aux, staging, true, count, staging);
        return staging;
    }

 private:
    int32_t kind_;
    Run x_, aux_;
};

}  // namespace

void run(const optirs_cast_transpose_args& args, ThreadPool& pool) {
    constexpr int64_t kRows = 64;  // a cache line of the transposed
    constexpr int64_t kColumns = kCastColumns;
    const Activation x(args);
    const int64_t rows = args.x->shape[0];
    const int64_t columns = args.x->shape[1];
    const int64_t tiles = columns > 0 ? (rows + kRows - 1) / kRows : 0;
    const float scale = scalarOr(args.scale, 1.0F);
    const Element type = elementOf(args.out_transposed->dtype);
    auto* out = args.out != nullptr ? dataOf<uint8_t>(*args.out) : nullptr;
    auto* out_transposed = dataOf<uint8_t>(*args.out_transposed);
    float* sums = args.dbias != nullptr ? scratch<float>(tiles * columns).data() : nullptr;
    std::vector<uint32_t>& largest = scratch<uint32_t>(tiles);
    pool.parallelFor(tiles, 1, [&](int64_t begin, int64_t end) {
        uint8_t staging[kRows * kColumns];
        float activated[kColumns];
        for (int64_t tile = begin; tile < end; ++tile) {
            const int64_t first = tile * kRows;
            const int64_t height = std::min(kRows, rows - first);
            float* tile_sums = sums != nullptr ? sums + tile * columns : nullptr;
            if (tile_sums != nullptr) {
                std::fill_n(tile_sums, columns, 0.0F);
            }
            uint32_t bits = 0;
            for (int64_t column = 0; column < columns; column += kColumns) {
                const int64_t width = std::min(kColumns, columns - column);
                for (int64_t row = 0; row < height; ++row) {
                    const int64_t offset = (first + row) * columns + column;
                    uint8_t* cast = staging + row * kColumns;
                    const void* from = x.at(offset, width, activated);
                    bits = std::max(bits, convert(x.type(), from, scale, type, cast, width));
                    if (out != nullptr) {
                        std::copy_n(cast, width, out + offset);
                    }
                    if (tile_sums != nullptr) {
                        addTo(tile_sums + column, x.type(), from, width);
                    }
                }
                transposeBytes(staging, kColumns, height, width, out_transposed + column * rows + first,
                               rows);
            }
            largest[static_cast<size_t>(tile)] = bits;
        }
    });
    if (args.amax != nullptr) {
        const auto end = largest.begin() + tiles;
        *dataOf<float>(*args.amax) =
            std::bit_cast<float>(tiles > 0 ? *std::max_element(largest.begin(), end) : 0);
    }
    if (args.dbias == nullptr) {
        return;
    }
    auto* const dbias = dataOf<float>(*args.dbias);
    for (int64_t column = 0; column < columns; ++column) {
        double sum = 0;
        for (int64_t tile = 0; tile < tiles; ++tile) {
            sum += static_cast<double>(sums[tile * columns + column]);
        }
        dbias[column] = static_cast<float>(sum);
    }
}

namespace {

/// The blocks of a matrix, in parallel: body(block, offset of its first element, rows, columns).
template <class Body>
void forMatrixBlocks(const optirs_dl_tensor& matrix, int64_t block_rows, int64_t block_columns,
                     ThreadPool& pool, const Body& body) {
    const int64_t rows = matrix.shape[0];
    const int64_t columns = matrix.shape[1];
    if (rows == 0 || columns == 0) {
        return;
    }
    const int64_t across = (columns + block_columns - 1) / block_columns;
    const int64_t down = (rows + block_rows - 1) / block_rows;
    const int64_t grain =
        std::max<int64_t>(1, kGrain / (std::min(block_rows, rows) * std::min(block_columns, columns)));
    pool.parallelFor(across * down, grain, [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; ++block) {
            const int64_t row = block / across * block_rows;
            const int64_t column = block % across * block_columns;
            body(block, row * columns + column, std::min(block_rows, rows - row),
                 std::min(block_columns, columns - column));
        }
    });
}

/// The scale that brings a largest magnitude to the largest value of the type.
float scaleFor(uint32_t largest, Element type, bool power_of_two) {
    const auto amax = std::bit_cast<float>(largest);
    if (!(amax > 0) || !std::isfinite(amax)) {
        return 1.0F;
    }
    // Kept within the numbers whose reciprocal is a normal number.
    const float scale = std::min(maxValue(type) / amax, 0x1p126F);
    return power_of_two ? std::bit_cast<float>(std::bit_cast<uint32_t>(scale) & 0x7F800000U) : scale;
}

}  // namespace

void run(const optirs_quantize_blocks_args& args, ThreadPool& pool) {
    const Run x(*args.x);
    const Run out(*args.out);
    auto* scale_inv = dataOf<float>(*args.scale_inv);
    const int64_t stride = args.x->shape[1];
    forMatrixBlocks(*args.x, args.block_rows, args.block_columns, pool,
                    [&](int64_t block, int64_t offset, int64_t rows, int64_t columns) {
                        const uint32_t largest = maxMagnitude(x.type, x.at(offset), rows, stride, columns);
                        const float scale = scaleFor(largest, out.type, args.power_of_two != 0);
                        scale_inv[block] = 1.0F / scale;
                        for (int64_t row = 0; row < rows; ++row) {
                            const int64_t at = offset + row * stride;
                            convert(x.type, x.at(at), scale, out.type, out.at(at), columns);
                        }
                    });
}

void run(const optirs_dequantize_blocks_args& args, ThreadPool& pool) {
    const Run x(*args.x);
    const Run out(*args.out);
    const auto* scale_inv = dataOf<float>(*args.scale_inv);
    const int64_t stride = args.x->shape[1];
    forMatrixBlocks(*args.x, args.block_rows, args.block_columns, pool,
                    [&](int64_t block, int64_t offset, int64_t rows, int64_t columns) {
                        for (int64_t row = 0; row < rows; ++row) {
                            const int64_t at = offset + row * stride;
                            convert(x.type, x.at(at), scale_inv[block], out.type, out.at(at), columns);
                        }
                    });
}

void run(const optirs_delayed_scaling_args& args, ThreadPool& /*pool*/) {
    const int64_t length = args.amax_history->shape[0];
    const int64_t count = args.amax_history->shape[1];
    auto* history = dataOf<float>(*args.amax_history);
    auto* scale = dataOf<float>(*args.scale);
    for (int64_t i = 0; i < count; ++i) {
        const float current = history[i];
        uint32_t bits = std::bit_cast<uint32_t>(current);
        for (int64_t row = 1; args.algorithm == OPTIRS_AMAX_MAX && row < length; ++row) {
            bits = std::max(bits, std::bit_cast<uint32_t>(history[row * count + i]));
        }
        for (int64_t row = 1; row + 1 < length; ++row) {
            history[row * count + i] = history[(row + 1) * count + i];
        }
        history[(length - 1) * count + i] = current;
        history[i] = 0;
        const auto amax = std::bit_cast<float>(bits);
        if (std::isfinite(amax) && amax > 0) {
            const double wanted = args.fp8_max / static_cast<double>(amax) / std::exp2(args.margin);
            scale[i] = static_cast<float>(std::min(wanted, static_cast<double>(FLT_MAX)));
        }
        if (args.scale_inv != nullptr) {
            dataOf<float>(*args.scale_inv)[i] = 1.0F / scale[i];
        }
    }
}

}  // namespace optirs::cpu
