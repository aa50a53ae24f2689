#include "src/pjrt/creation.h"

#include <array>
#include <memory>

#include "src/core/text.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;

void uninitialized(optirs_pjrt_client& client, ArrayArgument array, optirs_pjrt_buffer** inout) {
    Target target(client, inout);
    auto args = client.api().make<PJRT_Client_CreateUninitializedBuffer_Args>();
    args.client = client.handle();
    setShape(args, array);
    args.device = array.device();
    args.memory = array.memory();
    client.underPressure(array.type()->bytes,
                         [&] { client.api().call<&PJRT_Api::PJRT_Client_CreateUninitializedBuffer>(args); });
    target.fill(args.buffer, &array.place(), array.type());
}

void failedBuffer(optirs_pjrt_client& client, ArrayArgument array, optirs_status code,
                  std::string_view message, optirs_pjrt_buffer** inout) {
    Target target(client, inout);
    auto args = client.api().make<PJRT_Client_CreateErrorBuffer_Args>();
    args.client = client.handle();
    args.error_code = requireErrorCode(code);
    args.error_message = message.data();
    args.error_message_size = message.size();
    setShape(args, array);
    args.memory = array.requiredMemory();
    client.api().call<&PJRT_Api::PJRT_Client_CreateErrorBuffer>(args);
    target.fill(args.buffer, &array.place(), array.type());
}

namespace {

struct Release {
    optirs_pjrt_released released;
    void* context;
};

}  // namespace

void view(optirs_pjrt_client& client, ArrayArgument array, const ForeignMemory& foreign,
          optirs_pjrt_buffer** inout) {
    const Api& api = client.api();
    if (foreign.data == nullptr && array.type()->bytes != 0) {
        throw Error(Code::kInvalidArgument, "argument data is NULL");
    }
    if (array.memory() != nullptr) {
        api.requireField(&PJRT_Client_CreateViewOfDeviceBuffer_Args::memory,
                         "memory of Client.CreateViewOfDeviceBuffer");
    }
    Target target(client, inout);
    auto release = std::make_unique<Release>(Release{foreign.released, foreign.context});
    std::array<int64_t, kMaxRank> order{};
    rowMajor(order.data(), array.dims().size());
    optirs_pjrt_layout_view row_major{};
    row_major.minor_to_major = order.data();
    row_major.rank = array.dims().size();
    PJRT_Buffer_MemoryLayout layout =
        array.layout() == nullptr ? toPlugin(row_major, array.dims().size()) : *array.layout();

    auto args = api.make<PJRT_Client_CreateViewOfDeviceBuffer_Args>();
    args.client = client.handle();
    args.device_buffer_ptr = foreign.data;
    args.dims = array.dims().data();
    args.num_dims = array.dims().size();
    args.element_type = array.elementType();
    args.layout = &layout;
    args.device = array.place().handle;
    args.stream = foreign.stream;
    args.on_delete_callback_arg = release.get();
    args.on_delete_callback = [](void* data, void* argument) noexcept {
        const std::unique_ptr<Release> owner(static_cast<Release*>(argument));
        if (owner->released != nullptr) {
            owner->released(data, owner->context);
        }
    };
    if (array.memory() != nullptr) {
        args.memory = array.memory();
    }
    api.call<&PJRT_Api::PJRT_Client_CreateViewOfDeviceBuffer>(args);
    static_cast<void>(release.release());
    target.fill(args.buffer, &array.place(), array.type());
}

void bitcast(const optirs_pjrt_buffer& source, const optirs_pjrt_array& array, optirs_pjrt_buffer** inout) {
    ArrayArgument::requireNoPlace(array, "a bitcast");
    optirs_pjrt_client& client = source.client();
    ArrayArgument wanted(client, array);
    const auto buffer = source.require();
    Target target(client, inout);
    auto args = client.api().make<PJRT_Buffer_Bitcast_Args>();
    args.buffer = buffer->get();
    args.element_type = wanted.elementType();
    args.dims = wanted.dims().data();
    args.num_dims = wanted.dims().size();
    args.device_layout = wanted.layout();
    client.api().call<&PJRT_Api::PJRT_Buffer_Bitcast>(args);
    target.fill(args.out_buffer, buffer->device(), wanted.type());
}

void copyToMemory(const optirs_pjrt_buffer& source, optirs_pjrt_memory& memory, optirs_pjrt_buffer** inout) {
    optirs_pjrt_client& client = source.client();
    client.requireMemory(memory);
    const auto buffer = source.require();
    const TensorType& type = buffer->type();
    Target target(client, inout);
    auto args = client.api().make<PJRT_Buffer_CopyToMemory_Args>();
    args.buffer = buffer->get();
    args.dst_memory = memory.handle;
    client.underPressure(type.bytes, [&] { client.api().call<&PJRT_Api::PJRT_Buffer_CopyToMemory>(args); });
    target.fill(args.dst_buffer, memory.devices.empty() ? buffer->device() : memory.devices.front(), &type);
}

}  // namespace optirs::pjrt
