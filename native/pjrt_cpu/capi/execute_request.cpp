#include "pjrt_cpu/capi/execute_request.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/passes/passes.h"
#include "src/cpu/prefetch.h"

namespace optirs::plugin {
namespace {

std::vector<TensorType> typesOf(std::span<PJRT_Buffer* const> arguments) {
    std::vector<TensorType> types;
    for (PJRT_Buffer* argument : arguments) types.push_back(deref(argument, "an argument").unpadded());
    return types;
}

/// The program for the shapes of one device's arguments.
std::shared_ptr<const CompiledProgram> specialised(const CompiledProgram& generic,
                                                   std::span<PJRT_Buffer* const> arguments,
                                                   std::span<const TensorType> types) {
    return generic.specialisations->find(generic, types, [&](size_t i) -> const std::byte* {
        const Ref<BufferValue> value = arguments[i]->value();
        if (const auto& error = value->ready->wait()) throw *error;
        return value->storage->data();
    });
}

/// All devices of an execution run one program.
std::shared_ptr<const CompiledProgram> programFor(PJRT_LoadedExecutable& executable,
                                                  std::span<PJRT_Device* const> devices,
                                                  const PJRT_LoadedExecutable_Execute_Args& args) {
    const std::shared_ptr<const CompiledProgram>& generic = executable.compiled;
    if (!generic->specialisations) return generic;
    const auto list = [&](size_t d) -> std::span<PJRT_Buffer* const> {
        if (args.num_args == 0) return {};
        PJRT_Buffer* const* first = (&deref(args.argument_lists, "argument_lists"))[d];
        return {&deref(first, "argument_lists[d]"), args.num_args};
    };
    const std::vector<TensorType> types = typesOf(list(0));
    auto compiled = specialised(*generic, list(0), types);
    for (size_t d = 1; d < devices.size(); ++d) {
        const auto refuse = [&](const std::string& what) {
            return invalidArgument(what + " on " + devices[0]->description.debug_string + " and on " +
                                   devices[d]->description.debug_string +
                                   ": devices of one execution take the same shapes; give dimensions that "
                                   "differ a bound with #stablehlo.bounds");
        };
        const std::vector<TensorType> others = typesOf(list(d));
        for (size_t i = 0; i < types.size(); ++i) {
            if (others[i] != types[i])
                throw refuse("argument " + std::to_string(i) + " of program " + generic->program->name +
                             " is " + shortName(types[i]) + " and " + shortName(others[i]));
        }
        if (specialised(*generic, list(d), others) != compiled)
            throw refuse("arguments that shapes of program " + generic->program->name +
                         " depend on are not the same");
    }
    return compiled;
}

std::vector<bool> readMayDonate(const PJRT_ExecuteOptions* options, size_t num_args) {
    if (options == nullptr) return {};
    checkStructSize(options->struct_size, pjrt_abi::structSize<PJRT_ExecuteOptions>(kOldestMinor));
    const size_t count = options->num_non_donatable_input_indices;
    if (count == 0) return {};
    if (count > num_args) {
        throw invalidArgument(std::to_string(count) + " non_donatable_input_indices for " +
                              std::to_string(num_args) + " arguments");
    }
    if (options->non_donatable_input_indices == nullptr) {
        throw invalidArgument("non_donatable_input_indices is null");
    }
    std::vector<bool> may_donate(num_args, true);
    for (size_t i = 0; i < count; ++i) {
        const int64_t index = options->non_donatable_input_indices[i];
        if (index < 0 || static_cast<size_t>(index) >= num_args) {
            throw invalidArgument("non_donatable_input_indices[" + std::to_string(i) + "] is " +
                                  std::to_string(index) + " of " + std::to_string(num_args) + " arguments");
        }
        may_donate[static_cast<size_t>(index)] = false;
    }
    return may_donate;
}

std::span<PJRT_Device* const> devicesOf(const PJRT_LoadedExecutable_Execute_Args& args,
                                        const PJRT_LoadedExecutable& executable) {
    std::span<PJRT_Device* const> devices = executable.devices;
    if (args.execute_device != nullptr) {
        if (!devices.empty() && (devices.size() > 1 || devices[0] != args.execute_device)) {
            throw invalidArgument("execute_device is " + args.execute_device->description.debug_string +
                                  ", which the program was not compiled for");
        }
        devices = {&args.execute_device, 1};
    } else if (devices.empty()) {
        throw invalidArgument("a portable executable needs execute_device");
    }
    if (args.num_devices != devices.size()) {
        throw invalidArgument("num_devices is " + std::to_string(args.num_devices) +
                              ", but the program runs on " + std::to_string(devices.size()));
    }
    return devices;
}

/// Whether an array is of a parameter's type; a dimension with a bound may have any size up to that.
bool fits(const TensorType& given, const TensorType& expected) {
    if (given.element() != expected.element() || given.rank() != expected.rank()) return false;
    for (int64_t d = 0; d < given.rank(); ++d) {
        const bool is_bounded = expected.dim(d) == kDynamic;
        if (is_bounded ? given.dim(d) > expected.bounds()[static_cast<size_t>(d)]
                       : given.dim(d) != expected.dim(d))
            return false;
    }
    return true;
}

/// Whether the buffer fits whatever sizes it turns out to have: then nobody has to wait for them.
bool fitsInAnySize(const PJRT_Buffer& buffer, const TensorType& expected) {
    return fits(buffer.type, expected) && std::ranges::all_of(buffer.array->dynamic_dims, [&](size_t dim) {
               return expected.dim(static_cast<int64_t>(dim)) == kDynamic;
           });
}

void checkArgument(const ExecuteRequest& request, size_t d, size_t i) {
    const Program& program = *request.compiled->program;
    const auto where = [&] { return "argument " + std::to_string(i) + " of program " + program.name; };
    const PJRT_Buffer* buffer = request.args.argument_lists[d][i];
    if (buffer == nullptr) throw invalidArgument(where() + " is null");
    if (&buffer->device != request.devices[d]) {
        throw invalidArgument(where() + " is on " + buffer->device.description.debug_string +
                              ", but runs on " + request.devices[d]->description.debug_string +
                              "; copy it there first");
    }
    if (buffer->array == request.compiled->argument_types[i]) return;
    const TensorType& expected = program.arguments[i];
    if (fitsInAnySize(*buffer, expected)) return;
    const TensorType& given = buffer->unpadded();
    if (!fits(given, expected)) {
        throw invalidArgument(where() + " is " + shortName(given) + ", expected " + shortName(expected) +
                              excessOverBound(given, expected));
    }
}

void check(const ExecuteRequest& request) {
    const Program& program = *request.compiled->program;
    const auto& args = request.args;
    if (args.num_args != program.arguments.size()) {
        throw invalidArgument("program " + program.name + " takes " +
                              std::to_string(program.arguments.size()) + " arguments, but num_args is " +
                              std::to_string(args.num_args));
    }
    if (args.num_args > 0) deref(args.argument_lists, "argument_lists");
    if (!program.outputs.empty()) deref(args.output_lists, "output_lists");
    for (size_t d = 0; d < request.devices.size(); ++d) {
        if (args.num_args > 0) deref(args.argument_lists[d], "argument_lists[d]");
        if (!program.outputs.empty()) deref(args.output_lists[d], "output_lists[d]");
        for (size_t i = 0; i < args.num_args; ++i) {
            if (i + kArgumentsAhead < args.num_args)
                cpu::prefetch(args.argument_lists[d][i + kArgumentsAhead], sizeof(PJRT_Buffer));
            checkArgument(request, d, i);
        }
    }
}

/// Whether a buffer is an argument twice. Programs that update a model donate thousands, so that comparing
/// each with every other would take longer than to run them.
bool repeatsBuffer(const ExecuteRequest& request, size_t device) {
    const std::span list(request.args.argument_lists[device], request.args.num_args);
    static thread_local std::vector<const PJRT_Buffer*> sorted;
    sorted.assign(list.begin(), list.end());
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) != sorted.end();
}

void checkDonated(const ExecuteRequest& request, size_t device, size_t argument) {
    PJRT_Buffer* const* list = request.args.argument_lists[device];
    for (size_t j = 0; j < request.args.num_args; ++j) {
        if (j != argument && list[j] == list[argument]) {
            throw invalidArgument("program " + request.compiled->program->name +
                                  " takes the memory of argument " + std::to_string(argument) +
                                  ", but argument " + std::to_string(j) + " is the same buffer");
        }
    }
}

}  // namespace

ExecuteRequest checkedRequest(PJRT_LoadedExecutable& executable,
                              const PJRT_LoadedExecutable_Execute_Args& args) {
    const std::span<PJRT_Device* const> devices = devicesOf(args, executable);
    ExecuteRequest request{args, executable, devices, readMayDonate(args.options, args.num_args),
                           programFor(executable, devices, args)};
    check(request);
    return request;
}

void forEachDonated(const ExecuteRequest& request, size_t device, FunctionRef<void(size_t)> take) {
    const CompiledProgram& compiled = *request.compiled;
    std::optional<bool> repeats;
    const auto donate = [&](size_t argument) {
        if (!request.mayDonate(argument)) return;
        if (!repeats) repeats = repeatsBuffer(request, device);
        if (*repeats) checkDonated(request, device, argument);
        take(argument);
    };
    for (size_t i = 0; i < compiled.donated_to.size(); ++i) {
        if (compiled.donated_to[i] >= 0) donate(i);
    }
    for (const int32_t i : compiled.program->donor_arguments) donate(static_cast<size_t>(i));
}

void takeDonated(const ExecuteRequest& request, size_t device, size_t argument) {
    request.args.argument_lists[device][argument]->take(
        {.program = request.compiled->shared_name, .argument = argument});
}

void placeOutputs(const CompiledProgram& compiled, PJRT_Device& device,
                  std::span<const Ref<BufferValue>> arguments, std::span<const uint8_t> is_donated,
                  std::span<Ref<Storage>> outputs) {
    for (size_t i = 0; i < arguments.size(); ++i) {
        const int32_t output = compiled.donated_to[i];
        if (output < 0 || is_donated[i] == 0 || !arguments[i].unique()) continue;
        const Ref<Storage>& storage = arguments[i]->storage;
        if (storage.unique() && storage->writable()) outputs[static_cast<size_t>(output)] = storage;
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
        if (!outputs[i]) outputs[i] = allocateFor(device, compiled.output_types[i]);
    }
}

Error failureOf(const Program& program, const PJRT_Device& device, const Error& error) {
    return {error.code(),
            "program " + program.name + " on " + device.description.debug_string + ": " + error.message()};
}

RunContext contextOf(const ExecuteRequest& request, size_t device, int64_t run_id) {
    const Program& program = *request.compiled->program;
    RunContext context;
    context.device_id = request.devices[device]->description.id;
    context.num_replicas = program.num_replicas;
    context.num_partitions = program.num_partitions;
    context.run_id = run_id;
    if (!request.executable.logical_ids.empty()) {
        context.replica_id = request.executable.logical_ids[device].replica;
        context.partition_id = request.executable.logical_ids[device].partition;
    }
    return context;
}

}  // namespace optirs::plugin
