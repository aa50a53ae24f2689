#include "pjrt_cpu/runtime/sort.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kRun = 8;
constexpr int64_t kTaskElements = int64_t{1} << 12;

/// Strided to dense or back, for one line.
void copyLine(const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride, int64_t n,
              int64_t bytes) {
    const auto size = static_cast<size_t>(bytes);
    if (from_stride == bytes && to_stride == bytes) {
        std::memcpy(to, from, static_cast<size_t>(n) * size);
        return;
    }
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_stride, from + i * from_stride, size);
}

/// What a thread keeps between lines and between runs: a loop in steady state allocates nothing.
struct Workspace {
    std::vector<int64_t> order, merged;
    std::vector<std::vector<std::byte>> lines;
    std::vector<const std::byte*> elements;
};

class SortStep final : public Step {
 public:
    explicit SortStep(SortSpec spec) : spec_(std::move(spec)) {
        const auto dimension = static_cast<size_t>(spec_.dimension);
        for (size_t d = 0; d < spec_.shape.size(); ++d) {
            (d < dimension ? outer_ : d == dimension ? length_ : inner_) *= spec_.shape[d];
        }
    }

    void run(const Frame& frame) const override {
        std::vector<std::byte*> captured;
        for (const int32_t allocation : spec_.captured_allocations) {
            captured.push_back(frame.buffers[static_cast<size_t>(allocation)]);
        }
        if (length_ == 0) return;
        const int64_t grain = std::max<int64_t>(1, kTaskElements / length_);
        frame.pool.parallelFor(outer_ * inner_, grain, [&](int64_t begin, int64_t end) {
            static thread_local Workspace workspace;
            for (int64_t line = begin; line < end; ++line) sortLine(frame, line, captured.data(), workspace);
        });
    }

    std::string describe() const override {
        return "sort of " + std::to_string(spec_.operands.size()) + " operands, " +
               std::to_string(outer_ * inner_) + " lines of " + std::to_string(length_);
    }

 private:
    void sortLine(const Frame& frame, int64_t line, std::byte* const* captured, Workspace& work) const {
        const int64_t first = line / inner_ * length_ * inner_ + line % inner_;
        work.lines.resize(spec_.operands.size());
        work.elements.resize(spec_.operands.size() * 2);
        for (size_t i = 0; i < spec_.operands.size(); ++i) {
            const SortSpec::Operand& operand = spec_.operands[i];
            work.lines[i].resize(static_cast<size_t>(length_ * operand.element_bytes));
            copyLine(
                frame.buffers[static_cast<size_t>(operand.in_allocation)] + first * operand.element_bytes,
                inner_ * operand.element_bytes, work.lines[i].data(), operand.element_bytes, length_,
                operand.element_bytes);
        }
        sortOrder(captured, work);
        for (size_t i = 0; i < spec_.operands.size(); ++i) {
            const SortSpec::Operand& operand = spec_.operands[i];
            std::byte* out =
                frame.buffers[static_cast<size_t>(operand.out_allocation)] + first * operand.element_bytes;
            const std::byte* dense = work.lines[i].data();
            for (int64_t row = 0; row < length_; ++row) {
                std::memcpy(out + row * inner_ * operand.element_bytes,
                            dense + work.order[static_cast<size_t>(row)] * operand.element_bytes,
                            static_cast<size_t>(operand.element_bytes));
            }
        }
    }

    bool before(int64_t left, int64_t right, std::byte* const* captured, Workspace& work) const {
        for (size_t i = 0; i < spec_.operands.size(); ++i) {
            work.elements[2 * i] = work.lines[i].data() + left * spec_.operands[i].element_bytes;
            work.elements[2 * i + 1] = work.lines[i].data() + right * spec_.operands[i].element_bytes;
        }
        return spec_.comparator(work.elements.data(), captured) != 0;
    }

    // A merge sort of our own: any comparator, even an inconsistent one, gives a permutation and stays in
    // bounds.
    void sortOrder(std::byte* const* captured, Workspace& work) const {
        auto& order = work.order;
        order.resize(static_cast<size_t>(length_));
        work.merged.resize(order.size());
        std::iota(order.begin(), order.end(), int64_t{0});
        for (int64_t begin = 0; begin < length_; begin += kRun) {
            const int64_t end = std::min(begin + kRun, length_);
            for (int64_t i = begin + 1; i < end; ++i) {
                const int64_t row = order[static_cast<size_t>(i)];
                int64_t place = i;
                while (place > begin && before(row, order[static_cast<size_t>(place - 1)], captured, work)) {
                    order[static_cast<size_t>(place)] = order[static_cast<size_t>(place - 1)];
                    --place;
                }
                order[static_cast<size_t>(place)] = row;
            }
        }
        for (int64_t width = kRun; width < length_; width *= 2) {
            for (int64_t begin = 0; begin < length_; begin += 2 * width) {
                merge(begin, std::min(begin + width, length_), std::min(begin + 2 * width, length_), captured,
                      work);
            }
            order.swap(work.merged);
        }
    }

    void merge(int64_t begin, int64_t middle, int64_t end, std::byte* const* captured,
               Workspace& work) const {
        int64_t left = begin;
        int64_t right = middle;
        for (int64_t out = begin; out < end; ++out) {
            const bool take_right =
                left == middle ||
                (right < end && before(work.order[static_cast<size_t>(right)],
                                       work.order[static_cast<size_t>(left)], captured, work));
            work.merged[static_cast<size_t>(out)] =
                work.order[static_cast<size_t>(take_right ? right++ : left++)];
        }
    }

    SortSpec spec_;
    int64_t outer_ = 1, length_ = 1, inner_ = 1;
};

}  // namespace

std::unique_ptr<Step> makeSortStep(const SortSpec& spec) {
    if (spec.operands.empty() || spec.comparator == nullptr) {
        throw invalidArgument("sort without operands or comparator");
    }
    if (spec.dimension < 0 || spec.dimension >= static_cast<int64_t>(spec.shape.size())) {
        throw invalidArgument("sort: dimension " + std::to_string(spec.dimension) + " of operands of rank " +
                              std::to_string(spec.shape.size()));
    }
    return std::make_unique<SortStep>(spec);
}

}  // namespace optirs::plugin
