#include "pjrt_cpu/runtime/strided_copy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/stable_order.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kTaskElements = int64_t{1} << 15;

struct Bf16 {
    uint16_t bits;
};
struct F16 {
    uint16_t bits;
};
struct Bytes16 {
    uint64_t parts[2];
};

float toFloat(float value) { return value; }
float toFloat(Bf16 value) { return bf16ToFloat(value.bits); }
float toFloat(F16 value) { return f16ToFloat(value.bits); }

template <class To, class From>
To convert(From value) {
    if constexpr (std::is_same_v<To, From>) {
        return value;
    } else if constexpr (std::is_same_v<To, float>) {
        return toFloat(value);
    } else if constexpr (std::is_same_v<To, Bf16>) {
        return {floatToBf16(toFloat(value))};
    } else {
        return {floatToF16(toFloat(value))};
    }
}

template <class From, class To>
void copyRow(const From* from, int64_t from_stride, To* to, int64_t to_stride, int64_t n) {
    if (from_stride == 1 && to_stride == 1) {
        for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
    } else if (to_stride == 1) {
        for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i * from_stride]);
    } else {
        for (int64_t i = 0; i < n; ++i) to[i * to_stride] = convert<To>(from[i * from_stride]);
    }
}

// Two innermost dimensions in square tiles: a transposition then touches each cache line once, not once per
// element.
template <class From, class To>
void copyPlane(const StridedCopy::Dim& outer, const StridedCopy::Dim& inner, const From* from, To* to) {
    constexpr int64_t kTile = 32;
    if (inner.from_stride == 1 || outer.from_stride != 1) {
        for (int64_t i = 0; i < outer.size; ++i) {
            copyRow(from + i * outer.from_stride, inner.from_stride, to + i * outer.to_stride,
                    inner.to_stride, inner.size);
        }
        return;
    }
    for (int64_t i = 0; i < outer.size; i += kTile) {
        const int64_t i_end = std::min(i + kTile, outer.size);
        for (int64_t j = 0; j < inner.size; j += kTile) {
            const int64_t n = std::min(kTile, inner.size - j);
            for (int64_t row = i; row < i_end; ++row) {
                copyRow(from + row * outer.from_stride + j * inner.from_stride, inner.from_stride,
                        to + row * outer.to_stride + j * inner.to_stride, inner.to_stride, n);
            }
        }
    }
}

template <class From, class To>
void copyAll(const StridedCopy& copy, const std::byte* from_bytes, std::byte* to_bytes, ThreadPool& pool) {
    const auto* from = reinterpret_cast<const From*>(from_bytes);
    auto* to = reinterpret_cast<To*>(to_bytes);
    const auto rank = copy.dims.size();
    // normalized() leaves at least two dims; the last two are a plane, the others are walked.
    int64_t planes = 1;
    for (size_t d = 0; d + 2 < rank; ++d) planes *= copy.dims[d].size;
    const StridedCopy::Dim outer = copy.dims[rank - 2];
    const StridedCopy::Dim inner = copy.dims[rank - 1];
    if (planes == 0 || outer.size == 0 || inner.size == 0) return;
    // Tasks are rows of planes, so that one big plane is shared as well as many small ones.
    const int64_t grain = std::max<int64_t>(1, kTaskElements / inner.size);
    pool.parallelFor(planes * outer.size, grain, [&](int64_t begin, int64_t end) {
        while (begin < end) {
            int64_t plane = begin / outer.size;
            const int64_t row = begin % outer.size;
            const int64_t rows = std::min(end - begin, outer.size - row);
            int64_t from_offset = row * outer.from_stride;
            int64_t to_offset = row * outer.to_stride;
            for (size_t d = rank - 2; d-- > 0;) {
                const StridedCopy::Dim& dim = copy.dims[d];
                from_offset += plane % dim.size * dim.from_stride;
                to_offset += plane % dim.size * dim.to_stride;
                plane /= dim.size;
            }
            copyPlane(StridedCopy::Dim{rows, outer.from_stride, outer.to_stride}, inner, from + from_offset,
                      to + to_offset);
            begin += rows;
        }
    });
}

template <class From>
void dispatchTo(const StridedCopy& copy, const std::byte* from, std::byte* to, ThreadPool& pool) {
    switch (copy.to) {
        case ElementType::kF32:
            return copyAll<From, float>(copy, from, to, pool);
        case ElementType::kBF16:
            return copyAll<From, Bf16>(copy, from, to, pool);
        case ElementType::kF16:
            return copyAll<From, F16>(copy, from, to, pool);
        default:
            break;
    }
    throw internalError("strided copy: no conversion to " + std::string(elementTypeName(copy.to)));
}

}  // namespace

StridedCopy normalized(StridedCopy copy) {
    auto& dims = copy.dims;
    std::erase_if(dims, [](const StridedCopy::Dim& dim) { return dim.size == 1; });
    // Writes in order are worth more than reads in order.
    stableOrder(dims, [](const StridedCopy::Dim& a, const StridedCopy::Dim& b) {
        return std::abs(a.to_stride) > std::abs(b.to_stride);
    });
    for (size_t d = 0; d + 1 < dims.size();) {
        const StridedCopy::Dim& inner = dims[d + 1];
        if (dims[d].from_stride == inner.from_stride * inner.size &&
            dims[d].to_stride == inner.to_stride * inner.size) {
            dims[d] = {dims[d].size * inner.size, inner.from_stride, inner.to_stride};
            dims.erase(dims.begin() + static_cast<ptrdiff_t>(d) + 1);
        } else {
            ++d;
        }
    }
    while (dims.size() < 2) dims.insert(dims.begin(), StridedCopy::Dim{1, 0, 0});
    // The dimension that is contiguous in the source becomes one side of the plane, so that transpositions
    // are tiled.
    const auto contiguous = std::find_if(dims.begin(), dims.end() - 1,
                                         [](const StridedCopy::Dim& dim) { return dim.from_stride == 1; });
    if (contiguous != dims.end() - 1) std::rotate(contiguous, contiguous + 1, dims.end() - 1);
    return copy;
}

void run(const StridedCopy& copy, const std::byte* from, std::byte* to, ThreadPool& pool) {
    if (copy.from == copy.to) {
        switch (byteWidth(copy.from)) {
            case 1:
                return copyAll<uint8_t, uint8_t>(copy, from, to, pool);
            case 2:
                return copyAll<uint16_t, uint16_t>(copy, from, to, pool);
            case 4:
                return copyAll<uint32_t, uint32_t>(copy, from, to, pool);
            case 8:
                return copyAll<uint64_t, uint64_t>(copy, from, to, pool);
            case 16:
                return copyAll<Bytes16, Bytes16>(copy, from, to, pool);
            default:
                break;
        }
    }
    switch (copy.from) {
        case ElementType::kF32:
            return dispatchTo<float>(copy, from, to, pool);
        case ElementType::kBF16:
            return dispatchTo<Bf16>(copy, from, to, pool);
        case ElementType::kF16:
            return dispatchTo<F16>(copy, from, to, pool);
        default:
            break;
    }
    throw internalError("strided copy: no conversion from " + std::string(elementTypeName(copy.from)));
}

}  // namespace optirs::plugin
