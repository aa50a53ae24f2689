// The compiled kernels inside this library: one fat binary per kernel file, where the build had the CUDA
// compiler (./build.sh cuda), and none otherwise.
#pragma once

#include <string>
#include <string_view>

namespace optirs::cuda {

/// The fat binary of a file of native/src/cuda/kernels, by its name without ending; NULL if it is not there.
const void* kernelImage(std::string_view name) noexcept;

/// For the version line: "kernels for sm_80, sm_90a and PTX 8.0", or that there are none.
std::string kernelImagesText();

}  // namespace optirs::cuda
