// What the tests of the PJRT client share.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <optirs/fault.h>
#include <optirs/memory.h>
#include <optirs/pjrt.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/pjrt/fake_control.h"

namespace test {

struct ReleaseError {
    void operator()(optirs_error* error) const { optirs_error_release(error); }
};
using ErrorPointer = std::unique_ptr<optirs_error, ReleaseError>;

/// Code and message of an error, which is released. OPTIRS_OK and "" for NULL.
struct Outcome {
    optirs_status code = OPTIRS_OK;
    std::string message;
    std::string operation;
    std::string backend;

    Outcome() = default;
    Outcome(optirs_error* error)  // NOLINT: every fallible call converts to it
        : code(optirs_error_code(error)) {
        const ErrorPointer owner(error);
        uint64_t size = 0;
        const char* text = optirs_error_message(error, &size);
        message.assign(text, size);
        text = optirs_error_operation(error, &size);
        operation.assign(text, size);
        text = optirs_error_backend(error, &size);
        backend.assign(text, size);
    }
    bool isOk() const { return code == OPTIRS_OK; }
    bool says(const std::string& part) const { return message.find(part) != std::string::npos; }
};

#define ASSERT_OK(call)                                        \
    do {                                                       \
        const test::Outcome outcome(call);                     \
        ASSERT_EQ(outcome.code, OPTIRS_OK) << outcome.message; \
    } while (false)
#define EXPECT_OK(call)                                        \
    do {                                                       \
        const test::Outcome outcome(call);                     \
        EXPECT_EQ(outcome.code, OPTIRS_OK) << outcome.message; \
    } while (false)

/// Owns one reference to a handle.
template <class T, void (*kRelease)(T*)>
class Handle {
 public:
    Handle() = default;
    explicit Handle(T* handle) : handle_(handle) {}
    Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Handle() { reset(); }

    void reset() { kRelease(std::exchange(handle_, nullptr)); }
    T* get() const { return handle_; }
    T** out() { return &handle_; }

 private:
    T* handle_ = nullptr;
};

using Plugin = Handle<optirs_pjrt_plugin, optirs_pjrt_plugin_release>;
using Client = Handle<optirs_pjrt_client, optirs_pjrt_client_release>;
using Buffer = Handle<optirs_pjrt_buffer, optirs_pjrt_buffer_release>;
using Executable = Handle<optirs_pjrt_executable, optirs_pjrt_executable_release>;
using Discovery = Handle<optirs_pjrt_discovery, optirs_pjrt_discovery_release>;

inline std::string pluginPath(const std::string& name) {
    return std::string(FAKE_PLUGIN_DIR) + "/" + name + ".so";
}

inline Outcome load(const std::string& name_or_path, Plugin& plugin) {
    return optirs_pjrt_plugin_load(name_or_path.data(), name_or_path.size(), plugin.out());
}

/// What steers a fake plugin that is loaded.
inline fake::Control& controlOf(const std::string& name) {
    void* library = dlopen(pluginPath(name).c_str(), RTLD_NOW | RTLD_LOCAL);
    auto get = reinterpret_cast<fake::Control* (*)()>(dlsym(library, "fakeControl"));
    fake::Control& control = *get();
    dlclose(library);
    return control;
}

/// A completion that a test can wait for. Must outlive its call.
class Completion {
 public:
    static void done(optirs_error* error, void* context) { static_cast<Completion*>(context)->set(error); }

    Outcome wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return outcome_.has_value(); });
        return *outcome_;
    }
    bool isDone() {
        const std::scoped_lock lock(mutex_);
        return outcome_.has_value();
    }
    int calls() {
        const std::scoped_lock lock(mutex_);
        return calls_;
    }

 private:
    void set(optirs_error* error) {
        const std::scoped_lock lock(mutex_);
        outcome_ = Outcome(error);
        ++calls_;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Outcome> outcome_;
    int calls_ = 0;
};

/// A client of the plugin "fake", and the check that nothing is left of it.
class FakeTest : public ::testing::Test {
 protected:
    void SetUp() override { open("fake"); }

    void open(const std::string& name) {
        Plugin plugin;
        ASSERT_OK(optirs_pjrt_plugin_load(pluginPath(name).data(), pluginPath(name).size(), plugin.out()));
        control_ = &controlOf(name);
        ASSERT_OK(optirs_pjrt_client_create(plugin.get(), nullptr, 0, client_.out()));
    }

    void TearDown() override {
        client_.reset();
        EXPECT_TRUE(control_->isEmpty())
            << "clients " << control_->clients << ", buffers " << control_->buffers << ", executables "
            << control_->executables << ", events " << control_->events_alive << ", errors "
            << control_->errors << ", others " << control_->others << ", bytes " << control_->bytes;
        EXPECT_EQ(control_->wrong_sizes, 0) << control_->wrong_size_function;
        EXPECT_EQ(control_->destroyed_on_thread, 0);
        control_->events = fake::Events::kReady;
        control_->event_code = 0;
        control_->failing_times = 0;
        control_->memory_limit = INT64_MAX;
        control_->deletes_arguments_on_failure = false;
        control_->has_output_types = true;
        control_->wrong_sizes = 0;
        for (optirs_object_kind kind = 0; kind < OPTIRS_OBJECT_KIND_COUNT; ++kind) {
            EXPECT_EQ(optirs_live_objects(kind), 0) << "objects of kind " << kind;
        }
    }

    /// The next `times` calls of the function fail.
    void fail(const std::string& function, int code, int times = 1) {
        control_->failing_function = function;
        control_->failing_code = code;
        control_->failing_times = times;
    }

    Outcome upload(const std::vector<int32_t>& values, Buffer& buffer, optirs_pjrt_device* device = nullptr) {
        const auto extent = static_cast<int64_t>(values.size());
        return optirs_pjrt_buffer_from_host(client_.get(), values.data(), values.size() * 4, OPTIRS_DTYPE_S32,
                                            &extent, 1, nullptr, OPTIRS_PJRT_HOST_DURING_CALL, device,
                                            nullptr, nullptr, buffer.out());
    }

    std::vector<int32_t> download(const Buffer& buffer) {
        std::vector<int32_t> values(optirs_pjrt_buffer_size(buffer.get()) / 4);
        EXPECT_OK(optirs_pjrt_buffer_to_host_wait(buffer.get(), values.data(), values.size() * 4));
        return values;
    }

    Outcome compile(const std::string& program, Executable& executable) {
        return optirs_pjrt_executable_compile(client_.get(), program.data(), program.size(), nullptr,
                                              executable.out());
    }

    Outcome execute(const Executable& executable, std::vector<optirs_pjrt_buffer*> arguments,
                    std::vector<optirs_pjrt_buffer*>& results, Completion* completion = nullptr) {
        return optirs_pjrt_executable_execute(executable.get(), nullptr, arguments.data(),
                                              static_cast<int64_t>(arguments.size()), results.data(),
                                              static_cast<int64_t>(results.size()),
                                              completion == nullptr ? nullptr : Completion::done, completion);
    }

    fake::Control* control_ = nullptr;
    Client client_;
};

/// Adds 0x01010101 to each of 4 numbers; the fake plugin's one idea.
inline constexpr int32_t kStep = 0x01010101;
inline const std::string kAddProgram = "name add\narguments 1\noutput 4 4\n";
/// The same, and takes its argument.
inline const std::string kDonatingProgram = "name step\narguments 1\ndonate 0\noutput 4 4\n";

}  // namespace test
