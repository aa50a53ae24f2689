#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/device_queue.h"
#include "pjrt_cpu/capi/named_values.h"
#include "pjrt_cpu/runtime/allocator.h"
#include "pjrt_cpu/runtime/thread_pool.h"

namespace optirs::plugin {

inline constexpr const char kPlatformName[] = "optirs_cpu";
inline constexpr const char kMemoryKind[] = "device";
inline constexpr int kMemoryKindId = 0;

/// "OptiRs.Native embedded CPU plugin 0.1.0".
const std::string& platformVersion();
/// The processor's own name, from the system.
const std::string& hostProcessorName();

/// The options of PJRT_Client_Create and PJRT_TopologyDescription_Create.
struct ClientOptions {
    int64_t device_count = 1;        ///< `device_count`: virtual devices, 1..1024
    int64_t memory_limit_bytes = 0;  ///< `memory_limit_bytes`: of each device; 0: what the machine has
    int64_t num_threads =
        0;  ///< `num_threads`: of the shared pool, the caller included; 0: one per usable core
};

/// Throws INVALID_ARGUMENT for an unknown option (it lists the known ones), a wrong type or a value out of
/// range.
ClientOptions readClientOptions(const PJRT_NamedValue* values, size_t count);

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
    optirs::plugin::MemorySpace memory;
    PJRT_Memory* const memories[1];
    /// Shared with every storage that lies in it: a buffer may outlive its client.
    const std::shared_ptr<optirs::plugin::DeviceMemory> store;
    optirs::plugin::DeviceQueue queue;
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
    explicit ClientState(const ClientOptions& options);
    ~ClientState();
    ClientState(const ClientState&) = delete;
    ClientState& operator=(const ClientState&) = delete;

    const std::vector<PJRT_Device*>& devices() const { return device_list_; }
    const std::vector<PJRT_Memory*>& memories() const { return memory_list_; }
    PJRT_Device* find(int id) const;
    ThreadPool& pool() { return pool_; }
    PJRT_TopologyDescription& topology() { return topology_; }
    int64_t nextRunId() { return run_id_.fetch_add(1) + 1; }
    /// Held while the devices of one execution get their tasks: all queues see executions in the same order.
    std::mutex& launchMutex() { return launch_mutex_; }

 private:
    ThreadPool pool_;
    PJRT_TopologyDescription topology_;
    std::atomic<int64_t> run_id_{0};
    std::mutex launch_mutex_;
    std::vector<PJRT_Device*> device_list_;
    std::vector<PJRT_Memory*> memory_list_;
    std::vector<std::unique_ptr<PJRT_Device>> devices_;  // last: its queues end first
};

}  // namespace optirs::plugin

struct PJRT_Client {
    std::shared_ptr<optirs::plugin::ClientState> state;
};
