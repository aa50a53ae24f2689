#include "pjrt_cpu/codegen/lower/arena.h"

#include <algorithm>

namespace optirs::plugin {

void Arena::touch(int32_t id, int64_t position) {
    const auto i = static_cast<size_t>(id);
    if (i >= touches_.size()) touches_.resize(i + 1);
    touches_[i].push_back(position);
}

std::vector<int64_t> Arena::place(const std::vector<int64_t>& bytes, int64_t& arena_bytes) const {
    struct Life {
        int32_t id;
        int64_t bytes;
        int64_t first;
        int64_t last;
    };
    std::vector<Life> lives;
    for (size_t i = 0; i < touches_.size(); ++i) {
        if (touches_[i].empty()) continue;
        const auto [first, last] = std::ranges::minmax(touches_[i]);
        Life life{static_cast<int32_t>(i), (bytes[i] + 63) / 64 * 64, first, last};
        for (const auto& [begin, end] : loops_) {
            const bool inside =
                std::ranges::any_of(touches_[i], [&](int64_t t) { return begin <= t && t <= end; });
            if (inside && life.first < begin) life.last = std::max(life.last, end);
        }
        lives.push_back(life);
    }
    // Large ones first: small ones fill the gaps.
    std::ranges::stable_sort(lives, std::ranges::greater{}, &Life::bytes);
    std::vector<int64_t> offsets(bytes.size(), -1);
    arena_bytes = 0;
    std::vector<const Life*> placed;
    for (const Life& life : lives) {
        std::vector<std::pair<int64_t, int64_t>> taken;
        for (const Life* other : placed) {
            if (other->last < life.first || life.last < other->first) continue;
            const int64_t offset = offsets[static_cast<size_t>(other->id)];
            taken.emplace_back(offset, offset + other->bytes);
        }
        std::ranges::sort(taken);
        // The tightest gap that fits, else the end.
        int64_t best = -1;
        int64_t best_size = INT64_MAX;
        int64_t end = 0;
        for (const auto& [from, to] : taken) {
            const int64_t gap = from - end;
            if (gap >= life.bytes && gap < best_size) {
                best = end;
                best_size = gap;
            }
            end = std::max(end, to);
        }
        if (best < 0) best = end;
        offsets[static_cast<size_t>(life.id)] = best;
        arena_bytes = std::max(arena_bytes, best + life.bytes);
        placed.push_back(&life);
    }
    return offsets;
}

}  // namespace optirs::plugin
