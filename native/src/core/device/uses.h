// Work of streams that uses memory.
#pragma once

#include <list>
#include <vector>

#include "src/core/device/allocator.h"
#include "src/core/object.h"

struct optirs_stream;

namespace optirs::core {

/// Streams whose work uses some blocks, besides the stream that they belong to. Not thread-safe.
class StreamUses {
 public:
    /// `pending` is what will be released. Its event for a new stream is made now, while that may fail.
    void add(optirs_stream& stream, Pending& pending);
    /// The one element of `pending` waits for what the streams were given so far. True if a stream that is
    /// being captured keeps it from now on.
    bool mark(std::list<Pending>& pending) noexcept;

 private:
    struct Use {
        Ref<optirs_stream> stream;
        void* event;
    };
    std::vector<Use> uses_;
};

}  // namespace optirs::core
