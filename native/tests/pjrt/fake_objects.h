// The objects behind the fake plugin's handles: errors, events, buffers, programs.
#pragma once

#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pjrt_abi/pjrt_abi_versions.h"
#include "tests/pjrt/fake_control.h"

namespace fake {

inline Control& control() {
    static Control instance;
    return instance;
}

/// Counts the live objects of a kind in a field of Control.
template <auto kField>
struct Counted {
    Counted() { ++(control().*kField); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --(control().*kField); }
};

struct Error : PJRT_Error, Counted<&Control::errors> {
    Error(int code_, std::string message_) : PJRT_Error{}, code(code_), message(std::move(message_)) {}
    int code;
    std::string message;
};

inline PJRT_Error* makeError(int code, std::string message) {
    return code == 0 ? nullptr : new Error(code, std::move(message));
}

/// A thread that the plugin calls back on.
class Thread {
 public:
    ~Thread() { stop(); }

    void post(std::function<void()> task) {
        const std::scoped_lock lock(mutex_);
        tasks_.push_back(std::move(task));
        if (!thread_.joinable()) {
            is_stopping_ = false;
            thread_ = std::thread([this] { loop(); });
        }
        changed_.notify_all();
    }

    /// Runs what is posted, then ends the thread.
    void stop() {
        std::thread ending;
        {
            const std::scoped_lock lock(mutex_);
            is_stopping_ = true;
            ending = std::move(thread_);
            changed_.notify_all();
        }
        if (ending.joinable()) {
            ending.join();
        }
    }

    /// True on this thread itself.
    bool isCurrent() const { return id_ == std::this_thread::get_id(); }

 private:
    void loop() {
        id_ = std::this_thread::get_id();
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) {
                return;
            }
            const auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    // Not thread-local: leak checkers stumble over such variables of libraries that were opened late.
    std::atomic<std::thread::id> id_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    std::thread thread_;
    bool is_stopping_ = false;
};

/// The part of an event that outlives its handle.
class EventState {
 public:
    using Callback = void (*)(PJRT_Error*, void*);

    explicit EventState(std::function<void()> work, int code = 0)
        : work_(std::move(work)), code_(code != 0 ? code : control().event_code) {}

    /// Does the work, wakes who waits and calls back. Once.
    void end() {
        std::vector<std::pair<Callback, void*>> callbacks;
        if (work_) {
            work_();
        }
        {
            const std::scoped_lock lock(mutex_);
            is_ready_ = true;
            callbacks.swap(callbacks_);
            ready_.notify_all();
        }
        for (const auto& [callback, argument] : callbacks) {
            callback(error(), argument);
        }
    }

    /// As end, with a code that is known only now.
    void endWith(int code) {
        code_ = code;
        end();
    }

    bool isReady() {
        const std::scoped_lock lock(mutex_);
        return is_ready_;
    }

    PJRT_Error* errorIfOver() const { return error(); }

    void onReady(Callback callback, void* argument) {
        {
            const std::scoped_lock lock(mutex_);
            if (!is_ready_) {
                callbacks_.emplace_back(callback, argument);
                return;
            }
        }
        callback(error(), argument);
    }

    PJRT_Error* await() {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return is_ready_; });
        return error();
    }

 private:
    PJRT_Error* error() const { return makeError(code_, "the fake device failed"); }

    std::mutex mutex_;
    std::condition_variable ready_;
    std::function<void()> work_;
    std::vector<std::pair<Callback, void*>> callbacks_;
    bool is_ready_ = false;
    std::atomic<int> code_;
};

struct Event : Counted<&Control::events_alive> {
    explicit Event(std::shared_ptr<EventState> state_) : state(std::move(state_)) {}
    const std::shared_ptr<EventState> state;
};

/// Bytes on the device.
class Memory {
 public:
    explicit Memory(std::size_t size) : data(size) { control().bytes += static_cast<int64_t>(size); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { control().bytes -= static_cast<int64_t>(data.size()); }

    static bool fits(std::size_t size) {
        return control().bytes + static_cast<int64_t>(size) <= control().memory_limit;
    }

    std::vector<unsigned char> data;
};

struct Client;

struct Device {
    int id;
    Client* client = nullptr;
};

/// What PJRT calls a memory: a place on a device or beside it.
struct Place {
    int id;
    std::string kind;
    Client* client;
};

/// Holders of what is lent, and handles that are nothing but handles.
struct Other : Counted<&Control::others> {
    std::string text;
};

/// The memory that a buffer has, until it is deleted or donated: on any thread, also while a program reads
/// it.
class Held {
 public:
    Held& operator=(std::shared_ptr<Memory> memory) {
        const std::scoped_lock lock(mutex_);
        memory_ = std::move(memory);
        return *this;
    }
    std::shared_ptr<Memory> get() const {
        const std::scoped_lock lock(mutex_);
        return memory_;
    }
    std::shared_ptr<Memory> take() {
        const std::scoped_lock lock(mutex_);
        return std::move(memory_);
    }
    std::shared_ptr<Memory> operator->() const { return get(); }
    bool operator==(std::nullptr_t) const { return get() == nullptr; }

 private:
    mutable std::mutex mutex_;
    std::shared_ptr<Memory> memory_;
};

struct Buffer : Counted<&Control::buffers> {
    PJRT_Buffer_Type type{};
    std::vector<int64_t> dims;
    Device* device = nullptr;
    Place* place = nullptr;
    Held memory;  // none once deleted
    int error_code = 0;
    bool is_dynamic = true;           // in the first dimension, if there is one
    std::function<void()> on_delete;  // of memory of others

    ~Buffer() {
        if (on_delete) {
            on_delete();
        }
    }
};

/// What the host owes.
struct Promise : Counted<&Control::others> {
    using Keep = std::function<void(Memory&, int, void*)>;
    Promise(std::shared_ptr<Memory> memory_, Keep keep_)
        : memory(std::move(memory_)), keep(std::move(keep_)) {}
    std::shared_ptr<Memory> memory;
    Keep keep;
};

struct Transfer : Counted<&Control::others> {
    Device* device = nullptr;
    std::vector<std::unique_ptr<Buffer>> buffers;  // NULL once taken
    std::vector<std::shared_ptr<Memory>> memories;
};

/// Of a receive.
struct Stream : Counted<&Control::others> {
    int64_t current = 0;
};

struct Topology : Counted<&Control::others> {
    explicit Topology(int count) {
        for (int i = 0; i < count; ++i) {
            owned.push_back(std::make_unique<Device>(Device{i}));
            devices.push_back(owned.back().get());
        }
    }
    std::vector<std::unique_ptr<Device>> owned;
    std::vector<Device*> devices;
};

struct Output {
    PJRT_Buffer_Type type;
    std::vector<int64_t> dims;
};

/// A program is text: lines "name N", "devices N", "arguments N", "donate I", "send CHANNEL", "receive
/// CHANNEL" and "output TYPE EXTENT..." where TYPE is the number of a PJRT_Buffer_Type with elements of four
/// bytes. Output k is argument k with 1 added to each byte. "bound N": the first dimensions of outputs are
/// dynamic, with this bound. "partitions N": an output is one of as many parts, along its first dimension, of
/// what the program states.
struct Program {
    std::string text;
    std::string name = "program";
    int64_t sends = 0;     // channel of a send of 8 bytes
    int64_t receives = 0;  // channel of a receive of 8 bytes
    std::size_t devices = 1;
    std::size_t partitions = 1;
    long arguments = -1;
    int64_t bound = 0;  // 0: none
    std::vector<std::size_t> donated;
    std::vector<Output> outputs;
    std::vector<PJRT_Buffer_Type> output_types;
    std::vector<int64_t> output_dims;
    std::vector<std::size_t> output_ranks;

    /// False if the text makes no sense.
    bool parse(const std::string& source) {
        std::istringstream lines(source);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string key;
            words >> key;
            if (key == "name") {
                words >> name;
            } else if (key == "devices") {
                words >> devices;
            } else if (key == "partitions") {
                words >> partitions;
            } else if (key == "arguments") {
                words >> arguments;
            } else if (key == "send") {
                words >> sends;
            } else if (key == "receive") {
                words >> receives;
            } else if (key == "bound") {
                words >> bound;
            } else if (key == "donate") {
                words >> donated.emplace_back();
            } else if (key == "output") {
                Output output{};
                int type = 0;
                words >> type;
                output.type = static_cast<PJRT_Buffer_Type>(type);
                for (int64_t extent = 0; words >> extent;) {
                    output.dims.push_back(extent);
                }
                outputs.push_back(output);
            } else {
                return false;
            }
        }
        for (const Output& output : outputs) {
            output_types.push_back(output.type);
            output_ranks.push_back(output.dims.size());
            output_dims.insert(output_dims.end(), output.dims.begin(), output.dims.end());
            if (!output.dims.empty()) {
                int64_t& first = *(output_dims.end() - static_cast<std::ptrdiff_t>(output.dims.size()));
                first = bound != 0 ? bound : first * static_cast<int64_t>(partitions);
            }
        }
        return true;
    }
};

inline std::size_t byteSize(const std::vector<int64_t>& dims) {
    std::size_t bytes = 4;
    for (const int64_t extent : dims) {
        bytes *= static_cast<std::size_t>(extent);
    }
    return bytes;
}

struct Executable : Counted<&Control::executables> {
    std::shared_ptr<const Program> program;
    std::vector<Device*> devices;
    bool is_deleted = false;
};

struct Client : Counted<&Control::clients> {
    std::vector<std::unique_ptr<Device>> owned_devices;
    std::vector<Device*> devices;
    std::vector<std::unique_ptr<Place>> owned_memories;
    std::vector<Place*> memories;
    std::unique_ptr<Topology> topology;
};

}  // namespace fake
