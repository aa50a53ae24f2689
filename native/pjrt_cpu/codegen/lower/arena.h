#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace optirs::plugin {

/// Places temporaries in one arena. Those alive at the same time do not overlap.
class Arena {
 public:
    /// Notes that a temporary is written or read at a position of the program.
    void touch(int32_t id, int64_t position);
    /// Positions [begin, end] are repeated: what is alive at their start and touched in them lives until
    /// their end.
    void addLoop(int64_t begin, int64_t end) { loops_.emplace_back(begin, end); }

    /// Offsets, multiples of 64, by id; -1 for ids never touched. `bytes[id]` are their sizes.
    std::vector<int64_t> place(const std::vector<int64_t>& bytes, int64_t& arena_bytes) const;

 private:
    std::vector<std::vector<int64_t>> touches_;
    std::vector<std::pair<int64_t, int64_t>> loops_;
};

}  // namespace optirs::plugin
