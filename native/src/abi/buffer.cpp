#include <optirs/buffer.h>

#include "src/core/buffer.h"
#include "src/core/dlpack.h"
#include "src/core/guard.h"

using namespace optirs::core;

optirs_error* optirs_buffer_create(uint64_t size, optirs_buffer** out_buffer) {
    return guard("optirs_buffer_create", [&] {
        Out out(out_buffer, "out_buffer");
        out = createBuffer(size);
    });
}

void* optirs_buffer_data(const optirs_buffer* buffer) { return buffer->data(); }
uint64_t optirs_buffer_size(const optirs_buffer* buffer) { return buffer->size(); }
uint8_t optirs_buffer_is_read_only(const optirs_buffer* buffer) { return buffer->isReadOnly() ? 1 : 0; }
void optirs_buffer_retain(optirs_buffer* buffer) { retainHandle(buffer); }
void optirs_buffer_release(optirs_buffer* buffer) { releaseHandle(buffer); }

optirs_error* optirs_buffer_to_dlpack(optirs_buffer* buffer, uint64_t byte_offset, optirs_dtype dtype,
                                      const int64_t* dims, int32_t rank,
                                      optirs_dl_managed_tensor** out_tensor) {
    return guard("optirs_buffer_to_dlpack", [&] {
        Out out(out_tensor, "out_tensor");
        const auto shape = requiredSpan(dims, rank, "dims", "rank");
        out = exportTensor(tensorMemory(*required(buffer, "buffer")), byte_offset, dtype, shape).release();
    });
}

optirs_error* optirs_buffer_from_dlpack(optirs_dl_managed_tensor* tensor, uint64_t alignment,
                                        optirs_buffer** out_buffer, optirs_dlpack_view* out_view) {
    return guard("optirs_buffer_from_dlpack", [&] {
        Out out(out_buffer, "out_buffer");
        Out view(out_view, "out_view");
        out = importTensor(required(tensor, "tensor"), alignment, *out_view);
    });
}

void optirs_dl_managed_tensor_release(optirs_dl_managed_tensor* tensor) { const ManagedTensor owner(tensor); }
