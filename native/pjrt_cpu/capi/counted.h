#pragma once

#include <atomic>
#include <utility>

namespace optirs::plugin {

template <class T>
class Ref;

/// Base of objects that hold the count of their references.
class Counted {
 public:
    Counted() = default;
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

 private:
    template <class T>
    friend class Ref;
    std::atomic<int> holders_{0};
};

/// A counted reference. unique() is exact for a holder that knows that no one else can copy from it, and it
/// orders what the former holders did before what the remaining one does: that is what writing into donated
/// memory needs, and what shared_ptr::use_count does not give.
template <class T>
class Ref {
 public:
    Ref() = default;
    template <class... Arguments>
    static Ref make(Arguments&&... arguments) {
        Ref ref;
        ref.object_ = new T(std::forward<Arguments>(arguments)...);
        ref.hold();
        return ref;
    }
    Ref(const Ref& other) : object_(other.object_) { hold(); }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ != nullptr && object_->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete object_;
    }
    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }
    T* get() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }
    bool unique() const {
        return object_ != nullptr && object_->holders_.load(std::memory_order_acquire) == 1;
    }

 private:
    void hold() {
        if (object_ != nullptr) object_->holders_.fetch_add(1, std::memory_order_relaxed);
    }
    T* object_ = nullptr;
};

}  // namespace optirs::plugin
