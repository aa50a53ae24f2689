#include "src/cuda/mx.h"

#include <array>

namespace optirs::cuda {
namespace {

constexpr const char* kFile = "mx";

/// A kernel by format and element type.
using Names = std::array<std::array<const char*, 3>, 4>;
#define OPTIRS_TYPES(prefix) {prefix "_f32", prefix "_bf16", prefix "_f16"}
#define OPTIRS_NAMES(prefix)                                                                               \
    Names {                                                                                                \
        {                                                                                                  \
            OPTIRS_TYPES(prefix "_mxe4m3"), OPTIRS_TYPES(prefix "_mxe5m2"), OPTIRS_TYPES(prefix "_mxfp4"), \
                OPTIRS_TYPES(prefix "_nvfp4")                                                              \
        }                                                                                                  \
    }

const char* nameOf(const Names& names, MxFormat format, Element element) {
    return names[static_cast<size_t>(format)][static_cast<size_t>(element)];
}

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

}  // namespace

void quantizeMx(const Queue& queue, MxFormat format, Element from, bool is_transposed,
                const QuantizeMxArguments& arguments) {
    static constexpr Names kPlain = OPTIRS_NAMES("quantize");
    static constexpr Names kTransposed = OPTIRS_NAMES("quantize_transposed");
    const int64_t block = format == MxFormat::kNvfp4 ? 16 : 32;
    const int64_t lanes = is_transposed ? 1 : block / 4;
    const int64_t threads = arguments.rows * ceilDiv(arguments.columns, block) * lanes;
    launchKernel(queue, {kFile, nameOf(is_transposed ? kTransposed : kPlain, format, from)},
                 ceilDiv(threads, kThreads), &arguments);
}

void dequantizeMx(const Queue& queue, MxFormat format, Element to, const DequantizeMxArguments& arguments) {
    static constexpr Names kNames = OPTIRS_NAMES("dequantize");
    const int64_t threads = arguments.rows * ceilDiv(arguments.columns, kMxDecoded);
    launchKernel(queue, {kFile, nameOf(kNames, format, to)}, ceilDiv(threads, kThreads), &arguments);
}

void mxTensorScale(const Queue& queue, const MxTensorScaleArguments& arguments) {
    launchKernel(queue, {kFile, "mx_tensor_scale"}, 1, &arguments);
}

void mxFactors(const Queue& queue, const MxFactorsArguments& arguments) {
    launchKernel(queue, {kFile, "mx_factors"}, 1, &arguments);
}

}  // namespace optirs::cuda
