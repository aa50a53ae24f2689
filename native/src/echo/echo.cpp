#include "src/echo/echo.h"

#include <optirs/echo.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace optirs::echo {
namespace {

int32_t report(optirs_backend_status& status, int32_t code, const char* message) noexcept {
    status.code = code;
    std::snprintf(status.message, sizeof(status.message), "%s", message);
    return code;
}

// held -> [resume] -> queued -> [worker] -> running
// held | queued -> [cancel] -> cancelled; the worker completes it all the same
enum class State : int32_t { kHeld, kQueued, kRunning, kCancelled };

struct Operation {
    explicit Operation(const optirs_backend_copy& request)
        : copy(request), state((request.flags & OPTIRS_ECHO_HOLD) != 0 ? State::kHeld : State::kQueued) {}

    optirs_backend_copy copy;
    std::atomic<State> state;
    std::atomic<int32_t> references{2};  // the handle's, and the completion's
    Operation* next = nullptr;           // in the worker's queue, which therefore never allocates

    bool advance(State from, State to) noexcept { return state.compare_exchange_strong(from, to); }

    void release() noexcept {
        if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            const std::unique_ptr<Operation> owner(this);
        }
    }

    void complete() noexcept {
        optirs_backend_status status{};
        if (!advance(State::kQueued, State::kRunning)) {
            report(status, OPTIRS_CANCELLED, "the echo was cancelled");
        } else if (copy.fail_with != OPTIRS_OK) {
            report(status, copy.fail_with, "the echo was asked to fail");
        } else {
            std::memmove(copy.destination, copy.source, copy.size);
        }
        copy.done(&status, copy.context);
        release();
    }
};

/// One thread that completes operations in the order in which they came. It is never joined: it waits,
/// touching nothing that ends, when the process exits.
class Worker {
 public:
    static Worker& global() {
        static Worker& worker = *std::make_unique<Worker>().release();
        return worker;
    }

    Worker() {
        std::thread([this] { run(); }).detach();
    }

    void push(Operation* operation) noexcept {
        {
            const std::scoped_lock lock(mutex_);
            (last_ != nullptr ? last_->next : first_) = operation;
            last_ = operation;
        }
        arrived_.notify_one();
    }

 private:
    [[noreturn]] void run() noexcept {
        while (true) {
            pop()->complete();
        }
    }

    Operation* pop() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return first_ != nullptr; });
        Operation* operation = first_;
        first_ = operation->next;
        last_ = first_ != nullptr ? last_ : nullptr;
        return operation;
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    Operation* first_ = nullptr;
    Operation* last_ = nullptr;
};

int32_t score(void* /*self*/, optirs_backend_status* /*status*/) noexcept { return 1; }

int32_t copyStart(void* /*self*/, const optirs_backend_copy* copy, void** out_operation,
                  optirs_backend_status* status) noexcept {
    try {
        Worker& worker = Worker::global();
        Operation* operation = std::make_unique<Operation>(*copy).release();
        *out_operation = operation;
        if ((copy->flags & OPTIRS_ECHO_INLINE) != 0) {
            operation->complete();
        } else if (operation->state.load() == State::kQueued) {
            worker.push(operation);
        }
        return OPTIRS_OK;
    } catch (const std::bad_alloc&) {
        return report(*status, OPTIRS_RESOURCE_EXHAUSTED, "out of host memory");
    } catch (const std::system_error& error) {
        return report(*status, OPTIRS_RESOURCE_EXHAUSTED, error.what());
    }
}

void operationResume(void* /*self*/, void* handle) noexcept {
    auto* operation = static_cast<Operation*>(handle);
    if (operation->advance(State::kHeld, State::kQueued)) {
        Worker::global().push(operation);
    }
}

void operationCancel(void* /*self*/, void* handle) noexcept {
    auto* operation = static_cast<Operation*>(handle);
    if (operation->advance(State::kHeld, State::kCancelled)) {
        Worker::global().push(operation);
    } else {
        operation->advance(State::kQueued, State::kCancelled);
    }
}

void operationRelease(void* /*self*/, void* handle) noexcept { static_cast<Operation*>(handle)->release(); }

constexpr optirs_backend_table kTable = {.struct_size = sizeof(optirs_backend_table),
                                         .abi = kOptirsBackendAbi,
                                         .reserved = 0,
                                         .name = "echo",
                                         .version = "echo: copies host memory on one thread, for tests",
                                         .self = nullptr,
                                         .score = score,
                                         .copy_start = copyStart,
                                         .operation_resume = operationResume,
                                         .operation_cancel = operationCancel,
                                         .operation_release = operationRelease,
                                         .kernel = nullptr,
                                         .kernel_workspace = nullptr};

}  // namespace

const optirs_backend_table& echoBackend() noexcept { return kTable; }

}  // namespace optirs::echo
