// What plugins hand over to be kept: bytes and named values, copied into objects of the C ABI.
#pragma once

#include <optirs/pjrt_types.h>

#include <string>
#include <utility>

#include "src/core/object.h"
#include "src/pjrt/named_values.h"

struct optirs_pjrt_bytes final : optirs::core::Object {
    explicit optirs_pjrt_bytes(std::string bytes)
        : Object(OPTIRS_OBJECT_PJRT_BYTES), bytes_(std::move(bytes)) {}

    const std::string& get() const noexcept { return bytes_; }

 private:
    const std::string bytes_;
};

struct optirs_pjrt_values final : optirs::core::Object {
    optirs_pjrt_values(const PJRT_NamedValue* values, std::size_t count)
        : Object(OPTIRS_OBJECT_PJRT_VALUES), values_(values, count) {}

    const optirs::pjrt::NamedValues& get() const noexcept { return values_; }

 private:
    const optirs::pjrt::NamedValues values_;
};

namespace optirs::pjrt {

/// Calls a deleter that came with an object of the plugin, in every case.
template <class Holder>
class Backing {
 public:
    Backing(Holder* holder, void (*deleter)(Holder*)) noexcept : holder_(holder), deleter_(deleter) {}
    Backing(const Backing&) = delete;
    Backing& operator=(const Backing&) = delete;
    ~Backing() {
        if (deleter_ != nullptr && holder_ != nullptr) {
            deleter_(holder_);
        }
    }

 private:
    Holder* holder_;
    void (*deleter_)(Holder*);
};

/// A copy of bytes that a plugin lent.
inline core::Ref<optirs_pjrt_bytes> copyBytes(const char* bytes, std::size_t size) {
    return core::makeObject<optirs_pjrt_bytes>(bytes == nullptr ? std::string() : std::string(bytes, size));
}

}  // namespace optirs::pjrt
