// Collective steps that combine.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "pjrt_cpu/runtime/collective.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

/// Elements combined at a time: they stay in the cache while all members' are added.
constexpr int64_t kChunk = 16384;

int64_t product(std::span<const int64_t> dims) {
    int64_t result = 1;
    for (const int64_t dim : dims) result *= dim;
    return result;
}

}  // namespace

void CollectiveStep::reduce(size_t k, Members all, std::span<std::byte* const> results,
                            ThreadPool& pool) const {
    if (results.empty()) return;
    const auto& tensor = spec_.tensors[k];
    const Reducer& reducer = reducers_[k];
    const int64_t width = tensor.result_width;
    pool.parallelFor(product(tensor.operand_shape), kChunk, [&](int64_t begin, int64_t end) {
        std::byte* sum = results[0];
        const auto bytes = static_cast<size_t>((end - begin) * width);
        const auto pointers = [&](size_t member) {
            return std::array{sum, const_cast<std::byte*>(all[member].operands[k])};  // NOLINT: only read
        };
        if (reducer.convert != nullptr)
            reducer.convert(pointers(0).data(), begin, end);
        else
            std::memcpy(sum + begin * width, all[0].operands[k] + begin * width, bytes);
        for (size_t m = 1; m < all.size(); ++m) reducer.combine(pointers(m).data(), begin, end);
        for (std::byte* other : results.subspan(1))
            std::memcpy(other + begin * width, sum + begin * width, bytes);
    });
}

void CollectiveStep::reduceScatter(size_t k, Members all, ThreadPool& pool) const {
    const auto& tensor = spec_.tensors[k];
    const Reducer& reducer = reducers_[k];
    const std::span<const int64_t> shape(tensor.result_shape);
    const auto d = static_cast<size_t>(spec_.dimension);
    const int64_t outer = product(shape.first(d));
    const int64_t run = product(shape.subspan(d));
    const auto count = static_cast<int64_t>(all.size());
    // [begin, end) of the run of row o, of the part that is member r's.
    const auto combine_run = [&](int64_t r, int64_t o, int64_t begin, int64_t end) {
        std::byte* sum = all[static_cast<size_t>(r)].results[k] + o * run * tensor.result_width;
        const auto pointers = [&](const Contribution& member) {
            const std::byte* from = member.operands[k] + (o * count + r) * run * tensor.operand_width;
            return std::array{sum, const_cast<std::byte*>(from)};  // NOLINT: only read
        };
        const auto first = pointers(all[0]);
        if (reducer.convert != nullptr)
            reducer.convert(first.data(), begin, end);
        else
            std::memcpy(sum + begin * tensor.result_width, first[1] + begin * tensor.result_width,
                        static_cast<size_t>((end - begin) * tensor.result_width));
        for (const Contribution& member : all.subspan(1))
            reducer.combine(pointers(member).data(), begin, end);
    };
    for (int64_t r = 0; r < count; ++r) {
        if (all[static_cast<size_t>(r)].results.empty()) continue;
        if (run >= kChunk) {
            for (int64_t o = 0; o < outer; ++o)
                pool.parallelFor(run, kChunk,
                                 [&](int64_t begin, int64_t end) { combine_run(r, o, begin, end); });
        } else {
            pool.parallelFor(outer, std::max<int64_t>(1, kChunk / std::max<int64_t>(1, run)),
                             [&](int64_t begin, int64_t end) {
                                 for (int64_t o = begin; o < end; ++o) combine_run(r, o, 0, run);
                             });
        }
    }
}

size_t CollectiveStep::rootOf(size_t k, Members all) const {
    if (spec_.root < 0) return 0;
    int32_t root = 0;
    for (size_t m = 0; m < all.size(); ++m) {
        int32_t other = 0;
        std::memcpy(&other, all[m].operands.back() + k * sizeof other, sizeof other);
        if (m == 0) root = other;
        if (other != root) {
            throw invalidArgument("members disagree on the root: " + std::to_string(root) + " and " +
                                  std::to_string(other));
        }
    }
    if (root < 0 || static_cast<size_t>(root) >= all.size()) {
        throw invalidArgument("root " + std::to_string(root) + " of a group of " +
                              std::to_string(all.size()));
    }
    return static_cast<size_t>(root);
}

}  // namespace optirs::plugin
