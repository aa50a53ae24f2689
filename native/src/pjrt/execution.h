// Running a program. A call in steady state allocates nothing: its arrays are kept from call to call.
#pragma once

#include <optirs/pjrt.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/api.h"
#include "src/pjrt/device_buffer.h"
#include "src/pjrt/spin_lock.h"

namespace optirs::pjrt {

class ChannelCalls;

struct ExecuteRequest {
    std::span<optirs_pjrt_buffer* const> arguments;  // device by device
    std::span<optirs_pjrt_buffer*> results;          // device by device; NULL entries get a new cell
    std::span<const int64_t> not_donated;
    int32_t launch_id = 0;
    optirs_pjrt_context* execute_context = nullptr;
    const char* call_location = nullptr;              // or NULL
    std::span<const optirs_pjrt_channel> channels{};  // of sends and receives
    optirs_pjrt_device* device = nullptr;             // for a program that runs on any device
    const char* operation = nullptr;
    optirs_completion done = nullptr;
    void* context = nullptr;
    int32_t* finished = nullptr;  // or NULL: see optirs_pjrt_execute_options
};

/// The calls of one executable. Thread-safe.
class Execution {
 public:
    explicit Execution(optirs_pjrt_executable& executable) noexcept;
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;
    ~Execution();

    /// To be called once, before the first run.
    void setName(const std::string& name);

    /// Starts the program on all its devices. On failure no cell has changed and the completion is not
    /// called.
    void run(const ExecuteRequest& request);

 private:
    struct Call;  // the arrays of one call
    using Flags = std::vector<uint8_t>;

    using Devices = std::span<optirs_pjrt_device* const>;

    /// Runs a small program into the buffers that the result cells hold. False: not done.
    bool runInPlace(const ExecuteRequest& request);
    Devices devicesOf(const ExecuteRequest& request) const;
    void check(Devices devices, const ExecuteRequest& request) const;
    void gather(Call& call, Devices devices, const ExecuteRequest& request) const;
    void start(Call& call, Devices devices, const ExecuteRequest& request) const;
    void setOptions(PJRT_ExecuteOptions& options, const ExecuteRequest& request,
                    ChannelCalls* channels) const;
    void handOut(Call& call, Devices devices, const ExecuteRequest& request) noexcept;
    void markDonated(Call& call, Devices devices, const ExecuteRequest& request) noexcept;
    bool isDeleted(const DeviceBuffer& buffer) const;
    /// Whether all devices are done and none has failed.
    bool isOver(const Call& call) const noexcept;
    bool isDynamic(PJRT_Buffer* buffer) const;
    /// What is learnt once, of each of so many; NULL where that is not possible yet.
    template <class Ask>
    const Flags* learn(std::atomic<const Flags*>& lesson, std::size_t count, Ask&& ask) noexcept;
    const Flags* learnDonated(const Call& call, Devices devices, const ExecuteRequest& request) noexcept;
    const Flags* learnDynamic(const Call& call) noexcept;

    std::unique_ptr<Call> takeCall();
    void giveBack(std::unique_ptr<Call> call) noexcept;

    optirs_pjrt_executable& executable_;
    std::atomic<bool> never_in_place_{false};
    const std::string* taken_reason_ = nullptr;  // "was donated to program 'step'"
    // The arrays of the last call that ended; calls that overlap make their own.
    SpinLock lock_;
    std::unique_ptr<Call> spare_;
    // Which arguments the program donates, and which results have dynamic dimensions, whose stated extents
    // are bounds. Found out from the first call that succeeds: the C API does not tell.
    std::atomic<const Flags*> donated_{nullptr};
    std::atomic<const Flags*> dynamic_{nullptr};
};

}  // namespace optirs::pjrt
