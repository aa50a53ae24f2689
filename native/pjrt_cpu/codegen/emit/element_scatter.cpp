// Writing at indices the program computes, into arrays that begin as copies: of kernels, and inside bodies.
#include <llvm/IR/Module.h>

#include <algorithm>

#include "pjrt_cpu/codegen/emit/element.h"

namespace optirs::plugin {

void ElementEmitter::scatter(const Operation& op, std::span<const BufferRef> targets, const Index& update,
                             const Cut& cut) {
    const ScatterDimensions& numbers = scatterDimensions(op);
    const size_t n = tupleSize(op);
    const Value* indices = op.operand(n);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const auto contains = [](const std::vector<int64_t>& list, size_t d) {
        return std::ranges::find(list, static_cast<int64_t>(d)) != list.end();
    };
    Index batch;
    Index window;
    for (size_t d = 0; d < update.size(); ++d)
        (contains(numbers.update_window_dims, d) ? window : batch).push_back(update[d]);
    const auto vector_dim = static_cast<size_t>(numbers.index_vector_dim);
    const bool has_vector = static_cast<int64_t>(vector_dim) < indices->tensor().rank();
    Index inner;
    for (const IndexExpr& variable : window) {
        if (cut.low == nullptr || variable != cut.variable) inner.push_back(variable);
    }
    loopsOver(batch, [&] {
        Index start(dims.size());
        for (size_t k = 0; k < numbers.scatter_dims_to_operand_dims.size(); ++k) {
            Index at = batch;
            if (has_vector)
                at.insert(at.begin() + static_cast<std::ptrdiff_t>(vector_dim),
                          IndexExpr(static_cast<int64_t>(k)));
            llvm::Value* value = integer(emit(indices, at), indices->tensor().element());
            // Far outside is as good as anything outside, and cannot overflow.
            constexpr int64_t kFar = int64_t{1} << 40;
            const IndexExpr first = context_.dynamic({-kFar, kFar});
            value = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, value,
                                             b_.getInt64(static_cast<uint64_t>(-kFar)));
            value = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, value,
                                             b_.getInt64(static_cast<uint64_t>(kFar)));
            bindIndex(first, value);
            start[static_cast<size_t>(numbers.scatter_dims_to_operand_dims[k])] = first;
        }
        for (size_t k = 0; k < numbers.input_batching_dims.size(); ++k) {
            auto from = static_cast<size_t>(numbers.scatter_indices_batching_dims[k]);
            if (has_vector && from > vector_dim) --from;
            start[static_cast<size_t>(numbers.input_batching_dims[k])] = batch[from];
        }
        Index target = start;
        llvm::Value* outer_condition = b_.getTrue();
        size_t next = 0;
        std::vector<size_t> moving;
        for (size_t d = 0; d < dims.size(); ++d) {
            if (contains(numbers.inserted_window_dims, d) || contains(numbers.input_batching_dims, d)) {
                outer_condition = b_.CreateAnd(outer_condition, inside(target[d], 0, dims[d]));
            } else {
                target[d] = context_.add(start[d], window[next++]);
                moving.push_back(d);
            }
        }
        const auto apply = [&] {
            llvm::Value* condition = b_.getTrue();
            for (const size_t d : moving) condition = b_.CreateAnd(condition, inside(target[d], 0, dims[d]));
            branch(condition, [&] {
                llvm::Value* position = emit(context_.linear(target, dims));
                std::vector<Scalar> arguments;
                arguments.reserve(2 * n);
                for (size_t i = 0; i < n; ++i) {
                    arguments.push_back(load(targets[i], op.result(i)->tensor().element(), position));
                }
                for (size_t i = 0; i < n; ++i) arguments.push_back(emit(op.operand(n + 1 + i), update));
                const std::vector<Scalar> combined = region(body(op), arguments);
                for (size_t i = 0; i < n; ++i) {
                    store(targets[i], op.result(i)->tensor().element(), position, combined[i]);
                }
            });
        };
        branch(outer_condition, [&] {
            loopsOver(inner, [&] {
                if (cut.low == nullptr) return apply();
                loop(cut.low, cut.high, [&](llvm::Value* i) {
                    bindIndex(cut.variable, i);
                    apply();
                });
            });
        });
    });
}

void ElementEmitter::selectAndScatter(const Operation& op, BufferRef target) {
    const Value* operand = op.operand(0);
    const Value* source = op.operand(1);
    const ElementType type = op.result()->tensor().element();
    const std::vector<int64_t> dims = dimsOf(*operand);
    const std::vector<WindowDimension> windows = window(op);
    std::vector<int64_t> sizes;
    sizes.reserve(windows.size());
    for (const WindowDimension& w : windows) sizes.push_back(w.size);
    const auto best = makeCell(operand->tensor().element());
    const auto found = makeCell(ElementType::kI1);
    const auto keep = makeCell(ElementType::kI1);
    std::vector<ElementEmitter::Cell> best_at;
    best_at.reserve(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) best_at.push_back(makeCell(ElementType::kI64));
    loops(dims, [&](const Index& at) {
        store(target, type, emit(context_.linear(at, dims)), emitAs(op.operand(2), {}, type));
    });
    loops(dimsOf(*source), [&](const Index& at) {
        write(found, {b_.getFalse()});
        loops(sizes, [&](const Index& inner) {
            llvm::Value* condition = b_.getTrue();
            Index position(dims.size());
            for (size_t d = 0; d < dims.size(); ++d) {
                position[d] = context_.add(context_.scale(at[d], windows[d].stride), inner[d]);
                position[d] = context_.add(position[d], -windows[d].padding_low);
                condition = b_.CreateAnd(condition, inside(position[d], 0, dims[d]));
            }
            branch(condition, [&] {
                const Scalar value = emit(operand, position);
                // The first element is taken; then the one that the region prefers.
                write(keep, {b_.getFalse()});
                branch(read(found).re, [&] {
                    const Scalar arguments[] = {read(best), value};
                    write(keep, region(body(op, 0), arguments).front());
                });
                branch(b_.CreateNot(read(keep).re), [&] {
                    write(best, value);
                    for (size_t d = 0; d < dims.size(); ++d) write(best_at[d], {emit(position[d])});
                    write(found, {b_.getTrue()});
                });
            });
        });
        branch(read(found).re, [&] {
            llvm::Value* position = b_.getInt64(0);
            for (size_t d = 0; d < dims.size(); ++d) {
                position = b_.CreateAdd(b_.CreateMul(position, b_.getInt64(static_cast<uint64_t>(dims[d]))),
                                        read(best_at[d]).re);
            }
            const Scalar arguments[] = {load(target, type, position), emitAs(source, at, type)};
            store(target, type, position, region(body(op, 1), arguments)[0]);
        });
    });
}

void ElementEmitter::emitScatter(const Operation& op) {
    const std::vector<Carrier> tensors = makeCarriers(op);
    emitCaptured(op);
    if (op.kind() == OpKind::kSelectAndScatter) {
        selectAndScatter(op, tensors[0].array);
    } else {
        std::vector<BufferRef> targets;
        for (size_t i = 0; i < tensors.size(); ++i) {
            keep(tensors[i], op.operand(i));
            targets.push_back(tensors[i].array);
        }
        Index update;
        const std::vector<int64_t> sizes = dimsOf(*op.operand(tensors.size() + 1));
        if (std::ranges::find(sizes, 0) == sizes.end()) {
            for (const int64_t size : sizes) update.push_back(context_.variable(size));
            scatter(op, targets, update);
        }
    }
    for (size_t i = 0; i < tensors.size(); ++i) bind(op.result(i), tensors[i]);
}

}  // namespace optirs::plugin
