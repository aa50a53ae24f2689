#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/capi/completion.h"
#include "pjrt_cpu/capi/storage.h"

namespace optirs::plugin {

/// What a stream fills: `ready` completes when all bytes have come, or with the error why they cannot.
struct StreamTarget {
    Ref<Storage> storage;
    int64_t bytes = 0;
    std::shared_ptr<Completion> ready;
};

}  // namespace optirs::plugin

/// Bytes that a host callback hands to a waiting `recv`, in chunks, in order. Thread-safe. Destroyed before
/// all bytes came, it fails the one who waits.
struct PJRT_CopyToDeviceStream {
    explicit PJRT_CopyToDeviceStream(optirs::plugin::StreamTarget target_of_it)
        : target(std::move(target_of_it)) {}
    ~PJRT_CopyToDeviceStream();
    PJRT_CopyToDeviceStream(const PJRT_CopyToDeviceStream&) = delete;
    PJRT_CopyToDeviceStream& operator=(const PJRT_CopyToDeviceStream&) = delete;

    /// Chunks are multiples of it, except the last. One byte: any size will do.
    static constexpr int64_t kGranule = 1;

    /// Appends; throws INVALID_ARGUMENT beyond the end.
    void add(const void* data, size_t size);
    int64_t current() const;

    const optirs::plugin::StreamTarget target;

 private:
    mutable std::mutex mutex_;
    int64_t current_ = 0;
};
