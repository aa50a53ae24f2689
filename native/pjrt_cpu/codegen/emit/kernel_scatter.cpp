// Kernels that write at indices the program computes. The results start as copies of the operands.
#include <llvm/IR/Module.h>

#include <algorithm>

#include "pjrt_cpu/codegen/emit/kernel_builder.h"

namespace optirs::plugin {

void KernelBuilder::emitDynamicUpdateSlice() {
    const Operation& op = *group_.op;
    const Value* root = op.result();
    const std::vector<int64_t> dims = dimsOf(*root);
    Index start(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) {
        const Value* at = op.operand(2 + d);
        start[d] = emitter_->dynamicIndex(emitter_->emit(at, {}), at->tensor().element(),
                                          {0, dims[d] - group_.shape[d]});
    }
    nest([&] {
        const Scalar scalar = emitter_->emit(op.operand(1), spec_.schedule.index);
        Index target = spec_.schedule.index;
        for (size_t d = 0; d < dims.size(); ++d) target[d] = context_.add(target[d], start[d]);
        emitter_->store(bufferOf(root), root->tensor().element(),
                        emitter_->emit(context_.linear(target, dims)), scalar);
    });
}

void KernelBuilder::emitScatter() {
    const Operation& op = *group_.op;
    const Schedule& schedule = spec_.schedule;
    const ScatterDimensions& numbers = scatterDimensions(op);
    const size_t n = tupleSize(op);
    const Value* indices = op.operand(n);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const Index& update = schedule.index;
    const auto contains = [](const std::vector<int64_t>& list, size_t d) {
        return std::ranges::find(list, static_cast<int64_t>(d)) != list.end();
    };
    Index batch;
    Index window;
    for (size_t d = 0; d < update.size(); ++d)
        (contains(numbers.update_window_dims, d) ? window : batch).push_back(update[d]);
    const auto vector_dim = static_cast<size_t>(numbers.index_vector_dim);
    const bool has_vector = static_cast<int64_t>(vector_dim) < indices->tensor().rank();
    // The window dimension that the pool cuts comes last; everything else runs in order.
    const IndexExpr cut = schedule.block > 0 ? schedule.variables[0] : IndexExpr(0);
    Index inner;
    for (const IndexExpr& variable : window) {
        if (schedule.block == 0 || variable != cut) inner.push_back(variable);
    }
    const auto visit = [&](llvm::Value* low, llvm::Value* high) {
        emitter_->loopsOver(batch, [&] {
            Index start(dims.size());
            for (size_t k = 0; k < numbers.scatter_dims_to_operand_dims.size(); ++k) {
                Index at = batch;
                if (has_vector)
                    at.insert(at.begin() + static_cast<std::ptrdiff_t>(vector_dim),
                              IndexExpr(static_cast<int64_t>(k)));
                llvm::Value* value =
                    emitter_->integer(emitter_->emit(indices, at), indices->tensor().element());
                // Far outside is as good as anything outside, and cannot overflow.
                constexpr int64_t kFar = int64_t{1} << 40;
                const IndexExpr first = context_.dynamic({-kFar, kFar});
                value = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, value,
                                                 b_.getInt64(static_cast<uint64_t>(-kFar)));
                value = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, value,
                                                 b_.getInt64(static_cast<uint64_t>(kFar)));
                emitter_->bindIndex(first, value);
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
                    outer_condition = b_.CreateAnd(outer_condition, emitter_->inside(target[d], 0, dims[d]));
                } else {
                    target[d] = context_.add(start[d], window[next++]);
                    moving.push_back(d);
                }
            }
            const auto apply = [&] {
                llvm::Value* condition = b_.getTrue();
                for (const size_t d : moving)
                    condition = b_.CreateAnd(condition, emitter_->inside(target[d], 0, dims[d]));
                emitter_->branch(condition, [&] {
                    llvm::Value* position = emitter_->emit(context_.linear(target, dims));
                    std::vector<Scalar> arguments;
                    arguments.reserve(2 * n);
                    for (size_t i = 0; i < n; ++i) {
                        arguments.push_back(emitter_->load(bufferOf(op.result(i)),
                                                           op.result(i)->tensor().element(), position));
                    }
                    for (size_t i = 0; i < n; ++i)
                        arguments.push_back(emitter_->emit(op.operand(n + 1 + i), update));
                    const std::vector<Scalar> combined = emitter_->region(body(op), arguments);
                    for (size_t i = 0; i < n; ++i) {
                        emitter_->store(bufferOf(op.result(i)), op.result(i)->tensor().element(), position,
                                        combined[i]);
                    }
                });
            };
            emitter_->branch(outer_condition, [&] {
                emitter_->loopsOver(inner, [&] {
                    if (schedule.block == 0) return apply();
                    emitter_->loop(low, high, [&](llvm::Value* i) {
                        emitter_->bindIndex(cut, i);
                        apply();
                    });
                });
            });
        });
    };
    if (schedule.block == 0) {
        emitter_->loop(begin_, end_, [&](llvm::Value*) { visit(nullptr, nullptr); });
        return;
    }
    llvm::Value* block = b_.getInt64(static_cast<uint64_t>(schedule.block));
    llvm::Value* size = b_.getInt64(static_cast<uint64_t>(sizeOf(cut)));
    llvm::Value* low = b_.CreateMul(begin_, block);
    visit(low, b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, b_.CreateMul(end_, block), size));
}

void KernelBuilder::emitSelectAndScatter() {
    const Operation& op = *group_.op;
    const Value* operand = op.operand(0);
    const Value* source = op.operand(1);
    const Value* root = op.result();
    const ElementType type = root->tensor().element();
    const std::vector<int64_t> dims = dimsOf(*operand);
    const std::vector<WindowDimension> windows = window(op);
    std::vector<int64_t> sizes;
    sizes.reserve(windows.size());
    for (const WindowDimension& w : windows) sizes.push_back(w.size);
    const auto best = emitter_->makeCell(operand->tensor().element());
    const auto found = emitter_->makeCell(ElementType::kI1);
    const auto keep = emitter_->makeCell(ElementType::kI1);
    std::vector<ElementEmitter::Cell> best_at;
    best_at.reserve(dims.size());
    for (size_t d = 0; d < dims.size(); ++d) best_at.push_back(emitter_->makeCell(ElementType::kI64));
    emitter_->loop(begin_, end_, [&](llvm::Value*) {
        emitter_->loops(dims, [&](const Index& at) {
            emitter_->store(bufferOf(root), type, emitter_->emit(context_.linear(at, dims)),
                            emitter_->emitAs(op.operand(2), {}, type));
        });
        emitter_->loops(dimsOf(*source), [&](const Index& at) {
            emitter_->write(found, {b_.getFalse()});
            emitter_->loops(sizes, [&](const Index& inner) {
                llvm::Value* condition = b_.getTrue();
                Index position(dims.size());
                for (size_t d = 0; d < dims.size(); ++d) {
                    position[d] = context_.add(context_.scale(at[d], windows[d].stride), inner[d]);
                    position[d] = context_.add(position[d], -windows[d].padding_low);
                    condition = b_.CreateAnd(condition, emitter_->inside(position[d], 0, dims[d]));
                }
                emitter_->branch(condition, [&] {
                    const Scalar value = emitter_->emit(operand, position);
                    // The first element is taken; then the one that the region prefers.
                    emitter_->write(keep, {b_.getFalse()});
                    emitter_->branch(emitter_->read(found).re, [&] {
                        const Scalar arguments[] = {emitter_->read(best), value};
                        emitter_->write(keep, emitter_->region(body(op, 0), arguments).front());
                    });
                    emitter_->branch(b_.CreateNot(emitter_->read(keep).re), [&] {
                        emitter_->write(best, value);
                        for (size_t d = 0; d < dims.size(); ++d)
                            emitter_->write(best_at[d], {emitter_->emit(position[d])});
                        emitter_->write(found, {b_.getTrue()});
                    });
                });
            });
            emitter_->branch(emitter_->read(found).re, [&] {
                llvm::Value* position = b_.getInt64(0);
                for (size_t d = 0; d < dims.size(); ++d) {
                    position =
                        b_.CreateAdd(b_.CreateMul(position, b_.getInt64(static_cast<uint64_t>(dims[d]))),
                                     emitter_->read(best_at[d]).re);
                }
                const Scalar arguments[] = {emitter_->load(bufferOf(root), type, position),
                                            emitter_->emitAs(source, at, type)};
                emitter_->store(bufferOf(root), type, position, emitter_->region(body(op, 1), arguments)[0]);
            });
        });
    });
}

}  // namespace optirs::plugin
