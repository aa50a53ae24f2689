#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace optirs::plugin::testing {

/// A program of random operations on i32 tensors, as StableHLO text.
struct RandomProgram {
    /// Returns only the last value.
    std::string fused;
    /// The same operations, and every value is returned: nothing can be fused away. The last output is that
    /// of `fused`.
    std::string unfused;
    /// Returns, for each argument, a value of its shape; nothing is donated.
    std::string step;
    /// The same, each argument donated to its value.
    std::string donated;
    /// `step` three times, in a loop.
    std::string loop;
    /// Numbers of elements of the arguments.
    std::vector<int64_t> argument_sizes;
};

RandomProgram makeRandomProgram(uint32_t seed);

}  // namespace optirs::plugin::testing
