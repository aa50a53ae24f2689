#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/array_type.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/completion.h"
#include "pjrt_cpu/capi/storage.h"
#include "pjrt_cpu/ir/type.h"

namespace optirs::plugin {

/// The value of a buffer: its bytes are there once `ready` is. Buffers, and operations that read it later,
/// share it.
struct BufferValue final : Counted {
    BufferValue(SharedType array_of_it, std::shared_ptr<Completion> ready_of_it)
        : array(std::move(array_of_it)), ready(std::move(ready_of_it)) {}
    const SharedType array;
    const std::shared_ptr<Completion> ready;
    /// Written before `ready` completes; read after.
    Ref<Storage> storage;
    /// Of an array with dynamic dimensions, what is there, which lies together at the beginning of the
    /// storage. Written before `ready` completes; read after.
    std::vector<int64_t> dims;

    /// Whether the bytes are there now.
    bool isThere() const { return ready->isReady() && !ready->error(); }
    /// The dimensions of what is there; once it is.
    std::span<const int64_t> presentDims() const {
        return dims.empty() ? array->type.dims() : std::span<const int64_t>(dims);
    }
};

/// Why a buffer has no value any more.
struct Gone {
    const char* how = "";
    /// Not null: it was donated to the program of this name, as this argument.
    std::shared_ptr<const std::string> program = nullptr;
    size_t argument = 0;

    /// Put together only when somebody asks.
    std::string toString() const;
};

class ExclusiveUse;

}  // namespace optirs::plugin

struct PJRT_Buffer {
    PJRT_Buffer(std::shared_ptr<optirs::plugin::ClientState> client_of_it, PJRT_Device& device_of_it,
                optirs::plugin::Ref<optirs::plugin::BufferValue> value_of_it);

    const std::shared_ptr<optirs::plugin::ClientState> client;
    PJRT_Device& device;
    const optirs::plugin::SharedType array;
    /// What there is memory for.
    const optirs::plugin::TensorType& type;
    const int64_t bytes;

    /// The value; throws FAILED_PRECONDITION that says who took it when the buffer was deleted or donated.
    optirs::plugin::Ref<optirs::plugin::BufferValue> value() const;
    bool isDeleted() const;
    /// Blocks until the bytes are there; throws the error of what should have made them.
    optirs::plugin::Ref<optirs::plugin::BufferValue> awaitValue() const;
    /// Takes the value out; `why` is what later uses are told. Null when it was gone before.
    optirs::plugin::Ref<optirs::plugin::BufferValue> take(optirs::plugin::Gone why);
    /// What is there. With dynamic dimensions: blocks until that is known, and throws what awaitValue() does.
    const optirs::plugin::TensorType& unpadded() const;
    void addExternalReference();
    void dropExternalReference();

 private:
    friend class optirs::plugin::ExclusiveUse;

    mutable std::mutex mutex_;
    optirs::plugin::Ref<optirs::plugin::BufferValue> value_;
    optirs::plugin::Gone gone_;
    mutable std::optional<optirs::plugin::TensorType> unpadded_;
    std::vector<optirs::plugin::Ref<optirs::plugin::Storage>> external_;
};

namespace optirs::plugin {

/// Locks a buffer whose bytes are there and nobody else holds, to write into them.
class ExclusiveUse {
 public:
    explicit ExclusiveUse(const PJRT_Buffer& buffer);
    /// Null where it is not so; then nothing is locked.
    std::byte* data() const { return data_; }

 private:
    std::unique_lock<std::mutex> lock_;
    std::byte* data_ = nullptr;
};

/// A buffer whose bytes are there now.
std::unique_ptr<PJRT_Buffer> makeBuffer(PJRT_Device& device, std::shared_ptr<ClientState> client,
                                        SharedType type, Ref<Storage> storage);
/// The device that a pair of fields of an argument struct names: memory wins; neither: the client's first.
PJRT_Device& targetDevice(const ClientState& client, PJRT_Device* device, PJRT_Memory* memory);
/// Memory for an array on the device; throws RESOURCE_EXHAUSTED.
Ref<Storage> allocateFor(PJRT_Device& device, const SharedType& type);

/// PJRT_Client_BufferFromHostBuffer (`semantics`: the number of a PJRT_HostBufferSemantics): copies during
/// the call, or views the caller's memory where the semantics and the alignment allow. `host_done` becomes
/// ready when the caller's memory is no longer needed.
std::unique_ptr<PJRT_Buffer> bufferFromHost(const std::shared_ptr<ClientState>& client, PJRT_Device& device,
                                            TensorType type, const void* data, const int64_t* byte_strides,
                                            size_t num_byte_strides, int32_t semantics,
                                            std::shared_ptr<Completion>& host_done);

/// Byte strides of a host layout for the type; nullopt: dense row-major. Throws INVALID_ARGUMENT or
/// UNIMPLEMENTED (tiles).
std::optional<std::vector<int64_t>> layoutStrides(const TensorType& type,
                                                  const PJRT_Buffer_MemoryLayout* layout);
/// Throws UNIMPLEMENTED for any device layout but dense row-major, which is the only one.
void requireRowMajor(const TensorType& type, const PJRT_Buffer_MemoryLayout* layout);

/// Copies an array of the host, dense (nullopt) or with byte strides, to where it is stored dense.
void copyFromHost(const TensorType& type, const void* data,
                  const std::optional<std::vector<int64_t>>& byte_strides, std::byte* destination,
                  ThreadPool& pool);
/// Starts copying to `destination` (dense, or with byte strides); the result becomes ready when it is done.
std::shared_ptr<Completion> copyToHost(const PJRT_Buffer& buffer,
                                       std::optional<std::vector<int64_t>> byte_strides, void* destination);
/// Throws INVALID_ARGUMENT unless the bytes from `offset` on are all in the buffer.
void requireRange(const PJRT_Buffer& buffer, int64_t offset, int64_t size);
/// Copies raw bytes once the value is there, with the threads of the client, and then completes `done`.
void copyRawWhenReady(const std::shared_ptr<ClientState>& client, Ref<BufferValue> value, void* destination,
                      int64_t offset, int64_t size, const std::shared_ptr<Completion>& done);
/// Starts copying `size` raw bytes from `offset`.
std::shared_ptr<Completion> copyRawToHost(const PJRT_Buffer& buffer, void* destination, int64_t offset,
                                          int64_t size);
std::unique_ptr<PJRT_Buffer> copyToDevice(const PJRT_Buffer& buffer, PJRT_Device& destination,
                                          const std::shared_ptr<ClientState>& destination_client);

}  // namespace optirs::plugin
