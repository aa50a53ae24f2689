// The part that all mock libraries share: recorded calls, injected failures, contract violations.
#pragma once

#include <cstdint>
#include <mutex>
#include <sstream>
#include <string>

#include "control.h"

namespace optirs::mock {

class Recorder {
 public:
    static Recorder& instance() {
        static Recorder& recorder = *new Recorder;
        return recorder;
    }

    /// Notes the call; the code to return if it is to fail, else 0.
    template <class... Arguments>
    int32_t note(const char* function, const Arguments&... arguments) {
        const std::scoped_lock lock(mutex);
        std::ostringstream text;
        text << function << "(";
        [[maybe_unused]] const char* comma = "";
        ((text << comma << arguments, comma = ", "), ...);
        calls += text.str() + ")\n";
        if (fail_function.empty() || fail_function == function) {
            if (fail_in >= 0 && fail_in-- == 0) {
                ++failures;
                return fail_code;
            }
        }
        return 0;
    }

    void violate(const std::string& text) {
        const std::scoped_lock lock(mutex);
        violations += text + "\n";
    }
    bool require(bool condition, const std::string& text) {
        if (!condition) {
            violate(text);
        }
        return condition;
    }

    std::recursive_mutex mutex;
    std::string calls;
    std::string violations;
    std::string fail_function;
    int64_t fail_in = -1;
    int32_t fail_code = 0;
    int64_t failures = 0;
};

/// `name=value` of a recorded call.
template <class T>
struct Named {
    const char* name;
    const T& value;
    friend std::ostream& operator<<(std::ostream& out, const Named& named) {
        return out << named.name << "=" << named.value;
    }
};
template <class T>
Named(const char*, const T&) -> Named<T>;

inline const Control& control() {
    static const Control functions = {
        .reset =
            [] {
                Recorder& recorder = Recorder::instance();
                const std::scoped_lock lock(recorder.mutex);
                recorder.calls.clear();
                recorder.violations.clear();
                recorder.fail_in = -1;
                recorder.failures = 0;
            },
        .fail =
            [](const char* function, int64_t k, int32_t code) {
                Recorder& recorder = Recorder::instance();
                const std::scoped_lock lock(recorder.mutex);
                recorder.fail_function = function == nullptr ? "" : function;
                recorder.fail_in = k;
                recorder.fail_code = code;
                recorder.failures = 0;
            },
        .failed = [] { return Recorder::instance().failures; },
        .calls = [] { return Recorder::instance().calls.c_str(); },
        .violations = [] { return Recorder::instance().violations.c_str(); },
    };
    return functions;
}

}  // namespace optirs::mock

#define OPTIRS_MOCK_EXPORT extern "C" __attribute__((visibility("default")))

/// Notes a call; returns from it with what the test wants it to fail with, if anything.
#define OPTIRS_MOCK_NOTE(function, ...)                                                     \
    if (const int32_t injected =                                                            \
            optirs::mock::Recorder::instance().note(function __VA_OPT__(, ) __VA_ARGS__)) { \
        return injected;                                                                    \
    }

/// The same for libraries whose calls do not wait for each other.
#define OPTIRS_MOCK_CALL(...)                                              \
    const std::scoped_lock lock(optirs::mock::Recorder::instance().mutex); \
    OPTIRS_MOCK_NOTE(__VA_ARGS__)

/// What the library's contract demands of a caller; returns `code` from a call that breaks it.
#define OPTIRS_MOCK_REQUIRE(condition, code)                                                               \
    if (!optirs::mock::Recorder::instance().require(condition, std::string(__func__) + ": " #condition)) { \
        return code;                                                                                       \
    }
