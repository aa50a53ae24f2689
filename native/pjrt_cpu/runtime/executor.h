#pragma once

#include <cstddef>
#include <span>

#include "pjrt_cpu/runtime/program.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {

/// Runs the program on the calling thread and the pool.
/// `arguments`, `outputs`: one pointer each per Program::arguments and ::outputs, and for the lists of sizes
/// behind them, where there are any; 64-byte aligned. The output
/// of an aliased argument has the argument's pointer (it was donated) or memory of its own (then the
/// argument's bytes are copied first). `arena`: program.arena_bytes bytes, 64-byte aligned, contents
/// arbitrary; not shared with another execution. Thread-safe. Throws Error.
void execute(const Program& program, std::span<std::byte* const> arguments,
             std::span<std::byte* const> outputs, std::byte* arena, ThreadPool& pool,
             const RunContext& context);

/// Estimate of the time that a program takes at best, on all cores: it compares programs, it does not
/// predict.
double optimalSeconds(const ProgramCost& cost);

/// Whether running the program takes so little (some hundred microseconds) that handing it to another thread
/// would cost about as much.
bool isSmall(const Program& program);

}  // namespace optirs::plugin
