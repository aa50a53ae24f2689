// Fails the k-th allocation, then the k-th backend call, for k = 0, 1, 2, ... until the operation succeeds.
// Each failure must be a clean error, leave no object behind, and not spoil the next attempt.
#include <cstring>
#include <functional>
#include <iostream>

#include "support.h"

namespace optirs::test {
namespace {

struct Scenario {
    const char* name;
    std::function<Failure()> run;
};

/// Returns the number of faults that were survived.
int surviveFaults(const std::string& site, optirs_status expected, const Scenario& scenario) {
    const auto before = liveObjects();
    for (int k = 0; k < 1000; ++k) {
        const std::string spec = site + "@" + std::to_string(k);
        EXPECT_OK(optirs_fault_set(spec.data(), spec.size()));
        const Failure failure = scenario.run();
        const uint64_t fired = optirs_fault_fired();
        EXPECT_OK(optirs_fault_set(nullptr, 0));
        EXPECT_EQ(liveObjects(), before) << spec;
        if (fired == 0) {
            EXPECT_EQ(failure.code, OPTIRS_OK) << failure.message;
            std::cout << "[ faults   ] " << scenario.name << ": " << site << "@0.." << k - 1
                      << " failed cleanly, then success\n";
            return k;
        }
        EXPECT_EQ(failure.code, expected) << spec << ": " << failure.message;
    }
    ADD_FAILURE() << scenario.name << " never succeeded";
    return -1;
}

Failure createAndRelease() {
    optirs_buffer* buffer = nullptr;
    Failure failure = take(optirs_buffer_create(100, &buffer));
    EXPECT_EQ(buffer == nullptr, failure.code != OPTIRS_OK);
    optirs_buffer_release(buffer);
    return failure;
}

Failure exportAndImport(bool copied) {
    static const auto buffer = createBuffer(64);
    const int64_t dims[] = {2, 4};
    optirs_dl_managed_tensor* tensor = nullptr;
    Failure failure = take(optirs_buffer_to_dlpack(buffer.get(), 0, OPTIRS_DTYPE_F32, dims, 2, &tensor));
    EXPECT_EQ(tensor == nullptr, failure.code != OPTIRS_OK);
    if (tensor == nullptr) {
        return failure;
    }
    if (copied) {
        std::swap(tensor->dl_tensor.strides[0], tensor->dl_tensor.strides[1]);
    }
    optirs_buffer* imported = nullptr;
    optirs_dlpack_view view{};
    failure = take(optirs_buffer_from_dlpack(tensor, 0, &imported, &view));
    EXPECT_EQ(imported == nullptr, failure.code != OPTIRS_OK);
    if (imported == nullptr) {
        optirs_dl_managed_tensor_release(tensor);
    }
    optirs_buffer_release(imported);
    return failure;
}

Failure describeUnknownBackend() {
    const char* reason = nullptr;
    uint64_t size = 0;
    Failure failure = take(optirs_backend_reason("no_such_backend_with_a_long_name", 32, &reason, &size));
    EXPECT_EQ(reason == nullptr, failure.code != OPTIRS_OK);
    return failure;
}

Failure countBackends() {
    uint64_t count = 0;
    return take(optirs_backend_count(&count));
}

/// Load a backend, echo a buffer, wait. `fail_with` is what the echo itself is told to report.
Failure echoOnce(std::string_view name, uint32_t flags, optirs_status fail_with) {
    static const auto buffer = createBuffer(64);
    optirs_backend* raw_backend = nullptr;
    Failure failure = take(optirs_backend_load(name.data(), name.size(), &raw_backend));
    const Owned<optirs_backend> backend(raw_backend);
    if (failure.code != OPTIRS_OK) {
        return failure;
    }
    optirs_echo_options options = OPTIRS_ECHO_OPTIONS_INIT;
    options.flags = flags;
    options.fail_with = fail_with;
    Completion completion;
    optirs_operation* operation = nullptr;
    failure = take(optirs_echo_start(backend.get(), buffer.get(), buffer.get(), &options, Completion::done,
                                     &completion, &operation));
    EXPECT_EQ(operation == nullptr, failure.code != OPTIRS_OK);
    if (operation == nullptr) {
        EXPECT_FALSE(completion.isDone());
        return failure;
    }
    const Owned<optirs_operation> owner(operation);
    failure = completion.wait();
    // A failure that was asked for is this scenario's success.
    return fail_with != OPTIRS_OK && failure.code == fail_with ? Failure() : failure;
}

/// An error whose texts do not fit into a small string.
Failure reportMalformedSpecification() {
    const std::string_view malformed = "this is not a specification of faults at all";
    Failure failure = take(
        optirs_backend_load(malformed.data(), malformed.size(), std::make_unique<optirs_backend*>().get()));
    return failure.code == OPTIRS_INVALID_ARGUMENT ? Failure() : failure;
}

/// max |x| of four numbers, on the CPU; `elements` of the result must be 1.
Failure amaxOnce(int64_t elements) {
    static float numbers[] = {1, -3, 2, 0};
    static float largest = 0;
    int64_t shape = 4;
    const optirs_dl_tensor x{numbers, {OPTIRS_DL_CPU, 0}, 1, {OPTIRS_DL_FLOAT, 32, 1}, &shape, nullptr, 0};
    const optirs_dl_tensor amax{&largest, {OPTIRS_DL_CPU, 0}, 1, {OPTIRS_DL_FLOAT, 32, 1}, &elements, nullptr,
                                0};
    const optirs_amax_args args{sizeof(args), nullptr, 0, &x, &amax};
    largest = -1;
    Failure failure = take(optirs_amax(nullptr, &args));
    EXPECT_EQ(largest, failure.code == OPTIRS_OK ? 3 : -1);
    return failure;
}

/// A kernel that refuses its arguments, which is this scenario's success.
Failure refusedKernel() {
    Failure failure = amaxOnce(2);
    return failure.code == OPTIRS_INVALID_ARGUMENT ? Failure() : failure;
}

TEST(FaultLoop, EveryAllocation) {
    exportAndImport(false);  // creates the buffer that the scenarios share
    echoOnce("echo", OPTIRS_ECHO_INLINE, OPTIRS_OK);
    const std::vector<Scenario> scenarios = {
        {"buffer", createAndRelease},
        {"dlpack, shared", [] { return exportAndImport(false); }},
        {"dlpack, copied", [] { return exportAndImport(true); }},
        {"backend count", countBackends},
        {"backend reason", describeUnknownBackend},
        {"error report", reportMalformedSpecification},
        {"kernel", [] { return amaxOnce(1); }},
        {"kernel that refuses", refusedKernel},
        {"echo, inline", [] { return echoOnce("echo", OPTIRS_ECHO_INLINE, OPTIRS_OK); }},
        {"echo, thread", [] { return echoOnce("echo", 0, OPTIRS_OK); }},
        {"echo that fails", [] { return echoOnce("fault", 0, OPTIRS_INTERNAL); }},
    };
    int total = 0;
    for (const Scenario& scenario : scenarios) {
        total += surviveFaults("oom", OPTIRS_RESOURCE_EXHAUSTED, scenario);
    }
    std::cout << "[ faults   ] " << total << " injected allocation failures in " << scenarios.size()
              << " scenarios\n";
    EXPECT_GT(total, 20);
}

TEST(FaultLoop, EveryAllocationOfTheFirstUse) {
    // In a process of its own, this includes setting up the registry and the thread.
    static const auto keep = createBuffer(64);
    const int survived =
        surviveFaults("oom", OPTIRS_RESOURCE_EXHAUSTED,
                      {"first echo of the process", [] {
                           optirs_backend* backend = nullptr;
                           Failure failure = take(optirs_backend_load("echo", 4, &backend));
                           const Owned<optirs_backend> owner(backend);
                           if (backend == nullptr) {
                               return failure;
                           }
                           Completion completion;
                           optirs_operation* operation = nullptr;
                           failure = take(optirs_echo_start(backend, keep.get(), keep.get(), nullptr,
                                                            Completion::done, &completion, &operation));
                           const Owned<optirs_operation> operation_owner(operation);
                           return operation == nullptr ? failure : completion.wait();
                       }});
    EXPECT_GE(survived, 3);  // more in a process that has used nothing yet, as under ctest
}

TEST(FaultLoop, EveryBackendCall) {
    echoOnce("echo", OPTIRS_ECHO_INLINE, OPTIRS_OK);
    const int survived =
        surviveFaults("call", OPTIRS_UNAVAILABLE,
                      {"echo through the fault backend", [] { return echoOnce("fault", 0, OPTIRS_OK); }});
    EXPECT_GE(survived, 1);  // copy_start, and score unless an earlier test has had it
}

TEST(FaultLoop, EveryKernelCall) {
    const int survived = surviveFaults("call", OPTIRS_UNAVAILABLE, {"kernel", [] { return amaxOnce(1); }});
    EXPECT_EQ(survived, 1);
}

TEST(FaultSet, RefusesMalformedSpecifications) {
    const Failure failure = take(optirs_fault_set("oom", 3));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.operation, "optirs_fault_set");
    EXPECT_NE(failure.message.find("site@k"), std::string::npos);
}

}  // namespace
}  // namespace optirs::test
