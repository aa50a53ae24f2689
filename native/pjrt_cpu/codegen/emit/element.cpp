#include "pjrt_cpu/codegen/emit/element.h"

#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/jit/stream.h"

namespace optirs::plugin {

ElementEmitter::ElementEmitter(llvm::Function* function, llvm::IRBuilder<>& builder, IndexContext& context,
                               const std::vector<bool>& streamed)
    : function_(function), b_(builder), context_(context), scalars_(builder), scopes_(1) {
    llvm::MDBuilder metadata(builder.getContext());
    llvm::MDNode* domain = metadata.createAnonymousAliasScopeDomain("buffers");
    for (const bool is_streamed : streamed)
        alias_scopes_.push_back(
            metadata.createAnonymousAliasScope(domain, is_streamed ? kStreamScope : "buffer"));
}

const BufferRef* ElementEmitter::bufferOf(const Value* value) const {
    const auto found = buffers_.find(value);
    return found == buffers_.end() ? nullptr : &found->second;
}

void ElementEmitter::bindIndex(const IndexExpr& variable, llvm::Value* value) {
    if (variable.isConstant()) return;
    scopes_.back().atoms[variable.terms.front().first] = value;
}

void ElementEmitter::annotate(llvm::Instruction* access, int32_t scope) {
    if (scope < 0) return;
    std::vector<llvm::Metadata*> others;
    for (size_t i = 0; i < alias_scopes_.size(); ++i) {
        if (static_cast<int32_t>(i) != scope) others.push_back(alias_scopes_[i]);
    }
    llvm::LLVMContext& c = b_.getContext();
    access->setMetadata(llvm::LLVMContext::MD_alias_scope,
                        llvm::MDNode::get(c, {alias_scopes_[static_cast<size_t>(scope)]}));
    if (!others.empty()) access->setMetadata(llvm::LLVMContext::MD_noalias, llvm::MDNode::get(c, others));
}

Scalar ElementEmitter::load(BufferRef buffer, ElementType type, llvm::Value* position) {
    llvm::Type* stored = scalars_.storageType(type);
    const auto part = [&](int64_t number) {
        llvm::Value* element = position;
        if (isComplex(type))
            element = b_.CreateNSWAdd(b_.CreateNSWMul(position, b_.getInt64(2)),
                                      b_.getInt64(static_cast<uint64_t>(number)));
        llvm::LoadInst* value = b_.CreateLoad(stored, b_.CreateInBoundsGEP(stored, buffer.base, element));
        annotate(value, buffer.scope);
        return scalars_.fromStorage(value, type);
    };
    return {part(0), isComplex(type) ? part(1) : nullptr};
}

void ElementEmitter::store(BufferRef buffer, ElementType type, llvm::Value* position, const Scalar& scalar) {
    llvm::Type* stored = scalars_.storageType(type);
    const auto part = [&](llvm::Value* value, int64_t number) {
        llvm::Value* element = position;
        if (isComplex(type))
            element = b_.CreateNSWAdd(b_.CreateNSWMul(position, b_.getInt64(2)),
                                      b_.getInt64(static_cast<uint64_t>(number)));
        annotate(b_.CreateStore(scalars_.toStorage(value, type),
                                b_.CreateInBoundsGEP(stored, buffer.base, element)),
                 buffer.scope);
    };
    part(scalar.re, 0);
    if (isComplex(type)) part(scalar.im, 1);
}

llvm::Value* ElementEmitter::emitAtom(AtomId id) {
    for (size_t i = scopes_.size(); i-- > 0;) {
        const auto found = scopes_[i].atoms.find(id);
        if (found != scopes_[i].atoms.end()) return found->second;
    }
    const IndexContext::Atom atom = context_.atom(id);
    if (atom.kind != IndexContext::AtomKind::kQuotient && atom.kind != IndexContext::AtomKind::kRemainder) {
        throw internalError("a loop counter is used outside its loop");
    }
    llvm::Value* inner = emit(atom.inner);
    llvm::Value* divisor = b_.getInt64(static_cast<uint64_t>(atom.divisor));
    const bool negative = context_.range(atom.inner).low < 0;
    llvm::Value* result = nullptr;
    if (atom.kind == IndexContext::AtomKind::kQuotient) {
        result = negative ? b_.CreateSDiv(inner, divisor) : b_.CreateUDiv(inner, divisor);
    } else {
        result = negative ? b_.CreateSRem(inner, divisor) : b_.CreateURem(inner, divisor);
    }
    if (negative) {
        // LLVM divides towards zero; these round down.
        llvm::Value* rest = b_.CreateSRem(inner, divisor);
        llvm::Value* below = b_.CreateICmpSLT(rest, b_.getInt64(0));
        result = atom.kind == IndexContext::AtomKind::kQuotient
                     ? b_.CreateSub(result, b_.CreateZExt(below, b_.getInt64Ty()))
                     : b_.CreateSelect(below, b_.CreateAdd(result, divisor), result);
    }
    scopes_.back().atoms[id] = result;
    return result;
}

llvm::Value* ElementEmitter::emit(const IndexExpr& expression) {
    llvm::Value* sum = nullptr;
    for (const auto& [id, coefficient] : expression.terms) {
        llvm::Value* term = emitAtom(id);
        if (coefficient != 1) term = b_.CreateNSWMul(term, b_.getInt64(static_cast<uint64_t>(coefficient)));
        sum = sum == nullptr ? term : b_.CreateNSWAdd(sum, term);
    }
    llvm::Value* constant = b_.getInt64(static_cast<uint64_t>(expression.constant));
    if (sum == nullptr) return constant;
    return expression.constant == 0 ? sum : b_.CreateNSWAdd(sum, constant);
}

void ElementEmitter::remember(const Value* value, const Index& index, const Scalar& scalar) {
    scopes_.back().elements[{value, index}] = scalar;
}

Scalar ElementEmitter::emit(const Value* value, const Index& index) {
    const std::pair<const Value*, Index> key{value, index};
    for (size_t i = scopes_.size(); i-- > 0;) {
        const auto bound = scopes_[i].scalars.find(value);
        if (bound != scopes_[i].scalars.end()) return bound->second;
        const auto found = scopes_[i].elements.find(key);
        if (found != scopes_[i].elements.end()) return found->second;
        const auto array = scopes_[i].arrays.find(value);
        if (array != scopes_[i].arrays.end()) {
            const TensorType& type = value->tensor();
            const Scalar loaded =
                load(array->second, type.element(), emit(context_.linear(index, dimsOf(*value))));
            remember(value, index, loaded);
            return loaded;
        }
    }
    if (const BufferRef* buffer = bufferOf(value)) {
        const auto layout = layouts_.find(value);
        llvm::Value* position =
            emit(context_.linear(index, layout == layouts_.end() ? dimsOf(*value) : layout->second));
        const Scalar loaded = load(*buffer, value->tensor().element(), position);
        remember(value, index, loaded);
        return loaded;
    }
    const auto row = rows_.find(value);
    if (row != rows_.end() && row->second.index == index) {
        const Scalar loaded = load(row->second.array, value->tensor().element(), emit(row->second.position));
        remember(value, index, loaded);
        return loaded;
    }
    const Operation* op = value->definition();
    if (op == nullptr) throw internalError("a kernel reads a block argument that has no memory");
    const Scalar scalar = emitOperation(*op, value->index(), index);
    remember(value, index, scalar);
    return scalar;
}

Scalar ElementEmitter::emitOperation(const Operation& op, size_t result, const Index& index) {
    switch (fusionRole(op)) {
        case FusionRole::kSource:
            return emitSource(op, index);
        case FusionRole::kMovement:
            return emit(op.operand(0), operandIndex(op, index, context_));
        case FusionRole::kGuarded:
            return op.kind() == OpKind::kPad ? emitPad(op, index) : emitConcatenate(op, index);
        case FusionRole::kComputed:
            return op.kind() == OpKind::kGather ? emitGather(op, index) : emitDynamicSlice(op, index);
        case FusionRole::kElementwise: {
            std::vector<Scalar> operands;
            for (size_t i = 0; i < op.operandCount(); ++i) {
                // select's predicate and clamp's bounds may be scalars.
                operands.push_back(emit(op.operand(i), op.operand(i)->tensor().isScalar() ? Index{} : index));
            }
            if (op.kind() == OpKind::kMap) return region(body(op), operands).front();
            return scalars_.apply(op, operands);
        }
        case FusionRole::kNone:
            break;
    }
    std::vector<Scalar> all;
    switch (op.kind()) {
        case OpKind::kConstant:
            return emitConstant(op, index);
        case OpKind::kOptimizationBarrier:
            return emit(op.operand(result), index);
        case OpKind::kReduce:
            all = emitReduce(op, index);
            break;
        case OpKind::kReduceWindow:
            all = emitReduceWindow(op, index);
            break;
        case OpKind::kIf:
        case OpKind::kCase:
        case OpKind::kWhile:
        case OpKind::kScatter:
        case OpKind::kSelectAndScatter:
        case OpKind::kSort:
            emitTensors(op);
            return emit(op.result(result), index);
        case OpKind::kBitcastConvert:
            return emitParts(op, index);
        case OpKind::kDynamicUpdateSlice:
            return emitDynamicUpdateSlice(op, index);
        case OpKind::kDotGeneral:
            return emitDot(op, index);
        case OpKind::kConvolution:
            return emitConvolution(op, index);
        default:
            throw unimplementedOperation(op, "not compiled element by element");
    }
    for (size_t i = 0; i < all.size(); ++i) remember(op.result(i), index, all[i]);
    return all[result];
}

// One element as several, or several as one: the first of them has the lowest bits.
Scalar ElementEmitter::emitParts(const Operation& op, const Index& index) {
    const Value* operand = op.operand(0);
    const ElementType from = operand->tensor().element();
    const ElementType to = op.result()->tensor().element();
    const int64_t step = std::min(bitWidth(from), bitWidth(to));
    if (isComplex(from) || isComplex(to))
        throw unimplementedOperation(op, "not compiled for complex numbers inside a body");
    Index outer = index;
    if (bitWidth(to) < bitWidth(from)) {
        outer.pop_back();
        llvm::Value* whole = scalars_.bits(emit(operand, outer).re, from);
        llvm::Value* shift = b_.CreateMul(emit(index.back()), b_.getInt64(static_cast<uint64_t>(step)));
        llvm::Value* moved = b_.CreateLShr(whole, b_.CreateZExtOrTrunc(shift, whole->getType()));
        return scalars_.fromBits(b_.CreateTrunc(moved, b_.getIntNTy(static_cast<unsigned>(step))), to);
    }
    llvm::Type* wide = b_.getIntNTy(static_cast<unsigned>(bitWidth(to)));
    llvm::Value* joined = llvm::ConstantInt::get(wide, 0);
    outer.emplace_back(0);
    for (int64_t part = 0; part < operand->tensor().dims().back(); ++part) {
        outer.back() = IndexExpr(part);
        llvm::Value* bits = b_.CreateZExt(scalars_.bits(emit(operand, outer).re, from), wide);
        joined = b_.CreateOr(joined, b_.CreateShl(bits, static_cast<uint64_t>(part * step)));
    }
    return scalars_.fromBits(joined, to);
}

// Constants outside of bodies have buffers, unless one number says them; those inside lie beside the code.
Scalar ElementEmitter::emitConstant(const Operation& op, const Index& index) {
    const Literal& literal = constantValue(op);
    if (literal.isSplat()) return scalars_.constant(literal, 0);
    llvm::GlobalVariable*& array = constants_[&op];
    if (array == nullptr) {
        const std::span<const std::byte> bytes = literal.bytes();
        llvm::Constant* data = llvm::ConstantDataArray::getString(
            b_.getContext(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, false);
        array = new llvm::GlobalVariable(*function_->getParent(), data->getType(), true,
                                         llvm::GlobalValue::PrivateLinkage, data);
        array->setAlignment(llvm::Align(64));
    }
    return load({array}, op.result()->tensor().element(), emit(context_.linear(index, dimsOf(*op.result()))));
}

Scalar ElementEmitter::emitSource(const Operation& op, const Index& index) {
    const ElementType type = op.result()->tensor().element();
    switch (op.kind()) {
        case OpKind::kConstant:
            return emitConstant(op, index);
        case OpKind::kIota:
            return scalars_.fromIndex(emit(index[static_cast<size_t>(dimension(op))]), type);
        case OpKind::kGetDimensionSize:
            return scalars_.fromIndex(
                b_.getInt64(static_cast<uint64_t>(op.operand(0)->tensor().dim(dimension(op)))), type);
        default:
            throw unimplementedOperation(op, "not compiled");
    }
}

}  // namespace optirs::plugin
