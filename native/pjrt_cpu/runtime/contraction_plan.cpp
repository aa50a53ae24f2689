#include "pjrt_cpu/runtime/contraction_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/stable_order.h"

namespace optirs::plugin {
namespace {

using Kind = ContractionSpec::Kind;
using Dim = ContractionSpec::Dim;
using Dims = std::vector<Dim>;

bool mergeable(const Dim& outer, const Dim& inner) {
    if (outer.kind != inner.kind) return false;
    const bool lhs = outer.kind == Kind::kN || outer.lhs_stride == inner.lhs_stride * inner.size;
    const bool rhs = outer.kind == Kind::kM || outer.rhs_stride == inner.rhs_stride * inner.size;
    const bool out = outer.kind == Kind::kK || outer.out_stride == inner.out_stride * inner.size;
    return lhs && rhs && out;
}

// Drops dims of one element, and merges neighbours that are one dimension in memory.
Dims normalized(Dims dims, bool keep_order) {
    std::erase_if(dims, [](const Dim& dim) { return dim.size == 1; });
    const auto key = [](const Dim& dim) {
        return std::abs(dim.kind == Kind::kK ? dim.lhs_stride : dim.out_stride);
    };
    stableOrder(dims, [&](const Dim& a, const Dim& b) {
        if (a.kind != b.kind) return a.kind < b.kind;
        return !(keep_order && a.kind != Kind::kK) && key(a) > key(b);
    });
    for (size_t i = 0; i + 1 < dims.size();) {
        if (mergeable(dims[i], dims[i + 1])) {
            dims[i + 1].size *= dims[i].size;
            dims.erase(dims.begin() + static_cast<ptrdiff_t>(i));
        } else {
            ++i;
        }
    }
    return dims;
}

enum PackMask : unsigned { kPackLhs = 1, kPackRhs = 2, kPackOut = 4 };

// Replaces strides by those of a dense copy whose layout is [batch..., rows..., columns...]; dims that an
// operand is broadcast over (stride 0, batch only) are left out of the copy.
template <class StrideOf>
ContractionPlan::Packing packOperand(Dims& dims, Kind absent, const std::array<Kind, 3>& order,
                                     StrideOf&& stride_of) {
    ContractionPlan::Packing packing;
    packing.used = true;
    packing.elements = 1;
    for (size_t kind = order.size(); kind-- > 0;) {
        for (size_t d = dims.size(); d-- > 0;) {
            Dim& dim = dims[d];
            if (dim.kind != order[kind] || dim.kind == absent) continue;
            int64_t& stride = stride_of(dim);
            if (dim.kind == Kind::kBatch && stride == 0) continue;
            packing.copy.dims.push_back({dim.size, stride, packing.elements});
            stride = packing.elements;
            packing.elements *= dim.size;
        }
    }
    return packing;
}

// A matrix side is usable when one of its two strides is 1 and the other steps over whole rows.
bool isMatrix(int64_t rows, int64_t row_stride, int64_t columns, int64_t column_stride) {
    if (rows == 1 && columns == 1) return true;
    if (rows == 1) return column_stride >= 1;
    if (columns == 1) return row_stride >= 1;
    return (column_stride == 1 && row_stride >= columns) || (row_stride == 1 && column_stride >= rows);
}

struct Choice {
    unsigned mask = 0;
    int m = -1, n = -1, k = -1;  // indices into the dims, -1: none of that kind
    bool swapped = false;
    double cost = std::numeric_limits<double>::infinity();
};

Dim dimOrUnit(const Dims& dims, int index, Kind kind) {
    return index >= 0 ? dims[static_cast<size_t>(index)] : Dim{1, kind, 1, 1, 1};
}

// Estimated nanoseconds of one core; only the order of the estimates matters.
double productCost(const Dims& dims, const Dim& m, const Dim& n, const Dim& k) {
    double flops = 2;
    for (const Dim& dim : dims) flops *= static_cast<double>(dim.size);
    const double volume =
        static_cast<double>(m.size) * static_cast<double>(n.size) * static_cast<double>(k.size);
    const auto share = [](int64_t size, double half) {
        return static_cast<double>(size) / (static_cast<double>(size) + half);
    };
    const double efficiency = share(m.size, 4) * share(n.size, 12) * share(k.size, 12);
    constexpr double kFlopsPerNanosecond = 200;
    constexpr double kNanosecondsPerCall = 600;
    return flops / (kFlopsPerNanosecond * efficiency) + flops / (2 * volume) * kNanosecondsPerCall;
}

void considerProducts(const Dims& dims, unsigned mask, double packing_cost, bool may_accumulate,
                      Choice& best) {
    std::array<std::vector<int>, 4> of_kind;
    for (size_t d = 0; d < dims.size(); ++d) {
        of_kind[static_cast<size_t>(dims[d].kind)].push_back(static_cast<int>(d));
    }
    for (Kind kind : {Kind::kM, Kind::kN, Kind::kK}) {
        if (auto& list = of_kind[static_cast<size_t>(kind)]; list.empty()) list.push_back(-1);
    }
    if (!may_accumulate && of_kind[static_cast<size_t>(Kind::kK)].size() > 1) return;
    for (int mi : of_kind[static_cast<size_t>(Kind::kM)]) {
        const Dim m = dimOrUnit(dims, mi, Kind::kM);
        for (int ni : of_kind[static_cast<size_t>(Kind::kN)]) {
            const Dim n = dimOrUnit(dims, ni, Kind::kN);
            const bool straight =
                (n.size == 1 || n.out_stride == 1) && (m.size == 1 || m.out_stride >= n.size);
            const bool swapped =
                (m.size == 1 || m.out_stride == 1) && (n.size == 1 || n.out_stride >= m.size);
            if (!straight && !swapped) continue;
            for (int ki : of_kind[static_cast<size_t>(Kind::kK)]) {
                const Dim k = dimOrUnit(dims, ki, Kind::kK);
                if (!isMatrix(m.size, m.lhs_stride, k.size, k.lhs_stride)) continue;
                if (!isMatrix(k.size, k.rhs_stride, n.size, n.rhs_stride)) continue;
                const double cost = packing_cost + productCost(dims, m, n, k);
                if (cost < best.cost) best = {mask, mi, ni, ki, !straight, cost};
            }
        }
    }
}

struct Packed {
    Dims dims;
    ContractionPlan::Packing lhs, rhs, out;
};

Packed applyPacking(const Dims& dims, unsigned mask, bool keep_order) {
    Packed packed{dims, {}, {}, {}};
    if ((mask & kPackLhs) != 0) {
        packed.lhs = packOperand(packed.dims, Kind::kN, {Kind::kBatch, Kind::kM, Kind::kK},
                                 [](Dim& dim) -> int64_t& { return dim.lhs_stride; });
    }
    if ((mask & kPackRhs) != 0) {
        packed.rhs = packOperand(packed.dims, Kind::kM, {Kind::kBatch, Kind::kK, Kind::kN},
                                 [](Dim& dim) -> int64_t& { return dim.rhs_stride; });
    }
    if ((mask & kPackOut) != 0) {
        packed.out = packOperand(packed.dims, Kind::kK, {Kind::kBatch, Kind::kM, Kind::kN},
                                 [](Dim& dim) -> int64_t& { return dim.out_stride; });
        // The result is copied out of the dense layout, not into it.
        for (auto& dim : packed.out.copy.dims) std::swap(dim.from_stride, dim.to_stride);
    }
    packed.dims = normalized(std::move(packed.dims), keep_order);
    return packed;
}

void chooseBlocks(ContractionPlan& plan, bool whole_rows) {
    constexpr double kTaskFlops = 16e6;
    constexpr double kMaxTasks = 32;
    constexpr int64_t kMinBlock = 96;
    const double flops = 2.0 * static_cast<double>(plan.m) * static_cast<double>(plan.n) *
                         static_cast<double>(plan.k) * static_cast<double>(plan.serialCount());
    const auto outer = static_cast<double>(plan.parallelCount());
    const double tasks = std::min(kMaxTasks, flops * outer / kTaskFlops);
    const auto splits = static_cast<int64_t>(std::max(1.0, std::ceil(tasks / outer)));
    const auto block = [](int64_t size, int64_t parts, int64_t multiple) {
        const int64_t even = (size + parts - 1) / parts;
        return std::min(size, (even + multiple - 1) / multiple * multiple);
    };
    const int64_t m_splits = std::clamp<int64_t>(plan.m / kMinBlock, 1, splits);
    // Whole rows of the result, where there are enough of them, let the library use its densest kernels.
    const int64_t n_splits =
        whole_rows ? 1 : std::clamp<int64_t>(plan.n / kMinBlock, 1, std::max<int64_t>(1, splits / m_splits));
    plan.m_block = block(plan.m, m_splits, 16);
    plan.n_block = block(plan.n, n_splits, 64);
}

void validate(const ContractionSpec& spec) {
    const auto refuse = [&](const std::string& why) {
        throw invalidArgument("contraction " + describe(spec) + ": " + why);
    };
    if (spec.lhs != spec.rhs) refuse("operands of different types");
    if (spec.lhs_allocation < 0 || spec.rhs_allocation < 0 || spec.out_allocation < 0)
        refuse("an operand has no allocation");
    for (const Dim& dim : spec.dims) {
        if (dim.size < 0) refuse("a dimension of " + std::to_string(dim.size));
        if (dim.size > 1 && dim.kind != Kind::kK && dim.out_stride == 0)
            refuse("a result dimension with stride 0");
    }
}

}  // namespace

int64_t ContractionPlan::parallelCount() const {
    int64_t count = 1;
    for (const Loop& loop : parallel) count *= loop.size;
    return count;
}

int64_t ContractionPlan::serialCount() const {
    int64_t count = 1;
    for (const Loop& loop : serial) count *= loop.size;
    return count;
}

std::string describe(const ContractionSpec& spec) {
    constexpr std::array<const char*, 4> kNames = {" b=", " m=", " n=", " k="};
    std::string text(elementTypeName(spec.lhs));
    if (spec.out != spec.lhs) text += "->" + std::string(elementTypeName(spec.out));
    for (const Dim& dim : spec.dims) {
        text += kNames.at(static_cast<size_t>(dim.kind)) + std::to_string(dim.size);
    }
    return text;
}

ContractionPlan planContraction(const ContractionSpec& spec, bool multiply_bf16) {
    validate(spec);
    const bool convert = spec.lhs == ElementType::kF16 || (spec.lhs == ElementType::kBF16 && !multiply_bf16);
    ContractionPlan plan;
    plan.operand = convert ? ElementType::kF32 : spec.lhs;
    const bool out_converts = spec.out != ElementType::kF32 && spec.out != plan.operand;
    const bool keep_order = spec.epilogue != nullptr;
    const Dims dims = normalized(spec.dims, keep_order);

    // Copying an element costs about a nanosecond; what has to be converted is packed in any case.
    const unsigned forced = (convert ? kPackLhs | kPackRhs : 0U) | (out_converts ? kPackOut : 0U);
    Choice best;
    for (unsigned mask = 0; mask < 8; ++mask) {
        if ((mask & forced) != forced) continue;
        const Packed packed = applyPacking(dims, mask, keep_order);
        const double elements = static_cast<double>(packed.lhs.elements) +
                                static_cast<double>(packed.rhs.elements) +
                                static_cast<double>(packed.out.elements);
        const bool may_accumulate = (mask & kPackOut) != 0 || spec.out == ElementType::kF32;
        considerProducts(packed.dims, mask, elements, may_accumulate, best);
    }
    if (!std::isfinite(best.cost)) throw internalError("contraction " + describe(spec) + ": no plan");

    Packed packed = applyPacking(dims, best.mask, keep_order);
    plan.result = (best.mask & kPackOut) != 0 ? ElementType::kF32 : spec.out;
    const auto finish = [](ContractionPlan::Packing packing, ElementType from, ElementType to) {
        if (!packing.used) return packing;
        packing.copy.from = from;
        packing.copy.to = to;
        packing.copy = normalized(std::move(packing.copy));
        return packing;
    };
    plan.lhs = finish(std::move(packed.lhs), spec.lhs, plan.operand);
    plan.rhs = finish(std::move(packed.rhs), spec.rhs, plan.operand);
    plan.out = finish(std::move(packed.out), plan.result, spec.out);

    const Dim m = dimOrUnit(packed.dims, best.m, Kind::kM);
    const Dim n = dimOrUnit(packed.dims, best.n, Kind::kN);
    const Dim k = dimOrUnit(packed.dims, best.k, Kind::kK);
    plan.swapped = best.swapped;
    plan.k = k.size;
    plan.m = best.swapped ? n.size : m.size;
    plan.n = best.swapped ? m.size : n.size;
    plan.lhs_m = best.swapped ? n.rhs_stride : m.lhs_stride;
    plan.lhs_k = best.swapped ? k.rhs_stride : k.lhs_stride;
    plan.rhs_k = best.swapped ? k.lhs_stride : k.rhs_stride;
    plan.rhs_n = best.swapped ? m.lhs_stride : n.rhs_stride;
    plan.out_m = best.swapped ? n.out_stride : m.out_stride;

    bool loops_are_batch = true;
    for (size_t d = 0; d < packed.dims.size(); ++d) {
        const auto index = static_cast<int>(d);
        if (index == best.m || index == best.n || index == best.k) continue;
        const Dim& dim = packed.dims[d];
        ContractionPlan::Loop loop{dim.size, dim.lhs_stride, dim.rhs_stride, dim.out_stride};
        // Strides that a kind does not have are ignored in the spec, so they may hold anything.
        if (dim.kind == Kind::kN) loop.lhs_stride = 0;
        if (dim.kind == Kind::kM) loop.rhs_stride = 0;
        if (dim.kind == Kind::kK) loop.out_stride = 0;
        if (best.swapped) std::swap(loop.lhs_stride, loop.rhs_stride);
        loops_are_batch = loops_are_batch && (dim.kind == Kind::kBatch || dim.kind == Kind::kK);
        (dim.kind == Kind::kK ? plan.serial : plan.parallel).push_back(loop);
    }
    if (best.swapped) {
        std::swap(plan.lhs, plan.rhs);
    }
    plan.rows_in_order = loops_are_batch && !best.swapped && !plan.out.used;
    chooseBlocks(plan, spec.epilogue != nullptr && plan.rows_in_order);
    return plan;
}

}  // namespace optirs::plugin
