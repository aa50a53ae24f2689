#pragma once

#include <llvm/IR/IRBuilder.h>

#include <memory>
#include <string>

#include "pjrt_cpu/codegen/emit/element.h"
#include "pjrt_cpu/codegen/emit/kernel.h"

namespace optirs::plugin {

/// The frame that all kernels share: the function, its arguments, and an emitter with the operands bound.
class KernelBuilder {
 public:
    KernelBuilder(llvm::Module& module, const std::string& name, const KernelSpec& spec);

    void emitLoops();
    void emitRows();
    void emitColumns();
    void emitDynamicUpdateSlice();
    void emitScatter();
    void emitSelectAndScatter();
    void finish() { b_.CreateRetVoid(); }

 private:
    BufferRef bufferOf(const Value* value) const;
    /// Dimensions that give the strides of a value in memory.
    std::vector<int64_t> layoutOf(const Value* value) const;
    /// Runs `body` for the columns of a row.
    void overColumns(const std::function<void()>& body);
    /// Binds `variables` to the digits of `number`, the last one fastest.
    void bindDigits(std::span<const IndexExpr> variables, llvm::Value* number);
    int64_t sizeOf(const IndexExpr& variable) const { return context_.range(variable).high + 1; }
    /// Runs `body` for the elements of the parallel range of a nest without reductions.
    void nest(const std::function<void()>& body);
    void storeRoots();
    void storeRowRoots();

    const KernelSpec& spec_;
    const Group& group_;
    IndexContext context_;
    llvm::IRBuilder<> b_;
    llvm::Function* function_ = nullptr;
    llvm::Value* begin_ = nullptr;
    llvm::Value* end_ = nullptr;
    std::vector<BufferRef> operands_;
    std::unique_ptr<ElementEmitter> emitter_;
};

}  // namespace optirs::plugin
