// Arguments and results of which only an execution knows how large they are.
#pragma once

#include <span>

#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// The list of the sizes of an execution's arguments. Programs without such arguments need none.
class ArgumentSizes {
 public:
    /// The arguments are there.
    ArgumentSizes(const Program& program, PJRT_Device& device, std::span<const Ref<BufferValue>> arguments);

    /// Goes behind the arguments' memory; null: there is nothing to say.
    std::byte* data() { return memory_.data(); }

 private:
    MemoryBlock memory_;
};

/// Memory for the sizes of an execution's results. Programs without such results need none.
class ResultSizes {
 public:
    ResultSizes(const Program& program, PJRT_Device& device);

    /// Goes behind the outputs' memory; null: there is nothing to say.
    std::byte* data() { return memory_.data(); }
    /// After the execution: gives the values their dimensions.
    void tell(std::span<const Ref<BufferValue>> results) const;

 private:
    const Program& program_;
    MemoryBlock memory_;
};

}  // namespace optirs::plugin
