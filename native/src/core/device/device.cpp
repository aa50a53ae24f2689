#include "src/core/device/device.h"

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "src/core/error.h"
#include "src/core/pressure.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

constexpr uint64_t kLargestBuffer = uint64_t{1} << 62;

const optirs_device_table& tableOf(const BackendEntry& backend) {
    const auto table = optionalFunction(*backend.table, &optirs_backend_table::devices);
    if (table == nullptr) {
        throw Error(Code::kUnimplemented, concat("the backend ", backend.name, " has no devices of its own"),
                    backend.name);
    }
    return *table;
}

/// Host memory of the driver's, freed where it came from.
class PinnedMemory {
 public:
    PinnedMemory(const DeviceCalls& calls, uint64_t size) : calls_(calls) {
        retryUnderPressure(size, [&] { calls_(&optirs_device_table::host_allocate, size, &memory_); });
    }
    PinnedMemory(const PinnedMemory&) = delete;
    PinnedMemory& operator=(const PinnedMemory&) = delete;
    ~PinnedMemory() { calls_.attempt(&optirs_device_table::host_free, memory_); }

    std::byte* data() const noexcept { return static_cast<std::byte*>(memory_); }

 private:
    DeviceCalls calls_;
    void* memory_ = nullptr;
};

}  // namespace

int32_t deviceCount(const BackendEntry& backend) {
    const optirs_device_table& table = tableOf(backend);
    callFaultPoint(backend.name);
    int32_t count = 0;
    optirs_backend_status status{};
    if (table.device_count(backend.table->self, &count, &status) != OPTIRS_OK) {
        throwStatus(status, backend.name);
    }
    return count;
}

optirs_device& findDevice(const BackendEntry& backend, int32_t index) {
    static std::mutex mutex;
    // Never destroyed: devices are lent for ever.
    static auto& devices =
        *new std::map<std::pair<const BackendEntry*, int32_t>, std::unique_ptr<optirs_device>>();
    const std::scoped_lock lock(mutex);
    const auto key = std::pair(&backend, index);
    if (const auto found = devices.find(key); found != devices.end()) {
        return *found->second;
    }
    const int32_t count = deviceCount(backend);
    if (index < 0 || index >= count) {
        throw Error(Code::kNotFound, concat("there is no device ", index, " of the backend ", backend.name,
                                            "; there are ", count, ", numbered from 0"));
    }
    const DeviceCalls calls(backend, index);
    optirs_backend_device_info info{};
    calls(&optirs_device_table::device_info, &info);
    return *devices.emplace(key, std::make_unique<optirs_device>(calls, info)).first->second;
}

optirs_device& deviceOfStream(const BackendEntry& backend, void* stream) {
    int32_t index = 0;
    optirs_backend_status status{};
    if (backend.table->devices->stream_device(backend.table->self, stream, &index, &status) != OPTIRS_OK) {
        throwStatus(status, backend.name);
    }
    return findDevice(backend, index);
}

optirs_device_properties propertiesOf(const optirs_device& device) {
    const optirs_backend_device_info& info = device.info;
    return {.capability_major = info.capability_major,
            .capability_minor = info.capability_minor,
            .multiprocessors = info.multiprocessors,
            .clock_khz = info.clock_khz,
            .memory_clock_khz = info.memory_clock_khz,
            .memory_bus_bits = info.memory_bus_bits,
            .memory_bytes = info.memory_bytes,
            .l2_bytes = info.l2_bytes,
            .shared_bytes_per_block = info.shared_bytes_per_block,
            .is_integrated = static_cast<uint8_t>(info.is_integrated != 0 ? 1 : 0),
            .has_ecc = static_cast<uint8_t>(info.has_ecc != 0 ? 1 : 0),
            .reserved = {}};
}

bool enablePeer(optirs_device& device, optirs_device& peer) {
    checkSameBackend(device, peer, "peer");
    uint8_t is_direct = 0;
    device.calls(&optirs_device_table::peer_enable, peer.calls.index(), &is_direct);
    return is_direct != 0;
}

Ref<optirs_buffer> createPinnedBuffer(optirs_device& device, uint64_t size) {
    if (size > kLargestBuffer) {
        throw Error(Code::kInvalidArgument,
                    concat("size is ", size, " bytes; the largest buffer has 2^62 bytes"));
    }
    auto memory = std::make_shared<PinnedMemory>(device.calls, std::max<uint64_t>(size, 1));
    auto buffer = makeObject<optirs_buffer>(memory->data(), size, false);
    buffer->keepOwner(std::move(memory));
    return buffer;
}

void checkSameBackend(const optirs_device& device, const optirs_device& other, const char* what) {
    if (&device.calls.backend() != &other.calls.backend()) {
        throw Error(Code::kInvalidArgument,
                    concat("argument ", what, " belongs to the backend ", other.calls.backend().name,
                           ", the device to ", device.calls.backend().name));
    }
}

void checkSameDevice(const optirs_device& device, const optirs_device& other, const char* what) {
    checkSameBackend(device, other, what);
    if (&device != &other) {
        throw Error(Code::kInvalidArgument, concat("argument ", what, " belongs to device ",
                                                   other.calls.index(), ", not ", device.calls.index()));
    }
}

}  // namespace optirs::core
