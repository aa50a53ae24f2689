// The fake plugin: execution.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

using Arguments = std::vector<std::vector<std::shared_ptr<Memory>>>;  // by device

/// Also holds what the arguments have: another program may take it at any time.
PJRT_Error* checkArguments(const Program& program, const PJRT_LoadedExecutable_Execute_Args& args,
                           Arguments& held) {
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
        held.emplace_back();
        for (std::size_t i = 0; i < args.num_args; ++i) {
            held.back().push_back(as<Buffer>(args.argument_lists[device][i]).memory.get());
            if (held.back().back() == nullptr) {
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
                as<Buffer>(args.argument_lists[device][index]).memory.take();
            }
        }
    }
}

PJRT_Error* failFrom(PJRT_Error_Code code, const char* message, std::size_t size) {
    return makeError(code, std::string(message, size));
}

// The program sends 8 bytes in two chunks, and asks for 8 bytes.
PJRT_Error* communicate(const Program& program, const PJRT_ExecuteOptions& options, std::size_t device) {
    for (std::size_t i = 0; program.sends != 0 && i < options.num_send_ops; ++i) {
        const PJRT_SendCallbackInfo& info = options.send_callbacks[device][i];
        if (info.channel_id != program.sends) {
            continue;
        }
        PJRT_CallbackError fail = failFrom;
        for (int part = 0; part < 2; ++part) {
            PJRT_Chunk chunk{};
            chunk.data = new char[4]{'p', 'a', 'r', static_cast<char>('0' + part)};
            chunk.size = 4;
            chunk.deleter = [](void* data, void*) { delete[] static_cast<char*>(data); };
            if (PJRT_Error* failure = info.send_callback(&chunk, &fail, 8, part == 1, info.user_arg)) {
                return failure;
            }
        }
    }
    for (std::size_t i = 0; program.receives != 0 && i < options.num_recv_ops; ++i) {
        const PJRT_RecvCallbackInfo& info = options.recv_callbacks[device][i];
        if (info.channel_id == program.receives) {
            info.recv_callback(reinterpret_cast<PJRT_CopyToDeviceStream*>(new Stream), info.user_arg);
        }
    }
    return nullptr;
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
    Arguments arguments;
    if (PJRT_Error* failure = checkArguments(program, *args, arguments)) {
        return failure;
    }
    if (args->options->struct_size > offsetof(PJRT_ExecuteOptions, call_location) &&
        args->options->call_location != nullptr) {
        control().note = args->options->call_location;
    }
    for (std::size_t device = 0; device < args->num_devices; ++device) {
        if (PJRT_Error* failure = communicate(program, *args->options, device)) {
            return failure;
        }
    }
    for (std::size_t device = 0; device < args->num_devices; ++device) {
        for (std::size_t k = 0; k < program.outputs.size(); ++k) {
            auto result = std::make_unique<Buffer>();
            result->type = program.outputs[k].type;
            result->dims = program.outputs[k].dims;
            result->is_dynamic = program.bound != 0;
            result->device = executable.devices[device];
            result->place = result->device->client->memories.front();
            result->memory = std::make_shared<Memory>(byteSize(result->dims));
            if (k < args->num_args) {
                const auto& source = arguments[device][k]->data;
                const std::shared_ptr<Memory> made = result->memory.get();
                auto& target = made->data;
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
