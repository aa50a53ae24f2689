#include "src/core/device/architecture.h"

#include <array>
#include <string>

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

// Each generation adds to one before it.
constexpr uint32_t kVolta = OPTIRS_ARCH_TENSOR_F16;
constexpr uint32_t kTuring = kVolta | OPTIRS_ARCH_TENSOR_INT8;
constexpr uint32_t kAmpereClient = kTuring | OPTIRS_ARCH_TENSOR_BF16 | OPTIRS_ARCH_TENSOR_TF32 |
                                   OPTIRS_ARCH_SPARSITY | OPTIRS_ARCH_ASYNC_COPY | OPTIRS_ARCH_KERNELS_NATIVE;
constexpr uint32_t kAmpere = kAmpereClient | OPTIRS_ARCH_TENSOR_F64;
constexpr uint32_t kF8 = OPTIRS_ARCH_TENSOR_F8 | OPTIRS_ARCH_F8_CONVERT;
constexpr uint32_t kAda = kAmpereClient | kF8 | OPTIRS_ARCH_FP8_TN_ONLY;
constexpr uint32_t kHopper = kAmpere | kF8 | OPTIRS_ARCH_FP8_TN_ONLY | OPTIRS_ARCH_TMA |
                             OPTIRS_ARCH_CLUSTERS | OPTIRS_ARCH_WARP_GROUP_MMA;
// A newer major number runs no older machine code: the driver compiles the PTX.
constexpr uint32_t kNoMachineCode = ~uint32_t{OPTIRS_ARCH_KERNELS_NATIVE};
constexpr uint32_t kBlackwellAll = kF8 | OPTIRS_ARCH_TENSOR_F4 | OPTIRS_ARCH_TENSOR_BLOCK_SCALED |
                                   OPTIRS_ARCH_TMA | OPTIRS_ARCH_CLUSTERS | OPTIRS_ARCH_KERNELS_PTX;
constexpr uint32_t kBlackwell = ((kAmpere | kBlackwellAll) & kNoMachineCode) | OPTIRS_ARCH_TENSOR_MEMORY;
constexpr uint32_t kBlackwellClient = (kAmpereClient | kBlackwellAll) & kNoMachineCode;

// Limits: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
constexpr std::array<optirs_architecture, 10> kArchitectures = {{
    {7, 0, "Volta", "V100", kVolta, 2048, 96, 96, 9000, 12090},
    {7, 5, "Turing", "T4, RTX 20", kTuring, 1024, 64, 64, 10000, 0},
    {8, 0, "Ampere", "A100, A30", kAmpere, 2048, 164, 163, 11000, 0},
    {8, 6, "Ampere", "A10, A40, RTX 30", kAmpereClient, 1536, 100, 99, 11010, 0},
    {8, 9, "Ada", "L4, L40S, RTX 40", kAda, 1536, 100, 99, 11080, 0},
    {9, 0, "Hopper", "H100, H200, GH200", kHopper, 2048, 228, 227, 11080, 0},
    {10, 0, "Blackwell", "B100, B200, GB200", kBlackwell, 2048, 228, 227, 12080, 0},
    {10, 3, "Blackwell Ultra", "B300, GB300", kBlackwell, 2048, 228, 227, 12090, 0},
    {12, 0, "Blackwell", "RTX 50, RTX PRO 6000", kBlackwellClient, 1536, 100, 99, 12080, 0},
    {12, 1, "Blackwell", "GB10 (DGX Spark)", kBlackwellClient, 1536, 100, 99, 12090, 0},
}};

}  // namespace

std::span<const optirs_architecture> architectures() noexcept { return kArchitectures; }

const optirs_architecture& findArchitecture(int32_t major, int32_t minor) {
    std::string known;
    for (const optirs_architecture& architecture : kArchitectures) {
        if (architecture.major == major && architecture.minor == minor) {
            return architecture;
        }
        known += concat(known.empty() ? "" : ", ", architecture.major, ".", architecture.minor);
    }
    throw Error(Code::kNotFound,
                concat("there is no architecture ", major, ".", minor, " in the table; there are ", known));
}

}  // namespace optirs::core
