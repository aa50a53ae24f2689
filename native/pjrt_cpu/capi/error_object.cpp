#include "pjrt_cpu/capi/error_object.h"

#include <utility>

namespace optirs::plugin {
namespace {

struct ErrorObject final : PJRT_Error {
    ErrorObject(Code code_of_it, std::string message_of_it);
    Code code;
    std::string message;
};

const ErrorObject& object(const PJRT_Error* error) { return *static_cast<const ErrorObject*>(error); }

constexpr PJRT_Error_FunctionTable kErrorFunctions = {
    PJRT_Error_FunctionTable_STRUCT_SIZE,
    PJRT_Error_STRUCT_SIZE,
    nullptr,
    [](PJRT_Error* error) { destroyError(error); },
    [](const PJRT_Error* error, const char** message, size_t* size) {
        *message = object(error).message.data();
        *size = object(error).message.size();
    },
    [](const PJRT_Error* error) { return static_cast<PJRT_Error_Code>(object(error).code); },
    [](const PJRT_Error*, PJRT_Error_PayloadVisitor, void*) {},
};

ErrorObject::ErrorObject(Code code_of_it, std::string message_of_it)
    : PJRT_Error{&kErrorFunctions}, code(code_of_it), message(std::move(message_of_it)) {}

ErrorObject* outOfMemory() {
    // "no memory" fits into the string itself: nothing is allocated.
    static ErrorObject error(Code::kResourceExhausted, "no memory");
    return &error;
}

}  // namespace

PJRT_Error* makeError(Code code, std::string message) noexcept {
    auto* error = new (std::nothrow) ErrorObject(code, std::move(message));
    return error != nullptr ? error : outOfMemory();
}

PJRT_Error* makeError(const Error& error) noexcept {
    try {
        return makeError(error.code(), error.message());
    } catch (...) {
        return outOfMemory();
    }
}

void destroyError(PJRT_Error* error) noexcept {
    if (error != nullptr && error != outOfMemory()) delete static_cast<ErrorObject*>(error);
}

Code errorCode(const PJRT_Error* error) { return object(error).code; }
const std::string& errorMessage(const PJRT_Error* error) { return object(error).message; }

void checkStructSize(size_t struct_size, size_t required) {
    if (struct_size < required) {
        throw invalidArgument("the argument struct has struct_size " + std::to_string(struct_size) +
                              ", but at least " + std::to_string(required) +
                              " is needed (caller older than API 0." + std::to_string(kOldestMinor) +
                              ", or struct_size not set)");
    }
}

}  // namespace optirs::plugin
