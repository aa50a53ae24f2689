// The fake plugin: errors, start-up and events.
#include <cstdlib>

#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

std::mutex manual_mutex;
std::vector<std::shared_ptr<EventState>> manual_events;

std::mutex failure_mutex;

}  // namespace

Thread& thread() {
    static Thread instance;
    return instance;
}

void fireManualEvents() {
    std::vector<std::shared_ptr<EventState>> events;
    {
        const std::scoped_lock lock(manual_mutex);
        events.swap(manual_events);
    }
    for (const auto& event : events) {
        event->end();
    }
}

PJRT_Event* makeEvent(std::function<void()> work, int code) {
    auto state = std::make_shared<EventState>(std::move(work), code);
    switch (control().events) {
        case Events::kReady:
            state->end();
            break;
        case Events::kThread:
            thread().post([state] { state->end(); });
            break;
        case Events::kManual: {
            const std::scoped_lock lock(manual_mutex);
            manual_events.push_back(state);
            break;
        }
    }
    return reinterpret_cast<PJRT_Event*>(new Event(state));
}

PJRT_Error* enterFunction(const char* function, bool has_right_size) {
    const std::scoped_lock lock(failure_mutex);
    if (!has_right_size) {
        ++control().wrong_sizes;
        control().wrong_size_function = function;
    }
    if (control().failing_times > 0 && control().failing_function == function) {
        --control().failing_times;
        return makeError(control().failing_code,
                         std::string("the fake plugin was told to fail in ") + function);
    }
    return nullptr;
}

PJRT_NamedValue named(const char* name, PJRT_NamedValue_Type type) {
    PJRT_NamedValue value{};
    value.struct_size = PJRT_NamedValue_STRUCT_SIZE;
    value.name = name;
    value.name_size = std::strlen(name);
    value.type = type;
    value.value_size = 1;
    return value;
}
const std::vector<PJRT_NamedValue>& attributes() {
    static const std::vector<PJRT_NamedValue> values = [] {
        static constexpr int64_t kCoords[] = {1, 2, 3};
        PJRT_NamedValue text = named("maker", PJRT_NamedValue_kString);
        text.string_value = "fake";
        text.value_size = 4;
        PJRT_NamedValue number = named("cores", PJRT_NamedValue_kInt64);
        number.int64_value = 8;
        PJRT_NamedValue list = named("coords", PJRT_NamedValue_kInt64List);
        list.int64_array_value = kCoords;
        list.value_size = 3;
        PJRT_NamedValue real = named("clock", PJRT_NamedValue_kFloat);
        real.float_value = 1.5F;
        PJRT_NamedValue truth = named("is_fake", PJRT_NamedValue_kBool);
        truth.bool_value = true;
        return std::vector{text, number, list, real, truth};
    }();
    return values;
}

namespace {

void PJRT_Error_Destroy(PJRT_Error_Destroy_Args* args) { delete static_cast<Error*>(args->error); }
void PJRT_Error_Message(PJRT_Error_Message_Args* args) {
    const auto* error = static_cast<const Error*>(args->error);
    args->message = error->message.data();
    args->message_size = error->message.size();
}
FAKE_FUNCTION(PJRT_Error_GetCode) {
    FAKE_ENTER(PJRT_Error_GetCode)
    args->code = static_cast<PJRT_Error_Code>(static_cast<const Error*>(args->error)->code);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Plugin_Initialize) {
    // Steered by the environment, as it runs before a test can reach the control.
    const char* code = std::getenv("FAKE_INITIALIZE_CODE");
    return code == nullptr ? enter("PJRT_Plugin_Initialize", args)
                           : makeError(std::atoi(code), "the fake plugin does not want to start");
}
FAKE_FUNCTION(PJRT_Plugin_Attributes) {
    FAKE_ENTER(PJRT_Plugin_Attributes)
    args->attributes = attributes().data();
    args->num_attributes = attributes().size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Event_Destroy) {
    FAKE_ENTER(PJRT_Event_Destroy)
    delete &as<Event>(args->event);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Event_Await) {
    FAKE_ENTER(PJRT_Event_Await)
    return as<Event>(args->event).state->await();
}
FAKE_FUNCTION(PJRT_Event_IsReady) {
    FAKE_ENTER(PJRT_Event_IsReady)
    args->is_ready = as<Event>(args->event).state->isReady();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Event_Error) {
    FAKE_ENTER(PJRT_Event_Error)
    return as<Event>(args->event).state->errorIfOver();
}
FAKE_FUNCTION(PJRT_Event_Create) {
    FAKE_ENTER(PJRT_Event_Create)
    args->event = reinterpret_cast<PJRT_Event*>(new Event(std::make_shared<EventState>(nullptr)));
    return nullptr;
}
FAKE_FUNCTION(PJRT_Event_Set) {
    FAKE_ENTER(PJRT_Event_Set)
    const std::shared_ptr<EventState> state = as<Event>(args->event).state;
    state->endWith(args->error_code);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Error_ForEachPayload) {
    FAKE_ENTER(PJRT_Error_ForEachPayload)
    if (static_cast<const Error*>(args->error)->code == PJRT_Error_Code_DATA_LOSS) {
        args->visitor("fake/detail", 11, "\0\1", 2, args->user_arg);
    }
    return nullptr;
}
FAKE_FUNCTION(PJRT_Event_OnReady) {
    FAKE_ENTER(PJRT_Event_OnReady)
    // The callback may destroy the event.
    const std::shared_ptr<EventState> state = as<Event>(args->event).state;
    state->onReady(args->callback, args->user_arg);
    return nullptr;
}

}  // namespace

void addPluginFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_Error_Destroy)
    FAKE_ENTRY(PJRT_Error_Message)
    FAKE_ENTRY(PJRT_Error_GetCode)
    FAKE_ENTRY(PJRT_Plugin_Initialize)
    FAKE_ENTRY(PJRT_Plugin_Attributes)
    FAKE_ENTRY(PJRT_Event_Destroy)
    FAKE_ENTRY(PJRT_Event_Await)
    FAKE_ENTRY(PJRT_Event_IsReady)
    FAKE_ENTRY(PJRT_Event_Error)
    FAKE_ENTRY(PJRT_Event_Create)
    FAKE_ENTRY(PJRT_Event_Set)
    FAKE_ENTRY(PJRT_Error_ForEachPayload)
    if (kHasOnReady) {
        FAKE_ENTRY(PJRT_Event_OnReady)
    }
}

}  // namespace fake
