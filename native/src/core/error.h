// Errors inside the library are exceptions of one type; at the C ABI they become optirs_error objects
// (guard.h).
#pragma once

#include <optirs/error.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace optirs::core {

enum class Code : int32_t {
    kCancelled = OPTIRS_CANCELLED,
    kUnknown = OPTIRS_UNKNOWN,
    kInvalidArgument = OPTIRS_INVALID_ARGUMENT,
    kDeadlineExceeded = OPTIRS_DEADLINE_EXCEEDED,
    kNotFound = OPTIRS_NOT_FOUND,
    kAlreadyExists = OPTIRS_ALREADY_EXISTS,
    kPermissionDenied = OPTIRS_PERMISSION_DENIED,
    kResourceExhausted = OPTIRS_RESOURCE_EXHAUSTED,
    kFailedPrecondition = OPTIRS_FAILED_PRECONDITION,
    kAborted = OPTIRS_ABORTED,
    kOutOfRange = OPTIRS_OUT_OF_RANGE,
    kUnimplemented = OPTIRS_UNIMPLEMENTED,
    kInternal = OPTIRS_INTERNAL,
    kUnavailable = OPTIRS_UNAVAILABLE,
    kDataLoss = OPTIRS_DATA_LOSS,
    kUnauthenticated = OPTIRS_UNAUTHENTICATED,
};

/// The code with this number; kUnknown for a number that is not one, as a foreign library may report
/// anything.
Code codeFromNumber(int32_t number) noexcept;

/// The name without prefix, for instance "INVALID_ARGUMENT".
std::string_view codeName(int32_t number) noexcept;

/// What a plugin attaches to an error, by type URL.
using Payloads = std::vector<std::pair<std::string, std::string>>;

/// What the library throws. The operation is added by guard, which knows the function that was called.
class Error : public std::exception {
 public:
    Error(Code code, std::string message, std::string backend = {}, Payloads payloads = {})
        : code_(code),
          message_(std::move(message)),
          backend_(std::move(backend)),
          payloads_(std::move(payloads)) {}

    Code code() const noexcept { return code_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& backend() const noexcept { return backend_; }
    const Payloads& payloads() const noexcept { return payloads_; }
    const char* what() const noexcept override { return message_.c_str(); }

 private:
    Code code_;
    std::string message_;
    std::string backend_;
    Payloads payloads_;
};

}  // namespace optirs::core

// The object behind the handle. Texts are views, so that the out-of-memory errors can be constants.
struct optirs_error {
    optirs_status code;
    bool is_preallocated;
    std::string_view message;  // each of the three is followed by a NUL
    std::string_view operation;
    std::string_view backend;
    const optirs::core::Payloads* payloads = nullptr;
};

namespace optirs::core {

/// The out-of-memory error of an operation: constructing and reporting it needs no memory.
constexpr optirs_error outOfMemoryError(const char* operation) noexcept {
    return {OPTIRS_RESOURCE_EXHAUSTED, true, "out of host memory; release objects that are no longer needed",
            operation, ""};
}

/// A new error object for the caller; `out_of_memory`, of static storage, if there is no memory for one.
optirs_error* makeError(const Error& error, const char* operation, optirs_error* out_of_memory) noexcept;

/// Translates the exception being handled; to be called in a catch block only.
optirs_error* errorOfCurrentException(const char* operation, optirs_error* out_of_memory) noexcept;

void releaseError(optirs_error* error) noexcept;

}  // namespace optirs::core
