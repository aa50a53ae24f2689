#include "src/pjrt/remote.h"

#include <memory>
#include <string>
#include <vector>

#include "src/core/text.h"
#include "src/pjrt/array.h"
#include "src/pjrt/extension.h"
#include "src/pjrt/list.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;
using Transfers = Extension<PJRT_CrossHostTransfers_Extension>;

constinit optirs_error receive_out_of_memory = core::outOfMemoryError("optirs_pjrt_client_receive_remote");
constinit optirs_error send_out_of_memory = core::outOfMemoryError("optirs_pjrt_buffer_send_remote");

Transfers transfersOf(const optirs_pjrt_client& client) {
    // The arguments have changed under the same names and sizes, without a number that tells: only the form
    // of the header that this is built from is known to be right.
    if (client.library().minor < PJRT_API_MINOR) {
        throw Error(Code::kUnimplemented,
                    concat("plugin ", client.library().path, " speaks PJRT ", PJRT_API_MAJOR, ".",
                           client.library().minor, "; the extension CrossHostTransfers needs ",
                           PJRT_API_MAJOR, ".", PJRT_API_MINOR, ", as its arguments were others before"),
                    client.platformName());
    }
    return {client.library(), client.api()};
}

// Called once, then gone.
struct Receiving {
    Ref<optirs_pjrt_client> client;
    DescriptorsReceiver receiver;

    static void onDescriptors(PJRT_Error* error, const char** descriptors, std::size_t* sizes,
                              std::size_t count, void* self,
                              PJRT_Transfers_CrossHostSendCancelNotifier /*cancel*/,
                              void* /*cancel_argument*/) noexcept {
        const CallbackScope scope;
        const std::unique_ptr<Receiving> owner(static_cast<Receiving*>(self));
        optirs_error* reported = nullptr;
        Ref<optirs_pjrt_list> list;
        try {
            if (error != nullptr) {
                throw owner->client->api().translate(
                    error, "PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers");
            }
            list = copyList(descriptors, sizes, count);
        } catch (...) {
            reported =
                core::errorOfCurrentException("optirs_pjrt_client_receive_remote", &receive_out_of_memory);
        }
        owner->receiver.ready(reported, list.detach(), owner->receiver.context);
    }
};

struct Sending {
    Ref<optirs_pjrt_client> client;
    Ref<DeviceBuffer> buffer;
    optirs_completion done;
    void* context;

    static void onDone(PJRT_Error* error, bool /*were_enqueued*/, void* self) noexcept {
        const CallbackScope scope;
        const std::unique_ptr<Sending> owner(static_cast<Sending*>(self));
        optirs_error* reported = nullptr;
        if (error != nullptr) {
            try {
                throw owner->client->api().translate(error, "PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice");
            } catch (...) {
                reported =
                    core::errorOfCurrentException("optirs_pjrt_buffer_send_remote", &send_out_of_memory);
            }
        }
        owner->done(reported, owner->context);
    }
};

// What a plugin reads while it sends, and then hands back: it frees by the address of the first field.
struct Descriptor {
    char* data;
    std::size_t size;
    std::string text;

    static void destroy(char** data, std::size_t* /*size*/) noexcept {
        const std::unique_ptr<Descriptor> owner(reinterpret_cast<Descriptor*>(data));
    }
};

// An event that is over: the descriptor is there.
PJRT_Event* readyEvent(const Api& api) {
    api.requireFunction<&PJRT_Api::PJRT_Event_Set>();
    auto made = api.make<PJRT_Event_Create_Args>();
    api.call<&PJRT_Api::PJRT_Event_Create>(made);
    auto set = api.make<PJRT_Event_Set_Args>();
    set.event = made.event;
    set.error_code = PJRT_Error_Code_OK;
    set.error_message = "";
    try {
        api.call<&PJRT_Api::PJRT_Event_Set>(set);
    } catch (...) {
        destroyEvent(api, made.event);
        throw;
    }
    return made.event;
}

}  // namespace

void receiveRemote(optirs_pjrt_client& client, std::span<const optirs_pjrt_array> arrays,
                   const DescriptorsReceiver& receiver, optirs_pjrt_buffer** inout) {
    if (arrays.empty()) {
        throw Error(Code::kInvalidArgument, "there is nothing to receive: give at least one array");
    }
    const Transfers transfers = transfersOf(client);
    std::vector<ArrayArgument> wanted;
    std::vector<Target> targets;
    wanted.reserve(arrays.size());
    targets.reserve(arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        wanted.emplace_back(client, arrays[i]);
        targets.emplace_back(client, &inout[i]);
        if (&wanted.back().place() != &wanted.front().place()) {
            throw Error(Code::kInvalidArgument,
                        concat("array ", i, " is for another device than the first one"));
        }
    }
    std::vector<std::size_t> ranks;
    std::vector<const int64_t*> dims;
    std::vector<PJRT_Buffer_Type> types;
    std::vector<PJRT_Buffer_MemoryLayout*> layouts;
    std::vector<PJRT_Buffer*> made(arrays.size());
    for (ArrayArgument& array : wanted) {
        ranks.push_back(array.dims().size());
        dims.push_back(array.dims().data());
        types.push_back(array.elementType());
        layouts.push_back(array.layout());
    }
    auto receiving =
        std::make_unique<Receiving>(Receiving{Ref<optirs_pjrt_client>::share(&client), receiver});
    auto args = extensionArgs<PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers_Args>();
    args.client = client.handle();
    args.num_shapes = arrays.size();
    args.shape_num_dims = ranks.data();
    args.num_dims = dims.data();
    args.element_types = types.data();
    args.layouts = layouts.data();
    args.device = wanted.front().place().handle;
    args.notifier = {receiving.get(), Receiving::onDescriptors};
    args.buffers = made.data();
    // The notifier may run inside the call and frees its argument: only a call that failed leaves that to us.
    Receiving* lent = receiving.release();
    try {
        OPTIRS_CALL(transfers, PJRT_CrossHostTransfers_Extension,
                    PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers, args);
    } catch (...) {
        receiving.reset(lent);
        throw;
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        targets[i].fill(made[i], &wanted[i].place(), wanted[i].type());
    }
}

void sendRemote(const optirs_pjrt_buffer& buffer, std::string_view text, optirs_completion done,
                void* context) {
    optirs_pjrt_client& client = buffer.client();
    const Transfers transfers = transfersOf(client);
    const auto send =
        transfers.require(&PJRT_CrossHostTransfers_Extension::PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice,
                          "PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice");
    const auto held = buffer.require();
    auto descriptor = std::make_unique<Descriptor>();
    descriptor->text = text;
    descriptor->data = descriptor->text.data();
    descriptor->size = text.size();
    auto sending =
        std::make_unique<Sending>(Sending{Ref<optirs_pjrt_client>::share(&client), held, done, context});
    auto args = extensionArgs<PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice_Args>();
    args.buffer = held->get();
    args.event = readyEvent(client.api());  // the plugin's from then on
    args.serialized_descriptor = &descriptor->data;
    args.serialized_descriptor_size = &descriptor->size;
    args.on_done = {sending.release(), Sending::onDone};
    args.descriptor_destructor = Descriptor::destroy;
    static_cast<void>(descriptor.release());
    send(&args);
}

}  // namespace optirs::pjrt
