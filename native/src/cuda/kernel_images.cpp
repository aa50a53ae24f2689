#include "src/cuda/kernel_images.h"

#include <span>

// Declarations and rows are written by CMake, one for each fat binary that it found.
extern "C" {
#include "image_symbols.inc"
}

namespace optirs::cuda {
namespace {

struct Image {
    std::string_view name;
    const unsigned char* data;
};

// The last row keeps the array from being empty.
constexpr Image kImages[] = {
#include "image_rows.inc"
    {{}, nullptr},
};

constexpr std::span<const Image> images() { return std::span(kImages).first(std::size(kImages) - 1); }

}  // namespace

const void* kernelImage(std::string_view name) noexcept {
    for (const Image& image : images()) {
        if (image.name == name) {
            return image.data;
        }
    }
    return nullptr;
}

std::string kernelImagesText() {
    return images().empty() ? "built without kernels (./build.sh cuda compiles them)"
                            : "kernels for sm_80, sm_90a and PTX 8.0";
}

}  // namespace optirs::cuda
