// Host memory to the device.
#include <optirs/pjrt.h>

#include "src/core/text.h"
#include "src/pjrt/buffer.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;

namespace {

void checkHostArray(const HostArray& array) {
    if (array.dims.size() > kMaxRank) {
        throw Error(Code::kInvalidArgument,
                    concat("rank ", array.dims.size(), " is above the limit of ", kMaxRank));
    }
    if (hostElementSize(array.dtype) == 0) {
        throw Error(Code::kInvalidArgument, concat("dtype ", array.dtype, " has no form in host memory"));
    }
    if (array.semantics < OPTIRS_PJRT_HOST_DURING_CALL ||
        array.semantics > OPTIRS_PJRT_HOST_MUTABLE_ZERO_COPY) {
        throw Error(Code::kInvalidArgument,
                    concat("semantics ", array.semantics, " is not one of OPTIRS_PJRT_HOST_*"));
    }
    const uint64_t needed = stridedSize(array.dtype, array.dims, array.byte_strides);
    if (array.byte_strides == nullptr ? array.size != needed : array.size < needed) {
        throw Error(Code::kInvalidArgument, concat(describe(array.dtype, array.dims), " takes ", needed,
                                                   " bytes, but ", array.size, " were given"));
    }
    if (array.data == nullptr && needed != 0) {
        throw Error(Code::kInvalidArgument, "argument data is NULL");
    }
}

// Plugins learned the two zero-copy forms with 0.47 and 0.48; older ones get the form that demands less of
// them.
PJRT_HostBufferSemantics semanticsFor(optirs_pjrt_host_semantics semantics, int minor) {
    constexpr int kImmutableSince = 47;
    constexpr int kMutableSince = 48;
    if ((semantics == OPTIRS_PJRT_HOST_ZERO_COPY && minor < kImmutableSince) ||
        (semantics == OPTIRS_PJRT_HOST_MUTABLE_ZERO_COPY && minor < kMutableSince)) {
        return PJRT_HostBufferSemantics_kImmutableUntilTransferCompletes;
    }
    return static_cast<PJRT_HostBufferSemantics>(semantics);
}

/// Overwrites what the cell holds, where that is of the same kind, small, and used by nobody else.
bool overwrite(const optirs_pjrt_client& client, const HostArray& array, const optirs_pjrt_buffer& cell,
               const optirs_pjrt_buffer::Held& held, const optirs_pjrt_device* device) {
    const bool is_plain = array.byte_strides == nullptr && array.memory == nullptr &&
                          array.device_layout == nullptr && array.semantics == OPTIRS_PJRT_HOST_DURING_CALL &&
                          array.size <= kSmallCopy;
    if (!is_plain || &cell.client() != &client || held.type == nullptr ||
        !held.type->is(array.dtype, array.dims) || (device != nullptr && device != held.device)) {
        return false;
    }
    const optirs_pjrt_buffer::DeviceBufferRef buffer = cell.load();
    return buffer && buffer->goneReason() == nullptr &&
           client.inPlace().write(*buffer, array.data, array.size);
}

}  // namespace

void bufferFromHost(optirs_pjrt_client& client, const HostArray& array, optirs_pjrt_device* device,
                    const char* operation, optirs_completion released, void* context,
                    optirs_pjrt_buffer** inout) {
    checkHostArray(array);
    // The cell is most likely to be filled with what it held, where it held it.
    const optirs_pjrt_buffer::Held held = *inout == nullptr ? optirs_pjrt_buffer::Held{} : (*inout)->held();
    if (*inout != nullptr && released == nullptr && client.inPlace().isOffered() &&
        overwrite(client, array, **inout, held, device)) {
        return;
    }
    Target target(client, inout);
    optirs_pjrt_device& place = client.requireDevice(device != nullptr ? device : held.device);
    const TensorType* type = held.type != nullptr && held.type->is(array.dtype, array.dims)
                                 ? held.type
                                 : client.types().intern(array.dtype, array.dims);
    const Api& api = client.api();
    ReservedCompletion completion(nullptr, {&client});
    if (released != nullptr) {
        completion = client.reserveCompletion(1);
    }

    auto args = api.make<PJRT_Client_BufferFromHostBuffer_Args>();
    args.client = client.handle();
    args.data = array.data;
    args.type = static_cast<PJRT_Buffer_Type>(array.dtype);
    args.dims = array.dims.data();
    args.num_dims = array.dims.size();
    args.byte_strides = array.byte_strides;
    args.num_byte_strides = array.byte_strides == nullptr ? 0 : array.dims.size();
    args.host_buffer_semantics = semanticsFor(array.semantics, api.minor());
    if (array.memory != nullptr) {
        args.memory = array.memory;
    } else {
        args.device = place.handle;
    }
    args.device_layout = array.device_layout;
    client.underPressure(type->bytes, [&] { api.call<&PJRT_Api::PJRT_Client_BufferFromHostBuffer>(args); });
    target.fill(args.buffer, &place, type);
    if (completion != nullptr) {
        completion->begin(Ref<optirs_pjrt_client>::share(&client), operation, released, context);
        completion->setEvents(std::span(&args.done_with_host_buffer, 1));
        completion.release()->arm();
    } else {
        destroyEvent(api, args.done_with_host_buffer);
    }
}

}  // namespace optirs::pjrt
