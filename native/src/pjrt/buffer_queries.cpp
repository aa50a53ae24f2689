// What a buffer tells of itself, and other ways to read it.
#include "src/core/text.h"
#include "src/pjrt/buffer.h"
#include "src/pjrt/layout.h"
#include "src/pjrt/promise.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

void optirs_pjrt_buffer::toHostLayout(const optirs_pjrt_layout_view& layout, void* destination, uint64_t size,
                                      const char* operation, optirs_completion done, void* context) {
    const DeviceBufferRef buffer = require();
    const pjrt::TensorType& type = buffer->type();
    PJRT_Buffer_MemoryLayout wanted = pjrt::toPlugin(layout, type.dims.size());
    const uint64_t needed = layout.kind == OPTIRS_PJRT_LAYOUT_STRIDES
                                ? pjrt::stridedSize(type.dtype, type.dims, layout.byte_strides)
                                : type.bytes;
    if (size < needed || (destination == nullptr && needed != 0)) {
        throw Error(Code::kInvalidArgument, concat(pjrt::describe(type.dtype, type.dims), " takes ", needed,
                                                   " bytes in this layout, but the destination has ",
                                                   destination == nullptr ? 0 : size));
    }
    std::byte nowhere{};
    client_->startOperation(operation, done, context, buffer, [&] {
        auto args = client_->api().make<PJRT_Buffer_ToHostBuffer_Args>();
        args.src = buffer->get();
        args.host_layout = &wanted;
        args.dst = destination == nullptr ? &nowhere : destination;
        args.dst_size = size;
        client_->api().call<&PJRT_Api::PJRT_Buffer_ToHostBuffer>(args);
        return args.event;
    });
}

void optirs_pjrt_buffer::rawToHost(uint64_t offset, void* destination, uint64_t size, const char* operation,
                                   optirs_completion done, void* context) {
    client_->api().requireFunction<&PJRT_Api::PJRT_Buffer_CopyRawToHost>();
    const DeviceBufferRef buffer = require();
    pjrt::checkRawRange(*this, offset, size);
    client_->startOperation(operation, done, context, buffer, [&] {
        auto args = client_->api().make<PJRT_Buffer_CopyRawToHost_Args>();
        args.buffer = buffer->get();
        args.dst = destination;
        args.offset = static_cast<int64_t>(offset);
        args.transfer_size = static_cast<int64_t>(size);
        client_->api().call<&PJRT_Api::PJRT_Buffer_CopyRawToHost>(args);
        return args.event;
    });
}

std::vector<int64_t> optirs_pjrt_buffer::unpaddedDims() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_UnpaddedDimensions_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_UnpaddedDimensions>(args);
    return {args.unpadded_dims, args.unpadded_dims + args.num_dims};
}

std::vector<uint8_t> optirs_pjrt_buffer::dynamicDims() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_DynamicDimensionIndices_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_DynamicDimensionIndices>(args);
    std::vector<uint8_t> is_dynamic(buffer->type().dims.size());
    for (const std::size_t index : std::span(args.dynamic_dim_indices, args.num_dynamic_dims)) {
        is_dynamic.at(index) = 1;
    }
    return is_dynamic;
}

Ref<optirs_pjrt_layout> optirs_pjrt_buffer::layout() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_GetMemoryLayout_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_GetMemoryLayout>(args);
    return optirs::core::makeObject<optirs_pjrt_layout>(args.layout);
}

optirs_pjrt_memory& optirs_pjrt_buffer::memory() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_Memory_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_Memory>(args);
    optirs_pjrt_memory* memory = client_->findMemory(args.memory);
    if (memory == nullptr) {
        throw Error(Code::kInternal, "the plugin has put the buffer into a memory that it did not list",
                    client_->platformName());
    }
    return *memory;
}

bool optirs_pjrt_buffer::isOnCpu() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_IsOnCpu_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_IsOnCpu>(args);
    return args.is_on_cpu;
}

uint64_t optirs_pjrt_buffer::unsafePointer() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_UnsafePointer_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_UnsafePointer>(args);
    return args.buffer_pointer;
}
