#include "pjrt_cpu/codegen/plan/schedule.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/walk.h"
#include "pjrt_cpu/codegen/plan/join_columns.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// A factorisation of the shape's dimensions, and a partition of the factors into loops.
struct Loops {
    std::vector<int64_t> factors;
    std::vector<size_t> dimension_of;  ///< of each factor
    std::vector<size_t> first;         ///< first factor of each loop
};

struct Built {
    IndexContext context;
    Index index;
    std::vector<IndexExpr> variables;  ///< one per loop, constants included
};

Built build(const Loops& loops, size_t rank) {
    Built result;
    result.index.resize(rank);
    std::vector<IndexExpr> factor_index(loops.factors.size());
    for (size_t l = 0; l < loops.first.size(); ++l) {
        const size_t begin = loops.first[l];
        const size_t end = l + 1 < loops.first.size() ? loops.first[l + 1] : loops.factors.size();
        const std::vector<int64_t> sizes(loops.factors.begin() + static_cast<std::ptrdiff_t>(begin),
                                         loops.factors.begin() + static_cast<std::ptrdiff_t>(end));
        int64_t size = 1;
        for (const int64_t s : sizes) size *= s;
        result.variables.push_back(result.context.variable(size));
        const Index parts = result.context.delinear(result.variables.back(), sizes);
        std::ranges::copy(parts, factor_index.begin() + static_cast<std::ptrdiff_t>(begin));
    }
    for (size_t f = 0; f < loops.factors.size(); ++f) {
        IndexExpr& at = result.index[loops.dimension_of[f]];
        at = result.context.add(result.context.scale(at, loops.factors[f]), factor_index[f]);
    }
    return result;
}

struct Judgement {
    int64_t awkward = 0;
    double cost = 0;
};

Judgement judge(const Group& group, Built& built, const InMemory& in_memory) {
    AccessWalker walker(built.context, readableFrom(group, in_memory));
    visitGroup(group, built.index, walker);
    Judgement result;
    result.awkward = walker.awkwardTerms();
    for (const auto& [op, indices] : walker.evaluations()) {
        double weight = isExpensive(*op) ? 8 : 0.5;
        if (op->kind() == OpKind::kReduce || op->kind() == OpKind::kReduceWindow ||
            op->kind() == OpKind::kDotGeneral || op->kind() == OpKind::kConvolution) {
            weight = 64;
        }
        result.cost += weight * static_cast<double>(indices.size());
    }
    for (const auto& [value, indices] : walker.reads()) result.cost += static_cast<double>(indices.size());
    return result;
}

/// Loops may merge unless a boundary between rows and columns, or kept and reduced dimensions, lies between
/// them.
bool mayMerge(const Group& group, size_t d, size_t next) {
    if (group.kind == GroupKind::kColumns) {
        const auto reduced = dimensions(*group.reductions[0]);
        const auto is_reduced = [&](size_t i) {
            return std::ranges::find(reduced, static_cast<int64_t>(i)) != reduced.end();
        };
        return is_reduced(d) == is_reduced(next);
    }
    if (group.row_rank < 0) return true;
    return (static_cast<int64_t>(d) < group.row_rank) == (static_cast<int64_t>(next) < group.row_rank);
}

/// Splits a loop where an address divides its counter by a divisor of its size. False when there is none.
bool split(Loops& loops, const Built& built) {
    for (AtomId id = 0;; ++id) {
        if (static_cast<size_t>(id) >= built.context.size()) return false;
        const auto& atom = built.context.atom(id);
        if (atom.kind != IndexContext::AtomKind::kQuotient && atom.kind != IndexContext::AtomKind::kRemainder)
            continue;
        if (atom.inner.terms.size() != 1 || atom.inner.constant != 0 || atom.inner.terms[0].second != 1)
            continue;
        for (size_t l = 0; l < built.variables.size(); ++l) {
            if (built.variables[l] != atom.inner) continue;
            const int64_t size = loops.factors[l];
            if (size % atom.divisor != 0 || atom.divisor >= size) continue;
            const auto at = static_cast<std::ptrdiff_t>(l);
            loops.factors[l] = atom.divisor;
            loops.factors.insert(loops.factors.begin() + at, size / atom.divisor);
            loops.dimension_of.insert(loops.dimension_of.begin() + at, loops.dimension_of[l]);
            loops.first.push_back(loops.first.size());
            return true;
        }
    }
}

int64_t sizeOf(const IndexContext& context, const IndexExpr& variable) {
    return context.range(variable).high + 1;
}

/// How a nest without reductions is cut for the pool.
void cutLoops(Schedule& schedule, double element_cost) {
    auto& variables = schedule.variables;
    if (variables.empty()) {
        schedule.cost = element_cost;
        return;
    }
    const auto size = [&](size_t i) { return sizeOf(schedule.context, variables[i]); };
    if (variables.size() == 1) {
        schedule.parallel = 1;
        schedule.extent = size(0);
        schedule.cost = element_cost;
        return;
    }
    constexpr int64_t kEnough = 64;
    constexpr int64_t kBlock = 4096;
    const size_t last = variables.size() - 1;
    while (schedule.parallel < last && schedule.extent < kEnough)
        schedule.extent *= size(schedule.parallel++);
    double inside = element_cost;
    for (size_t i = schedule.parallel; i < variables.size(); ++i) inside *= static_cast<double>(size(i));
    if (schedule.parallel == last && schedule.extent < 16 && size(last) > 2 * kBlock) {
        schedule.block = kBlock;
        schedule.extent *= (size(last) + kBlock - 1) / kBlock;
        inside = element_cost * kBlock;
    }
    schedule.cost = inside;
}

Schedule scatterSchedule(const Group& group) {
    Schedule schedule;
    for (const int64_t size : group.shape) schedule.index.push_back(schedule.context.variable(size));
    schedule.cost = 8;
    for (const int64_t size : group.shape) schedule.cost *= static_cast<double>(size);
    if (group.op->kind() != OpKind::kScatter) return schedule;
    // Updates of one place must follow each other; what no index moves, the last window dimension, may be
    // cut.
    const ScatterDimensions& numbers = scatterDimensions(*group.op);
    if (numbers.update_window_dims.empty()) return schedule;
    const auto last = static_cast<size_t>(numbers.update_window_dims.back());
    const int64_t operand_rank = group.op->operand(0)->tensor().rank();
    int64_t operand_dim = -1;
    for (int64_t d = 0; d < operand_rank; ++d) {
        const auto in = [&](const std::vector<int64_t>& list) {
            return std::ranges::find(list, d) != list.end();
        };
        if (!in(numbers.inserted_window_dims) && !in(numbers.input_batching_dims)) operand_dim = d;
    }
    const auto& moved = numbers.scatter_dims_to_operand_dims;
    if (std::ranges::find(moved, operand_dim) != moved.end() || schedule.index[last].isConstant())
        return schedule;
    constexpr int64_t kColumns = 64;
    schedule.variables.push_back(schedule.index[last]);
    schedule.block = kColumns;
    schedule.extent = (group.shape[last] + kColumns - 1) / kColumns;
    schedule.cost /= static_cast<double>(schedule.extent);
    return schedule;
}

/// Parts of the rows in parallel, each row by row.
Schedule columnsSchedule(const Group& group, const InMemory& in_memory) {
    Built built;
    Schedule schedule;
    for (const int64_t size : group.finer) schedule.finer.push_back(built.context.variable(size));
    built.index = coarserIndex(built.context, group, schedule.finer);
    schedule.cost = judge(group, built, in_memory).cost + 1;
    schedule.index = std::move(built.index);
    const size_t parts = group.finer.size() - 1 - static_cast<size_t>(dimensions(*group.columns[0]).size());
    for (size_t d = 0; d < group.finer.size(); ++d) {
        if (d < parts) {
            schedule.extent *= group.finer[d];
        } else {
            schedule.cost *= static_cast<double>(group.finer[d]);
        }
        if (schedule.finer[d].isConstant()) continue;
        (d + 1 < group.finer.size() ? schedule.variables : schedule.inner).push_back(schedule.finer[d]);
        if (d < parts) ++schedule.parallel;
    }
    schedule.context = std::move(built.context);
    return schedule;
}

}  // namespace

Schedule makeSchedule(const Group& group, const InMemory& in_memory) {
    if (!group.columns.empty()) return columnsSchedule(group, in_memory);
    if (group.kind == GroupKind::kScatter && group.op->kind() != OpKind::kDynamicUpdateSlice)
        return scatterSchedule(group);
    Loops loops;
    loops.factors = group.shape;
    for (size_t d = 0; d < group.shape.size(); ++d) {
        loops.dimension_of.push_back(d);
        loops.first.push_back(d);
    }
    Built built = build(loops, group.shape.size());
    Judgement judgement = judge(group, built, in_memory);
    for (int round = 0; round < 6 && judgement.awkward > 0; ++round) {
        Loops finer = loops;
        if (!split(finer, built)) break;
        Built next = build(finer, group.shape.size());
        const Judgement better = judge(group, next, in_memory);
        if (better.awkward > judgement.awkward) break;
        loops = std::move(finer);
        built = std::move(next);
        judgement = better;
    }
    for (size_t f = loops.factors.size(); f-- > 1;) {
        if (!mayMerge(group, loops.dimension_of[f - 1], loops.dimension_of[f])) continue;
        Loops merged = loops;
        std::erase(merged.first, f);
        Built next = build(merged, group.shape.size());
        const Judgement other = judge(group, next, in_memory);
        if (other.awkward > judgement.awkward) continue;
        loops = std::move(merged);
        built = std::move(next);
        judgement = other;
    }
    Schedule schedule;
    schedule.context = std::move(built.context);
    schedule.index = std::move(built.index);
    const double cost = judgement.cost + 1;
    for (size_t l = 0; l < loops.first.size(); ++l) {
        if (built.variables[l].isConstant()) continue;
        const size_t d = loops.dimension_of[loops.first[l]];
        bool is_inner = group.row_rank >= 0 && static_cast<int64_t>(d) >= group.row_rank;
        if (group.kind == GroupKind::kColumns) {
            const auto reduced = dimensions(*group.reductions[0]);
            is_inner = std::ranges::find(reduced, static_cast<int64_t>(d)) != reduced.end();
        }
        (is_inner ? schedule.inner : schedule.variables).push_back(built.variables[l]);
    }
    double inside = cost;
    for (const IndexExpr& variable : schedule.inner)
        inside *= static_cast<double>(sizeOf(schedule.context, variable));
    if (group.kind == GroupKind::kColumns) {
        // Rows are read from end to end where they alone give every thread its share.
        constexpr int64_t kNarrow = 64;
        constexpr int64_t kWide = 512;
        constexpr int64_t kEnough = 8;
        schedule.parallel = schedule.variables.size() - 1;
        for (size_t i = 0; i < schedule.parallel; ++i)
            schedule.extent *= sizeOf(schedule.context, schedule.variables[i]);
        schedule.block = schedule.extent >= kEnough ? kWide : kNarrow;
        const int64_t columns = sizeOf(schedule.context, schedule.variables.back());
        schedule.extent *= (columns + schedule.block - 1) / schedule.block;
        schedule.cost = inside * static_cast<double>(std::min(columns, schedule.block));
    } else if (!group.reductions.empty()) {
        schedule.parallel = schedule.variables.size();
        for (const IndexExpr& variable : schedule.variables)
            schedule.extent *= sizeOf(schedule.context, variable);
        schedule.cost = inside;
    } else {
        cutLoops(schedule, cost);
    }
    return schedule;
}

}  // namespace optirs::plugin
