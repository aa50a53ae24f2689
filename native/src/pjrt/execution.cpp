#include "src/pjrt/execution.h"

#include <algorithm>

#include "src/core/text.h"
#include "src/pjrt/execution_call.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;

Execution::Execution(optirs_pjrt_executable& executable) noexcept : executable_(executable) {}

Execution::~Execution() {
    const std::unique_ptr<const Flags> donated(donated_.load());
    const std::unique_ptr<const Flags> dynamic(dynamic_.load());
}

void Execution::setName(const std::string& name) {
    taken_reason_ = executable_.client().keepText(concat("was donated to program '", name, "'"));
}

std::unique_ptr<Execution::Call> Execution::takeCall() {
    std::unique_ptr<Call> call;
    {
        const std::scoped_lock guard(lock_);
        call.swap(spare_);
    }
    if (call == nullptr) {
        call = std::make_unique<Call>(executable_.client());
    }
    return call;
}

void Execution::giveBack(std::unique_ptr<Call> call) noexcept {
    call->clear();
    const std::scoped_lock guard(lock_);
    call.swap(spare_);
}

void Execution::run(const ExecuteRequest& request) {
    executable_.requireLoaded();
    if (runInPlace(request)) {
        return;
    }
    const Devices devices = devicesOf(request);
    check(devices, request);
    std::unique_ptr<Call> call = takeCall();
    try {
        gather(*call, devices, request);
        if (request.done != nullptr) {
            call->reserveCompletion(executable_.client(), devices.size());
        }
        start(*call, devices, request);
    } catch (...) {
        giveBack(std::move(call));
        throw;
    }
    // From here on nothing can fail.
    handOut(*call, devices, request);
    markDonated(*call, devices, request);
    Completion* completion = nullptr;
    if (request.done != nullptr && request.finished != nullptr && isOver(*call)) {
        for (PJRT_Event* event : call->events) {
            destroyEvent(executable_.client().api(), event);
        }
        *request.finished = 1;
    } else if (request.done != nullptr) {
        completion = call->completion.release();
        completion->begin(Ref<optirs_pjrt_client>::share(&executable_.client()), request.operation,
                          request.done, request.context);
        completion->setEvents(call->events);
        completion->keep(Ref<core::Object>::adopt(call->channels.detach()));
    }
    giveBack(std::move(call));
    if (completion != nullptr) {
        completion->arm();
    }
}

Execution::Devices Execution::devicesOf(const ExecuteRequest& request) const {
    if (request.device != nullptr) {
        executable_.client().requireDevice(request.device);
        return {&request.device, 1};
    }
    if (executable_.devices().empty()) {
        throw Error(
            Code::kFailedPrecondition,
            concat("program '", executable_.name(),
                   "' was compiled for no device in particular: name one in the options of the execution"),
            executable_.client().platformName());
    }
    return executable_.devices();
}

void Execution::check(Devices on, const ExecuteRequest& request) const {
    const std::size_t devices = on.size();
    if (!request.channels.empty() && request.done == nullptr) {
        throw Error(Code::kInvalidArgument, "an execution with channels needs a completion, which ends them");
    }
    if (request.execute_context != nullptr && &request.execute_context->client() != &executable_.client()) {
        throw Error(Code::kInvalidArgument, "the context belongs to another client");
    }
    if (request.arguments.size() % devices != 0) {
        throw Error(Code::kInvalidArgument,
                    concat("program '", executable_.name(), "' runs on ", devices, " devices, so that ",
                           request.arguments.size(), " arguments cannot be shared out evenly"));
    }
    const std::size_t results = devices * static_cast<std::size_t>(executable_.numOutputs());
    if (request.results.size() != results) {
        throw Error(Code::kInvalidArgument,
                    concat("program '", executable_.name(), "' gives ", executable_.numOutputs(),
                           " results on each of ", devices, devices == 1 ? " device" : " devices",
                           ", but there is room for ", request.results.size()));
    }
}

void Execution::gather(Call& call, Devices on, const ExecuteRequest& request) const {
    optirs_pjrt_client& client = executable_.client();
    call.arguments.clear();
    for (std::size_t i = 0; i < request.arguments.size(); ++i) {
        const optirs_pjrt_buffer* cell = request.arguments[i];
        if (cell == nullptr || &cell->client() != &client) {
            throw Error(Code::kInvalidArgument,
                        concat("argument ", i, " of program '", executable_.name(), "' ",
                               cell == nullptr ? "is NULL" : "belongs to another client"));
        }
        Ref<DeviceBuffer> buffer = cell->load();
        try {
            requirePresent(buffer.get());
        } catch (const Error& error) {
            throw Error(error.code(),
                        concat("argument ", i, " of program '", executable_.name(), "': ", error.message()));
        }
        call.arguments.push_back(buffer->get());
        call.pinned.push_back(std::move(buffer));
    }
    for (std::size_t i = 0; i < request.results.size(); ++i) {
        const optirs_pjrt_buffer* cell = request.results[i];
        if (cell == nullptr) {
            call.cells.push_back(
                core::makeObject<optirs_pjrt_buffer>(Ref<optirs_pjrt_client>::share(&client)));
        } else if (&cell->client() != &client) {
            throw Error(Code::kInvalidArgument, concat("result ", i, " of program '", executable_.name(),
                                                       "' belongs to another client"));
        }
    }
    client.buffers().take(request.results.size(), call.fresh);
    call.outputs.assign(request.results.size(), nullptr);

    const std::size_t devices = on.size();
    if (!request.channels.empty()) {
        call.channels = core::makeObject<ChannelCalls>(Ref<optirs_pjrt_client>::share(&client),
                                                       request.channels, devices);
    }
    call.argument_lists.resize(devices);
    call.output_lists.resize(devices);
    call.events.assign(devices, nullptr);
    for (std::size_t device = 0; device < devices; ++device) {
        call.argument_lists[device] = call.arguments.data() + device * (call.arguments.size() / devices);
        call.output_lists[device] = call.outputs.data() + device * (call.outputs.size() / devices);
    }
}

void Execution::setOptions(PJRT_ExecuteOptions& options, const ExecuteRequest& request,
                           ChannelCalls* channels) const {
    const Api& api = executable_.client().api();
    options.launch_id = request.launch_id;
    options.non_donatable_input_indices = request.not_donated.data();
    options.num_non_donatable_input_indices = request.not_donated.size();
    if (request.execute_context != nullptr) {
        api.requireField(&PJRT_ExecuteOptions::context, "context of LoadedExecutable.Execute");
        options.context = request.execute_context->handle();
    }
    if (request.call_location != nullptr) {
        api.requireField(&PJRT_ExecuteOptions::call_location, "call_location of LoadedExecutable.Execute");
        options.call_location = request.call_location;
    }
    if (channels != nullptr) {
        channels->offerTo(options);
    }
}

void Execution::start(Call& call, Devices on, const ExecuteRequest& request) const {
    const Api& api = executable_.client().api();
    const std::size_t devices = on.size();
    auto options = api.make<PJRT_ExecuteOptions>();
    setOptions(options, request, call.channels.get());
    auto args = api.make<PJRT_LoadedExecutable_Execute_Args>();
    args.executable = executable_.handle();
    args.options = &options;
    args.argument_lists = call.argument_lists.data();
    args.num_devices = devices;
    args.num_args = call.arguments.size() / devices;
    args.output_lists = call.output_lists.data();
    args.execute_device = request.device == nullptr ? nullptr : request.device->handle;
    args.device_complete_events = request.done == nullptr ? nullptr : call.events.data();

    bool was_tried = false;
    executable_.client().underPressure(0, [&] {
        // The attempt that ran out of memory may have consumed its donations; then there is nothing to run
        // again with.
        if (was_tried &&
            std::ranges::any_of(call.pinned, [&](const auto& buffer) { return isDeleted(*buffer); })) {
            throw Error(Code::kResourceExhausted,
                        concat("program '", executable_.name(),
                               "' ran out of device memory after it had taken its donated arguments"),
                        api.backend());
        }
        was_tried = true;
        api.call<&PJRT_Api::PJRT_LoadedExecutable_Execute>(args);
    });
}

void Execution::handOut(Call& call, Devices devices, const ExecuteRequest& request) noexcept {
    const auto per_device = static_cast<std::size_t>(executable_.numOutputs());
    const Flags* dynamic = learnDynamic(call);
    auto cell = call.cells.begin();
    for (std::size_t i = 0; i < request.results.size(); ++i) {
        const std::size_t output = i % per_device;
        const bool is_fixed = dynamic != nullptr && (*dynamic)[output] == 0;
        call.fresh[i]->fill(call.outputs[i], devices[i / per_device],
                            is_fixed ? executable_.knownOutputType(static_cast<int64_t>(output)) : nullptr);
        if (request.results[i] == nullptr) {
            request.results[i] = (cell++)->detach();
        }
        request.results[i]->put(std::move(call.fresh[i]));
    }
}

bool Execution::isOver(const Call& call) const noexcept {
    const Api& api = executable_.client().api();
    try {
        for (PJRT_Event* event : call.events) {
            if (event == nullptr) {
                continue;
            }
            auto ready = api.make<PJRT_Event_IsReady_Args>();
            ready.event = event;
            api.call<&PJRT_Api::PJRT_Event_IsReady>(ready);
            if (!ready.is_ready) {
                return false;
            }
            auto failed = api.make<PJRT_Event_Error_Args>();
            failed.event = event;
            api.call<&PJRT_Api::PJRT_Event_Error>(failed);
        }
        return true;
    } catch (const std::exception&) {
        return false;  // whoever waits for the event is told why
    }
}

}  // namespace optirs::pjrt
