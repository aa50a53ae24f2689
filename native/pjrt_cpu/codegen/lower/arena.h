#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace optirs::plugin {

/// Places temporaries in one arena. Those alive at the same time do not overlap.
class Arena {
 public:
    /// When a temporary is alive: positions [first, last] of the program.
    struct Life {
        int32_t id;
        int64_t bytes;  ///< a multiple of 64
        int64_t first;
        int64_t last;
    };
    struct Placement {
        /// Multiples of 64, by id; -1 for ids never touched.
        std::vector<int64_t> offsets;
        int64_t bytes = 0;
        /// The most that is alive at any one position: no placement needs less.
        int64_t lower_bound = 0;
    };

    /// Notes that a temporary is written or read at a position of the program.
    void touch(int32_t id, int64_t position);
    /// Positions [begin, end] are repeated: what is alive at their start and touched in them lives until
    /// their end.
    void addLoop(int64_t begin, int64_t end) { loops_.emplace_back(begin, end); }

    /// By id, ascending. `bytes[id]` are the sizes.
    std::vector<Life> lives(const std::vector<int64_t>& bytes) const;
    Placement place(const std::vector<int64_t>& bytes) const;

 private:
    struct Touches {
        int64_t first = 0;
        int64_t last = -1;  ///< before first: never
        std::vector<int64_t> all;
    };
    std::vector<Touches> touches_;
    std::vector<std::pair<int64_t, int64_t>> loops_;
};

}  // namespace optirs::plugin
