// Operations whose elements are loops of their own: the general form of reductions, windows, products of
// matrices.
#include <algorithm>

#include "pjrt_cpu/codegen/emit/element.h"
#include "pjrt_cpu/ir/reducer.h"

namespace optirs::plugin {

std::vector<Scalar> ElementEmitter::emitReduce(const Operation& op, const Index& index) {
    const size_t n = tupleSize(op);
    const auto reduced = dimensions(op);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    std::vector<Cell> cells;
    for (size_t i = 0; i < n; ++i) {
        cells.push_back(makeCell(op.operand(i)->tensor().element()));
        write(cells[i], emit(op.operand(n + i), {}));
    }
    std::vector<int64_t> sizes;
    for (const int64_t d : reduced) sizes.push_back(dims[static_cast<size_t>(d)]);
    // Ascending dimensions: the innermost loop is over the most contiguous one.
    std::vector<size_t> order(sizes.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](size_t i) { return reduced[i]; });
    std::vector<int64_t> sorted;
    for (const size_t i : order) sorted.push_back(sizes[i]);
    loops(sorted, [&](const Index& inner) {
        Index full(dims.size());
        size_t kept = 0;
        for (size_t d = 0; d < dims.size(); ++d) {
            const auto found = std::ranges::find(reduced, static_cast<int64_t>(d));
            if (found == reduced.end()) full[d] = index[kept++];
        }
        for (size_t i = 0; i < order.size(); ++i) full[static_cast<size_t>(reduced[order[i]])] = inner[i];
        std::vector<Scalar> accumulated;
        std::vector<Scalar> values;
        for (size_t i = 0; i < n; ++i) values.push_back(emit(op.operand(i), full));
        for (size_t i = 0; i < n; ++i) accumulated.push_back(read(cells[i]));
        const std::vector<Scalar> combined = combine(op, accumulated, values);
        for (size_t i = 0; i < n; ++i) write(cells[i], combined[i]);
    });
    std::vector<Scalar> results;
    for (size_t i = 0; i < n; ++i) {
        results.push_back(finishReduction(read(cells[i]), op.operand(i)->tensor().element()));
    }
    return results;
}

std::vector<Scalar> ElementEmitter::emitReduceWindow(const Operation& op, const Index& index) {
    const size_t n = tupleSize(op);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const std::vector<WindowDimension> windows = window(op);
    std::vector<Cell> cells;
    std::vector<Scalar> inits;
    for (size_t i = 0; i < n; ++i) {
        cells.push_back(makeCell(op.operand(i)->tensor().element()));
        inits.push_back(emit(op.operand(n + i), {}));
        write(cells[i], inits[i]);
    }
    // Padding, and the holes of dilation, are the initial values (StableHLO, reduce_window).
    const bool takes_padding = !startsAtIdentity(op);
    std::vector<Cell> padded;
    for (size_t i = 0; takes_padding && i < n; ++i)
        padded.push_back(makeCell(op.operand(i)->tensor().element()));
    std::vector<int64_t> sizes;
    for (const WindowDimension& w : windows) sizes.push_back(w.size);
    loops(sizes, [&](const Index& inner) {
        Index at(dims.size());
        llvm::Value* condition = b_.getTrue();
        for (size_t d = 0; d < dims.size(); ++d) {
            const WindowDimension& w = windows[d];
            IndexExpr position =
                context_.add(context_.scale(index[d], w.stride), context_.scale(inner[d], w.window_dilation));
            position = context_.add(position, -w.padding_low);
            condition = b_.CreateAnd(condition, inside(position, 0, (dims[d] - 1) * w.base_dilation + 1));
            if (w.base_dilation > 1) {
                const IndexExpr rest = context_.remainder(position, w.base_dilation);
                condition = b_.CreateAnd(condition, b_.CreateICmpEQ(emit(rest), b_.getInt64(0)));
            }
            at[d] = context_.quotient(position, w.base_dilation);
        }
        const auto take = [&](const std::vector<Scalar>& values) {
            std::vector<Scalar> accumulated;
            for (size_t i = 0; i < n; ++i) accumulated.push_back(read(cells[i]));
            const std::vector<Scalar> combined = combine(op, accumulated, values);
            for (size_t i = 0; i < n; ++i) write(cells[i], combined[i]);
        };
        const auto values_inside = [&] {
            std::vector<Scalar> values;
            for (size_t i = 0; i < n; ++i) values.push_back(emit(op.operand(i), at));
            return values;
        };
        if (!takes_padding) {
            branch(condition, [&] { take(values_inside()); });
            return;
        }
        for (size_t i = 0; i < n; ++i) write(padded[i], inits[i]);
        branch(condition, [&] {
            const std::vector<Scalar> values = values_inside();
            for (size_t i = 0; i < n; ++i) write(padded[i], values[i]);
        });
        std::vector<Scalar> values;
        for (size_t i = 0; i < n; ++i) values.push_back(read(padded[i]));
        take(values);
    });
    std::vector<Scalar> results;
    for (size_t i = 0; i < n; ++i) {
        results.push_back(finishReduction(read(cells[i]), op.operand(i)->tensor().element()));
    }
    return results;
}

void ElementEmitter::accumulateProduct(const Operation& op, const Cell& sum, const Index& lhs,
                                       const Index& rhs) {
    const ElementType out = op.result()->tensor().element();
    // Narrow floats multiply and add in f32; integers in the result's own type.
    const ElementType wide = isFloat(out) && out != ElementType::kF64 ? ElementType::kF32 : out;
    const auto operand = [&](size_t i, const Index& index) { return emitAs(op.operand(i), index, wide); };
    const Scalar a = operand(0, lhs);
    const Scalar b = operand(1, rhs);
    const Scalar s = read(sum);
    if (isComplex(wide)) {
        write(sum,
              {b_.CreateFAdd(s.re, b_.CreateFSub(b_.CreateFMul(a.re, b.re), b_.CreateFMul(a.im, b.im))),
               b_.CreateFAdd(s.im, b_.CreateFAdd(b_.CreateFMul(a.re, b.im), b_.CreateFMul(a.im, b.re)))});
    } else if (isFloat(wide)) {
        const llvm::IRBuilder<>::FastMathFlagGuard guard(b_);
        llvm::FastMathFlags flags;
        flags.setAllowReassoc();
        flags.setAllowContract();
        b_.setFastMathFlags(flags);
        write(sum, {b_.CreateFAdd(s.re, b_.CreateFMul(a.re, b.re))});
    } else if (isBoolean(wide)) {
        write(sum, {b_.CreateOr(s.re, b_.CreateAnd(a.re, b.re))});
    } else {
        write(sum, {scalars_.wrapped(b_.CreateAdd(s.re, b_.CreateMul(a.re, b.re)), wide)});
    }
}

Scalar ElementEmitter::emitDot(const Operation& op, const Index& index) {
    const ElementType out = op.result()->tensor().element();
    const std::vector<int64_t> lhs_dims = dimsOf(*op.operand(0));
    const std::vector<int64_t> rhs_dims = dimsOf(*op.operand(1));
    const DotDimensions& numbers = dotDimensions(op);
    Index lhs(lhs_dims.size());
    Index rhs(rhs_dims.size());
    size_t next = 0;
    for (size_t k = 0; k < numbers.lhs_batch.size(); ++k) {
        lhs[static_cast<size_t>(numbers.lhs_batch[k])] = index[next];
        rhs[static_cast<size_t>(numbers.rhs_batch[k])] = index[next++];
    }
    const auto free = [&](Index& side, const std::vector<int64_t>& batch,
                          const std::vector<int64_t>& contracting) {
        for (size_t d = 0; d < side.size(); ++d) {
            const auto number = static_cast<int64_t>(d);
            if (std::ranges::find(batch, number) != batch.end()) continue;
            if (std::ranges::find(contracting, number) != contracting.end()) continue;
            side[d] = index[next++];
        }
    };
    free(lhs, numbers.lhs_batch, numbers.lhs_contracting);
    free(rhs, numbers.rhs_batch, numbers.rhs_contracting);
    std::vector<int64_t> sizes;
    for (const int64_t d : numbers.lhs_contracting) sizes.push_back(lhs_dims[static_cast<size_t>(d)]);
    const Cell sum = makeCell(out);
    llvm::Constant* zero = llvm::Constant::getNullValue(sum.type);
    write(sum, {zero, zero});
    loops(sizes, [&](const Index& inner) {
        Index a = lhs;
        Index b = rhs;
        for (size_t k = 0; k < inner.size(); ++k) {
            a[static_cast<size_t>(numbers.lhs_contracting[k])] = inner[k];
            b[static_cast<size_t>(numbers.rhs_contracting[k])] = inner[k];
        }
        accumulateProduct(op, sum, a, b);
    });
    return finishReduction(read(sum), out);
}

Scalar ElementEmitter::emitConvolution(const Operation& op, const Index& index) {
    const ElementType out = op.result()->tensor().element();
    const ConvolutionDimensions& n = convolutionDimensions(op);
    const std::vector<WindowDimension> windows = window(op);
    const std::vector<int64_t> lhs_dims = dimsOf(*op.operand(0));
    const std::vector<int64_t> rhs_dims = dimsOf(*op.operand(1));
    const auto at = [](int64_t d) { return static_cast<size_t>(d); };
    const int64_t features = op.result()->tensor().dim(n.output_feature);
    const int64_t group_features = rhs_dims[at(n.kernel_input_feature)];
    const IndexExpr& feature = index[at(n.output_feature)];
    const IndexExpr feature_group = context_.quotient(feature, features / featureGroupCount(op));
    const IndexExpr batch_group = context_.quotient(feature, features / batchGroupCount(op));
    const int64_t batches = lhs_dims[at(n.input_batch)] / batchGroupCount(op);
    std::vector<int64_t> sizes;
    for (const WindowDimension& w : windows) sizes.push_back(w.size);
    sizes.push_back(group_features);
    const Cell sum = makeCell(out);
    llvm::Constant* zero = llvm::Constant::getNullValue(sum.type);
    write(sum, {zero, zero});
    loops(sizes, [&](const Index& inner) {
        Index lhs(lhs_dims.size());
        Index rhs(rhs_dims.size());
        lhs[at(n.input_batch)] =
            context_.add(context_.scale(batch_group, batches), index[at(n.output_batch)]);
        lhs[at(n.input_feature)] = context_.add(context_.scale(feature_group, group_features), inner.back());
        rhs[at(n.kernel_input_feature)] = inner.back();
        rhs[at(n.kernel_output_feature)] = feature;
        llvm::Value* condition = b_.getTrue();
        for (size_t d = 0; d < windows.size(); ++d) {
            const WindowDimension& w = windows[d];
            const int64_t size = lhs_dims[at(n.input_spatial[d])];
            IndexExpr position = context_.scale(index[at(n.output_spatial[d])], w.stride);
            position = context_.add(position, context_.scale(inner[d], w.window_dilation));
            position = context_.add(position, -w.padding_low);
            condition = b_.CreateAnd(condition, inside(position, 0, (size - 1) * w.base_dilation + 1));
            if (w.base_dilation > 1) {
                const IndexExpr rest = context_.remainder(position, w.base_dilation);
                condition = b_.CreateAnd(condition, b_.CreateICmpEQ(emit(rest), b_.getInt64(0)));
            }
            lhs[at(n.input_spatial[d])] = context_.quotient(position, w.base_dilation);
            rhs[at(n.kernel_spatial[d])] =
                w.reversal ? context_.add(context_.scale(inner[d], -1), w.size - 1) : inner[d];
        }
        branch(condition, [&] { accumulateProduct(op, sum, lhs, rhs); });
    });
    return finishReduction(read(sum), out);
}

}  // namespace optirs::plugin
