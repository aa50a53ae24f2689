// The fake plugin: execution.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

PJRT_Error* checkArguments(const Program& program, const PJRT_LoadedExecutable_Execute_Args& args) {
    if (program.arguments >= 0 && args.num_args != static_cast<std::size_t>(program.arguments)) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "the program takes another number of arguments");
    }
    std::size_t bytes = 0;
    for (const Output& output : program.outputs) {
        bytes += byteSize(output.dims) * args.num_devices;
    }
    if (!Memory::fits(bytes)) {
        return makeError(PJRT_Error_Code_RESOURCE_EXHAUSTED, "the fake device is full");
    }
    for (std::size_t device = 0; device < args.num_devices; ++device) {
        for (std::size_t i = 0; i < args.num_args; ++i) {
            if (as<Buffer>(args.argument_lists[device][i]).memory == nullptr) {
                return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "an argument is deleted");
            }
        }
    }
    return nullptr;
}

void donate(const Program& program, const PJRT_LoadedExecutable_Execute_Args& args) {
    const PJRT_ExecuteOptions& options = *args.options;
    for (const std::size_t index : program.donated) {
        const int64_t* kept = options.non_donatable_input_indices;
        const int64_t* end = kept + options.num_non_donatable_input_indices;
        if (std::find(kept, end, static_cast<int64_t>(index)) == end) {
            for (std::size_t device = 0; device < args.num_devices; ++device) {
                as<Buffer>(args.argument_lists[device][index]).memory.reset();
            }
        }
    }
}

FAKE_FUNCTION(PJRT_LoadedExecutable_Execute) {
    const Executable& executable = as<Executable>(args->executable);
    const Program& program = *executable.program;
    if (PJRT_Error* failure = enter("PJRT_LoadedExecutable_Execute", args)) {
        if (control().deletes_arguments_on_failure) {
            donate(program, *args);
        }
        return failure;
    }
    if (PJRT_Error* failure = enter("PJRT_ExecuteOptions", args->options)) {
        return failure;
    }
    if (PJRT_Error* failure = checkArguments(program, *args)) {
        return failure;
    }
    for (std::size_t device = 0; device < args->num_devices; ++device) {
        for (std::size_t k = 0; k < program.outputs.size(); ++k) {
            auto result = std::make_unique<Buffer>();
            result->type = program.outputs[k].type;
            result->dims = program.outputs[k].dims;
            result->device = executable.devices[device];
            result->memory = std::make_shared<Memory>(byteSize(result->dims));
            if (k < args->num_args) {
                const auto& source = as<Buffer>(args->argument_lists[device][k]).memory->data;
                auto& target = result->memory->data;
                std::transform(
                    source.begin(),
                    source.begin() + static_cast<std::ptrdiff_t>(std::min(source.size(), target.size())),
                    target.begin(), [](unsigned char byte) { return static_cast<unsigned char>(byte + 1); });
            }
            args->output_lists[device][k] = reinterpret_cast<PJRT_Buffer*>(result.release());
        }
        if (args->device_complete_events != nullptr) {
            args->device_complete_events[device] = makeEvent();
        }
    }
    donate(program, *args);
    return nullptr;
}

}  // namespace

void addExecutionFunctions(PJRT_Api& table) { FAKE_ENTRY(PJRT_LoadedExecutable_Execute) }

}  // namespace fake
