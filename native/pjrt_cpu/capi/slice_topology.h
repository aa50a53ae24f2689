/// @file
/// Slices of TPU chips that a client can pretend to be.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace optirs::plugin {

/// What is public about one generation of chips. Sources: Google Cloud's TPU pages and the JAX project's
/// table of chips. A zero says that nothing is published.
struct TpuGeneration {
    std::string_view name;    ///< "v5e"
    std::string_view prefix;  ///< of accelerator types: "v5litepod-8"
    int64_t devices_per_chip;
    int64_t cores_per_chip;
    int64_t chips_per_host;  ///< of a slice of several hosts
    int64_t hbm_gib;         ///< a chip
    double hbm_gb_per_s;     ///< a chip
    double bf16_tflops;      ///< a chip
    double link_gb_per_s;    ///< one link, one way
    int64_t torus_dims;      ///< 2 or 3
    bool counts_cores;       ///< accelerator types count TensorCores, not chips
};

/// A slice: chips in a grid, one or two devices each. Devices are numbered chip by chip, x fastest.
class SliceTopology {
 public:
    /// "v5e:2x4", or the name of an accelerator type, "v5litepod-8".
    /// @throws Error INVALID_ARGUMENT naming what exists
    static SliceTopology parse(std::string_view text);

    const TpuGeneration& generation() const { return *generation_; }
    const std::array<int64_t, 3>& dims() const { return dims_; }
    /// "v5e:2x4".
    std::string name() const;
    /// "TPU v5e (emulated)".
    std::string deviceKind() const;
    int64_t chipCount() const { return dims_[0] * dims_[1] * dims_[2]; }
    int64_t deviceCount() const { return chipCount() * generation_->devices_per_chip; }
    /// Memory of one device.
    int64_t memoryBytes() const;

    struct Place {
        std::array<int64_t, 3> coords{};  ///< of the chip
        int64_t core_on_chip = 0;
        int64_t host = 0;  ///< which host of the real slice has the chip
    };
    Place place(int64_t device) const;

 private:
    SliceTopology(const TpuGeneration& generation, std::array<int64_t, 3> dims)
        : generation_(&generation), dims_(dims) {}
    const TpuGeneration* generation_;
    std::array<int64_t, 3> dims_;
};

}  // namespace optirs::plugin
