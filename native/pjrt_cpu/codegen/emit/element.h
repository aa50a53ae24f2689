/// @file
/// The elemental generator: LLVM IR for element `index` of a value. Recursion through operands makes fused
/// loops.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "pjrt_cpu/codegen/emit/scalar.h"
#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

/// A dense row-major array in memory. Two buffers of one `scope` may overlap, others do not.
struct BufferRef {
    llvm::Value* base = nullptr;
    int32_t scope = -1;
};

/// Emits into one function. What has been emitted for a value at an index is reused while it dominates.
/// `streamed` tells of each buffer scope whether its stores bypass the caches.
class ElementEmitter {
 public:
    ElementEmitter(llvm::Function* function, llvm::IRBuilder<>& builder, IndexContext& context,
                   const std::vector<bool>& streamed);

    llvm::IRBuilder<>& builder() { return b_; }
    ScalarEmitter& scalars() { return scalars_; }
    IndexContext& context() { return context_; }

    /// From now on elements of `value` are loaded from memory.
    void bindBuffer(const Value* value, BufferRef buffer) { buffers_[value] = buffer; }
    /// The same, with strides as of a dense array of dimensions `layout`.
    void bindBuffer(const Value* value, BufferRef buffer, std::vector<int64_t> layout) {
        buffers_[value] = buffer;
        if (layout != dimsOf(*value)) layouts_[value] = std::move(layout);
    }
    const BufferRef* bufferOf(const Value* value) const;
    /// From now on the element of `value` at exactly `index` is loaded from `array` at `position`.
    void bindRow(const Value* value, BufferRef array, Index index, IndexExpr position) {
        rows_[value] = {array, std::move(index), std::move(position)};
    }
    void unbindRow(const Value* value) { rows_.erase(value); }
    /// From now on, in this scope, every element of `value` is this scalar.
    void bindScalar(const Value* value, Scalar scalar) { scopes_.back().scalars[value] = scalar; }
    /// The value of a loop counter. @pre `variable` is one atom, or a constant (then nothing is bound)
    void bindIndex(const IndexExpr& variable, llvm::Value* value);

    Scalar emit(const Value* value, const Index& index);
    /// The same element as a number of another type.
    Scalar emitAs(const Value* value, const Index& index, ElementType type) {
        return scalars_.convert(emit(value, index), value->tensor().element(), type);
    }
    llvm::Value* emit(const IndexExpr& expression);
    Scalar load(BufferRef buffer, ElementType type, llvm::Value* position);
    void store(BufferRef buffer, ElementType type, llvm::Value* position, const Scalar& scalar);

    /// for (i = low; i < high; ++i) body(i), in a scope of its own.
    void loop(llvm::Value* low, llvm::Value* high, const std::function<void(llvm::Value*)>& body);
    /// A nest over fresh variables of these sizes, outermost first.
    void loops(std::span<const int64_t> sizes, const std::function<void(const Index&)>& body);
    /// The same over variables that exist already.
    void loopsOver(std::span<const IndexExpr> variables, const std::function<void()>& body);
    void branch(llvm::Value* condition, const std::function<void()>& then);

    /// The values that a region returns for these arguments.
    std::vector<Scalar> region(const Block& block, std::span<const Scalar> arguments);
    /// Combines accumulated and new elements by a reducer's region. Sums and products may be reordered, and
    /// are kept in the compute type: finishReduction() rounds them.
    std::vector<Scalar> combine(const Operation& op, std::span<const Scalar> accumulated,
                                std::span<const Scalar> values);
    Scalar finishReduction(const Scalar& accumulated, ElementType type);

    /// A variable in the frame of the function, of the compute type.
    struct Cell {
        llvm::Value* re = nullptr;
        llvm::Value* im = nullptr;
        llvm::Type* type = nullptr;
    };
    Cell makeCell(ElementType type);
    Scalar read(const Cell& cell);
    void write(const Cell& cell, const Scalar& scalar);
    llvm::AllocaInst* makeArray(llvm::Type* type, int64_t count);

    /// The part of a window dimension that one call of a kernel writes; without ends, all of it.
    struct Cut {
        IndexExpr variable;
        llvm::Value* low;
        llvm::Value* high;
    };
    /// Combines the updates at `update`, all of whose variables run, into arrays of the operands.
    void scatter(const Operation& op, std::span<const BufferRef> targets, const Index& update,
                 const Cut& cut = {});
    void selectAndScatter(const Operation& op, BufferRef target);

    /// low <= expression < high, folded when the ranges decide it.
    llvm::Value* inside(const IndexExpr& expression, int64_t low, int64_t high);
    /// A scalar integer as an index in [low, high], clamped.
    IndexExpr dynamicIndex(const Scalar& scalar, ElementType type, IndexRange range);
    /// The same number unclamped, as i64.
    llvm::Value* integer(const Scalar& scalar, ElementType type);

 private:
    struct Scope {
        std::map<std::pair<const Value*, Index>, Scalar> elements;
        std::map<const Value*, Scalar> scalars;
        std::map<const Value*, BufferRef> arrays;  ///< dense ones
        std::map<AtomId, llvm::Value*> atoms;
    };

    Scalar emitOperation(const Operation& op, size_t result, const Index& index);
    Scalar emitSource(const Operation& op, const Index& index);
    Scalar emitConstant(const Operation& op, const Index& index);
    Scalar emitParts(const Operation& op, const Index& index);
    // element_guarded.cpp
    Scalar emitPad(const Operation& op, const Index& index);
    Scalar emitConcatenate(const Operation& op, const Index& index);
    Scalar emitDynamicSlice(const Operation& op, const Index& index);
    Scalar emitDynamicUpdateSlice(const Operation& op, const Index& index);
    Scalar emitGather(const Operation& op, const Index& index);
    Scalar choose(llvm::Value* condition, const std::function<Scalar()>& then,
                  const std::function<Scalar()>& otherwise);
    // element_regions.cpp: control flow, and what needs all elements at once, inside a body that is applied
    // to elements
    /// Where one value that these give is kept.
    struct Carrier {
        TensorType type;
        Cell cell;        ///< of a scalar that is one number at a time
        BufferRef array;  ///< of any other
    };
    std::vector<Carrier> makeCarriers(const Operation& op);
    BufferRef makeCarriedArray(const TensorType& type);
    void fill(BufferRef array, const TensorType& type,
              const std::function<Scalar(const Index&, llvm::Value* position)>& element);
    void keep(const Carrier& carrier, const Value* value);
    /// In this scope the value is what the carrier keeps now.
    void bind(const Value* value, const Carrier& carrier);
    /// `then` with the block's arguments bound, in a scope of its own.
    void inScopeOf(const Block& block, std::span<const Carrier> arguments,
                   const std::function<void(const Operation& end)>& then);
    /// Runs it, and binds its results in this scope.
    void emitControl(const Operation& op);
    void emitTensors(const Block& block);
    void emitTensors(const Operation& op);
    void emitBranches(const Operation& op, std::span<const Carrier> results);
    void emitWhile(const Operation& op, std::span<const Carrier> carried);
    /// Scalars that regions take from outside, before them: in each of two branches they would be code of its
    /// own, and a chain of branches twice as much with every link.
    void emitCaptured(const Operation& op);
    // Inside a body, too: element_scatter.cpp, scatter and select_and_scatter; element_sort.cpp
    void emitScatter(const Operation& op);
    void emitSort(const Operation& op);
    void sortLine(const Operation& op, std::span<const Carrier> tensors, llvm::Value* first, int64_t step);
    // element_loops.cpp
    std::vector<Scalar> emitReduce(const Operation& op, const Index& index);
    std::vector<Scalar> emitReduceWindow(const Operation& op, const Index& index);
    Scalar emitDot(const Operation& op, const Index& index);
    Scalar emitConvolution(const Operation& op, const Index& index);
    void accumulateProduct(const Operation& op, const Cell& sum, const Index& lhs, const Index& rhs);

    struct Row {
        BufferRef array;
        Index index;
        IndexExpr position;
    };

    llvm::Value* emitAtom(AtomId id);
    void remember(const Value* value, const Index& index, const Scalar& scalar);
    void annotate(llvm::Instruction* access, int32_t scope);

    llvm::Function* function_;
    llvm::IRBuilder<>& b_;
    IndexContext& context_;
    ScalarEmitter scalars_;
    std::map<const Value*, BufferRef> buffers_;
    std::map<const Value*, std::vector<int64_t>> layouts_;
    std::map<const Value*, Row> rows_;
    std::map<const Operation*, llvm::GlobalVariable*> constants_;
    std::vector<Scope> scopes_;
    std::vector<llvm::MDNode*> alias_scopes_;
};

}  // namespace optirs::plugin
