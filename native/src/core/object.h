// Reference-counted objects: what opaque handles point at.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "src/core/live_objects.h"

namespace optirs::core {

/// Base of every object behind a handle. It starts with one reference and frees itself with the last.
class Object {
 public:
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

    void release() const noexcept {
        // acq_rel: what other threads did with the object happens before its destructor.
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            std::default_delete<const Object>()(this);
        }
    }

 protected:
    explicit Object(optirs_object_kind kind) noexcept : kind_(kind) { countObject(kind_, +1); }
    virtual ~Object() { countObject(kind_, -1); }
    friend struct std::default_delete<const Object>;

 private:
    mutable std::atomic<uint32_t> references_{1};
    optirs_object_kind kind_;
};

/// A reference to an object, counted.
template <class T>
class Ref {
 public:
    Ref() noexcept = default;
    /// Takes over a reference that exists already.
    static Ref adopt(T* object) noexcept { return Ref(object); }
    /// Adds a reference.
    static Ref share(T* object) noexcept {
        if (object != nullptr) {
            object->retain();
        }
        return Ref(object);
    }

    Ref(const Ref& other) noexcept : Ref(share(other.object_)) {}
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ != nullptr) {
            object_->release();
        }
    }

    T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }

    /// Gives the reference away: the receiver releases it.
    [[nodiscard]] T* detach() noexcept { return std::exchange(object_, nullptr); }

 private:
    explicit Ref(T* object) noexcept : object_(object) {}

    T* object_ = nullptr;
};

/// Creates an object with one reference.
template <class T, class... Arguments>
Ref<T> makeObject(Arguments&&... arguments) {
    return Ref<T>::adopt(std::make_unique<T>(std::forward<Arguments>(arguments)...).release());
}

/// retain and release of the C ABI, where NULL is a no-op.
inline void retainHandle(const Object* object) noexcept {
    if (object != nullptr) {
        object->retain();
    }
}
inline void releaseHandle(const Object* object) noexcept {
    if (object != nullptr) {
        object->release();
    }
}

}  // namespace optirs::core
