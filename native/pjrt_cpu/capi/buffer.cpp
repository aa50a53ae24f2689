#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/copied_bytes.h"

#include <cstring>
#include <utility>

#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

Ref<Storage> allocateFor(PJRT_Device& device, const SharedType& type) {
    if (!device.is_addressable) {
        throw invalidArgument(device.description.debug_string + " belongs to process " +
                              std::to_string(device.description.process_index));
    }
    MemoryBlock block = device.store->allocate(type->bytes, nullptr, nullptr);
    return Ref<Storage>::make(device.store, std::move(block), type);
}

std::unique_ptr<PJRT_Buffer> makeBuffer(PJRT_Device& device, std::shared_ptr<ClientState> client,
                                        SharedType type, Ref<Storage> storage) {
    auto value = Ref<BufferValue>::make(std::move(type), Completion::done());
    value->storage = std::move(storage);
    return std::make_unique<PJRT_Buffer>(std::move(client), device, std::move(value));
}

PJRT_Device& targetDevice(const ClientState& client, PJRT_Device* device, PJRT_Memory* memory) {
    if (memory != nullptr) return static_cast<MemorySpace*>(memory)->device;
    return device != nullptr ? *device : *client.devices().front();
}

void requireRange(const PJRT_Buffer& buffer, int64_t offset, int64_t size) {
    if (offset < 0 || size < 0 || offset > buffer.bytes || size > buffer.bytes - offset) {
        throw invalidArgument(std::to_string(size) + " bytes at offset " + std::to_string(offset) +
                              " of a buffer of " + std::to_string(buffer.bytes) + " bytes");
    }
}

void copyRawWhenReady(const std::shared_ptr<ClientState>& client, Ref<BufferValue> value, void* destination,
                      int64_t offset, int64_t size, const std::shared_ptr<Completion>& done) {
    const std::shared_ptr<Completion> ready =
        value->ready;  // the callback may drop the value's own reference
    ready->onReady(
        [value = std::move(value), done, destination, offset, size,
         client = size < kLargeCopy ? nullptr : client](const std::optional<Error>& error) mutable {
            if (!error && size > 0) {
                copyCounted(destination, value->storage->data() + offset, size,
                            client == nullptr ? nullptr : &client->pool());
            }
            value = {};  // before anyone learns that it is done: a donation then finds the memory free
            done->complete(error);
        });
}

std::shared_ptr<Completion> copyRawToHost(const PJRT_Buffer& buffer, void* destination, int64_t offset,
                                          int64_t size) {
    requireRange(buffer, offset, size);
    if (destination == nullptr && size > 0) throw invalidArgument("dst is null");
    auto done = std::make_shared<Completion>();
    copyRawWhenReady(buffer.client, buffer.value(), destination, offset, size, done);
    return done;
}

std::unique_ptr<PJRT_Buffer> copyToDevice(const PJRT_Buffer& buffer, PJRT_Device& destination,
                                          const std::shared_ptr<ClientState>& destination_client) {
    Ref<BufferValue> source = buffer.value();
    auto value = Ref<BufferValue>::make(buffer.array, std::make_shared<Completion>());
    auto result = std::make_unique<PJRT_Buffer>(destination_client, destination, value);
    const std::shared_ptr<Completion> ready =
        source->ready;  // the callback may drop the value's own reference
    // The source's thread copies: the destination's queue never waits for another device's.
    ready->onReady([source = std::move(source), value, &destination,
                    client = std::weak_ptr(destination_client)](const std::optional<Error>& error) mutable {
        if (error) {
            value->ready->complete(error);
            return;
        }
        const std::shared_ptr<ClientState> alive = client.lock();
        if (alive == nullptr) {
            value->ready->complete(Error(Code::kCancelled, "the client was destroyed before the copy"));
            return;
        }
        try {
            value->storage = allocateFor(destination, value->array);
            copyCounted(value->storage->data(), source->storage->data(), value->array->bytes, &alive->pool());
            value->dims = source->dims;
            source = {};
            value->ready->complete(std::nullopt);
        } catch (const Error& failure) {
            value->ready->complete(failure);
        }
    });
    return result;
}

ExclusiveUse::ExclusiveUse(const PJRT_Buffer& buffer) : lock_(buffer.mutex_, std::try_to_lock) {
    if (!lock_) return;
    // Nobody can take a reference now: the only ways to one are the lock and the references that there are.
    const Ref<BufferValue>& value = buffer.value_;
    const bool is_ours = value.unique() && value->isThere() && value->storage.unique() &&
                         value->storage->writable() && buffer.external_.empty();
    if (is_ours)
        data_ = value->storage->data();
    else
        lock_.unlock();
}

}  // namespace optirs::plugin

using namespace optirs::plugin;  // NOLINT(google-build-using-namespace): the C names live outside

std::string Gone::toString() const {
    return program == nullptr ? how
                              : "donated to program " + *program + " as argument " + std::to_string(argument);
}

PJRT_Buffer::PJRT_Buffer(std::shared_ptr<ClientState> client_of_it, PJRT_Device& device_of_it,
                         Ref<BufferValue> value_of_it)
    : client(std::move(client_of_it)),
      device(device_of_it),
      array(value_of_it->array),
      type(array->type),
      bytes(array->bytes),
      value_(std::move(value_of_it)) {}

Ref<BufferValue> PJRT_Buffer::value() const {
    std::lock_guard lock(mutex_);
    if (!value_) {
        throw Error(Code::kFailedPrecondition, "buffer " + shortName(type) + " on " +
                                                   device.description.debug_string +
                                                   " is no longer there: it was " + gone_.toString());
    }
    return value_;
}

bool PJRT_Buffer::isDeleted() const {
    std::lock_guard lock(mutex_);
    return !value_;
}

Ref<BufferValue> PJRT_Buffer::awaitValue() const {
    Ref<BufferValue> result = value();
    if (const auto& error = result->ready->wait()) throw *error;
    return result;
}

Ref<BufferValue> PJRT_Buffer::take(Gone why) {
    std::lock_guard lock(mutex_);
    if (value_) gone_ = std::move(why);
    return std::exchange(value_, {});
}

const TensorType& PJRT_Buffer::unpadded() const {
    if (array->dynamic_dims.empty()) return type;
    const Ref<BufferValue> known = awaitValue();
    std::lock_guard lock(mutex_);
    if (!unpadded_) unpadded_ = type.withDims(known->dims);
    return *unpadded_;
}

void PJRT_Buffer::addExternalReference() {
    Ref<Storage> storage = awaitValue()->storage;
    std::lock_guard lock(mutex_);
    external_.push_back(std::move(storage));
}

void PJRT_Buffer::dropExternalReference() {
    Ref<Storage> last;
    std::lock_guard lock(mutex_);
    if (external_.empty()) {
        throw Error(Code::kFailedPrecondition, "the buffer has no external reference to give back");
    }
    last = std::move(external_.back());
    external_.pop_back();
}
