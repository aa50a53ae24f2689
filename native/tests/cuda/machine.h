// The mock machine as tests use it: the backend `cuda` over mock libraries, with owners for its objects.
#pragma once

#include <dlfcn.h>

#include <cstdlib>

#include "../abi/support.h"
#include "mock/control.h"
#include "own_cache.h"

namespace optirs::test {

struct ReleaseDeviceObject {
    void operator()(optirs_stream* object) const { optirs_stream_release(object); }
    void operator()(optirs_event* object) const { optirs_event_release(object); }
    void operator()(optirs_graph* object) const { optirs_graph_release(object); }
    void operator()(optirs_device_memory* object) const { optirs_device_memory_release(object); }
};
template <class T>
using Held = std::unique_ptr<T, ReleaseDeviceObject>;

/// The control functions of a mock library that is open already, or opened now.
inline const mock::Control& mockControl(const char* soname, const char* folder = "/mock/") {
    const std::string path = std::string(OPTIRS_TEST_FOLDER) + folder + soname;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto get = reinterpret_cast<const mock::Control* (*)()>(dlsym(library, "optirs_mock_control"));
    return *get();
}

inline const mock::DriverControl& mockDriver() {
    void* library = dlopen(OPTIRS_TEST_FOLDER "/mock/libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    auto get = reinterpret_cast<const mock::DriverControl* (*)()>(dlsym(library, "optirs_mock_driver"));
    return *get();
}

/// Tests on the mock machine. After each one: no contract was violated, and every object is gone.
class MachineTest : public ::testing::Test {
 protected:
    MachineTest() {
        setenv("OPTIRS_BACKEND_PATH", OPTIRS_TEST_FOLDER "/backend", 1);
        setenv("OPTIRS_CUDA_PATH", OPTIRS_TEST_FOLDER "/mock", 1);
        control().reset();
        driver().set_memory(uint64_t{1} << 30);
        backend = loadBackend("cuda");
        EXPECT_OK(optirs_device_get(backend.get(), 0, &device));
        uint64_t trimmed = 0;
        EXPECT_OK(optirs_allocator_trim_wait(device, &trimmed));
        EXPECT_OK(optirs_allocator_reset_peaks(device));
        live_before = liveObjects();
        streams_before = driver().live("streams");
        graphs_before = driver().live("graphs");
    }

    ~MachineTest() override {
        driver().hold(0);
        EXPECT_STREQ(control().violations(), "");
        EXPECT_EQ(liveObjects(), live_before);
        EXPECT_EQ(driver().live("streams"), streams_before);
        EXPECT_EQ(driver().live("graphs"), graphs_before);
        uint64_t trimmed = 0;
        EXPECT_OK(optirs_allocator_trim_wait(device, &trimmed));
        EXPECT_EQ(stats().reserved_bytes, 0U) << "memory that was not given back";
    }

    static const mock::Control& control() { return mockControl("libcuda.so.1"); }
    static const mock::DriverControl& driver() { return mockDriver(); }

    Held<optirs_stream> stream(int32_t priority = 0) { return streamOf(device, priority); }
    static Held<optirs_stream> streamOf(optirs_device* owner, int32_t priority = 0) {
        optirs_stream* made = nullptr;
        EXPECT_OK(optirs_stream_create(owner, priority, &made));
        return Held<optirs_stream>(made);
    }
    Held<optirs_event> event(uint8_t has_timing = 0) {
        optirs_event* made = nullptr;
        EXPECT_OK(optirs_event_create(device, has_timing, &made));
        return Held<optirs_event>(made);
    }
    static Held<optirs_device_memory> memory(const Held<optirs_stream>& owner, uint64_t size,
                                             std::string_view tag = {}) {
        optirs_device_memory* made = nullptr;
        EXPECT_OK(optirs_device_memory_create(owner.get(), size, tag.data(), tag.size(), &made));
        return Held<optirs_device_memory>(made);
    }
    optirs_allocator_stats stats() const {
        optirs_allocator_stats value{};
        EXPECT_OK(optirs_allocator_read_stats(device, &value));
        return value;
    }
    static size_t count(std::string_view text, std::string_view part) {
        size_t found = 0;
        for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
            ++found;
        }
        return found;
    }

    Owned<optirs_backend> backend;
    optirs_device* device = nullptr;
    std::array<int64_t, OPTIRS_OBJECT_KIND_COUNT> live_before{};
    int64_t streams_before = 0;
    int64_t graphs_before = 0;
};

}  // namespace optirs::test
