#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

enum class RngGenerator : uint8_t {
    kThreeFry,  ///< Threefry-2x32, 20 rounds; state u64[2] = {key, counter}
    kPhilox     ///< Philox-4x32, 10 rounds; state u64[2] or u64[3] = {key, counter low, counter high}
};

/// stablehlo.rng_bit_generator (DEFAULT is Philox, as on XLA's CPU). Bit-exact with XLA: state layout, order,
/// next state.
struct RngSpec {
    RngGenerator algorithm = RngGenerator::kThreeFry;
    /// The result: any integer or floating-point type, dense; types of less than 32 bits take the low bits.
    ElementType type{};
    std::vector<int64_t> shape;
    int32_t state_allocation = -1;
    int64_t state_bytes = 16;
    int32_t out_state_allocation = -1;
    int32_t out_allocation = -1;
};

/// Throws INVALID_ARGUMENT when the state's size does not fit the algorithm.
std::unique_ptr<Step> makeRngStep(const RngSpec& spec);

}  // namespace optirs::plugin
