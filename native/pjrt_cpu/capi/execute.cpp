// PJRT_LoadedExecutable_Execute: takes the arguments, runs on the calling thread or on the devices' queues,
// hands out results.
#include <algorithm>
#include <new>
#include <utility>

#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/executor.h"
#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin {
namespace {

using Value = Ref<BufferValue>;

/// One device's share of an execution. Everything it needs is in it: it runs after the call has returned.
struct Launch {
    std::shared_ptr<const CompiledProgram> compiled;
    std::shared_ptr<ClientState> client;
    PJRT_Device* device = nullptr;
    RunContext context;
    /// Where the devices of the execution meet; null when it has one.
    std::shared_ptr<Rendezvous> rendezvous;
    std::vector<Value> arguments;
    /// The argument's buffer has given its value up: its memory may be taken.
    std::vector<bool> donated;
    std::vector<Value> outputs;
    std::shared_ptr<Completion> complete;

    void run();

 private:
    void runOrThrow();
};

std::string arenaLabel(const void* program) {
    return "temporaries of program " + static_cast<const Program*>(program)->name;
}

void Launch::runOrThrow() {
    const Program& program = *compiled->program;
    for (const Value& argument : arguments) {
        if (const auto& error = argument->ready->wait()) throw *error;
    }
    std::vector<std::byte*> argument_data;
    std::vector<std::byte*> output_data;
    argument_data.reserve(arguments.size());
    output_data.reserve(outputs.size());
    for (const Value& argument : arguments) argument_data.push_back(argument->storage->data());

    // A donated argument gives its memory to its output when nobody else holds it; else the executor copies
    // it.
    for (size_t i = 0; i < arguments.size(); ++i) {
        const int32_t output = compiled->donated_to[i];
        if (output < 0 || !donated[i] || !arguments[i].unique()) continue;
        const Ref<Storage>& storage = arguments[i]->storage;
        if (storage.unique() && storage->writable()) {
            outputs[static_cast<size_t>(output)]->storage = storage;
        }
    }
    for (Value& output : outputs) {
        if (!output->storage) output->storage = allocateFor(*device, output->type);
        output_data.push_back(output->storage->data());
    }
    MemoryBlock arena;
    if (program.arena_bytes > 0) arena = device->store->allocate(program.arena_bytes, arenaLabel, &program);
    execute(program, argument_data, output_data, arena.data(), client->pool(), context);
}

void Launch::run() {
    std::optional<Error> failure;
    try {
        runOrThrow();
    } catch (const Error& error) {
        failure = error;
    } catch (const std::bad_alloc&) {
        failure = resourceExhausted("out of host memory");
    } catch (const std::exception& error) {
        failure = internalError(error.what());
    }
    if (failure) {
        failure = Error(failure->code(), "program " + compiled->program->name + " on " +
                                             device->description.debug_string + ": " + failure->message());
    }
    if (rendezvous != nullptr) {
        if (failure)
            rendezvous->fail(context.participant(), *failure);
        else
            rendezvous->finish(context.participant());
    }
    // References go before anyone learns that it is done: what follows may then take the memory.
    arguments.clear();
    std::vector<std::shared_ptr<Completion>> ready;
    for (const Value& output : outputs) {
        if (failure) output->storage = {};
        ready.push_back(output->ready);
    }
    outputs.clear();
    for (const auto& completion : ready) completion->complete(failure);
    complete->complete(failure);
}

struct Request {
    const PJRT_LoadedExecutable_Execute_Args& args;
    PJRT_LoadedExecutable& executable;
    std::vector<PJRT_Device*> devices;
    std::vector<bool> may_donate;
    std::shared_ptr<const CompiledProgram> compiled;
};

/// The program for the shapes that the arguments have.
std::shared_ptr<const CompiledProgram> programFor(PJRT_LoadedExecutable& executable,
                                                  const PJRT_LoadedExecutable_Execute_Args& args) {
    const std::shared_ptr<const CompiledProgram>& generic = executable.compiled;
    if (!generic->specialisations) return generic;
    PJRT_Buffer* const* list = args.num_args > 0 ? deref(args.argument_lists, "argument_lists") : nullptr;
    std::vector<TensorType> types;
    for (size_t i = 0; i < args.num_args; ++i) {
        if (list == nullptr) throw invalidArgument("argument_lists[0] is null");
        types.push_back(deref(list[i], "an argument").type);
    }
    return generic->specialisations->find(*generic, types, [&](size_t i) -> const std::byte* {
        const Value value = list[i]->value();
        if (const auto& error = value->ready->wait()) throw *error;
        return value->storage->data();
    });
}

std::vector<bool> readMayDonate(const PJRT_ExecuteOptions* options, size_t num_args) {
    std::vector<bool> may_donate(num_args, true);
    if (options == nullptr) return may_donate;
    if (options->num_send_ops > 0 || options->num_recv_ops > 0) {
        throw unimplemented("send and recv callbacks");
    }
    const size_t count = options->num_non_donatable_input_indices;
    if (count > num_args) {
        throw invalidArgument(std::to_string(count) + " non_donatable_input_indices for " +
                              std::to_string(num_args) + " arguments");
    }
    if (count > 0 && options->non_donatable_input_indices == nullptr) {
        throw invalidArgument("non_donatable_input_indices is null");
    }
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

std::vector<PJRT_Device*> devicesOf(const PJRT_LoadedExecutable_Execute_Args& args,
                                    PJRT_LoadedExecutable& executable) {
    std::vector<PJRT_Device*> devices = executable.devices;
    if (args.execute_device != nullptr) {
        if (!executable.devices.empty() &&
            (executable.devices.size() > 1 || executable.devices[0] != args.execute_device)) {
            throw invalidArgument("execute_device is " + args.execute_device->description.debug_string +
                                  ", which the program was not compiled for");
        }
        devices = {args.execute_device};
    } else if (devices.empty()) {
        throw invalidArgument("a portable executable needs execute_device");
    }
    if (args.num_devices != devices.size()) {
        throw invalidArgument("num_devices is " + std::to_string(args.num_devices) +
                              ", but the program runs on " + std::to_string(devices.size()));
    }
    return devices;
}

void checkArgument(const Request& request, size_t d, size_t i) {
    const Program& program = *request.compiled->program;
    const std::string where = "argument " + std::to_string(i) + " of program " + program.name;
    const PJRT_Buffer& buffer = deref(request.args.argument_lists[d][i], where.c_str());
    if (&buffer.device != request.devices[d]) {
        throw invalidArgument(where + " is on " + buffer.device.description.debug_string + ", but runs on " +
                              request.devices[d]->description.debug_string + "; copy it there first");
    }
    const TensorType& expected = program.arguments[i];
    if (buffer.type.element() != expected.element() ||
        !std::ranges::equal(buffer.type.dims(), expected.dims())) {
        throw invalidArgument(where + " is " + shortName(buffer.type) + ", expected " + shortName(expected));
    }
}

void check(const Request& request) {
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
        for (size_t i = 0; i < args.num_args; ++i) checkArgument(request, d, i);
    }
}

/// Takes or shares the arguments' values; a donated buffer is gone from here on.
void takeArguments(const Request& request, size_t d, Launch& launch) {
    const CompiledProgram& compiled = *request.compiled;
    const Program& program = *compiled.program;
    for (size_t i = 0; i < request.args.num_args; ++i) {
        launch.arguments.push_back(request.args.argument_lists[d][i]->value());
    }
    launch.donated.assign(request.args.num_args, false);
    const auto donate = [&](size_t i) {
        if (!request.may_donate[i]) return;
        for (size_t j = 0; j < request.args.num_args; ++j) {
            if (j != i && request.args.argument_lists[d][i] == request.args.argument_lists[d][j]) {
                throw invalidArgument("program " + program.name + " takes the memory of argument " +
                                      std::to_string(i) + ", but argument " + std::to_string(j) +
                                      " is the same buffer");
            }
        }
        launch.donated[i] = true;
    };
    for (size_t i = 0; i < compiled.donated_to.size(); ++i) {
        if (compiled.donated_to[i] >= 0) donate(i);
    }
    for (const int32_t i : program.donor_arguments) donate(static_cast<size_t>(i));
}

std::shared_ptr<Rendezvous> makeRendezvous(const PJRT_LoadedExecutable& executable,
                                           const std::vector<PJRT_Device*>& devices) {
    const auto& assignment = executable.assignment;
    const size_t count = assignment.empty() ? devices.size() : assignment.size() * assignment[0].size();
    if (count < 2 || !executable.compiled->program->has_collectives) return nullptr;
    std::vector<std::string> names;
    names.reserve(count);
    for (size_t r = 0; r < assignment.size(); ++r) {
        for (size_t p = 0; p < assignment[r].size(); ++p) {
            names.push_back("device " + std::to_string(assignment[r][p]) + " (replica " + std::to_string(r) +
                            ", partition " + std::to_string(p) + ")");
        }
    }
    const ClientState& client = *executable.client;
    auto rendezvous = std::make_shared<Rendezvous>(std::move(names), client.options().collective_timeout_s);
    if (devices.size() == count) return rendezvous;
    std::vector<int32_t> process_of;
    for (const auto& row : assignment) {
        for (const int64_t id : row) process_of.push_back(static_cast<int32_t>(client.options().nodeOf(id)));
    }
    rendezvous->spanProcesses(*client.processes(), std::move(process_of),
                              executable.client->nextSpanningRun());
    return rendezvous;
}

bool allReady(const Launch& launch) {
    for (const Value& argument : launch.arguments) {
        if (!argument->ready->isReady()) return false;
    }
    return true;
}

}  // namespace

void executeLoaded(PJRT_LoadedExecutable& executable, const PJRT_LoadedExecutable_Execute_Args& args) {
    if (executable.deleted.load()) {
        throw Error(Code::kFailedPrecondition,
                    "executable " + executable.compiled->program->name + " was deleted");
    }
    const PJRT_ExecuteOptions* options = args.options;
    if (options != nullptr) {
        checkStructSize(options->struct_size, pjrt_abi::structSize<PJRT_ExecuteOptions>(kOldestMinor));
    }
    const Request request{args, executable, devicesOf(args, executable),
                          readMayDonate(options, args.num_args), programFor(executable, args)};
    check(request);

    const std::shared_ptr<ClientState>& client = executable.client;
    const Program& program = *request.compiled->program;
    const int64_t run_id = client->nextRunId();
    const std::shared_ptr<Rendezvous> rendezvous = makeRendezvous(executable, request.devices);
    std::vector<std::shared_ptr<Launch>> launches;
    std::vector<std::vector<std::unique_ptr<PJRT_Buffer>>> results(request.devices.size());
    std::vector<std::unique_ptr<PJRT_Event>> events;
    for (size_t d = 0; d < request.devices.size(); ++d) {
        auto launch = std::make_shared<Launch>();
        launch->compiled = request.compiled;
        launch->client = client;
        launch->device = request.devices[d];
        launch->complete = std::make_shared<Completion>();
        launch->context.device_id = request.devices[d]->description.id;
        launch->context.num_replicas = program.num_replicas;
        launch->context.num_partitions = program.num_partitions;
        launch->context.run_id = run_id;
        launch->rendezvous = rendezvous;
        launch->context.rendezvous = rendezvous.get();
        launch->device->queue.start();
        if (!executable.logical_ids.empty()) {
            launch->context.replica_id = executable.logical_ids[d].replica;
            launch->context.partition_id = executable.logical_ids[d].partition;
        }
        takeArguments(request, d, *launch);
        for (const TensorType& type : program.outputs) {
            launch->outputs.push_back(Value::make(type, std::make_shared<Completion>()));
            results[d].push_back(
                std::make_unique<PJRT_Buffer>(client, *request.devices[d], launch->outputs.back()));
        }
        if (args.device_complete_events != nullptr) {
            events.push_back(std::make_unique<PJRT_Event>(PJRT_Event{launch->complete}));
        }
        launches.push_back(std::move(launch));
    }
    // From here on nothing throws: the donated buffers are taken, and all devices start or none.
    for (size_t d = 0; d < launches.size(); ++d) {
        for (size_t i = 0; i < args.num_args; ++i) {
            if (launches[d]->donated[i]) {
                args.argument_lists[d][i]->take("donated to program " + program.name + " as argument " +
                                                std::to_string(i));
            }
        }
    }
    const int launch_id = options != nullptr ? options->launch_id : 0;
    for (const auto& launch : launches) {
        if (launch_id == 0) break;  // nobody can name it
        std::vector<std::shared_ptr<Completion>> outcomes;
        for (const Value& output : launch->outputs) outcomes.push_back(output->ready);
        outcomes.push_back(launch->complete);
        launch->device->launches.add(launch_id, std::move(outcomes));
    }
    if (launches.size() == 1 && isSmall(program) && allReady(*launches[0])) {
        launches[0]->run();
    } else {
        std::lock_guard lock(client->launchMutex());
        for (const auto& launch : launches) {
            launch->device->queue.post([launch] { launch->run(); });
        }
    }
    for (size_t d = 0; d < results.size(); ++d) {
        for (size_t i = 0; i < results[d].size(); ++i) args.output_lists[d][i] = results[d][i].release();
        if (args.device_complete_events != nullptr) args.device_complete_events[d] = events[d].release();
    }
}

}  // namespace optirs::plugin
