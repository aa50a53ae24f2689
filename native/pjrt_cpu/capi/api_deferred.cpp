// Buffers and copies one side of which comes later: alias buffers, donation that waits for something, copies
// whose destination is not known yet.
#include <cstring>
#include <unordered_map>
#include <utility>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"

namespace optirs::plugin {
namespace {

/// Promises that callers hold by an opaque pointer and use once. What is kept is found by the pointer's
/// value, so a second use, or a pointer from elsewhere, is an error and not a read of freed memory.
template <class Promise>
class Promises {
 public:
    static Promises& instance() {
        static Promises& promises = *std::make_unique<Promises>().release();  // used until the process ends
        return promises;
    }

    void* add(Promise promise) {
        std::lock_guard lock(mutex_);
        const uintptr_t key = next_ += 16;
        open_.emplace(key, std::move(promise));
        return reinterpret_cast<void*>(key);  // NOLINT(performance-no-int-to-ptr): never dereferenced
    }

    /// Null when it is none, or was taken before.
    std::optional<Promise> take(const void* pointer) {
        std::lock_guard lock(mutex_);
        const auto found = open_.find(reinterpret_cast<uintptr_t>(pointer));
        if (found == open_.end()) return std::nullopt;
        std::optional<Promise> promise(std::move(found->second));
        open_.erase(found);
        return promise;
    }

 private:
    std::mutex mutex_;
    uintptr_t next_ = 0;
    std::unordered_map<uintptr_t, Promise> open_;
};

/// The value becomes what `source` is once that is ready, in the same memory.
void follow(const Ref<BufferValue>& value, Ref<BufferValue> source) {
    const std::shared_ptr<Completion> ready = source->ready;
    ready->onReady([value, source = std::move(source)](const std::optional<Error>& error) mutable {
        if (!error) {
            value->storage = source->storage;
            value->dims = source->dims;
        }
        source = {};  // before anyone learns that it is done: a donation then finds the memory free
        value->ready->complete(error);
    });
}

struct Alias {
    Ref<BufferValue> value;
};

PJRT_Error* createAliasBuffer(PJRT_Client_CreateAliasBuffer_Args* args) {
    return guarded("PJRT_Client_CreateAliasBuffer", args, [](auto& a) {
        a.alias_buffer = nullptr;
        a.fulfill_alias_buffer_cb = nullptr;
        const std::shared_ptr<ClientState> client = deref(a.client, "client").state;
        TensorType type = tensorType(numberOf(a.shape_element_type), a.shape_dims, a.shape_num_dims);
        requireRowMajor(type, a.shape_layout);
        auto value = Ref<BufferValue>::make(shared(std::move(type)), std::make_shared<Completion>());
        auto buffer = std::make_unique<PJRT_Buffer>(client, targetDevice(*client, nullptr, a.memory), value);
        a.fulfill_alias_buffer_cb =
            static_cast<PJRT_FulfillAliasBufferCallback*>(Promises<Alias>::instance().add({value}));
        a.alias_buffer = buffer.release();
    });
}

PJRT_Error* fulfillAliasBuffer(PJRT_Client_FulfillAliasBuffer_Args* args) {
    return guarded("PJRT_Client_FulfillAliasBuffer", args, [](auto& a) {
        deref(a.client, "client");
        if (a.fulfill_alias_buffer_cb == nullptr) throw invalidArgument("fulfill_alias_buffer_cb is null");
        const bool failed = numberOf(a.status_code) != PJRT_Error_Code_OK;
        if (!failed && a.buffer == nullptr) throw invalidArgument("buffer is null, and status_code is OK");
        std::optional<Error> error;
        if (failed) error = errorFrom(numberOf(a.status_code), a.error_message, a.error_message_size);
        Ref<BufferValue> source;
        if (!failed) source = a.buffer->value();
        auto alias = Promises<Alias>::instance().take(a.fulfill_alias_buffer_cb);
        if (!alias) {
            throw Error(Code::kFailedPrecondition,
                        "fulfill_alias_buffer_cb was used before, or is not from this plugin");
        }
        if (!failed && !source->array->dynamic_dims.empty()) {
            error = unimplemented(
                "the alias has a static shape, the buffer has dynamic dimensions; copy what is "
                "there to the host and back");
        } else if (!failed && alias->value->array->type != source->array->type) {
            error = invalidArgument("the alias is " + shortName(alias->value->array->type) +
                                    ", the buffer is " + shortName(source->array->type));
        }
        if (error) {
            alias->value->ready->complete(error);
            if (!failed) throw *error;
            return;
        }
        follow(alias->value, std::move(source));
    });
}

/// What a callback is told. Nobody takes an error from it, so a missing text is an empty one.
Error toldError(const PJRT_Error_Code& code, const char* message, size_t size) {
    return errorFrom(numberOf(code), message, message != nullptr ? size : 0);
}

/// A donated value and the buffer that gets it when the dependency allows.
struct Donation {
    Ref<BufferValue> value;
    Ref<BufferValue> source;
};

void dependencyReady(PJRT_Buffer_DonateWithControlDependency_Callback_Args* args) {
    // Nobody takes an error from here: what is no promise of this plugin is passed over.
    if (args == nullptr) return;
    auto donation = Promises<Donation>::instance().take(args->callback_data);
    if (!donation) return;
    if (numberOf(args->error_code) == PJRT_Error_Code_OK) {
        follow(donation->value, std::move(donation->source));
        return;
    }
    const std::shared_ptr<Completion> ready = donation->value->ready;
    const Error error = toldError(args->error_code, args->error_message, args->error_message_size);
    donation.reset();
    ready->complete(error);
}

PJRT_Error* donateWithControlDependency(PJRT_Buffer_DonateWithControlDependency_Args* args) {
    return guarded("PJRT_Buffer_DonateWithControlDependency", args, [](auto& a) {
        a.out_buffer = nullptr;
        a.callback_data = nullptr;
        a.dependency_ready_callback = nullptr;
        PJRT_Buffer& buffer = deref(a.buffer, "buffer");
        auto value = Ref<BufferValue>::make(buffer.array, std::make_shared<Completion>());
        auto result = std::make_unique<PJRT_Buffer>(buffer.client, buffer.device, value);
        Ref<BufferValue> source = buffer.take({"donated with a control dependency"});
        if (!source) buffer.value();  // throws: says who took it
        a.callback_data = Promises<Donation>::instance().add({std::move(value), std::move(source)});
        a.dependency_ready_callback = dependencyReady;
        a.out_buffer = result.release();
    });
}

/// A copy that waits for its destination.
struct RawCopy {
    std::weak_ptr<ClientState> client;
    Ref<BufferValue> value;
    int64_t offset = 0;
    int64_t size = 0;
    std::shared_ptr<Completion> done;
};

void destinationReady(PJRT_Buffer_CopyRawToHostFuture_Callback_Args* args) {
    if (args == nullptr) return;
    auto copy = Promises<RawCopy>::instance().take(args->callback_data);
    if (!copy) return;
    const std::shared_ptr<Completion> done = copy->done;
    if (numberOf(args->error_code) != PJRT_Error_Code_OK) {
        copy.reset();
        done->complete(toldError(args->error_code, args->error_message, args->error_message_size));
    } else if (args->dst == nullptr && copy->size > 0) {
        copy.reset();
        done->complete(invalidArgument("PJRT_Buffer_CopyRawToHostFuture: dst is null"));
    } else {
        copyRawWhenReady(copy->client.lock(), std::move(copy->value), args->dst, copy->offset, copy->size,
                         done);
    }
}

PJRT_Error* copyRawToHostFuture(PJRT_Buffer_CopyRawToHostFuture_Args* args) {
    return guarded("PJRT_Buffer_CopyRawToHostFuture", args, [](auto& a) {
        a.event = nullptr;
        a.callback_data = nullptr;
        a.future_ready_callback = nullptr;
        const PJRT_Buffer& buffer = deref(a.buffer, "buffer");
        requireRange(buffer, a.offset, a.transfer_size);
        auto done = std::make_shared<Completion>();
        auto event = std::make_unique<PJRT_Event>(PJRT_Event{done});
        a.callback_data = Promises<RawCopy>::instance().add(
            {buffer.client, buffer.value(), a.offset, a.transfer_size, done});
        a.future_ready_callback = destinationReady;
        a.event = event.release();
    });
}

}  // namespace

void fillDeferred(PJRT_Api& api) {
    api.PJRT_Client_CreateAliasBuffer = createAliasBuffer;
    api.PJRT_Client_FulfillAliasBuffer = fulfillAliasBuffer;
    api.PJRT_Buffer_DonateWithControlDependency = donateWithControlDependency;
    api.PJRT_Buffer_CopyRawToHostFuture = copyRawToHostFuture;
}

}  // namespace optirs::plugin
