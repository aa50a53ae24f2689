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

void optirs_error_release(optirs_error* error) { releaseError(error); }

const char* optirs_status_name(optirs_status code, uint64_t* out_size) {
    return returnText(codeName(code), out_size);
}
