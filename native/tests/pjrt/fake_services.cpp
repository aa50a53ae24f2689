// The fake plugin's extensions for transfers between hosts and for profiling.
#include "tests/pjrt/fake_extensions.h"

namespace fake {
namespace {

/* ---- CrossHostTransfers ---- */

// A sender finds the buffer by its descriptor, which is its number.
std::vector<std::weak_ptr<Memory>>& awaited() {
    static std::vector<std::weak_ptr<Memory>> memories;
    return memories;
}

FAKE_EXTENSION_FUNCTION(PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers) {
    FAKE_EXTENSION_ENTER(PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers)
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < args->num_shapes; ++i) {
        auto* buffer = new Buffer;
        buffer->type = args->element_types[i];
        buffer->dims.assign(args->num_dims[i], args->num_dims[i] + args->shape_num_dims[i]);
        buffer->device = &as<Device>(args->device);
        buffer->memory = std::make_shared<Memory>(byteSize(buffer->dims));
        texts.push_back(std::to_string(awaited().size()));
        awaited().push_back(buffer->memory.get());
        args->buffers[i] = reinterpret_cast<PJRT_Buffer*>(buffer);
    }
    args->num_buffers = args->num_shapes;
    std::vector<const char*> data;
    std::vector<std::size_t> sizes;
    for (const std::string& text : texts) {
        data.push_back(text.data());
        sizes.push_back(text.size());
    }
    PJRT_Error* error = makeError(control().event_code, "the fake peer is gone");
    args->notifier.notifier(error, data.data(), sizes.data(), error == nullptr ? data.size() : 0,
                            args->notifier.user_arg, nullptr, nullptr);
    return nullptr;
}
void copyToRemote(PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice_Args* args) {
    const std::string descriptor(*args->serialized_descriptor, *args->serialized_descriptor_size);
    delete &as<Event>(args->event);
    const auto number = static_cast<std::size_t>(std::stoi(descriptor));
    PJRT_Error* error = nullptr;
    const std::shared_ptr<Memory> memory = number < awaited().size() ? awaited()[number].lock() : nullptr;
    if (memory != nullptr) {
        memory->data = as<Buffer>(args->buffer).memory->data;
    } else {
        error = makeError(PJRT_Error_Code_NOT_FOUND, "nobody waits for " + descriptor);
    }
    args->descriptor_destructor(args->serialized_descriptor, args->serialized_descriptor_size);
    args->on_done.on_done(error, true, args->on_done.user_arg);
}

/* ---- Profiler: errors and handles of its own ---- */

PLUGIN_Profiler_Error* enterProfiler(const char* function, bool has_right_size) {
    return reinterpret_cast<PLUGIN_Profiler_Error*>(enterFunction(function, has_right_size));
}
#define FAKE_PROFILER_FUNCTION(name) PLUGIN_Profiler_Error* name(name##_Args* args)
#define FAKE_PROFILER_ENTER(name)                                                 \
    if (PLUGIN_Profiler_Error* failure =                                          \
            enterProfiler(#name, args->struct_size == name##_Args_STRUCT_SIZE)) { \
        return failure;                                                           \
    }

void profilerErrorDestroy(PLUGIN_Profiler_Error_Destroy_Args* args) {
    delete static_cast<Error*>(reinterpret_cast<PJRT_Error*>(args->error));
}
void profilerErrorMessage(PLUGIN_Profiler_Error_Message_Args* args) {
    const auto* error = static_cast<const Error*>(reinterpret_cast<const PJRT_Error*>(args->error));
    args->message = error->message.data();
    args->message_size = error->message.size();
}
PLUGIN_Profiler_Error* profilerErrorCode(PLUGIN_Profiler_Error_GetCode_Args* args) {
    args->code = static_cast<const Error*>(reinterpret_cast<const PJRT_Error*>(args->error))->code;
    return nullptr;
}
FAKE_PROFILER_FUNCTION(PLUGIN_Profiler_Create) {
    FAKE_PROFILER_ENTER(PLUGIN_Profiler_Create)
    args->profiler = newOther<PLUGIN_Profiler>(std::string(args->options, args->options_size));
    return nullptr;
}
FAKE_PROFILER_FUNCTION(PLUGIN_Profiler_Destroy) {
    FAKE_PROFILER_ENTER(PLUGIN_Profiler_Destroy)
    delete &as<Other>(args->profiler);
    return nullptr;
}
FAKE_PROFILER_FUNCTION(PLUGIN_Profiler_Start) {
    FAKE_PROFILER_ENTER(PLUGIN_Profiler_Start)
    as<Other>(args->profiler).text += "+started";
    return nullptr;
}
FAKE_PROFILER_FUNCTION(PLUGIN_Profiler_Stop) {
    FAKE_PROFILER_ENTER(PLUGIN_Profiler_Stop)
    as<Other>(args->profiler).text += "+stopped";
    return nullptr;
}
// Not a real XSpace: what was done to the profiler.
FAKE_PROFILER_FUNCTION(PLUGIN_Profiler_CollectData) {
    FAKE_PROFILER_ENTER(PLUGIN_Profiler_CollectData)
    const std::string& text = as<Other>(args->profiler).text;
    args->buffer_size_in_bytes = text.size();
    if (args->buffer != nullptr) {
        std::memcpy(args->buffer, text.data(), text.size());
    }
    return nullptr;
}

}  // namespace

PJRT_Extension_Base* serviceExtensions(PJRT_Extension_Base* next) {
    static PLUGIN_Profiler_Api functions{};
    functions.struct_size = PLUGIN_Profiler_Api_STRUCT_SIZE;
    functions.error_destroy = profilerErrorDestroy;
    functions.error_message = profilerErrorMessage;
    functions.error_get_code = profilerErrorCode;
    functions.create = PLUGIN_Profiler_Create;
    functions.destroy = PLUGIN_Profiler_Destroy;
    functions.start = PLUGIN_Profiler_Start;
    functions.stop = PLUGIN_Profiler_Stop;
    functions.collect_data = PLUGIN_Profiler_CollectData;
    static PJRT_CrossHostTransfers_Extension transfers{};
    transfers.PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers =
        PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers;
    transfers.PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice = copyToRemote;
    next = chained(transfers, PJRT_Extension_Type_CrossHostTransfers,
                   PJRT_CrossHostTransfers_Extension_STRUCT_SIZE, next);
    static PJRT_Profiler_Extension table{};
    table.profiler_api = &functions;
    return chained(table, PJRT_Extension_Type_Profiler, PJRT_Profiler_Extension_STRUCT_SIZE, next);
}

}  // namespace fake
