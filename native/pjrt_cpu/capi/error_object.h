#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_abi/pjrt_abi_versions.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

/// The oldest minor version whose structs are taken; fields that came later are read only where the caller's
/// struct has them.
inline constexpr int kOldestMinor = 40;

/// A new error, owned by the caller. When there is no memory for it, a preallocated RESOURCE_EXHAUSTED; never
/// null.
PJRT_Error* makeError(Code code, std::string message) noexcept;
PJRT_Error* makeError(const Error& error) noexcept;
/// No-op on null and on the preallocated one.
void destroyError(PJRT_Error* error) noexcept;
Code errorCode(const PJRT_Error* error);
const std::string& errorMessage(const PJRT_Error* error);

/// Whether the caller's version of the struct has this field.
#define OPTIRS_HAS_FIELD(args, field) \
    ((args)->struct_size >=           \
     offsetof(std::remove_reference_t<decltype(*(args))>, field) + sizeof(decltype((args)->field)))

/// An enum of an argument struct as the number that the caller wrote: it may be none of the enum's.
template <class Enum>
int32_t numberOf(const Enum& field) {
    static_assert(sizeof(Enum) == sizeof(int32_t));
    int32_t number = 0;
    std::memcpy(&number, &field, sizeof number);
    return number;
}

/// The code that a caller gives with an error; UNKNOWN for a number that is none.
inline Code codeOf(int32_t number) {
    return number >= 0 && number <= static_cast<int32_t>(Code::kUnauthenticated) ? static_cast<Code>(number)
                                                                                 : Code::kUnknown;
}

/// The error that a caller describes by a code (a number that is none: UNKNOWN) and a text. Throws
/// INVALID_ARGUMENT when the code is OK or the text is null.
inline Error errorFrom(int32_t code, const char* message, size_t size) {
    if (code == PJRT_Error_Code_OK) throw invalidArgument("error_code is OK");
    if (message == nullptr && size > 0) throw invalidArgument("error_message is null");
    return {codeOf(code), size > 0 ? std::string(message, size) : std::string()};
}

/// The handle in a field of an argument struct; throws INVALID_ARGUMENT when it is null.
template <class T>
T& deref(T* handle, const char* field) {
    if (handle == nullptr) throw invalidArgument(std::string(field) + " is null");
    return *handle;
}

void checkStructSize(size_t struct_size, size_t required);

/// The body of every function that clients call: checks the argument struct, of which `required` bytes must
/// be there, runs `body(*args)`, and turns whatever it throws into a PJRT_Error whose message starts with the
/// function's name. Extensions give the size of their structs; those of the table are as old as kOldestMinor.
template <class Args, class Body>
PJRT_Error* guarded(const char* function, Args* args, size_t required, Body&& body) noexcept {
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
    } catch (const std::exception& error) {
        return makeError(Code::kInternal, error.what());
    } catch (...) {
        return makeError(Code::kInternal, "an exception of unknown type");
    }
}

template <class Args, class Body>
PJRT_Error* guarded(const char* function, Args* args, Body&& body) noexcept {
    return guarded(function, args, pjrt_abi::structSize<Args>(kOldestMinor), std::forward<Body>(body));
}

}  // namespace optirs::plugin
