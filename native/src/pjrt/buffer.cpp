#include "src/pjrt/buffer.h"

#include <array>
#include <mutex>

#include "src/core/text.h"
#include "src/pjrt/layout.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

namespace optirs::pjrt {

void requirePresent(const DeviceBuffer* buffer) {
    if (buffer == nullptr) {
        throw Error(Code::kFailedPrecondition, "the buffer is empty: nothing was put into it yet");
    }
    if (const std::string* reason = buffer->goneReason(); reason != nullptr) {
        const TensorType* type = buffer->knownType();
        throw Error(
            Code::kFailedPrecondition,
            concat("the buffer ", type == nullptr ? std::string() : describe(type->dtype, type->dims) + " ",
                   *reason));
    }
}

Target::Target(optirs_pjrt_client& client, optirs_pjrt_buffer** inout) : inout_(inout) {
    if (*inout == nullptr) {
        fresh_cell_ = core::makeObject<optirs_pjrt_buffer>(Ref<optirs_pjrt_client>::share(&client));
    } else if (&(*inout)->client() != &client) {
        throw Error(Code::kInvalidArgument, "the buffer to be filled belongs to another client");
    }
    fresh_buffer_ = client.buffers().take();
}

void Target::fill(PJRT_Buffer* buffer, optirs_pjrt_device* device, const TensorType* type) noexcept {
    fresh_buffer_->fill(buffer, device, type);
    if (fresh_cell_) {
        *inout_ = fresh_cell_.detach();
    }
    (*inout_)->put(std::move(fresh_buffer_));
}

void copyToDevice(const optirs_pjrt_buffer& source, optirs_pjrt_device* device, optirs_pjrt_buffer** inout) {
    optirs_pjrt_client& client = source.client();
    optirs_pjrt_device& place = client.requireDevice(device);
    const auto buffer = source.require();
    const TensorType& type = buffer->type();
    Target target(client, inout);
    auto args = client.api().make<PJRT_Buffer_CopyToDevice_Args>();
    args.buffer = buffer->get();
    args.dst_device = place.handle;
    client.underPressure(type.bytes, [&] { client.api().call<&PJRT_Api::PJRT_Buffer_CopyToDevice>(args); });
    target.fill(args.dst_buffer, &place, &type);
}

namespace {

// Row-major, which a device's own layout need not be. Scalars have no dimensions to order.
class RowMajor {
 public:
    explicit RowMajor(std::size_t rank) {
        rowMajor(minor_to_major_.data(), rank);
        optirs_pjrt_layout_view view{};
        view.minor_to_major = minor_to_major_.data();
        view.rank = rank;
        layout_ = toPlugin(view, rank);
    }
    RowMajor(const RowMajor&) = delete;
    RowMajor& operator=(const RowMajor&) = delete;

    PJRT_Buffer_MemoryLayout* get() noexcept { return &layout_; }

 private:
    std::array<int64_t, kMaxRank> minor_to_major_;  // NOLINT: as many are set as there are dimensions
    PJRT_Buffer_MemoryLayout layout_{};
};

}  // namespace
}  // namespace optirs::pjrt

optirs_pjrt_buffer::DeviceBufferRef optirs_pjrt_buffer::load() const noexcept {
    const std::scoped_lock guard(lock_);
    return DeviceBufferRef::share(buffer_);
}

optirs_pjrt_buffer::Held optirs_pjrt_buffer::held() const noexcept {
    const std::scoped_lock guard(lock_);
    return buffer_ == nullptr ? Held{} : Held{buffer_->knownType(), buffer_->device()};
}

optirs_pjrt_buffer::DeviceBufferRef optirs_pjrt_buffer::require() const {
    DeviceBufferRef buffer = load();
    pjrt::requirePresent(buffer.get());
    return buffer;
}

void optirs_pjrt_buffer::put(DeviceBufferRef buffer) noexcept {
    DeviceBuffer* old = buffer.detach();
    {
        const std::scoped_lock guard(lock_);
        std::swap(buffer_, old);
    }
    // Outside the lock: letting go of the last reference calls the plugin.
    if (old != nullptr) {
        old->release();
    }
}

bool optirs_pjrt_buffer::isDeleted() const {
    const DeviceBufferRef buffer = load();
    if (!buffer || buffer->goneReason() != nullptr) {
        return true;
    }
    auto args = client_->api().make<PJRT_Buffer_IsDeleted_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_IsDeleted>(args);
    return args.is_deleted;
}

void optirs_pjrt_buffer::deleteData() {
    const DeviceBufferRef buffer = load();
    if (!buffer || buffer->goneReason() != nullptr) {
        return;
    }
    const std::string* reason = client_->keepText("was deleted");
    auto args = client_->api().make<PJRT_Buffer_Delete_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_Delete>(args);
    buffer->markGone(reason);
}

uint64_t optirs_pjrt_buffer::deviceSize() const {
    const DeviceBufferRef buffer = require();
    auto args = client_->api().make<PJRT_Buffer_OnDeviceSizeInBytes_Args>();
    args.buffer = buffer->get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_OnDeviceSizeInBytes>(args);
    return args.on_device_size_in_bytes;
}

PJRT_Event* optirs_pjrt_buffer::startToHost(const DeviceBuffer& buffer, void* destination,
                                            uint64_t size) const {
    const pjrt::TensorType& type = buffer.type();
    if (type.dims.size() > pjrt::kMaxRank) {
        throw Error(Code::kUnimplemented, concat(pjrt::describe(type.dtype, type.dims), " has more than ",
                                                 pjrt::kMaxRank, " dimensions"));
    }
    if (size != type.bytes) {
        throw Error(Code::kInvalidArgument, concat(pjrt::describe(type.dtype, type.dims), " takes ",
                                                   type.bytes, " bytes, but the destination has ", size));
    }
    if (destination == nullptr && size != 0) {
        throw Error(Code::kInvalidArgument, "argument destination is NULL");
    }
    pjrt::RowMajor layout(type.dims.size());
    std::byte nowhere{};
    auto args = client_->api().make<PJRT_Buffer_ToHostBuffer_Args>();
    args.src = buffer.get();
    args.host_layout = layout.get();
    args.dst = destination == nullptr ? &nowhere : destination;  // NULL would ask for the size only
    args.dst_size = size;
    client_->api().call<&PJRT_Api::PJRT_Buffer_ToHostBuffer>(args);
    return args.event;
}

void optirs_pjrt_buffer::toHost(void* destination, uint64_t size, const char* operation,
                                optirs_completion done, void* context) {
    const DeviceBufferRef buffer = require();
    client_->startOperation(operation, done, context, buffer,
                            [&] { return startToHost(*buffer, destination, size); });
}

void optirs_pjrt_buffer::toHostWait(void* destination, uint64_t size) {
    const DeviceBufferRef buffer = require();
    if (size <= pjrt::kSmallCopy && client_->inPlace().read(*buffer, destination, size)) {
        return;
    }
    pjrt::awaitAndDestroy(client_->api(), startToHost(*buffer, destination, size));
}

PJRT_Event* optirs_pjrt_buffer::readyEvent(const DeviceBuffer& buffer) const {
    auto args = client_->api().make<PJRT_Buffer_ReadyEvent_Args>();
    args.buffer = buffer.get();
    client_->api().call<&PJRT_Api::PJRT_Buffer_ReadyEvent>(args);
    return args.event;
}

void optirs_pjrt_buffer::ready(const char* operation, optirs_completion done, void* context) {
    const DeviceBufferRef buffer = require();
    client_->startOperation(operation, done, context, buffer, [&] { return readyEvent(*buffer); });
}

void optirs_pjrt_buffer::wait() {
    const DeviceBufferRef buffer = require();
    pjrt::awaitAndDestroy(client_->api(), readyEvent(*buffer));
}
