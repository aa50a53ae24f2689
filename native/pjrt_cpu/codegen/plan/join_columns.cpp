#include "pjrt_cpu/codegen/plan/join_columns.h"

#include <algorithm>
#include <optional>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/readers.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// Fewer parts of the rows do not keep the threads busy.
constexpr int64_t kFewestParts = 8;
/// Shorter rows are not worth a loop of their own.
constexpr int64_t kFewestColumns = 64;
/// Accumulators of a nest: they are to stay in the caches beside the rows.
constexpr int64_t kMostAccumulators = 16384;
constexpr size_t kMostSums = 4;
/// Nests that are looked at for one group.
constexpr size_t kMostTries = 4;

int64_t productOf(std::span<const int64_t> dims) {
    int64_t product = 1;
    for (const int64_t size : dims) product *= size;
    return product;
}

std::span<const int64_t> rowsOf(const std::vector<int64_t>& shape) {
    return std::span(shape).first(shape.size() - 1);
}

/// How many leading dimensions number the parts of [parts..., rows of a part..., columns]; none for a group
/// that is not of this form.
std::optional<size_t> partDimensions(const Group& sums) {
    const size_t rank = sums.shape.size();
    const auto reduced = dimensions(*sums.reductions[0]);
    const size_t parts = rank - 1 - reduced.size();
    for (size_t i = 0; i < reduced.size(); ++i) {
        if (reduced[i] != static_cast<int64_t>(parts + i)) return std::nullopt;
    }
    const bool is_plain = std::ranges::all_of(sums.reductions, [](const Operation* op) {
        return tupleSize(*op) == 1 && !isComplex(op->operand(0)->tensor().element());
    });
    return is_plain ? std::optional(parts) : std::nullopt;
}

/// Whether every dimension of `coarse` is a product of consecutive ones of `fine`.
bool isFiner(std::span<const int64_t> fine, std::span<const int64_t> coarse) {
    size_t next = 0;
    for (const int64_t size : coarse) {
        int64_t product = 1;
        while (product < size && next < fine.size()) product *= fine[next++];
        if (product != size) return false;
    }
    return productOf(fine.subspan(next)) == 1;
}

class Joiner {
 public:
    Joiner(Plan& plan, const Block& block) : plan_(plan), reads_(plan, block), readers_(plan, block, reads_) {
        for (size_t g = 0; g < plan.groups.size(); ++g) place_.push_back(static_cast<int32_t>(g));
    }

    void run() {
        for (int32_t g = 0; g < static_cast<int32_t>(plan_.groups.size()); ++g) {
            if (group(g).kind == GroupKind::kColumns) join(g);
        }
        std::vector<Group> left;
        for (size_t g = 0; g < plan_.groups.size(); ++g) {
            if (place_[g] == static_cast<int32_t>(g)) left.push_back(std::move(plan_.groups[g]));
        }
        plan_.groups = std::move(left);
    }

 private:
    Group& group(int32_t number) { return plan_.groups[static_cast<size_t>(number)]; }

    void join(int32_t sums) {
        const std::optional<size_t> parts = partDimensions(group(sums));
        const std::vector<int64_t>& shape = group(sums).shape;
        if (!parts || shape.back() < kFewestColumns ||
            productOf(std::span(shape).first(*parts)) < kFewestParts)
            return;
        int32_t earliest = 0;
        for (const int32_t before : readers_.before(sums))
            earliest = std::max(earliest, place_[static_cast<size_t>(before)]);
        size_t tries = 0;
        for (int32_t nest = sums - 1; nest >= earliest && tries < kMostTries; --nest) {
            if (!fits(group(nest), group(sums))) continue;
            ++tries;
            if (!sharesWhatItReads(group(nest), group(sums))) continue;
            take(group(nest), group(sums));
            place_[static_cast<size_t>(sums)] = nest;
            return;
        }
    }

    static bool fits(const Group& nest, const Group& sums) {
        const size_t rank = nest.shape.size();
        if (nest.kind != GroupKind::kLoop || rank < 2 || nest.shape.back() != sums.shape.back()) return false;
        if (nest.row_rank >= 0 && nest.row_rank != static_cast<int64_t>(rank) - 1) return false;
        const size_t count = nest.columns.size() + sums.reductions.size();
        if (count > kMostSums || static_cast<int64_t>(count) * sums.shape.back() > kMostAccumulators)
            return false;
        if (nest.columns.empty()) return isFiner(rowsOf(sums.shape), rowsOf(nest.shape));
        return nest.finer == sums.shape &&
               std::ranges::equal(dimensions(*nest.columns[0]), dimensions(*sums.reductions[0]));
    }

    /// Whether the sums read something large that the nest reads or makes at the same element, and of what
    /// the nest makes nothing but that.
    bool sharesWhatItReads(const Group& nest, const Group& sums) {
        const InMemory in_memory = [this](const Value* value) { return readers_.inMemory(value); };
        Group joined = nest;
        take(joined, sums);
        IndexContext context;
        Index finer;
        for (const int64_t size : sums.shape) finer.push_back(context.variable(size));
        const Index index = coarserIndex(context, joined, finer);
        Index row(index.begin(), index.end() - 1);
        AccessWalker theirs(context, readableFrom(sums, in_memory));
        visitGroup(sums, finer, theirs);
        AccessWalker ours(context, readableFrom(nest, in_memory));
        visitGroup(nest, index, ours);
        bool shares = false;
        for (const auto& [value, indices] : theirs.reads()) {
            if (std::ranges::find(nest.roots, value) != nest.roots.end()) {
                const bool is_row = dimsOf(*value) != nest.shape;
                if (is_row && nest.reductions.empty()) return false;
                Index at = is_row ? row : index;
                at.resize(static_cast<size_t>(value->tensor().rank()));
                if (indices.size() != 1 || indices.front() != at) return false;
                shares = shares || !is_row;
                continue;
            }
            const auto own = ours.reads().find(value);
            if (own == ours.reads().end() || indices.size() != 1 || indices.front() != index) continue;
            shares = shares || std::ranges::find(own->second, index) != own->second.end();
        }
        return shares;
    }

    static void take(Group& nest, const Group& sums) {
        nest.row_rank = static_cast<int64_t>(nest.shape.size()) - 1;
        nest.finer = sums.shape;
        nest.columns.insert(nest.columns.end(), sums.reductions.begin(), sums.reductions.end());
        nest.roots.insert(nest.roots.end(), sums.roots.begin(), sums.roots.end());
    }

    Plan& plan_;
    Reads reads_;
    Readers readers_;
    /// Of each group: itself, or the one that has taken it.
    std::vector<int32_t> place_;
};

}  // namespace

Index coarserIndex(IndexContext& context, const Group& group, const Index& finer) {
    Index index;
    size_t next = 0;
    for (const int64_t size : rowsOf(group.shape)) {
        IndexExpr at = 0;
        for (int64_t product = 1; product < size; product *= group.finer[next++])
            at = context.add(context.scale(at, group.finer[next]), finer[next]);
        index.push_back(at);
    }
    index.push_back(finer.back());
    return index;
}

Index finerIndex(IndexContext& context, const Group& group, const Index& index) {
    const Index row(index.begin(), index.end() - 1);
    const auto coarse = rowsOf(group.shape);
    const auto fine = rowsOf(group.finer);
    Index finer =
        context.delinear(context.linear(row, {coarse.begin(), coarse.end()}), {fine.begin(), fine.end()});
    finer.push_back(index.back());
    return finer;
}

void joinColumns(Plan& plan, const Block& block) {
    const bool has_sums = std::ranges::any_of(
        plan.groups, [](const Group& group) { return group.kind == GroupKind::kColumns; });
    if (has_sums) Joiner(plan, block).run();
}

}  // namespace optirs::plugin
