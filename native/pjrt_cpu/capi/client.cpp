#include "pjrt_cpu/capi/client.h"

#include <fstream>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kMaxDevices = 1024;
constexpr int64_t kMaxThreads = 4096;

MemorySpace& space(PJRT_Memory* memory) { return *static_cast<MemorySpace*>(memory); }

constexpr PJRT_Memory_FunctionTable kMemoryFunctions = {
    PJRT_Memory_FunctionTable_STRUCT_SIZE,
    nullptr,
    PJRT_Memory_STRUCT_SIZE,
    [](PJRT_Memory* memory, const void* key) -> void* {
        std::lock_guard lock(space(memory).mutex);
        const auto it = space(memory).user_data.find(key);
        return it == space(memory).user_data.end() ? nullptr : it->second.data;
    },
    [](PJRT_Memory* memory, const void* key, void* data, void (*destroy)(void*)) {
        std::lock_guard lock(space(memory).mutex);
        auto& entry = space(memory).user_data[key];
        if (entry.destroy != nullptr && entry.data != data) entry.destroy(entry.data);
        entry = {data, destroy};
    },
};

std::string deviceName(int id) { return std::string(kPlatformName) + ":" + std::to_string(id); }

}  // namespace

const std::string& platformVersion() {
    static const std::string version = "OptiRs.Native embedded CPU plugin " OPTIRS_VERSION;
    return version;
}

const std::string& hostProcessorName() {
    static const std::string name = [] {
        std::ifstream file("/proc/cpuinfo");
        for (std::string line; std::getline(file, line);) {
            const size_t colon = line.find(": ");
            if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
        }
        return std::string("CPU");
    }();
    return name;
}

ClientOptions readClientOptions(const PJRT_NamedValue* values, size_t count) {
    ClientOptions options;
    for (const auto& [name, value] : readNamedValues(values, count)) {
        int64_t limit = INT64_MAX;
        int64_t least = 0;
        int64_t* target = nullptr;
        if (name == "device_count") {
            target = &options.device_count;
            least = 1;
            limit = kMaxDevices;
        } else if (name == "memory_limit_bytes") {
            target = &options.memory_limit_bytes;
        } else if (name == "num_threads") {
            target = &options.num_threads;
            limit = kMaxThreads;
        } else {
            throw invalidArgument("unknown option \"" + name +
                                  "\"; known: device_count, memory_limit_bytes, num_threads");
        }
        const auto* number = std::get_if<int64_t>(&value);
        if (number == nullptr) throw invalidArgument("option \"" + name + "\" must be an int64");
        if (*number < least || *number > limit) {
            throw invalidArgument("option \"" + name + "\" is " + std::to_string(*number) + ", must be " +
                                  std::to_string(least) + " to " + std::to_string(limit));
        }
        *target = *number;
    }
    return options;
}

MemorySpace::MemorySpace(int id_of_it, PJRT_Device& device_of_it)
    : PJRT_Memory{&kMemoryFunctions},
      id(id_of_it),
      device(device_of_it),
      devices{&device_of_it},
      debug_string("memory " + std::string(kMemoryKind) + " of " + deviceName(id_of_it)) {}

MemorySpace::~MemorySpace() {
    for (auto& entry : user_data) {
        if (entry.second.destroy != nullptr) entry.second.destroy(entry.second.data);
    }
}

ClientState::ClientState(const ClientOptions& options)
    : pool_(static_cast<int>(options.num_threads)), topology_(options) {
    for (int id = 0; id < options.device_count; ++id) {
        devices_.push_back(std::make_unique<PJRT_Device>(id, options, *this));
        device_list_.push_back(devices_.back().get());
        memory_list_.push_back(&devices_.back()->memory);
    }
}

ClientState::~ClientState() = default;

PJRT_Device* ClientState::find(int id) const {
    return id >= 0 && static_cast<size_t>(id) < device_list_.size() ? device_list_[static_cast<size_t>(id)]
                                                                    : nullptr;
}

}  // namespace optirs::plugin

using namespace optirs::plugin;  // NOLINT(google-build-using-namespace): the C names live outside

PJRT_DeviceDescription::PJRT_DeviceDescription(int id_of_it, const ClientOptions& options)
    : id(id_of_it),
      kind(hostProcessorName()),
      debug_string(deviceName(id_of_it) + " " + hostProcessorName()),
      text("OptirsCpuDevice(id=" + std::to_string(id_of_it) + ")") {
    attributes.add("vendor", std::string("OptiRs"));
    attributes.add("virtual", options.device_count > 1);
    if (options.memory_limit_bytes > 0) attributes.add("memory_limit_bytes", options.memory_limit_bytes);
}

PJRT_Device::PJRT_Device(int id, const ClientOptions& options, ClientState& client_of_it)
    : client(client_of_it),
      description(id, options),
      memory(id, *this),
      memories{&memory},
      store(std::make_shared<DeviceMemory>(deviceName(id), options.memory_limit_bytes)),
      queue(deviceName(id)) {}

PJRT_TopologyDescription::PJRT_TopologyDescription(const ClientOptions& options_of_it)
    : options(options_of_it) {
    for (int id = 0; id < options.device_count; ++id) {
        descriptions.push_back(std::make_unique<PJRT_DeviceDescription>(id, options));
        list.push_back(descriptions.back().get());
    }
    attributes.add("device_count", options.device_count);
}
