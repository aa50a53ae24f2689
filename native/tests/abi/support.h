// What every test of the C ABI needs: errors as values, owners for handles, a completion that can be waited
// for.
#pragma once

#include <gtest/gtest.h>
#include <optirs/optirs.h>

#include <array>
#include <future>
#include <memory>
#include <string>
#include <string_view>

namespace optirs::test {

/// An error read and released.
struct Failure {
    optirs_status code = OPTIRS_OK;
    std::string message;
    std::string operation;
    std::string backend;
};

inline Failure take(optirs_error* error) {
    const auto text = [&](auto read) {
        uint64_t size = 0;
        const char* data = read(error, &size);
        EXPECT_EQ(data[size], '\0');
        return std::string(data, size);
    };
    Failure failure{optirs_error_code(error), text(optirs_error_message), text(optirs_error_operation),
                    text(optirs_error_backend)};
    optirs_error_release(error);
    return failure;
}

#define EXPECT_OK(call)                                                        \
    do {                                                                       \
        const auto failure_of_call = ::optirs::test::take(call);               \
        EXPECT_EQ(failure_of_call.code, OPTIRS_OK) << failure_of_call.message; \
    } while (false)

struct Release {
    void operator()(optirs_buffer* object) const { optirs_buffer_release(object); }
    void operator()(optirs_backend* object) const { optirs_backend_release(object); }
    void operator()(optirs_operation* object) const { optirs_operation_release(object); }
    void operator()(optirs_dl_managed_tensor* object) const { optirs_dl_managed_tensor_release(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

inline Owned<optirs_buffer> createBuffer(uint64_t size) {
    optirs_buffer* buffer = nullptr;
    EXPECT_OK(optirs_buffer_create(size, &buffer));
    return Owned<optirs_buffer>(buffer);
}

inline Owned<optirs_backend> loadBackend(std::string_view name) {
    optirs_backend* backend = nullptr;
    EXPECT_OK(optirs_backend_load(name.data(), name.size(), &backend));
    return Owned<optirs_backend>(backend);
}

/// Receives a completion; it must come exactly once.
class Completion {
 public:
    static void done(optirs_error* error, void* context) {
        static_cast<Completion*>(context)->promise_.set_value(take(error));
    }
    Failure wait() { return future_.get(); }
    bool isDone() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

 private:
    std::promise<Failure> promise_;
    std::future<Failure> future_ = promise_.get_future();
};

/// Live objects of every kind.
inline std::array<int64_t, OPTIRS_OBJECT_KIND_COUNT> liveObjects() {
    std::array<int64_t, OPTIRS_OBJECT_KIND_COUNT> counts{};
    for (optirs_object_kind kind = 0; kind < OPTIRS_OBJECT_KIND_COUNT; ++kind) {
        counts[static_cast<size_t>(kind)] = optirs_live_objects(kind);
    }
    return counts;
}

}  // namespace optirs::test
