// PJRT_LoadedExecutable_Execute: takes the arguments, runs on the devices' queues, hands out results.
#include <algorithm>
#include <new>
#include <utility>

#include "pjrt_cpu/capi/array_sizes.h"
#include "pjrt_cpu/capi/execute_request.h"
#include "pjrt_cpu/capi/host_callbacks.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/executor.h"
#include "pjrt_cpu/runtime/rendezvous.h"
#include "src/cpu/prefetch.h"

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
    /// What the program sends to the host and receives from it; null when it does nothing of the kind.
    std::unique_ptr<HostCallbacks> callbacks;
    std::vector<Value> arguments;
    /// By argument, not 0: its buffer has given its value up, and its memory may be taken.
    std::vector<uint8_t> donated;
    std::vector<Value> outputs;
    /// Of the execution and of each of its outputs.
    std::shared_ptr<Completion> complete;

    void run();

 private:
    void runOrThrow();
    void dropArguments();
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
    std::vector<Ref<Storage>> storages(outputs.size());
    argument_data.reserve(arguments.size() + 1);
    output_data.reserve(outputs.size() + 1);
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (i + kArgumentsAhead < arguments.size())
            cpu::prefetch(arguments[i + kArgumentsAhead]->storage.get(), sizeof(Storage));
        argument_data.push_back(arguments[i]->storage->data());
    }
    ArgumentSizes argument_sizes(program, *device, arguments);
    if (argument_sizes.data() != nullptr) argument_data.push_back(argument_sizes.data());
    placeOutputs(*compiled, *device, arguments, donated, storages);
    for (size_t i = 0; i < outputs.size(); ++i) {
        outputs[i]->storage = std::move(storages[i]);
        output_data.push_back(outputs[i]->storage->data());
    }
    ResultSizes result_sizes(program, *device);
    if (result_sizes.data() != nullptr) output_data.push_back(result_sizes.data());
    MemoryBlock arena;
    if (program.arena_bytes > 0) arena = device->store->allocate(program.arena_bytes, arenaLabel, &program);
    execute(program, argument_data, output_data, arena.data(), client->pool(), context);
    result_sizes.tell(outputs);
    if (rendezvous != nullptr) rendezvous->flush(context.participant());
}

/// The program has driven its arguments out of the caches.
void Launch::dropArguments() {
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (i + 2 * kArgumentsAhead < arguments.size())
            cpu::prefetch(arguments[i + 2 * kArgumentsAhead].get(), sizeof(BufferValue));
        if (i + kArgumentsAhead < arguments.size())
            cpu::prefetch(arguments[i + kArgumentsAhead]->storage.get(), sizeof(Storage));
        arguments[i] = {};
    }
    arguments.clear();
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
    if (failure) failure = failureOf(*compiled->program, *device, *failure);
    if (rendezvous != nullptr) {
        if (failure)
            rendezvous->fail(context.participant(), *failure);
        else
            rendezvous->finish(context.participant());
    }
    // References go before anyone learns that it is done: what follows may then take the memory.
    dropArguments();
    for (const Value& output : outputs) {
        if (failure) output->storage = {};
    }
    outputs.clear();
    complete->complete(failure);
}

/// Takes or shares the arguments' values; a donated buffer is gone from here on.
void takeArguments(const ExecuteRequest& request, size_t d, Launch& launch) {
    for (size_t i = 0; i < request.args.num_args; ++i) {
        launch.arguments.push_back(request.args.argument_lists[d][i]->value());
    }
    launch.donated.assign(request.args.num_args, 0);
    forEachDonated(request, d, [&](size_t i) { launch.donated[i] = 1; });
}

std::shared_ptr<Rendezvous> makeRendezvous(const PJRT_LoadedExecutable& executable,
                                           std::span<PJRT_Device* const> devices) {
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

}  // namespace

void executeLoaded(PJRT_LoadedExecutable& executable, const PJRT_LoadedExecutable_Execute_Args& args) {
    if (executable.deleted.load()) {
        throw Error(Code::kFailedPrecondition,
                    "executable " + executable.compiled->program->name + " was deleted");
    }
    const ExecuteRequest request = checkedRequest(executable, args);
    if (executeInline(request)) return;

    const std::shared_ptr<ClientState>& client = executable.client;
    const Program& program = *request.compiled->program;
    const int64_t run_id = client->nextRunId();
    const std::shared_ptr<Rendezvous> rendezvous = makeRendezvous(executable, request.devices);
    const PJRT_ExecuteOptions no_options{};
    const PJRT_ExecuteOptions& callback_options = args.options != nullptr ? *args.options : no_options;
    std::vector<std::shared_ptr<Launch>> launches;
    std::vector<std::vector<std::unique_ptr<PJRT_Buffer>>> results(request.devices.size());
    std::vector<std::unique_ptr<PJRT_Event>> events;
    for (size_t d = 0; d < request.devices.size(); ++d) {
        auto launch = std::make_shared<Launch>();
        launch->compiled = request.compiled;
        launch->client = client;
        launch->device = request.devices[d];
        launch->complete = std::make_shared<Completion>();
        launch->context = contextOf(request, d, run_id);
        launch->rendezvous = rendezvous;
        launch->context.rendezvous = rendezvous.get();
        if (program.has_collectives) {
            launch->callbacks = std::make_unique<HostCallbacks>(callback_options, d);
            launch->context.host_channels = launch->callbacks.get();
            launch->context.host_feed = launch->callbacks.get();
        }
        launch->device->queue.start();
        takeArguments(request, d, *launch);
        for (const SharedType& type : request.compiled->output_types) {
            launch->outputs.push_back(Value::make(type, launch->complete));
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
            if (launches[d]->donated[i] != 0) takeDonated(request, d, i);
        }
    }
    const int launch_id = request.launchId();
    for (const auto& launch : launches) {
        if (launch_id == 0) break;  // nobody can name it
        launch->device->launches.add(launch_id, launch->complete);
    }
    {
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
