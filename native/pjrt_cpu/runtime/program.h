#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"
#include "pjrt_cpu/runtime/timeline.h"

namespace optirs::plugin {

/// Machine code (relocatable objects) by the digest of what it was compiled from.
using ObjectFiles = std::map<std::string, std::shared_ptr<const std::string>>;

/// Where a value of the program lives.
struct Allocation {
    enum class Kind : uint8_t {
        kArgument,  ///< memory of argument `index`; read only unless an output aliases it
        kConstant,  ///< `constant_data`, owned by the program
        kOutput,    ///< memory of output `index`, made by the executor before the first step
        kTemp       ///< `offset` bytes into the arena (a multiple of 64)
    };
    Kind kind = Kind::kTemp;
    int64_t bytes = 0;
    int32_t index = -1;
    int64_t offset = 0;
    /// Outputs only: the argument whose donated memory this output takes. Both allocations then have the same
    /// address. When the caller keeps the argument (it is listed as not donatable), the output gets memory of
    /// its own into which the executor copies the argument first, so a program that updates the argument in
    /// place stays right; steps that read the old value must read it through the argument's allocation,
    /// before the output is written.
    int32_t aliased_argument = -1;
    const std::byte* constant_data = nullptr;
};

/// What running the program once costs, as far as it is known when compiling. Bodies of loops count once.
struct ProgramCost {
    double flops = 0;
    double transcendentals = 0;
    double bytes_accessed = 0;
    /// Sent by one device to others, were collectives done around a ring.
    double link_bytes = 0;
    /// The program has a loop whose number of rounds is not known: it never runs on the calling thread.
    bool has_loops = false;
};

/// A dimension of an argument or output whose size, below a bound, only an execution knows.
struct SizedDimension {
    int32_t array = 0;  ///< which argument, or output
    int32_t dim = 0;
};

/// A compiled module. Immutable; run by execute() in executor.h, on several devices at once if need be.
struct Program {
    std::string name;
    std::vector<Allocation> allocations;
    int64_t arena_bytes = 0;
    std::vector<std::unique_ptr<Step>> steps;
    std::vector<TensorType> arguments;
    std::vector<TensorType> outputs;
    /// When there are any, the program takes one argument more, of as many i32: their sizes. The types of
    /// such arguments have bounds; what is there of one lies together at the beginning of its memory,
    /// row-major.
    std::vector<SizedDimension> sized_arguments;
    /// The same for outputs, whose types are those of their memory: their sizes are one output more.
    std::vector<SizedDimension> sized_outputs;
    /// `mhlo.sharding` of each argument and output, as text; empty: none.
    std::vector<std::string> argument_shardings;
    std::vector<std::string> output_shardings;
    /// Arguments that may be donated without being aliased to an output (`jax.buffer_donor`): they are
    /// released after the run.
    std::vector<int32_t> donor_arguments;
    int32_t num_replicas = 1;
    int32_t num_partitions = 1;
    /// It waits for other devices, or for the host: it never runs on the calling thread.
    bool has_collectives = false;
    /// It calls functions that the client's process has registered.
    bool calls_out = false;
    ProgramCost cost;
    int64_t generated_code_bytes = 0;
    int64_t constant_bytes = 0;
    /// The module after all passes, as text.
    std::string optimized_text;
    /// The kernels' object code, to make the program again without compiling.
    ObjectFiles object_files;
    /// LLVM modules that had to be compiled, because their object code was not known.
    int64_t compiled_modules = 0;
    /// Records the first executions; null when nobody asked for it.
    std::unique_ptr<Timeline> timeline;
    /// Owns the compiled code and the constants' bytes. Destroyed after the steps (declared before them would
    /// be wrong: members die in reverse order, so it is released explicitly last by ~Program).
    std::shared_ptr<void> code;

    Program() = default;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() { steps.clear(); }
};

}  // namespace optirs::plugin
