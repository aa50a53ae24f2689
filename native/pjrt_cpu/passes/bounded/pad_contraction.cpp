// Products, and operations on the matrices and rows of a batch.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

/// Both sides of a pair of dimensions take the same memory and have one size.
void unite(BoundedOp& op, int64_t lhs, int64_t rhs, std::vector<Sizes>& sizes) {
    Value*& left = sizes[0][static_cast<size_t>(lhs)];
    Value*& right = sizes[1][static_cast<size_t>(rhs)];
    if (left == nullptr) left = right;
    right = left;
    std::vector<int64_t> dims[] = {op.dims(0), op.dims(1)};
    int64_t& a = dims[0][static_cast<size_t>(lhs)];
    int64_t& b = dims[1][static_cast<size_t>(rhs)];
    a = b = std::min(a, b);
    for (size_t side = 0; side < 2; ++side) op.op.setOperand(side, op.fit(op.operand(side), dims[side]));
}

}  // namespace

/// Zeros past the sizes of what is contracted, on both sides: what lies past one of them may be no number.
void padDotGeneral(BoundedOp& op) {
    const DotDimensions numbers = dotDimensions(op.op);
    std::vector<Sizes> sizes = {op.sizesOf(op.operand(0)), op.sizesOf(op.operand(1))};
    const std::vector<int64_t>* const contracting[] = {&numbers.lhs_contracting, &numbers.rhs_contracting};
    const std::vector<int64_t>* const batch[] = {&numbers.lhs_batch, &numbers.rhs_batch};
    for (size_t i = 0; i < numbers.lhs_batch.size(); ++i)
        unite(op, numbers.lhs_batch[i], numbers.rhs_batch[i], sizes);
    for (size_t i = 0; i < numbers.lhs_contracting.size(); ++i)
        unite(op, numbers.lhs_contracting[i], numbers.rhs_contracting[i], sizes);
    for (size_t side = 0; side < 2; ++side) {
        Value* operand = op.operand(side);
        op.op.setOperand(side, op.masked(operand, sizes[side], *contracting[side], op.zero(operand)));
    }
    std::vector<int64_t> dims;
    Sizes out;
    const auto add = [&](size_t side, int64_t dim) {
        dims.push_back(op.operand(side)->tensor().dim(dim));
        out.push_back(sizes[side][static_cast<size_t>(dim)]);
    };
    for (const int64_t dim : numbers.lhs_batch) add(0, dim);
    for (size_t side = 0; side < 2; ++side) {
        for (int64_t d = 0; d < op.operand(side)->tensor().rank(); ++d) {
            const bool is_taken = std::ranges::find(*batch[side], d) != batch[side]->end() ||
                                  std::ranges::find(*contracting[side], d) != contracting[side]->end();
            if (!is_taken) add(side, d);
        }
    }
    op.give(std::move(dims), std::move(out));
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
