#include "src/core/device/memory.h"

#include "src/core/dlpack.h"
#include "src/core/error.h"
#include "src/core/text.h"

using namespace optirs::core;

optirs_device_memory::optirs_device_memory(optirs_stream& stream, uint64_t size, std::string_view tag)
    : Object(OPTIRS_OBJECT_DEVICE_MEMORY),
      device_(stream.device()),
      stream_(Ref<optirs_stream>::share(&stream)),
      size_(size),
      is_recorded_(stream.isCapturing()),
      pending_(1) {
    Pending& pending = pending_.front();
    pending.blocks.reserve(1);
    block_ = is_recorded_ ? stream.takeSpare(size, tag) : nullptr;
    if (block_ == nullptr) {
        block_ = device_.allocator.allocate(size, stream.id(), tag, is_recorded_);
    }
    data_ = block_->address;
    pending.blocks.push_back(block_);
}

optirs_device_memory::~optirs_device_memory() {
    if (block_ == nullptr) {
        return;
    }
    if (uses_.mark(pending_) || stream_->holdUntilCaptureEnds(pending_, is_recorded_)) {
        return;
    }
    if (pending_.front().events.empty()) {
        device_.allocator.release(block_);
    } else {
        device_.allocator.releaseLater(pending_);
    }
}

void optirs_device_memory::use(optirs_stream& stream) {
    checkSameBackend(device_, stream.device(), "stream");
    const std::scoped_lock lock(mutex_);
    if (block_ != nullptr && &stream != stream_.get()) {
        uses_.add(stream, pending_.front());
    }
}

std::byte* optirs_device_memory::range(uint64_t offset, uint64_t size, const char* what) const {
    if (offset > size_ || size > size_ - offset) {
        throw Error(Code::kOutOfRange, concat(what, " has ", size_, " bytes; ", size, " bytes at offset ",
                                              offset, " do not fit"));
    }
    return data_ + offset;
}

namespace optirs::core {

optirs_dl_managed_tensor* exportDeviceTensor(optirs_device_memory& memory, uint64_t byte_offset,
                                             optirs_dtype dtype, std::span<const int64_t> dims) {
    const TensorMemory shared = {.owner = Ref<const Object>::share(&memory),
                                 .data = memory.data(),
                                 .size = memory.size(),
                                 .device = {OPTIRS_DL_CUDA, memory.device().calls.index()},
                                 .flags = 0};
    return exportTensor(shared, byte_offset, dtype, dims).release();
}

Ref<optirs_device_memory> importDeviceTensor(optirs_device& device, optirs_dl_managed_tensor* managed,
                                             optirs_dlpack_view& view) {
    const TensorFacts facts = readTensor(*managed);
    const optirs_dl_tensor& tensor = managed->dl_tensor;
    if (tensor.device.device_type != OPTIRS_DL_CUDA || tensor.device.device_id != device.calls.index()) {
        throw Error(Code::kInvalidArgument,
                    concat("the tensor is on device ", tensor.device.device_id, " of DLPack type ",
                           tensor.device.device_type, ", not on CUDA device ", device.calls.index()));
    }
    if (!isDense(facts.dims, tensor.strides)) {
        throw Error(Code::kInvalidArgument,
                    "the tensor is not dense and row-major: make it contiguous before it is handed over");
    }
    auto memory = makeObject<optirs_device_memory>(
        device, static_cast<std::byte*>(tensor.data) + tensor.byte_offset, facts.bytes);
    memory->dims().assign(facts.dims.begin(), facts.dims.end());
    view = {memory->dims().data(), tensor.ndim, facts.dtype, 0, {}};
    memory->keepProducer(ManagedTensor(managed));
    return memory;
}

void writeMemory(optirs_device_memory& memory, uint64_t offset, const void* source, uint64_t size,
                 optirs_stream& stream) {
    checkSameDevice(memory.device(), stream.device(), "stream");
    std::byte* to = memory.range(offset, size, "memory");
    if (size != 0) {
        stream.device().calls(&optirs_device_table::copy, static_cast<void*>(to), source, size,
                              stream.native());
    }
}

void readMemory(optirs_device_memory& memory, uint64_t offset, void* destination, uint64_t size,
                optirs_stream& stream) {
    checkSameDevice(memory.device(), stream.device(), "stream");
    const std::byte* from = memory.range(offset, size, "memory");
    if (size != 0) {
        stream.device().calls(&optirs_device_table::copy, destination, static_cast<const void*>(from), size,
                              stream.native());
    }
}

void copyMemory(optirs_device_memory& destination, uint64_t destination_offset, optirs_device_memory& source,
                uint64_t source_offset, uint64_t size, optirs_stream& stream) {
    checkSameDevice(destination.device(), stream.device(), "stream");
    checkSameBackend(destination.device(), source.device(), "source");
    void* to = destination.range(destination_offset, size, "destination");
    const void* from = source.range(source_offset, size, "source");
    if (size == 0) {
        return;
    }
    const DeviceCalls& calls = stream.device().calls;
    if (&destination.device() == &source.device()) {
        calls(&optirs_device_table::copy, to, from, size, stream.native());
    } else {
        calls(&optirs_device_table::copy_peer, to, source.device().calls.index(), from, size,
              stream.native());
    }
}

void fillMemory(optirs_device_memory& memory, uint64_t offset, uint8_t value, uint64_t size,
                optirs_stream& stream) {
    checkSameDevice(memory.device(), stream.device(), "stream");
    void* to = memory.range(offset, size, "memory");
    if (size != 0) {
        stream.device().calls(&optirs_device_table::fill, to, value, size, stream.native());
    }
}

}  // namespace optirs::core
