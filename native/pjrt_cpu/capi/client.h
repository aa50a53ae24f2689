#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/client_options.h"
#include "pjrt_cpu/capi/device_queue.h"
#include "pjrt_cpu/capi/launch_registry.h"
#include "pjrt_cpu/capi/named_values.h"
#include "pjrt_cpu/runtime/allocator.h"
#include "pjrt_cpu/runtime/process_group.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {

inline constexpr const char kPlatformName[] = "optirs_cpu";
inline constexpr const char kMemoryKind[] = "device";
inline constexpr int kMemoryKindId = 0;

/// "OptiRs.Native embedded CPU plugin 0.1.0".
const std::string& platformVersion();
/// The processor's own name, from the system.
const std::string& hostProcessorName();

/// The one memory of a device. A PJRT_Memory: its functions are reached through the table as well as through
/// vtable.
struct MemorySpace final : PJRT_Memory {
    MemorySpace(int id_of_it, PJRT_Device& device_of_it);
    ~MemorySpace();
    MemorySpace(const MemorySpace&) = delete;
    MemorySpace& operator=(const MemorySpace&) = delete;

    const int id;
    PJRT_Device& device;
    PJRT_Device* const devices[1];
    const std::string debug_string;

    struct UserData {
        void* data;
        void (*destroy)(void*);
    };
    std::mutex mutex;
    std::map<const void*, UserData> user_data;
};

class ClientState;

}  // namespace optirs::plugin

struct PJRT_DeviceDescription {
    PJRT_DeviceDescription(int id_of_it, const optirs::plugin::ClientOptions& options);
    const int id;
    /// The process that the device belongs to.
    const int process_index;
    const std::string kind;
    const std::string debug_string;
    const std::string text;
    optirs::plugin::NamedValues attributes;
};

struct PJRT_Device {
    PJRT_Device(int id, const optirs::plugin::ClientOptions& options,
                optirs::plugin::ClientState& client_of_it);
    optirs::plugin::ClientState& client;
    PJRT_DeviceDescription description;
    /// It belongs to this process.
    const bool is_addressable;
    /// Its number among this process's devices; -1 when it is another one's.
    const int local_id;
    optirs::plugin::MemorySpace memory;
    PJRT_Memory* const memories[1];
    /// Shared with every storage that lies in it: a buffer may outlive its client.
    const std::shared_ptr<optirs::plugin::DeviceMemory> store;
    optirs::plugin::DeviceQueue queue;
    optirs::plugin::LaunchRegistry launches;
};

struct PJRT_TopologyDescription {
    explicit PJRT_TopologyDescription(const optirs::plugin::ClientOptions& options);
    const optirs::plugin::ClientOptions options;
    std::vector<std::unique_ptr<PJRT_DeviceDescription>> descriptions;
    std::vector<PJRT_DeviceDescription*> list;
    optirs::plugin::NamedValues attributes;
};

namespace optirs::plugin {

/// What a client and everything made from it share. Thread-safe. Buffers and executables keep it alive.
class ClientState {
 public:
    /// `processes`: those that form the client, this one among them; null: this one alone.
    explicit ClientState(const ClientOptions& options, std::unique_ptr<ProcessGroup> processes = nullptr);
    ~ClientState();
    ClientState(const ClientState&) = delete;
    ClientState& operator=(const ClientState&) = delete;

    const std::vector<PJRT_Device*>& devices() const { return device_list_; }
    /// Those of this process.
    const std::vector<PJRT_Device*>& addressableDevices() const { return addressable_list_; }
    /// Of the addressable devices.
    const std::vector<PJRT_Memory*>& memories() const { return memory_list_; }
    const ClientOptions& options() const { return topology_.options; }
    /// By id, and by number among the addressable ones; null when there is none.
    PJRT_Device* find(int id) const;
    PJRT_Device* findLocal(int local_id) const;
    ThreadPool& pool() { return pool_; }
    PJRT_TopologyDescription& topology() { return topology_; }
    ProcessGroup* processes() const { return processes_.get(); }
    /// Numbers executions that span processes: the same in all of them, which start those in one order.
    int64_t nextSpanningRun() { return spanning_run_.fetch_add(1) + 1; }
    int64_t nextRunId() { return run_id_.fetch_add(1) + 1; }
    /// Held while the devices of one execution get their tasks: all queues see executions in the same order.
    std::mutex& launchMutex() { return launch_mutex_; }

 private:
    ThreadPool pool_;
    PJRT_TopologyDescription topology_;
    std::atomic<int64_t> run_id_{0};
    std::atomic<int64_t> spanning_run_{0};
    std::unique_ptr<ProcessGroup> processes_;
    std::mutex launch_mutex_;
    std::vector<PJRT_Device*> device_list_;
    std::vector<PJRT_Device*> addressable_list_;
    std::vector<PJRT_Memory*> memory_list_;
    std::vector<std::unique_ptr<PJRT_Device>> devices_;  // last: its queues end first
};

}  // namespace optirs::plugin

struct PJRT_Client {
    std::shared_ptr<optirs::plugin::ClientState> state;
};
