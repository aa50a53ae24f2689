#include <cstring>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/copy_stream.h"
#include "pjrt_cpu/capi/error_object.h"

namespace optirs::plugin {
namespace {

PJRT_CopyToDeviceStream& streamOf(PJRT_CopyToDeviceStream* stream) { return deref(stream, "stream"); }

struct OwnedChunk {
    PJRT_Chunk chunk;
    ~OwnedChunk() {
        if (chunk.deleter != nullptr) chunk.deleter(chunk.data, chunk.deleter_arg);
    }
};

PJRT_Error* streamDestroy(PJRT_CopyToDeviceStream_Destroy_Args* args) {
    return guarded("PJRT_CopyToDeviceStream_Destroy", args, [](auto& a) { delete a.stream; });
}

PJRT_Error* streamAddChunk(PJRT_CopyToDeviceStream_AddChunk_Args* args) {
    return guarded("PJRT_CopyToDeviceStream_AddChunk", args, [](auto& a) {
        a.transfer_complete = nullptr;
        const PJRT_Chunk& chunk = deref(a.chunk, "chunk");
        // Taken, whatever becomes of it: it is this side's to release.
        const OwnedChunk owned{chunk};
        PJRT_CopyToDeviceStream& stream = streamOf(a.stream);
        if (chunk.data == nullptr && chunk.size > 0) throw invalidArgument("chunk.data is null");
        auto event = std::make_unique<PJRT_Event>(PJRT_Event{Completion::done()});
        stream.add(chunk.data, chunk.size);
        a.transfer_complete = event.release();
    });
}

PJRT_Error* streamTotalBytes(PJRT_CopyToDeviceStream_TotalBytes_Args* args) {
    return guarded("PJRT_CopyToDeviceStream_TotalBytes", args,
                   [](auto& a) { a.total_bytes = streamOf(a.stream).target.bytes; });
}

PJRT_Error* streamGranuleSize(PJRT_CopyToDeviceStream_GranuleSize_Args* args) {
    return guarded("PJRT_CopyToDeviceStream_GranuleSize", args, [](auto& a) {
        streamOf(a.stream);
        a.granule_size_in_bytes = PJRT_CopyToDeviceStream::kGranule;
    });
}

PJRT_Error* streamCurrentBytes(PJRT_CopyToDeviceStream_CurrentBytes_Args* args) {
    return guarded("PJRT_CopyToDeviceStream_CurrentBytes", args,
                   [](auto& a) { a.current_bytes = streamOf(a.stream).current(); });
}

}  // namespace

void fillCopyStream(PJRT_Api& api) {
    api.PJRT_CopyToDeviceStream_Destroy = streamDestroy;
    api.PJRT_CopyToDeviceStream_AddChunk = streamAddChunk;
    api.PJRT_CopyToDeviceStream_TotalBytes = streamTotalBytes;
    api.PJRT_CopyToDeviceStream_GranuleSize = streamGranuleSize;
    api.PJRT_CopyToDeviceStream_CurrentBytes = streamCurrentBytes;
}

}  // namespace optirs::plugin

using namespace optirs::plugin;  // NOLINT(google-build-using-namespace): the C names live outside

void PJRT_CopyToDeviceStream::add(const void* data, size_t size) {
    bool full = false;
    {
        std::lock_guard lock(mutex_);
        if (size > static_cast<size_t>(target.bytes - current_)) {
            throw invalidArgument("a chunk of " + std::to_string(size) + " bytes after " +
                                  std::to_string(current_) + " of " + std::to_string(target.bytes));
        }
        if (size > 0) std::memcpy(target.storage->data() + current_, data, size);
        current_ += static_cast<int64_t>(size);
        full = current_ == target.bytes;
    }
    if (full) target.ready->complete(std::nullopt);  // outside the lock: callbacks may come back here
}

int64_t PJRT_CopyToDeviceStream::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

PJRT_CopyToDeviceStream::~PJRT_CopyToDeviceStream() {
    target.ready->complete(Error(Code::kCancelled, "the stream was destroyed after " +
                                                       std::to_string(current_) + " of " +
                                                       std::to_string(target.bytes) + " bytes"));
}
