// Loops, branches and the cells that carry values through them.
#include <llvm/IR/Module.h>

#include "pjrt_cpu/codegen/emit/element.h"

namespace optirs::plugin {

void ElementEmitter::loop(llvm::Value* low, llvm::Value* high,
                          const std::function<void(llvm::Value*)>& body) {
    llvm::LLVMContext& c = b_.getContext();
    llvm::BasicBlock* before = b_.GetInsertBlock();
    auto* header = llvm::BasicBlock::Create(c, "loop", function_);
    auto* inside_block = llvm::BasicBlock::Create(c, "body", function_);
    auto* after = llvm::BasicBlock::Create(c, "after", function_);
    b_.CreateBr(header);
    b_.SetInsertPoint(header);
    llvm::PHINode* i = b_.CreatePHI(b_.getInt64Ty(), 2);
    i->addIncoming(low, before);
    b_.CreateCondBr(b_.CreateICmpSLT(i, high), inside_block, after);
    b_.SetInsertPoint(inside_block);
    scopes_.emplace_back();
    body(i);
    scopes_.pop_back();
    i->addIncoming(b_.CreateAdd(i, b_.getInt64(1), "", true, true), b_.GetInsertBlock());
    b_.CreateBr(header);
    b_.SetInsertPoint(after);
}

void ElementEmitter::loopsOver(std::span<const IndexExpr> variables, const std::function<void()>& body) {
    if (variables.empty()) {
        body();
        return;
    }
    const IndexExpr& variable = variables.front();
    if (variable.isConstant()) {
        loopsOver(variables.subspan(1), body);
        return;
    }
    const int64_t size = context_.range(variable).high + 1;
    loop(b_.getInt64(0), b_.getInt64(static_cast<uint64_t>(size)), [&](llvm::Value* i) {
        bindIndex(variable, i);
        loopsOver(variables.subspan(1), body);
    });
}

void ElementEmitter::loops(std::span<const int64_t> sizes, const std::function<void(const Index&)>& body) {
    Index variables;
    for (const int64_t size : sizes) {
        if (size == 0) return;
        variables.push_back(context_.variable(size));
    }
    loopsOver(variables, [&] { body(variables); });
}

void ElementEmitter::branch(llvm::Value* condition, const std::function<void()>& then) {
    if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
        if (known->isOne()) then();
        return;
    }
    llvm::LLVMContext& c = b_.getContext();
    auto* taken = llvm::BasicBlock::Create(c, "then", function_);
    auto* after = llvm::BasicBlock::Create(c, "join", function_);
    b_.CreateCondBr(condition, taken, after);
    b_.SetInsertPoint(taken);
    scopes_.emplace_back();
    then();
    scopes_.pop_back();
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
}

Scalar ElementEmitter::choose(llvm::Value* condition, const std::function<Scalar()>& then,
                              const std::function<Scalar()>& otherwise) {
    if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition))
        return known->isOne() ? then() : otherwise();
    llvm::LLVMContext& c = b_.getContext();
    auto* taken = llvm::BasicBlock::Create(c, "then", function_);
    auto* other = llvm::BasicBlock::Create(c, "else", function_);
    auto* join = llvm::BasicBlock::Create(c, "join", function_);
    b_.CreateCondBr(condition, taken, other);
    const auto side = [&](llvm::BasicBlock* block, const std::function<Scalar()>& make) {
        b_.SetInsertPoint(block);
        scopes_.emplace_back();
        const Scalar scalar = make();
        scopes_.pop_back();
        llvm::BasicBlock* end = b_.GetInsertBlock();
        b_.CreateBr(join);
        return std::pair{scalar, end};
    };
    const auto [a, a_end] = side(taken, then);
    const auto [b, b_end] = side(other, otherwise);
    b_.SetInsertPoint(join);
    const auto merge = [&, a_block = a_end, b_block = b_end](llvm::Value* x, llvm::Value* y) {
        llvm::PHINode* phi = b_.CreatePHI(x->getType(), 2);
        phi->addIncoming(x, a_block);
        phi->addIncoming(y, b_block);
        return phi;
    };
    return {merge(a.re, b.re), a.im == nullptr ? nullptr : merge(a.im, b.im)};
}

std::vector<Scalar> ElementEmitter::combine(const Operation& op, std::span<const Scalar> accumulated,
                                            std::span<const Scalar> values) {
    const Block& block = body(op);
    const OpKind kind = accumulated.size() == 1 ? reducerKind(block) : OpKind::kUnknown;
    const bool is_float = accumulated[0].re->getType()->isFloatingPointTy() && accumulated[0].im == nullptr;
    if (is_float && (kind == OpKind::kAdd || kind == OpKind::kMultiply)) {
        const llvm::IRBuilder<>::FastMathFlagGuard guard(b_);
        llvm::FastMathFlags flags;
        flags.setAllowReassoc();
        flags.setAllowContract();
        b_.setFastMathFlags(flags);
        return {{kind == OpKind::kAdd ? b_.CreateFAdd(accumulated[0].re, values[0].re)
                                      : b_.CreateFMul(accumulated[0].re, values[0].re)}};
    }
    std::vector<Scalar> arguments(accumulated.begin(), accumulated.end());
    arguments.insert(arguments.end(), values.begin(), values.end());
    return region(block, arguments);
}

Scalar ElementEmitter::finishReduction(const Scalar& accumulated, ElementType type) {
    if (!isFloat(type) || type == ElementType::kF32 || type == ElementType::kF64) return accumulated;
    return scalars_.convert(accumulated, ElementType::kF32, type);
}

llvm::AllocaInst* ElementEmitter::makeArray(llvm::Type* type, int64_t count) {
    llvm::BasicBlock& first = function_->getEntryBlock();
    llvm::IRBuilder<> entry(&first, first.begin());
    auto* array = entry.CreateAlloca(llvm::ArrayType::get(type, static_cast<uint64_t>(count)));
    array->setAlignment(llvm::Align(64));
    return array;
}

ElementEmitter::Cell ElementEmitter::makeCell(ElementType type) {
    llvm::BasicBlock& first = function_->getEntryBlock();
    llvm::IRBuilder<> entry(&first, first.begin());
    Cell cell;
    cell.type = scalars_.computeType(type);
    cell.re = entry.CreateAlloca(cell.type);
    if (isComplex(type)) cell.im = entry.CreateAlloca(cell.type);
    return cell;
}

Scalar ElementEmitter::read(const Cell& cell) {
    return {b_.CreateLoad(cell.type, cell.re),
            cell.im == nullptr ? nullptr : b_.CreateLoad(cell.type, cell.im)};
}

void ElementEmitter::write(const Cell& cell, const Scalar& scalar) {
    b_.CreateStore(scalar.re, cell.re);
    if (cell.im != nullptr) b_.CreateStore(scalar.im, cell.im);
}

llvm::Value* ElementEmitter::inside(const IndexExpr& expression, int64_t low, int64_t high) {
    const IndexRange range = context_.range(expression);
    llvm::Value* result = b_.getTrue();
    if (range.high < low || range.low >= high) return b_.getFalse();
    if (range.low < low) result = b_.CreateICmpSGE(emit(expression), b_.getInt64(static_cast<uint64_t>(low)));
    if (range.high >= high) {
        llvm::Value* below = b_.CreateICmpSLT(emit(expression), b_.getInt64(static_cast<uint64_t>(high)));
        result = range.low < low ? b_.CreateAnd(result, below) : below;
    }
    return result;
}

llvm::Value* ElementEmitter::integer(const Scalar& scalar, ElementType type) {
    if (isUnsignedInteger(type) && bitWidth(type) == 64) {
        // Beyond int64: as large as it gets.
        llvm::Value* limit = b_.getInt64(INT64_MAX);
        return b_.CreateSelect(b_.CreateICmpUGT(scalar.re, limit), limit, scalar.re);
    }
    return isSignedInteger(type) ? b_.CreateSExt(scalar.re, b_.getInt64Ty())
                                 : b_.CreateZExt(scalar.re, b_.getInt64Ty());
}

IndexExpr ElementEmitter::dynamicIndex(const Scalar& scalar, ElementType type, IndexRange range) {
    const IndexExpr result = context_.dynamic(range);
    if (result.isConstant()) return result;
    llvm::Value* low = b_.getInt64(static_cast<uint64_t>(range.low));
    llvm::Value* high = b_.getInt64(static_cast<uint64_t>(range.high));
    llvm::Value* value = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, integer(scalar, type), low);
    bindIndex(result, b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, value, high));
    return result;
}

}  // namespace optirs::plugin
