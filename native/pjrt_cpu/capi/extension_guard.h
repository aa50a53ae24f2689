#pragma once

#include "pjrt_cpu/capi/error_object.h"

namespace optirs::plugin {

/// guarded() for the functions of extensions, whose structs have had one size: `required` bytes, to the end
/// of the last field as callers of the C headers count.
template <class Args, class Body>
PJRT_Error* guardedExtension(const char* function, Args* args, size_t required, Body&& body) noexcept {
    try {
        if (args == nullptr) throw invalidArgument("the argument struct is null");
        checkStructSize(args->struct_size, required);
        body(*args);
        return nullptr;
    } catch (const Error& error) {
        try {
            return makeError(error.code(), std::string(function) + ": " + error.message());
        } catch (...) {
            return makeError(error);
        }
    } catch (const std::bad_alloc&) {
        return makeError(Code::kResourceExhausted, "out of host memory");
    } catch (...) {
        return makeError(Code::kInternal, "an exception of unknown type");
    }
}

}  // namespace optirs::plugin
