// Sorting inside bodies that are applied to elements, of the few numbers that a stack has room for.
#include "pjrt_cpu/codegen/emit/element.h"

namespace optirs::plugin {

/// By insertion, which is stable: an element goes down past those that it comes before.
void ElementEmitter::sortLine(const Operation& op, std::span<const Carrier> tensors, llvm::Value* first,
                              int64_t step) {
    const int64_t count = op.operand(0)->tensor().dim(dimension(op));
    llvm::Value* stride = b_.getInt64(static_cast<uint64_t>(step));
    loop(b_.getInt64(1), b_.getInt64(static_cast<uint64_t>(count)), [&](llvm::Value* next) {
        loop(b_.getInt64(0), next, [&](llvm::Value* moves) {
            llvm::Value* upper = b_.CreateAdd(first, b_.CreateMul(b_.CreateSub(next, moves), stride));
            llvm::Value* lower = b_.CreateSub(upper, stride);
            std::vector<Scalar> pair;
            for (const Carrier& tensor : tensors) {
                for (llvm::Value* position : {upper, lower})
                    pair.push_back(load(tensor.array, tensor.type.element(), position));
            }
            branch(region(body(op), pair).front().re, [&] {
                for (size_t i = 0; i < tensors.size(); ++i) {
                    store(tensors[i].array, tensors[i].type.element(), lower, pair[2 * i]);
                    store(tensors[i].array, tensors[i].type.element(), upper, pair[2 * i + 1]);
                }
            });
        });
    });
}

void ElementEmitter::emitSort(const Operation& op) {
    const std::vector<Carrier> tensors = makeCarriers(op);
    for (size_t i = 0; i < tensors.size(); ++i) keep(tensors[i], op.operand(i));
    emitCaptured(op);
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const auto along = static_cast<size_t>(dimension(op));
    int64_t step = 1;
    for (size_t d = along + 1; d < dims.size(); ++d) step *= dims[d];
    std::vector<int64_t> lines = dims;
    lines[along] = 1;
    loops(lines,
          [&](const Index& index) { sortLine(op, tensors, emit(context_.linear(index, dims)), step); });
    for (size_t i = 0; i < tensors.size(); ++i) bind(op.result(i), tensors[i]);
}

}  // namespace optirs::plugin
