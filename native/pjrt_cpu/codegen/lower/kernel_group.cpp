#include "pjrt_cpu/codegen/lower/kernel_group.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

/// Kernels of more pieces keep all threads busy by themselves.
constexpr int64_t kMostPieces = 64;

int64_t piecesOf(const KernelStep& kernel) { return (kernel.extent() + kernel.grain() - 1) / kernel.grain(); }

class KernelGroupStep final : public Step {
 public:
    explicit KernelGroupStep(std::vector<std::unique_ptr<KernelStep>> kernels)
        : kernels_(std::move(kernels)) {
        double share = 1;
        for (const auto& kernel : kernels_) {
            const int64_t grain = kernel->grain();
            for (int64_t begin = 0; begin < kernel->extent(); begin += grain) {
                const int64_t end = std::min(begin + grain, kernel->extent());
                const double more = static_cast<double>(end - begin) / static_cast<double>(grain);
                // Small ones share a task.
                if (share + more > 1) {
                    tasks_.push_back(pieces_.size());
                    share = 0;
                }
                share += more;
                pieces_.push_back({kernel.get(), begin, end});
            }
        }
        tasks_.push_back(pieces_.size());
    }

    void run(const Frame& frame) const override {
        frame.pool.parallelFor(static_cast<int64_t>(tasks_.size()) - 1, 1, [&](int64_t begin, int64_t end) {
            const size_t last = tasks_[static_cast<size_t>(end)];
            for (size_t i = tasks_[static_cast<size_t>(begin)]; i < last; ++i)
                pieces_[i].kernel->runRange(frame, pieces_[i].begin, pieces_[i].end);
        });
    }

    std::string describe() const override {
        std::string text =
            std::to_string(kernels_.size()) + " kernels in " + std::to_string(tasks_.size() - 1) + " tasks";
        for (const auto& kernel : kernels_) text += "\n    " + kernel->describe();
        return text;
    }

 private:
    struct Piece {
        const KernelStep* kernel;
        int64_t begin, end;
    };

    std::vector<std::unique_ptr<KernelStep>> kernels_;
    std::vector<Piece> pieces_;
    /// The first piece of each task, and the end of the last.
    std::vector<size_t> tasks_;
};

/// Memory that an allocation takes: bytes of the arena, or all of an argument or output.
struct Region {
    Allocation::Kind kind;
    int64_t begin, end;
};

/// The union of regions, by disjoint ones. A model's update has thousands.
class Regions {
 public:
    bool meets(const Region& region) const { return lastMet(region) != ends_.end(); }

    void add(Region region) {
        if (region.begin == region.end) return;
        for (auto met = lastMet(region); met != ends_.end(); met = lastMet(region)) {
            region.begin = std::min(region.begin, met->first.second);
            region.end = std::max(region.end, met->second);
            ends_.erase(met);
        }
        ends_[{region.kind, region.begin}] = region.end;
    }

    void clear() { ends_.clear(); }

 private:
    using Ends = std::map<std::pair<Allocation::Kind, int64_t>, int64_t>;  // of kind and beginning

    Ends::const_iterator lastMet(const Region& region) const {
        const auto behind = ends_.lower_bound({region.kind, region.end});
        if (region.begin == region.end || behind == ends_.begin()) return ends_.end();
        const auto last = std::prev(behind);
        return last->first.first == region.kind && last->second > region.begin ? last : ends_.end();
    }

    Ends ends_;
};

Region regionOf(const Allocation& allocation) {
    using Kind = Allocation::Kind;
    if (allocation.kind == Kind::kTemp)
        return {Kind::kTemp, allocation.offset, allocation.offset + allocation.bytes};
    if (allocation.kind == Kind::kOutput && allocation.aliased_argument >= 0)
        return {Kind::kArgument, allocation.aliased_argument, allocation.aliased_argument + 1};
    return {allocation.kind, allocation.index, allocation.index + 1};
}

class Joiner {
 public:
    explicit Joiner(const std::vector<Allocation>& allocations) : allocations_(allocations) {}

    void join(Steps& steps) {
        Steps joined;
        for (auto& step : steps) {
            auto* const kernel = dynamic_cast<KernelStep*>(step.get());
            if (kernel == nullptr || piecesOf(*kernel) > kMostPieces) {
                flush(joined);
                joined.push_back(std::move(step));
                continue;
            }
            const std::vector<Region> touched = regionsOf(kernel->operands());
            const std::vector<Region> written = regionsOf(kernel->written());
            if (meet(touched, written_) || meet(written, touched_)) flush(joined);
            for (const Region& region : touched) touched_.add(region);
            for (const Region& region : written) written_.add(region);
            static_cast<void>(step.release());
            kernels_.emplace_back(kernel);
        }
        flush(joined);
        steps = std::move(joined);
    }

 private:
    std::vector<Region> regionsOf(const std::vector<int32_t>& operands) const {
        std::vector<Region> regions;
        regions.reserve(operands.size());
        for (const int32_t operand : operands)
            regions.push_back(regionOf(allocations_[static_cast<size_t>(operand)]));
        return regions;
    }

    static bool meet(const std::vector<Region>& some, const Regions& others) {
        return std::ranges::any_of(some, [&](const Region& region) { return others.meets(region); });
    }

    void flush(Steps& to) {
        if (kernels_.size() == 1) {
            to.push_back(std::move(kernels_.front()));
        } else if (!kernels_.empty()) {
            to.push_back(std::make_unique<KernelGroupStep>(std::move(kernels_)));
        }
        kernels_.clear();
        touched_.clear();
        written_.clear();
    }

    const std::vector<Allocation>& allocations_;
    std::vector<std::unique_ptr<KernelStep>> kernels_;
    Regions touched_, written_;
};

}  // namespace

void joinKernels(Steps& steps, const std::vector<Allocation>& allocations) {
    for (const auto& step : steps) {
        if (auto* const loop = dynamic_cast<WhileStep*>(step.get())) {
            joinKernels(loop->condition(), allocations);
            joinKernels(loop->body(), allocations);
        } else if (auto* const branches = dynamic_cast<CaseStep*>(step.get())) {
            for (Steps& branch : branches->branches()) joinKernels(branch, allocations);
        }
    }
    Joiner(allocations).join(steps);
}

}  // namespace optirs::plugin
