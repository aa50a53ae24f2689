// The cell behind optirs_pjrt_buffer.
#pragma once

#include <optirs/pjrt.h>

#include <span>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/client.h"
#include "src/pjrt/device_buffer.h"
#include "src/pjrt/spin_lock.h"

/// Holds at most one device buffer; reading and re-pointing may happen on several threads at once.
struct optirs_pjrt_buffer final : optirs::core::Object {
    using DeviceBuffer = optirs::pjrt::DeviceBuffer;
    using DeviceBufferRef = optirs::core::Ref<DeviceBuffer>;

    explicit optirs_pjrt_buffer(optirs::core::Ref<optirs_pjrt_client> client) noexcept
        : Object(OPTIRS_OBJECT_PJRT_BUFFER), client_(std::move(client)) {}
    ~optirs_pjrt_buffer() override { put({}); }

    optirs_pjrt_client& client() const noexcept { return *client_; }

    /// Type (as far as it is known without asking the plugin) and device of what the cell holds; NULL where
    /// not.
    struct Held {
        const optirs::pjrt::TensorType* type;
        optirs_pjrt_device* device;
    };
    Held held() const noexcept;
    /// What the cell holds; empty if nothing.
    DeviceBufferRef load() const noexcept;
    /// What the cell holds. Throws FAILED_PRECONDITION where it is empty, deleted or donated; says by whom.
    DeviceBufferRef require() const;
    /// Re-points the cell; the old buffer is let go of.
    void put(DeviceBufferRef buffer) noexcept;

    bool isDeleted() const;
    void deleteData();
    uint64_t deviceSize() const;

    void toHost(void* destination, uint64_t size, const char* operation, optirs_completion done,
                void* context);
    void toHostWait(void* destination, uint64_t size);
    void toHostLayout(const optirs_pjrt_layout_view& layout, void* destination, uint64_t size,
                      const char* operation, optirs_completion done, void* context);
    void rawToHost(uint64_t offset, void* destination, uint64_t size, const char* operation,
                   optirs_completion done, void* context);
    std::vector<int64_t> unpaddedDims() const;
    std::vector<uint8_t> dynamicDims() const;
    optirs::core::Ref<optirs_pjrt_layout> layout() const;
    optirs_pjrt_memory& memory() const;
    bool isOnCpu() const;
    uint64_t unsafePointer() const;

    void ready(const char* operation, optirs_completion done, void* context);
    void wait();

 private:
    PJRT_Event* startToHost(const DeviceBuffer& buffer, void* destination, uint64_t size) const;
    PJRT_Event* readyEvent(const DeviceBuffer& buffer) const;

    // Before the buffer, so that it outlives it.
    optirs::core::Ref<optirs_pjrt_client> client_;
    mutable optirs::pjrt::SpinLock lock_;
    DeviceBuffer* buffer_ = nullptr;  // owns one reference
};

namespace optirs::pjrt {

/// The cell that a function is to fill: the caller's, or a new one if that is NULL. Everything that can fail
/// happens in the constructor.
class Target {
 public:
    Target(optirs_pjrt_client& client, optirs_pjrt_buffer** inout);

    /// Puts the buffer into the cell and the cell into the caller's hands.
    void fill(PJRT_Buffer* buffer, optirs_pjrt_device* device, const TensorType* type) noexcept;

 private:
    optirs_pjrt_buffer** inout_;
    core::Ref<optirs_pjrt_buffer> fresh_cell_;
    core::Ref<DeviceBuffer> fresh_buffer_;
};

/// Dimensions that are supported; StableHLO sets no limit, and nobody has come near this one.
inline constexpr std::size_t kMaxRank = 64;

/// Copies of up to so many bytes are tried in place first.
inline constexpr uint64_t kSmallCopy = uint64_t{1} << 16;

struct HostArray {
    const void* data;
    uint64_t size;
    optirs_dtype dtype;
    std::span<const int64_t> dims;
    const int64_t* byte_strides;  // NULL: dense and row-major
    optirs_pjrt_host_semantics semantics;
    PJRT_Memory* memory = nullptr;                      // NULL: the device's default one
    PJRT_Buffer_MemoryLayout* device_layout = nullptr;  // NULL: the device's own
};

/// optirs_pjrt_buffer_from_host.
void bufferFromHost(optirs_pjrt_client& client, const HostArray& array, optirs_pjrt_device* device,
                    const char* operation, optirs_completion released, void* context,
                    optirs_pjrt_buffer** inout);

/// optirs_pjrt_buffer_copy_to_device.
void copyToDevice(const optirs_pjrt_buffer& source, optirs_pjrt_device* device, optirs_pjrt_buffer** inout);

/// Throws FAILED_PRECONDITION, saying what became of the buffer, if it is known to be gone.
void requirePresent(const DeviceBuffer* buffer);

}  // namespace optirs::pjrt
