// A client of a plugin: its devices, and the pools that make steady-state calls free of allocation.
#pragma once

#include <optirs/pjrt.h>

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "src/core/object.h"
#include "src/core/pressure.h"
#include "src/pjrt/api.h"
#include "src/pjrt/completion.h"
#include "src/pjrt/device.h"
#include "src/pjrt/in_place.h"
#include "src/pjrt/key_value_store.h"
#include "src/pjrt/live_buffers.h"
#include "src/pjrt/named_values.h"
#include "src/pjrt/plugin.h"
#include "src/pjrt/spin_lock.h"
#include "src/pjrt/tensor_type.h"
#include "src/pjrt/worker.h"

struct optirs_pjrt_client final : optirs::core::Object {
    using Options = std::span<const optirs_pjrt_named_value>;

    /// Opens the devices; `store` is for clients of several processes. Throws INVALID_ARGUMENT or what the
    /// plugin reports.
    optirs_pjrt_client(const optirs::pjrt::PluginLibrary& library, Options options,
                       optirs::pjrt::KeyValueStore store = {});
    ~optirs_pjrt_client() override;

    const optirs::pjrt::PluginLibrary& library() const noexcept { return library_; }
    const optirs::pjrt::Api& api() const noexcept { return api_; }
    PJRT_Client* handle() const noexcept { return handle_; }
    const std::string& platformName() const noexcept { return platform_name_; }
    const std::string& platformVersion() const noexcept { return platform_version_; }
    int32_t processIndex() const noexcept { return process_index_; }
    const std::vector<optirs_pjrt_device*>& devices() const noexcept { return devices_; }
    const std::vector<optirs_pjrt_device*>& addressableDevices() const noexcept { return addressable_; }

    /// The device of a handle that the plugin gave; NULL if it is none of ours.
    optirs_pjrt_device* findDevice(const PJRT_Device* handle) const noexcept;
    const std::vector<optirs_pjrt_memory*>& memories() const noexcept { return memories_; }
    /// The memory of a handle that the plugin gave; NULL if it is none of ours.
    optirs_pjrt_memory* findMemory(const PJRT_Memory* handle) const noexcept;
    /// Throws INVALID_ARGUMENT for a memory of another client.
    optirs_pjrt_memory& requireMemory(optirs_pjrt_memory& memory) const;

    optirs_pjrt_device& lookupDevice(int32_t id) const;
    optirs_pjrt_device& lookupLocalDevice(int32_t local_hardware_id) const;
    /// Fills `out`, [replicas x partitions].
    void defaultAssignment(int32_t replicas, int32_t partitions, std::span<int32_t> out) const;
    void dmaMap(void* data, uint64_t size) const;
    void dmaUnmap(void* data) const;
    void updateProcesses(std::span<const optirs_pjrt_process_info> infos) const;

    /// NULL means the first addressable device. Throws INVALID_ARGUMENT for a device of another client.
    optirs_pjrt_device& requireDevice(optirs_pjrt_device* device) const;

    optirs::pjrt::TensorTypes& types() noexcept { return types_; }
    /// Asks the plugin for the type of a buffer: what is there, where a dimension is dynamic.
    const optirs::pjrt::TensorType* askType(PJRT_Buffer* buffer);
    optirs_pjrt_device* askDevice(PJRT_Buffer* buffer) const;

    const optirs::pjrt::InPlace& inPlace() const noexcept { return in_place_; }

    /// The text, kept as long as the client; equal texts are kept once.
    const std::string* keepText(std::string text);

    optirs::pjrt::DeviceBufferPool& buffers() noexcept { return buffers_; }
    const optirs::pjrt::DeviceBufferPool& buffers() const noexcept { return buffers_; }
    void recycle(optirs::pjrt::DeviceBuffer* buffer) noexcept;

    /// For an operation that is about to start.
    optirs::pjrt::ReservedCompletion reserveCompletion(std::size_t events);
    void recycle(optirs::pjrt::Completion* completion) noexcept;

    /// Starts an operation that ends with one event, which `start` returns; `kept` is a reference to what the
    /// plugin uses until then. Without `done` nobody waits for it.
    template <class Kept, class Start>
    void startOperation(const char* operation, optirs_completion done, void* context, Kept kept,
                        Start&& start) {
        if (done == nullptr) {
            optirs::pjrt::destroyEvent(api_, start());
            return;
        }
        optirs::pjrt::ReservedCompletion completion = reserveCompletion(1);
        PJRT_Event* const event = start();
        completion->begin(optirs::core::Ref<optirs_pjrt_client>::share(this), operation, done, context);
        completion->keep(std::move(kept));
        completion->setEvents(std::span(&event, 1));
        completion.release()->arm();
    }

    /// The same error, with the largest live buffers at the end of its message.
    optirs::core::Error withLiveBuffers(const optirs::core::Error& error) const;

    /// Runs something that needs device memory; where that is short, asks the process to free some and runs
    /// it again.
    template <class Allocate>
    void underPressure(uint64_t bytes, Allocate&& allocate) {
        try {
            optirs::core::retryUnderPressure(bytes, allocate);
        } catch (const optirs::core::Error& error) {
            if (error.code() != optirs::core::Code::kResourceExhausted) {
                throw;
            }
            throw withLiveBuffers(error);
        }
    }

 private:
    struct DestroyTask : optirs::pjrt::Worker::Task {
        const optirs::pjrt::Api* api;
        PJRT_Client* client;
        optirs::pjrt::KeyValueStore store;  // the plugin may ask it until its client is gone
        bool is_open = false;               // the client was handed out, whose owner is told of the end
    };

    void create(Options options);
    void readPlatform();
    void readDevices();
    void readMemories();
    void destroyHandle() noexcept;

    const optirs::pjrt::PluginLibrary& library_;
    optirs::pjrt::Api api_;
    optirs::pjrt::InPlace in_place_;
    PJRT_Client* handle_ = nullptr;
    std::unique_ptr<DestroyTask> destroy_task_;
    std::string platform_name_;
    std::string platform_version_;
    int32_t process_index_ = 0;
    std::vector<std::unique_ptr<optirs_pjrt_device>> owned_devices_;
    std::vector<optirs_pjrt_device*> devices_;
    std::vector<optirs_pjrt_device*> addressable_;
    std::vector<std::unique_ptr<optirs_pjrt_memory>> owned_memories_;
    std::vector<optirs_pjrt_memory*> memories_;

    optirs::pjrt::TensorTypes types_;
    optirs::pjrt::DeviceBufferPool buffers_{this};
    std::mutex mutex_;  // guards the two lists, which only grow
    std::set<std::string> texts_;
    std::vector<std::unique_ptr<optirs::pjrt::Completion>> completions_;
    optirs::pjrt::SpinLock free_lock_;  // guards the list of the free ones
    optirs::pjrt::Completion* free_completion_ = nullptr;
};
