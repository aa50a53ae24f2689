#include "pjrt_cpu/capi/client.h"

#include <fstream>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

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

ClientState::ClientState(const ClientOptions& options, std::unique_ptr<ProcessGroup> processes)
    : pool_(static_cast<int>(options.num_threads)), topology_(options), processes_(std::move(processes)) {
    for (int id = 0; id < options.device_count; ++id) {
        devices_.push_back(std::make_unique<PJRT_Device>(id, options, *this));
        device_list_.push_back(devices_.back().get());
        if (!devices_.back()->is_addressable) continue;
        addressable_list_.push_back(devices_.back().get());
        memory_list_.push_back(&devices_.back()->memory);
    }
}

ClientState::~ClientState() = default;

namespace {

PJRT_Device* at(const std::vector<PJRT_Device*>& list, int i) {
    return i >= 0 && static_cast<size_t>(i) < list.size() ? list[static_cast<size_t>(i)] : nullptr;
}

}  // namespace

PJRT_Device* ClientState::find(int id) const { return at(device_list_, id); }
PJRT_Device* ClientState::findLocal(int local_id) const { return at(addressable_list_, local_id); }

}  // namespace optirs::plugin

using namespace optirs::plugin;  // NOLINT(google-build-using-namespace): the C names live outside

PJRT_DeviceDescription::PJRT_DeviceDescription(int id_of_it, const ClientOptions& options)
    : id(id_of_it),
      process_index(static_cast<int>(options.nodeOf(id_of_it))),
      kind(options.topology != nullptr ? options.topology->deviceKind() : hostProcessorName()),
      debug_string(deviceName(id_of_it) + " " + kind),
      text("OptirsCpuDevice(id=" + std::to_string(id_of_it) + ")") {
    attributes.add("vendor", std::string("OptiRs"));
    attributes.add("virtual", options.device_count > 1 || options.topology != nullptr);
    if (options.memory_limit_bytes > 0) attributes.add("memory_limit_bytes", options.memory_limit_bytes);
    if (options.topology == nullptr) return;
    const SliceTopology::Place place = options.topology->place(id_of_it);
    attributes.add("coords", std::vector<int64_t>(place.coords.begin(), place.coords.end()));
    attributes.add("core_on_chip", place.core_on_chip);
    attributes.add("num_cores", options.topology->generation().cores_per_chip /
                                    options.topology->generation().devices_per_chip);
    attributes.add("slice_index", int64_t{0});
    // The host that has the chip in a real slice; process_index says which process has the device here.
    attributes.add("emulated_process_index", place.host);
}

PJRT_Device::PJRT_Device(int id, const ClientOptions& options, ClientState& client_of_it)
    : client(client_of_it),
      description(id, options),
      is_addressable(description.process_index == options.node_id),
      local_id(is_addressable ? id - static_cast<int>(options.node_id * options.devicesPerNode()) : -1),
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
    if (options.topology == nullptr) return;
    const auto& dims = options.topology->dims();
    attributes.add("topology", options.topology->name());
    attributes.add("slice_shape", std::vector<int64_t>(dims.begin(), dims.end()));
    attributes.add("chips_per_host", options.topology->generation().chips_per_host);
    attributes.add("num_slices", int64_t{1});
}
