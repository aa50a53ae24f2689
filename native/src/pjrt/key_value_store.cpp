#include "src/pjrt/key_value_store.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace optirs::pjrt {
namespace {

PJRT_Error* fail(PJRT_CallbackError* make_error, optirs_status code, std::string_view message) noexcept {
    return (*make_error)(static_cast<PJRT_Error_Code>(code), message.data(), message.size());
}

void deleteValue(char* value) { std::default_delete<char[]>()(value); }

}  // namespace

template <class Args>
PJRT_Error* KeyValueStore::answerGet(Args* args, int64_t timeout_ms) noexcept {
    const auto& self = *static_cast<const KeyValueStore*>(args->user_arg);
    try {
        optirs_pjrt_value_sink sink;
        self.get_(args->key, args->key_size, timeout_ms, &sink, self.context_);
        if (sink.code != OPTIRS_OK) {
            return fail(args->callback_error, sink.code, sink.message);
        }
        if (!sink.is_set) {
            return fail(args->callback_error, OPTIRS_NOT_FOUND,
                        "the store has no value for " + std::string(args->key, args->key_size));
        }
        auto copy = std::make_unique<char[]>(std::max<std::size_t>(sink.value.size(), 1));
        std::memcpy(copy.get(), sink.value.data(), sink.value.size());
        args->value = copy.release();
        args->value_size = sink.value.size();
        args->value_deleter_callback = deleteValue;
        return nullptr;
    } catch (const std::exception&) {
        return fail(args->callback_error, OPTIRS_RESOURCE_EXHAUSTED, "out of host memory");
    }
}

PJRT_Error* KeyValueStore::answerPut(PJRT_KeyValuePutCallback_Args* args) noexcept {
    const auto& self = *static_cast<const KeyValueStore*>(args->user_arg);
    optirs_pjrt_value_sink sink;
    self.put_(args->key, args->key_size, reinterpret_cast<const uint8_t*>(args->value), args->value_size,
              &sink, self.context_);
    return sink.code == OPTIRS_OK ? nullptr : fail(args->callback_error, sink.code, sink.message);
}

void KeyValueStore::offerTo(PJRT_Client_Create_Args& args) noexcept {
    if (get_ == nullptr) {
        return;
    }
    args.kv_get_callback = [](PJRT_KeyValueGetCallback_Args* call) {
        return answerGet(call, std::max(call->timeout_in_ms, 1));
    };
    args.kv_get_user_arg = this;
    args.kv_put_callback = answerPut;
    args.kv_put_user_arg = this;
    if (args.struct_size >= offsetof(PJRT_Client_Create_Args, kv_try_get_user_arg) + sizeof(void*)) {
        args.kv_try_get_callback = [](PJRT_KeyValueTryGetCallback_Args* call) { return answerGet(call, 0); };
        args.kv_try_get_user_arg = this;
    }
}

}  // namespace optirs::pjrt
