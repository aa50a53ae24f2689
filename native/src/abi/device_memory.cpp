#include "src/core/device/memory.h"
#include "src/core/guard.h"

using namespace optirs::core;

optirs_error* optirs_device_memory_create(optirs_stream* stream, uint64_t size, const char* tag,
                                          uint64_t tag_size, optirs_device_memory** out_memory) {
    return guard("optirs_device_memory_create", [&] {
        Out out(out_memory, "out_memory");
        out = makeObject<optirs_device_memory>(*required(stream, "stream"), size,
                                               requiredText(tag, tag_size, "tag"));
    });
}

void* optirs_device_memory_data(const optirs_device_memory* memory) { return memory->data(); }
uint64_t optirs_device_memory_size(const optirs_device_memory* memory) { return memory->size(); }
optirs_device* optirs_device_memory_device(const optirs_device_memory* memory) { return &memory->device(); }

optirs_error* optirs_device_memory_use(optirs_device_memory* memory, optirs_stream* stream) {
    return guard("optirs_device_memory_use",
                 [&] { required(memory, "memory")->use(*required(stream, "stream")); });
}

optirs_error* optirs_device_memory_write(optirs_device_memory* memory, uint64_t offset, const void* source,
                                         uint64_t size, optirs_stream* stream) {
    return guard("optirs_device_memory_write", [&] {
        const void* bytes = size == 0 ? source : required(source, "source");
        writeMemory(*required(memory, "memory"), offset, bytes, size, *required(stream, "stream"));
    });
}

optirs_error* optirs_device_memory_read(optirs_device_memory* memory, uint64_t offset, void* destination,
                                        uint64_t size, optirs_stream* stream) {
    return guard("optirs_device_memory_read", [&] {
        void* bytes = size == 0 ? destination : required(destination, "destination");
        readMemory(*required(memory, "memory"), offset, bytes, size, *required(stream, "stream"));
    });
}

optirs_error* optirs_device_memory_copy(optirs_device_memory* destination, uint64_t destination_offset,
                                        optirs_device_memory* source, uint64_t source_offset, uint64_t size,
                                        optirs_stream* stream) {
    return guard("optirs_device_memory_copy", [&] {
        copyMemory(*required(destination, "destination"), destination_offset, *required(source, "source"),
                   source_offset, size, *required(stream, "stream"));
    });
}

optirs_error* optirs_device_memory_fill(optirs_device_memory* memory, uint64_t offset, uint8_t value,
                                        uint64_t size, optirs_stream* stream) {
    return guard("optirs_device_memory_fill", [&] {
        fillMemory(*required(memory, "memory"), offset, value, size, *required(stream, "stream"));
    });
}

optirs_error* optirs_device_memory_to_dlpack(optirs_device_memory* memory, uint64_t byte_offset,
                                             optirs_dtype dtype, const int64_t* dims, int32_t rank,
                                             optirs_dl_managed_tensor** out_tensor) {
    return guard("optirs_device_memory_to_dlpack", [&] {
        Out out(out_tensor, "out_tensor");
        const auto shape = requiredSpan(dims, rank, "dims", "rank");
        out = exportDeviceTensor(*required(memory, "memory"), byte_offset, dtype, shape);
    });
}

optirs_error* optirs_device_memory_from_dlpack(optirs_device* device, optirs_dl_managed_tensor* tensor,
                                               optirs_device_memory** out_memory,
                                               optirs_dlpack_view* out_view) {
    return guard("optirs_device_memory_from_dlpack", [&] {
        Out out(out_memory, "out_memory");
        Out view(out_view, "out_view");
        out = importDeviceTensor(*required(device, "device"), required(tensor, "tensor"), *out_view);
    });
}

void optirs_device_memory_retain(optirs_device_memory* memory) { retainHandle(memory); }
void optirs_device_memory_release(optirs_device_memory* memory) { releaseHandle(memory); }

optirs_error* optirs_allocator_read_stats(optirs_device* device, optirs_allocator_stats* out_stats) {
    return guard("optirs_allocator_read_stats", [&] {
        Out out(out_stats, "out_stats");
        out = required(device, "device")->allocator.stats();
    });
}

uint64_t optirs_allocator_num_tags(optirs_device* device) { return device->allocator.tagCount(); }

optirs_error* optirs_allocator_read_tag(optirs_device* device, uint64_t index,
                                        optirs_allocator_tag* out_tag) {
    return guard("optirs_allocator_read_tag", [&] {
        Out out(out_tag, "out_tag");
        out = required(device, "device")->allocator.tagAt(index);
    });
}

optirs_error* optirs_allocator_reset_peaks(optirs_device* device) {
    return guard("optirs_allocator_reset_peaks", [&] { required(device, "device")->allocator.resetPeaks(); });
}

optirs_error* optirs_allocator_set_split_limit(optirs_device* device, uint64_t limit) {
    return guard("optirs_allocator_set_split_limit",
                 [&] { required(device, "device")->allocator.setSplitLimit(limit); });
}

optirs_error* optirs_allocator_trim_wait(optirs_device* device, uint64_t* out_bytes) {
    return guard("optirs_allocator_trim_wait", [&] {
        Out out(out_bytes, "out_bytes");
        out = required(device, "device")->allocator.trim();
    });
}
