#pragma once

#include <cstdint>
#include <memory>

#include "pjrt_cpu/ir/element_type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// The state of one execution's stablehlo.rng operations: u64[2] = {key, next counter}.
constexpr int64_t kRandomStateBytes = 16;

/// Starts the state. The key follows from the execution and the replica: the partitions of one replica draw
/// the same numbers, another execution and another replica draw others. The bits depend on nothing else.
std::unique_ptr<Step> makeRandomStateStep(int32_t state_allocation);

/// stablehlo.rng: `count` numbers, uniform on [a, b) or normal with mean a and standard deviation b, by
/// Philox. Each execution of the step advances the state.
struct RandomNumbersSpec {
    ElementType type = ElementType::kF32;  ///< of a, b and the result: any float, integer or i1
    int64_t count = 0;
    bool normal = false;
    int32_t a_allocation = -1;
    int32_t b_allocation = -1;
    int32_t state_allocation = -1;
    int32_t out_allocation = -1;
};

/// Throws INVALID_ARGUMENT on normal numbers of a type that is no float, UNIMPLEMENTED for other types.
std::unique_ptr<Step> makeRandomNumbersStep(const RandomNumbersSpec& spec);

}  // namespace optirs::plugin
