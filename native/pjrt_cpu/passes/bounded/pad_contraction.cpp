// Products, and operations on the matrices and rows of a batch.
#include <algorithm>
#include <array>

#include "pjrt_cpu/ir/ragged_dot.h"
#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

bool contains(const std::vector<int64_t>& values, int64_t value) {
    return std::ranges::find(values, value) != values.end();
}

/// A dimension of an operand.
struct Place {
    size_t operand;
    int64_t dim;
};

/// Dimensions that correspond take the same memory and have one size.
void unite(BoundedOp& op, std::span<const Place> places, std::vector<Sizes>& sizes) {
    int64_t memory = INT64_MAX;
    Value* size = nullptr;
    for (const auto& [operand, dim] : places) {
        memory = std::min(memory, op.operand(operand)->tensor().dim(dim));
        if (size == nullptr) size = sizes[operand][static_cast<size_t>(dim)];
    }
    for (const auto& [operand, dim] : places) {
        std::vector<int64_t> dims = op.dims(operand);
        dims[static_cast<size_t>(dim)] = memory;
        op.op.setOperand(operand, op.fit(op.operand(operand), dims));
        sizes[operand][static_cast<size_t>(dim)] = size;
    }
}

/// Zeros past the sizes of what is contracted, on both sides: what lies past one of them may be no number.
void maskContracted(BoundedOp& op, const DotDimensions& numbers, const std::vector<Sizes>& sizes) {
    const std::vector<int64_t>* const contracting[] = {&numbers.lhs_contracting, &numbers.rhs_contracting};
    for (size_t side = 0; side < 2; ++side) {
        Value* operand = op.operand(side);
        op.op.setOperand(side, op.masked(operand, sizes[side], *contracting[side], op.zero(operand)));
    }
}

/// The dimensions of a product, in order, and where each comes from.
std::vector<Place> productDimensions(const BoundedOp& op, const DotDimensions& numbers,
                                     const std::vector<int64_t>& rhs_group = {}) {
    std::vector<Place> out;
    for (const int64_t dim : numbers.lhs_batch) out.push_back({0, dim});
    const std::vector<int64_t>* const batch[] = {&numbers.lhs_batch, &numbers.rhs_batch};
    const std::vector<int64_t>* const contracting[] = {&numbers.lhs_contracting, &numbers.rhs_contracting};
    for (size_t side = 0; side < 2; ++side) {
        for (int64_t d = 0; d < op.operand(side)->tensor().rank(); ++d) {
            const bool is_group = side == 1 && contains(rhs_group, d);
            if (!contains(*batch[side], d) && !contains(*contracting[side], d) && !is_group)
                out.push_back({side, d});
        }
    }
    return out;
}

void giveFrom(BoundedOp& op, std::span<const Place> places, const std::vector<Sizes>& sizes) {
    std::vector<int64_t> dims;
    Sizes out;
    for (const auto& [operand, dim] : places) {
        dims.push_back(op.operand(operand)->tensor().dim(dim));
        out.push_back(sizes[operand][static_cast<size_t>(dim)]);
    }
    op.give(std::move(dims), std::move(out));
}

/// The dimension of a ragged product's group sizes that corresponds to a dimension of lhs, or -1: where sizes
/// differ along what comes before the ragged dimension, they are given for each place there.
int64_t groupSizesDimension(const BoundedOp& op, const RaggedDotDimensions& numbers, int64_t lhs_dim) {
    if (op.operand(2)->tensor().rank() == 1) return -1;
    const int64_t ragged = numbers.lhs_ragged[0];
    std::vector<int64_t> before = numbers.dot.lhs_batch;
    if (contains(numbers.dot.lhs_contracting, ragged)) {
        before.insert(before.end(), numbers.dot.lhs_contracting.begin(), numbers.dot.lhs_contracting.end());
    } else if (!contains(before, ragged)) {
        for (const auto& [side, dim] : productDimensions(op, numbers.dot)) {
            if (side == 0 && !contains(before, dim)) before.push_back(dim);
        }
    }
    const auto found = std::ranges::find(before, lhs_dim);
    return found < std::ranges::find(before, ragged) ? found - before.begin() : -1;
}

}  // namespace

void padDotGeneral(BoundedOp& op) {
    const DotDimensions numbers = dotDimensions(op.op);
    std::vector<Sizes> sizes = {op.sizesOf(op.operand(0)), op.sizesOf(op.operand(1))};
    const auto pair = [&](int64_t lhs, int64_t rhs) {
        unite(op, std::array{Place{0, lhs}, Place{1, rhs}}, sizes);
    };
    for (size_t i = 0; i < numbers.lhs_batch.size(); ++i) pair(numbers.lhs_batch[i], numbers.rhs_batch[i]);
    for (size_t i = 0; i < numbers.lhs_contracting.size(); ++i)
        pair(numbers.lhs_contracting[i], numbers.rhs_contracting[i]);
    maskContracted(op, numbers, sizes);
    giveFrom(op, productDimensions(op, numbers), sizes);
}

/// The operation stays: groups past their number are empty, and rows past theirs in no group's result.
void padRaggedDot(BoundedOp& op) {
    const RaggedDotDimensions numbers = raggedDotDimensions(op.op);
    const DotDimensions& dot = numbers.dot;
    std::vector<Sizes> sizes;
    for (size_t i = 0; i < 3; ++i) sizes.push_back(op.sizesOf(op.operand(i)));
    for (int64_t dim = 0; dim < op.operand(0)->tensor().rank(); ++dim) {
        std::vector<Place> same = {{0, dim}};
        const auto add = [&](const std::vector<int64_t>& lhs, const std::vector<int64_t>& rhs) {
            const auto found = std::ranges::find(lhs, dim);
            if (found != lhs.end()) same.push_back({1, rhs[static_cast<size_t>(found - lhs.begin())]});
        };
        add(dot.lhs_batch, dot.rhs_batch);
        add(dot.lhs_contracting, dot.rhs_contracting);
        const int64_t of_sizes = groupSizesDimension(op, numbers, dim);
        if (of_sizes >= 0) same.push_back({2, of_sizes});
        unite(op, same, sizes);
    }
    const Place groups{2, op.operand(2)->tensor().rank() - 1};
    if (!numbers.rhs_group.empty()) unite(op, std::array{groups, Place{1, numbers.rhs_group[0]}}, sizes);
    maskContracted(op, dot, sizes);
    op.op.setOperand(2, op.masked(op.operand(2), sizes[2], {&groups.dim, 1}, op.zero(op.operand(2))));
    std::vector<Place> places = productDimensions(op, dot, numbers.rhs_group);
    if (contains(dot.lhs_contracting, numbers.lhs_ragged[0])) places.insert(places.begin(), groups);
    giveFrom(op, places, sizes);
}

/// cholesky, triangular_solve, fft: matrices or rows are whole, their number may have a size.
void padBatched(BoundedOp& op) {
    const bool is_fft = op.op.kind() == OpKind::kFft;
    const size_t inner = is_fft ? integersAttribute(op.op, "fft_length").size() : 2;
    std::vector<size_t> operands;
    for (size_t i = 0; i < op.op.operandCount(); ++i) operands.push_back(i);
    std::vector<int64_t> batch;
    Sizes sizes;
    op.merge(operands, batch, sizes);
    const size_t outer = batch.size() - inner;
    for (size_t d = outer; d < batch.size(); ++d) {
        if (sizes[d] == nullptr) continue;
        op.refuse(static_cast<int64_t>(d), is_fft ? "is transformed" : "is one of the matrix",
                  is_fft ? "pad it to a static length"
                         : "pad the matrix to a static one with ones on its diagonal");
    }
    for (const size_t i : operands) {
        std::vector<int64_t> dims = op.dims(i);
        std::copy_n(batch.begin(), outer, dims.begin());
        op.op.setOperand(i, op.fit(op.operand(i), dims));
    }
    std::vector<int64_t> dims = boundsOf(op.op.result()->tensor());
    std::copy_n(batch.begin(), outer, dims.begin());
    op.give(std::move(dims), std::move(sizes));
}

}  // namespace optirs::plugin
