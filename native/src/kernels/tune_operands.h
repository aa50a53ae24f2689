// Operands of calls that are measured.
#pragma once

#include <optirs/dtype.h>

#include <cstddef>
#include <list>
#include <vector>

#include "src/core/device/memory.h"

namespace optirs::kernels {

/// Tensors in device memory, in several sets that are alike: enough of them to exceed the device's cache.
class TuneOperands {
 public:
    /// Throws INVALID_ARGUMENT for a type or an extent that no tensor has.
    void add(const char* name, optirs_dtype type, std::vector<int64_t> shape);

    /// Takes memory and fills it with random numbers between 1/2 and 1, of either sign. Waits for the stream.
    void make(optirs_stream& stream);

    size_t sets() const noexcept { return sets_; }
    const optirs_dl_tensor* tensor(size_t set, const char* name) const;

 private:
    struct Operand {
        const char* name;
        optirs_dl_data_type type;
        std::vector<int64_t> shape;
        uint64_t bytes;
        uint64_t offset;  // in its set
    };

    std::vector<Operand> operands_;
    uint64_t set_bytes_ = 0;
    size_t sets_ = 0;
    core::Ref<optirs_device_memory> memory_;
    std::vector<optirs_dl_tensor> tensors_;  // set by set
};

}  // namespace optirs::kernels
