/// @file
/// The kernels that programs can call as `optirs.<kernel>`, as data: which fields their arguments have, and
/// where.
#pragma once

#include <optirs/kernel.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/kernels/call_machine.h"

namespace optirs::kernels {

enum class KernelFieldKind : uint8_t { kTensor, kReal, kInt32, kInt64 };

/// What a kernel does with a tensor. What it updates is an operand and a result.
enum class KernelFieldUse : uint8_t { kRead, kWritten, kUpdated };

struct KernelField {
    std::string_view name;  ///< a literal, with its NUL
    size_t offset;
    KernelFieldKind kind;
    KernelFieldUse use;
    /// Whether it lies in the lists of an optimizer, not in the arguments.
    bool is_of_list;

    const char* nameInC() const { return name.data(); }
};

struct KernelTarget {
    std::string_view name;  ///< of the kernel
    std::span<const KernelField> fields;
    /// What operands and results are, in this order, where a program does not say.
    std::vector<std::string_view> operands;
    std::vector<std::string_view> results;
    /// Fills the struct with what a program need not say.
    void (*initialise)(std::byte* args);
    /// Checks the arguments, lends them a workspace, and runs the kernel. `lists` is an
    /// optirs_optimizer_tensors, for optimizers.
    void (*run)(std::byte* args, std::byte* lists, CallMachine& machine);
};

/// Room for the largest of the argument structs.
inline constexpr size_t kKernelArgumentBytes = 512;

inline constexpr size_t kKernelTargetCount = 42;
std::span<const KernelTarget, kKernelTargetCount> kernelTargets();

}  // namespace optirs::kernels
