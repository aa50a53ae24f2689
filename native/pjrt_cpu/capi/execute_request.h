// What an execution is asked to do: checked, before anything of it starts.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/executable.h"
#include "src/cpu/function_ref.h"

namespace optirs::plugin {

/// One PJRT_LoadedExecutable_Execute. Borrows the caller's lists.
struct ExecuteRequest {
    const PJRT_LoadedExecutable_Execute_Args& args;
    PJRT_LoadedExecutable& executable;
    std::span<PJRT_Device* const> devices;
    /// By argument; empty: the caller forbids nothing.
    std::vector<bool> may_donate;
    /// The program for the shapes that the arguments have.
    std::shared_ptr<const CompiledProgram> compiled;

    bool mayDonate(size_t argument) const { return may_donate.empty() || may_donate[argument]; }
    /// 0: nobody can name the execution.
    int launchId() const { return args.options != nullptr ? args.options->launch_id : 0; }
};

/// How many arguments before its turn one is asked for from memory: models have thousands, and the data of
/// their last execution has taken their place in the caches.
inline constexpr size_t kArgumentsAhead = 8;

/// Throws INVALID_ARGUMENT for arguments that are not the program's, and for devices that are not its.
ExecuteRequest checkedRequest(PJRT_LoadedExecutable& executable,
                              const PJRT_LoadedExecutable_Execute_Args& args);

/// Calls `take(argument)` for each argument of a device whose memory the program takes. Throws
/// INVALID_ARGUMENT when another argument is the same buffer.
void forEachDonated(const ExecuteRequest& request, size_t device, FunctionRef<void(size_t)> take);

/// Gives the buffer of a donated argument up.
void takeDonated(const ExecuteRequest& request, size_t device, size_t argument);

/// A donated argument gives its memory to its output when nobody else holds it; else, and for other outputs,
/// the memory is new. Throws RESOURCE_EXHAUSTED.
void placeOutputs(const CompiledProgram& compiled, PJRT_Device& device,
                  std::span<const Ref<BufferValue>> arguments, std::span<const uint8_t> is_donated,
                  std::span<Ref<Storage>> outputs);

/// The error with the program and the device in front.
Error failureOf(const Program& program, const PJRT_Device& device, const Error& error);

/// What each device of an execution knows of it.
RunContext contextOf(const ExecuteRequest& request, size_t device, int64_t run_id);

/// Runs a small program whose arguments are there on the calling thread, without a task and its bookkeeping.
/// False, and nothing has happened, if the program is not of that kind.
bool executeInline(const ExecuteRequest& request);

}  // namespace optirs::plugin
