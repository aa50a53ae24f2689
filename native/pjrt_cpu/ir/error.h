/// @file
/// The one exception of the plugin. It carries an absl status code, so that the C API layer turns it
/// into a PJRT_Error without a table.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace optirs::plugin {

/// Status codes; the numbers are those of absl::StatusCode and PJRT_Error_Code.
enum class Code : int32_t {
    kOk = 0,
    kCancelled = 1,
    kUnknown = 2,
    kInvalidArgument = 3,
    kDeadlineExceeded = 4,
    kNotFound = 5,
    kAlreadyExists = 6,
    kPermissionDenied = 7,
    kResourceExhausted = 8,
    kFailedPrecondition = 9,
    kAborted = 10,
    kOutOfRange = 11,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14,
    kDataLoss = 15,
    kUnauthenticated = 16,
};

/// Thrown on every failure inside the plugin.
class Error : public std::exception {
 public:
    Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

    Code code() const noexcept { return code_; }
    const std::string& message() const noexcept { return message_; }
    const char* what() const noexcept override { return message_.c_str(); }

 private:
    Code code_;
    std::string message_;
};

inline Error invalidArgument(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }
inline Error unimplemented(std::string message) { return {Code::kUnimplemented, std::move(message)}; }
inline Error internalError(std::string message) { return {Code::kInternal, std::move(message)}; }
inline Error resourceExhausted(std::string message) { return {Code::kResourceExhausted, std::move(message)}; }

}  // namespace optirs::plugin
