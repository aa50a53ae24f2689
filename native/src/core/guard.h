// The wall between C++ and C: no exception passes it.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "src/core/error.h"
#include "src/core/object.h"
#include "src/core/text.h"

namespace optirs::core {

/// Runs the body of an exported function and turns whatever it throws into an error object.
/// `operation` is the name of the function, a literal.
template <class Body>
optirs_error* guard(const char* operation, Body&& body) noexcept {
    try {
        std::forward<Body>(body)();
        return nullptr;
    } catch (...) {
        // One per call site, set up without memory: running out of memory still names the operation.
        static optirs_error out_of_memory = outOfMemoryError(operation);
        return errorOfCurrentException(operation, &out_of_memory);
    }
}

/// The pointer, if it is not NULL; `name` is the name of the parameter.
template <class T>
T* required(T* pointer, const char* name) {
    if (pointer == nullptr) {
        throw Error(Code::kInvalidArgument, concat("argument ", name, " is NULL"));
    }
    return pointer;
}

/// A `const char*` and its size as text; NULL is allowed if the size is 0.
inline std::string_view requiredText(const char* text, uint64_t size, const char* name) {
    return size == 0 ? std::string_view() : std::string_view(required(text, name), size);
}

/// An array and its length; NULL is allowed if the length is 0.
template <class T>
std::span<T> requiredSpan(T* first, int64_t size, const char* name, const char* size_name) {
    if (size < 0) {
        throw Error(Code::kInvalidArgument,
                    concat("argument ", size_name, " is ", size, ", which is negative"));
    }
    return size == 0 ? std::span<T>() : std::span<T>(required(first, name), static_cast<size_t>(size));
}

/// An output parameter: must not be NULL, and is cleared before anything can fail.
template <class T>
class Out {
 public:
    Out(T* target, const char* name) : target_(required(target, name)) { *target_ = T{}; }

    Out& operator=(T value) noexcept {
        *target_ = value;
        return *this;
    }
    /// Hands the reference over to the caller.
    template <class U>
    Out& operator=(Ref<U> object) noexcept {
        *target_ = object.detach();
        return *this;
    }

 private:
    T* target_;
};

/// An output parameter that lends a text: a pointer, and its size in bytes.
class OutText {
 public:
    OutText(const char** text, uint64_t* size, const char* name) : text_(required(text, name)), size_(size) {
        *text_ = nullptr;
        setSize(0);
    }

    /// The text must be followed by a NUL.
    OutText& operator=(std::string_view text) noexcept {
        *text_ = text.data();
        setSize(text.size());
        return *this;
    }

 private:
    void setSize(uint64_t size) noexcept {
        if (size_ != nullptr) {
            *size_ = size;
        }
    }

    const char** text_;
    uint64_t* size_;
};

/// Returns a text the C way: the pointer, and the size if it is wanted. The text must be followed by a NUL.
inline const char* returnText(std::string_view text, uint64_t* out_size) noexcept {
    if (out_size != nullptr) {
        *out_size = text.size();
    }
    return text.data();
}

}  // namespace optirs::core
