// Kernels that write at indices the program computes. The results start as copies of the operands.
#include <llvm/IR/Module.h>

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
    std::vector<BufferRef> targets;
    for (const Value& result : op.results()) targets.push_back(bufferOf(&result));
    if (schedule.block == 0) {
        emitter_->loop(begin_, end_, [&](llvm::Value*) { emitter_->scatter(op, targets, schedule.index); });
        return;
    }
    // The window dimension that the pool cuts comes last; everything else runs in order.
    const IndexExpr cut = schedule.variables[0];
    llvm::Value* block = b_.getInt64(static_cast<uint64_t>(schedule.block));
    llvm::Value* size = b_.getInt64(static_cast<uint64_t>(sizeOf(cut)));
    llvm::Value* low = b_.CreateMul(begin_, block);
    llvm::Value* high = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, b_.CreateMul(end_, block), size);
    emitter_->scatter(op, targets, schedule.index, {cut, low, high});
}

void KernelBuilder::emitSelectAndScatter() {
    emitter_->loop(begin_, end_, [&](llvm::Value*) {
        emitter_->selectAndScatter(*group_.op, bufferOf(group_.op->result()));
    });
}

}  // namespace optirs::plugin
