#include <optirs/error.h>

#include "src/core/guard.h"

using namespace optirs::core;

optirs_status optirs_error_code(const optirs_error* error) {
    return error != nullptr ? error->code : OPTIRS_OK;
}

const char* optirs_error_message(const optirs_error* error, uint64_t* out_size) {
    return returnText(error != nullptr ? error->message : "", out_size);
}

const char* optirs_error_operation(const optirs_error* error, uint64_t* out_size) {
    return returnText(error != nullptr ? error->operation : "", out_size);
}

const char* optirs_error_backend(const optirs_error* error, uint64_t* out_size) {
    return returnText(error != nullptr ? error->backend : "", out_size);
}

optirs_error* optirs_error_create(optirs_status code, const char* message, uint64_t size) {
    static constinit optirs_error out_of_memory = outOfMemoryError("optirs_error_create");
    try {
        const Error error(codeFromNumber(code), std::string(requiredText(message, size, "message")));
        return makeError(error, "optirs_error_create", &out_of_memory);
    } catch (...) {
        return errorOfCurrentException("optirs_error_create", &out_of_memory);
    }
}

void optirs_error_release(optirs_error* error) { releaseError(error); }

const char* optirs_status_name(optirs_status code, uint64_t* out_size) {
    return returnText(codeName(code), out_size);
}

int64_t optirs_error_num_payloads(const optirs_error* error) {
    return error == nullptr || error->payloads == nullptr ? 0 : static_cast<int64_t>(error->payloads->size());
}

const char* optirs_error_payload(const optirs_error* error, int64_t index, uint64_t* out_key_size,
                                 const uint8_t** out_value, uint64_t* out_value_size) {
    *out_value = nullptr;
    *out_value_size = 0;
    if (index < 0 || index >= optirs_error_num_payloads(error)) {
        *out_key_size = 0;
        return nullptr;
    }
    const auto& [key, value] = (*error->payloads)[static_cast<size_t>(index)];
    *out_value = reinterpret_cast<const uint8_t*>(value.data());
    *out_value_size = value.size();
    return returnText(key, out_key_size);
}
