// The store through which the clients of several processes find each other.
#pragma once

#include <optirs/pjrt_client.h>

#include <string>

#include "pjrt_abi/pjrt_abi.h"
#include "src/core/error.h"

/// Lives during one call of the store.
struct optirs_pjrt_value_sink {
    std::string value;
    std::string message;
    optirs_status code = OPTIRS_OK;
    bool is_set = false;
};

namespace optirs::pjrt {

/// The user's functions, as a plugin calls them. Kept at one place until the plugin's client is gone.
class KeyValueStore {
 public:
    KeyValueStore() = default;
    KeyValueStore(optirs_pjrt_store_put put, optirs_pjrt_store_get get, optirs_pjrt_store_released released,
                  void* context) noexcept
        : put_(put), get_(get), released_(released), context_(context) {}

    /// The plugin will not ask any more.
    void release() const noexcept {
        if (released_ != nullptr) {
            released_(context_);
        }
    }

    /// Nothing where there is no store.
    void offerTo(PJRT_Client_Create_Args& args) noexcept;

 private:
    template <class Args>
    static PJRT_Error* answerGet(Args* args, int64_t timeout_ms) noexcept;
    static PJRT_Error* answerPut(PJRT_KeyValuePutCallback_Args* args) noexcept;

    optirs_pjrt_store_put put_ = nullptr;
    optirs_pjrt_store_get get_ = nullptr;
    optirs_pjrt_store_released released_ = nullptr;
    void* context_ = nullptr;
};

}  // namespace optirs::pjrt
