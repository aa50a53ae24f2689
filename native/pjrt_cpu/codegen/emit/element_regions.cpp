// Bodies that are applied to elements, and inside them control flow. What it gives is kept where every path
// to it writes and what follows reads: scalars in variables, tensors in arrays on the stack.
#include <algorithm>

#include "pjrt_cpu/codegen/emit/element.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

// Of one tensor: bodies run on the stack of whoever runs the program.
constexpr int64_t kMaxCarriedBytes = 64 * 1024;

bool isScalarTensor(const Value& value) { return value.type().isTensor() && value.tensor().isScalar(); }

bool isWrittenInPlace(const Operation& op) {
    return op.kind() == OpKind::kSort || op.kind() == OpKind::kScatter ||
           op.kind() == OpKind::kSelectAndScatter;
}

bool givesTensorsAtOnce(const Operation& op) {
    if (isWrittenInPlace(op)) return true;
    if (op.kind() != OpKind::kIf && op.kind() != OpKind::kCase && op.kind() != OpKind::kWhile) return false;
    return !std::ranges::all_of(op.results(), isScalarTensor);
}

}  // namespace

std::vector<ElementEmitter::Carrier> ElementEmitter::makeCarriers(const Operation& op) {
    std::vector<Carrier> carriers;
    for (const Value& result : op.results()) {
        if (!result.type().isTensor() || result.tensor().byteCount() > kMaxCarriedBytes) {
            throw unimplementedOperation(
                op, "inside a body that is applied to elements it gives tensors of up to " +
                        std::to_string(kMaxCarriedBytes) + " bytes, not " + result.type().toString());
        }
        const TensorType& type = result.tensor();
        Carrier& carrier = carriers.emplace_back(Carrier{type, {}, {}});
        if (type.isScalar() && !isWrittenInPlace(op))
            carrier.cell = makeCell(type.element());
        else
            carrier.array = makeCarriedArray(type);
    }
    return carriers;
}

BufferRef ElementEmitter::makeCarriedArray(const TensorType& type) {
    const int64_t parts = isComplex(type.element()) ? 2 : 1;
    return {makeArray(scalars_.storageType(type.element()), parts * type.elementCount())};
}

void ElementEmitter::fill(BufferRef array, const TensorType& type,
                          const std::function<Scalar(const Index&, llvm::Value* position)>& element) {
    loops(type.dims(), [&](const Index& index) {
        llvm::Value* position = emit(context_.linear(index, {type.dims().begin(), type.dims().end()}));
        store(array, type.element(), position, element(index, position));
    });
}

void ElementEmitter::keep(const Carrier& carrier, const Value* value) {
    if (carrier.array.base == nullptr)
        write(carrier.cell, emit(value, {}));
    else
        fill(carrier.array, carrier.type,
             [&](const Index& index, llvm::Value*) { return emit(value, index); });
}

void ElementEmitter::bind(const Value* value, const Carrier& carrier) {
    if (carrier.array.base == nullptr)
        bindScalar(value, read(carrier.cell));
    else
        scopes_.back().arrays[value] = carrier.array;
}

// Once for each run of a body, not where an element is asked for, which may be a loop over all of them.
void ElementEmitter::emitTensors(const Block& block) {
    for (const Operation& op : block) {
        if (givesTensorsAtOnce(op)) emitTensors(op);
    }
}

void ElementEmitter::emitTensors(const Operation& op) {
    if (op.kind() == OpKind::kSort)
        emitSort(op);
    else if (isWrittenInPlace(op))
        emitScatter(op);
    else
        emitControl(op);
}

std::vector<Scalar> ElementEmitter::region(const Block& block, std::span<const Scalar> arguments) {
    scopes_.emplace_back();
    for (size_t i = 0; i < arguments.size(); ++i) bindScalar(block.argument(i), arguments[i]);
    emitTensors(block);
    const Operation* end = block.last();
    std::vector<Scalar> results;
    for (size_t i = 0; i < end->operandCount(); ++i) results.push_back(emit(end->operand(i), {}));
    scopes_.pop_back();
    return results;
}

void ElementEmitter::inScopeOf(const Block& block, std::span<const Carrier> arguments,
                               const std::function<void(const Operation& end)>& then) {
    scopes_.emplace_back();
    for (size_t i = 0; i < arguments.size(); ++i) bind(block.argument(i), arguments[i]);
    emitTensors(block);
    then(*block.last());
    scopes_.pop_back();
}

void ElementEmitter::emitCaptured(const Operation& op) {
    for (const Value* value : capturedValues(op))
        if (isScalarTensor(*value)) emit(value, {});
}

void ElementEmitter::emitControl(const Operation& op) {
    const std::vector<Carrier> carriers = makeCarriers(op);
    emitCaptured(op);
    if (op.kind() == OpKind::kWhile)
        emitWhile(op, carriers);
    else
        emitBranches(op, carriers);
    for (size_t i = 0; i < carriers.size(); ++i) bind(op.result(i), carriers[i]);
}

void ElementEmitter::emitBranches(const Operation& op, std::span<const Carrier> results) {
    llvm::Value* selector = emit(op.operand(0), {}).re;
    llvm::LLVMContext& c = b_.getContext();
    auto* join = llvm::BasicBlock::Create(c, "join", function_);
    // An index that names no branch takes the last one.
    auto* last = llvm::BasicBlock::Create(c, "branch", function_);
    llvm::SwitchInst* choice = b_.CreateSwitch(selector, last);
    for (size_t i = 0; i < op.regionCount(); ++i) {
        llvm::BasicBlock* taken = last;
        if (i + 1 < op.regionCount()) {
            taken = llvm::BasicBlock::Create(c, "branch", function_);
            const uint64_t label = op.kind() == OpKind::kIf ? 1 : i;
            choice->addCase(llvm::ConstantInt::get(llvm::cast<llvm::IntegerType>(selector->getType()), label),
                            taken);
        }
        b_.SetInsertPoint(taken);
        inScopeOf(body(op, i), {}, [&](const Operation& end) {
            for (size_t r = 0; r < results.size(); ++r) keep(results[r], end.operand(r));
        });
        b_.CreateBr(join);
    }
    b_.SetInsertPoint(join);
}

void ElementEmitter::emitWhile(const Operation& op, std::span<const Carrier> carried) {
    for (size_t i = 0; i < carried.size(); ++i) keep(carried[i], op.operand(i));
    llvm::LLVMContext& c = b_.getContext();
    auto* header = llvm::BasicBlock::Create(c, "while", function_);
    auto* round = llvm::BasicBlock::Create(c, "do", function_);
    auto* after = llvm::BasicBlock::Create(c, "after", function_);
    b_.CreateBr(header);
    b_.SetInsertPoint(header);
    inScopeOf(body(op, 0), carried,
              [&](const Operation& end) { b_.CreateCondBr(emit(end.operand(0), {}).re, round, after); });
    b_.SetInsertPoint(round);
    // A round reads the old values until it has all of the new ones.
    const std::vector<Carrier> next = makeCarriers(op);
    inScopeOf(body(op, 1), carried, [&](const Operation& end) {
        for (size_t i = 0; i < next.size(); ++i) keep(next[i], end.operand(i));
    });
    for (size_t i = 0; i < next.size(); ++i) {
        const TensorType& type = next[i].type;
        if (type.isScalar()) {
            write(carried[i].cell, read(next[i].cell));
            continue;
        }
        fill(carried[i].array, type, [&](const Index&, llvm::Value* position) {
            return load(next[i].array, type.element(), position);
        });
    }
    b_.CreateBr(header);
    b_.SetInsertPoint(after);
}

}  // namespace optirs::plugin
