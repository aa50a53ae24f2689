/// @file
/// Groups -> LLVM functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pjrt_cpu/codegen/plan/schedule.h"

namespace llvm {
class Module;
}

namespace optirs::plugin {

/// A function to emit: a group, its loops, and where the values in memory are.
struct KernelSpec {
    const Group* group = nullptr;
    Schedule schedule;
    /// Position in the `buffers` argument, of every value in memory that the group reads or writes.
    std::map<const Value*, int32_t> operand_of;
    int32_t operand_count = 0;
    /// Elements from row to row of operands that are not dense, by value; a row is the last dimension.
    std::map<const Value*, int64_t> row_strides;
    /// Position in `buffers` of the address of an int64_t: how many columns the rows of a nest with
    /// reductions have in this call; -1: all.
    int32_t column_count = -1;
    /// Positions in `buffers` of what is written past the caches: too large to be found there again.
    std::vector<int32_t> streamed;
};

/// Adds `void name(std::byte* const* buffers, int64_t begin, int64_t end)` (KernelFunction).
void emitKernel(llvm::Module& module, const std::string& name, const KernelSpec& spec);

/// Adds `uint8_t name(const std::byte* const* elements, std::byte* const* captured)` (SortComparator) for
/// stablehlo.sort.
void emitComparator(llvm::Module& module, const std::string& name, const Operation& sort);

}  // namespace optirs::plugin
