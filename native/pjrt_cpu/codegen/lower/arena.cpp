#include "pjrt_cpu/codegen/lower/arena.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace optirs::plugin {
namespace {

using Life = Arena::Life;

int64_t lowerBound(const std::vector<Life>& lives) {
    std::map<int64_t, int64_t> change;  // of the bytes alive, by position
    for (const Life& life : lives) {
        change[life.first] += life.bytes;
        change[life.last + 1] -= life.bytes;
    }
    int64_t alive = 0;
    int64_t most = 0;
    for (const auto& [position, bytes] : change) most = std::max(most, alive += bytes);
    return most;
}

/// Greedy: each in turn goes into the tightest gap among those placed before that are alive with it, or
/// behind them.
int64_t placeInOrder(const std::vector<const Life*>& order, std::vector<int64_t>& offsets) {
    int64_t arena_bytes = 0;
    std::vector<const Life*> placed;
    std::vector<std::pair<int64_t, int64_t>> taken;
    placed.reserve(order.size());
    for (const Life* life : order) {
        taken.clear();
        for (const Life* other : placed) {
            if (other->last < life->first || life->last < other->first) continue;
            const int64_t offset = offsets[static_cast<size_t>(other->id)];
            taken.emplace_back(offset, offset + other->bytes);
        }
        std::ranges::sort(taken);
        int64_t best = -1;
        int64_t best_size = INT64_MAX;
        int64_t end = 0;
        for (const auto& [from, to] : taken) {
            const int64_t gap = from - end;
            if (gap >= life->bytes && gap < best_size) {
                best = end;
                best_size = gap;
            }
            end = std::max(end, to);
        }
        if (best < 0) best = end;
        offsets[static_cast<size_t>(life->id)] = best;
        arena_bytes = std::max(arena_bytes, best + life->bytes);
        placed.push_back(life);
    }
    return arena_bytes;
}

/// One sweep over the program with a list of free ranges, joined when neighbours are free: takes time n log
/// n, for programs of so many temporaries that the greedy one would take seconds.
int64_t placeBySweep(const std::vector<const Life*>& by_start, std::vector<int64_t>& offsets) {
    std::map<int64_t, int64_t> free;  // begin -> end
    int64_t arena_bytes = 0;
    const auto ends_later = [](const Life* a, const Life* b) {
        return std::pair(a->last, a->id) < std::pair(b->last, b->id);
    };
    std::set<const Life*, decltype(ends_later)> alive(ends_later);
    const auto release = [&](int64_t begin, int64_t end) {
        auto next = free.lower_bound(begin);
        if (next != free.begin() && std::prev(next)->second == begin) begin = (--next)->first;
        while (next != free.end() && next->first <= end) {
            end = std::max(end, next->second);
            next = free.erase(next);
        }
        free[begin] = end;
    };
    for (const Life* life : by_start) {
        while (!alive.empty() && (*alive.begin())->last < life->first) {
            const Life& gone = **alive.begin();
            const int64_t offset = offsets[static_cast<size_t>(gone.id)];
            release(offset, offset + gone.bytes);
            alive.erase(alive.begin());
        }
        auto best = free.end();
        for (auto range = free.begin(); range != free.end(); ++range) {
            const int64_t size = range->second - range->first;
            if (size >= life->bytes && (best == free.end() || size < best->second - best->first))
                best = range;
        }
        int64_t offset = arena_bytes;
        if (best != free.end()) {
            offset = best->first;
            const int64_t end = best->second;
            free.erase(best);
            if (offset + life->bytes < end) free[offset + life->bytes] = end;
        } else if (!free.empty() && free.rbegin()->second == arena_bytes) {
            offset = free.rbegin()->first;  // the last range, and what it lacks
            free.erase(std::prev(free.end()));
        }
        offsets[static_cast<size_t>(life->id)] = offset;
        arena_bytes = std::max(arena_bytes, offset + life->bytes);
        alive.insert(life);
    }
    return arena_bytes;
}

}  // namespace

void Arena::touch(int32_t id, int64_t position) {
    const auto i = static_cast<size_t>(id);
    if (i >= touches_.size()) touches_.resize(i + 1);
    Touches& of = touches_[i];
    of.first = of.last < of.first ? position : std::min(of.first, position);
    of.last = std::max(of.last, position);
    if (of.all.empty() || of.all.back() != position) of.all.push_back(position);
}

std::vector<Life> Arena::lives(const std::vector<int64_t>& bytes) const {
    std::vector<Life> lives;
    for (size_t i = 0; i < touches_.size(); ++i) {
        const Touches& touches = touches_[i];
        if (touches.last < touches.first) continue;
        Life life{static_cast<int32_t>(i), (bytes[i] + 63) / 64 * 64, touches.first, touches.last};
        for (const auto& [begin, end] : loops_) {
            if (life.first >= begin || touches.last < begin) continue;
            const bool inside =
                std::ranges::any_of(touches.all, [&](int64_t t) { return begin <= t && t <= end; });
            if (inside) life.last = std::max(life.last, end);
        }
        lives.push_back(life);
    }
    return lives;
}

Arena::Placement Arena::place(const std::vector<int64_t>& bytes) const {
    // Beyond this many the quadratic placement takes longer than a second.
    constexpr size_t kManyLives = 4000;
    const std::vector<Life> all = lives(bytes);
    Placement best;
    best.lower_bound = lowerBound(all);
    best.offsets.assign(bytes.size(), -1);
    if (all.empty()) return best;
    std::vector<const Life*> order;
    order.reserve(all.size());
    for (const Life& life : all) order.push_back(&life);
    best.bytes = INT64_MAX;
    const auto attempt = [&](const std::function<bool(const Life*, const Life*)>& before, auto place_all) {
        if (best.bytes == best.lower_bound) return;
        std::ranges::stable_sort(order, before);
        std::vector<int64_t> offsets(bytes.size(), -1);
        const int64_t needed = place_all(order, offsets);
        if (needed >= best.bytes) return;
        best.bytes = needed;
        best.offsets = std::move(offsets);
    };
    if (all.size() <= kManyLives) {
        // Large ones first, small ones fill the gaps; where that leaves holes, long-lived ones first.
        attempt([](const Life* a, const Life* b) { return a->bytes > b->bytes; }, placeInOrder);
        attempt([](const Life* a, const Life* b) { return a->last - a->first > b->last - b->first; },
                placeInOrder);
        attempt(
            [](const Life* a, const Life* b) {
                return static_cast<double>(a->bytes) * static_cast<double>(a->last - a->first + 1) >
                       static_cast<double>(b->bytes) * static_cast<double>(b->last - b->first + 1);
            },
            placeInOrder);
    }
    attempt([](const Life* a, const Life* b) { return a->first < b->first; }, placeBySweep);
    return best;
}

}  // namespace optirs::plugin
