#include "src/core/error.h"

#include <array>
#include <memory>
#include <new>

#include "src/core/live_objects.h"

namespace optirs::core {
namespace {

constexpr std::array<std::string_view, 17> kNames = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

struct OwnedError final : optirs_error {
    OwnedError(const Error& error, const char* operation_name)
        : message_text(error.message()), backend_text(error.backend()), payload_list(error.payloads()) {
        code = static_cast<optirs_status>(error.code());
        is_preallocated = false;
        message = message_text;
        operation = operation_name;
        backend = backend_text;
        payloads = &payload_list;
        countObject(OPTIRS_OBJECT_ERROR, +1);
    }
    OwnedError(const OwnedError&) = delete;
    OwnedError& operator=(const OwnedError&) = delete;
    ~OwnedError() { countObject(OPTIRS_OBJECT_ERROR, -1); }

    std::string message_text;
    std::string backend_text;
    Payloads payload_list;
};

}  // namespace

Code codeFromNumber(int32_t number) noexcept {
    const bool is_code = number > OPTIRS_OK && number <= OPTIRS_UNAUTHENTICATED;
    return is_code ? static_cast<Code>(number) : Code::kUnknown;
}

std::string_view codeName(int32_t number) noexcept {
    return number == OPTIRS_OK ? kNames[0] : kNames[static_cast<size_t>(codeFromNumber(number))];
}

optirs_error* makeError(const Error& error, const char* operation, optirs_error* out_of_memory) noexcept {
    try {
        return std::make_unique<OwnedError>(error, operation).release();
    } catch (...) {
        return out_of_memory;
    }
}

optirs_error* errorOfCurrentException(const char* operation, optirs_error* out_of_memory) noexcept {
    // The outer try is for the allocations that the translation itself makes.
    try {
        try {
            throw;
        } catch (const Error& error) {
            return makeError(error, operation, out_of_memory);
        } catch (const std::bad_alloc&) {
            return out_of_memory;
        } catch (const std::exception& error) {
            return makeError(Error(Code::kInternal, std::string("unexpected exception: ") + error.what()),
                             operation, out_of_memory);
        } catch (...) {
            return makeError(
                Error(Code::kUnknown, "unexpected exception of a type that is not std::exception"), operation,
                out_of_memory);
        }
    } catch (...) {
        return out_of_memory;
    }
}

void releaseError(optirs_error* error) noexcept {
    if (error != nullptr && !error->is_preallocated) {
        const std::unique_ptr<OwnedError> owner(static_cast<OwnedError*>(error));
    }
}

}  // namespace optirs::core
