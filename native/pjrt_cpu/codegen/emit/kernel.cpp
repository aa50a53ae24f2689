#include "pjrt_cpu/codegen/emit/kernel.h"

#include <llvm/IR/Module.h>

#include <algorithm>

#include "pjrt_cpu/codegen/emit/kernel_builder.h"

namespace optirs::plugin {

KernelBuilder::KernelBuilder(llvm::Module& module, const std::string& name, const KernelSpec& spec)
    : spec_(spec), group_(*spec.group), context_(spec.schedule.context), b_(module.getContext()) {
    llvm::Type* pointer = b_.getPtrTy();
    auto* type = llvm::FunctionType::get(b_.getVoidTy(), {pointer, b_.getInt64Ty(), b_.getInt64Ty()}, false);
    function_ = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
    function_->addFnAttr(llvm::Attribute::NoUnwind);
    b_.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", function_));
    begin_ = function_->getArg(1);
    end_ = function_->getArg(2);
    for (int32_t i = 0; i < spec.operand_count; ++i) {
        llvm::Value* address =
            b_.CreateConstInBoundsGEP1_64(pointer, function_->getArg(0), static_cast<uint64_t>(i));
        llvm::LoadInst* base = b_.CreateLoad(pointer, address);
        base->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(module.getContext(), {}));
        operands_.push_back({base, i});
    }
    std::vector<bool> streamed(static_cast<size_t>(spec.operand_count));
    for (const int32_t operand : spec.streamed) streamed[static_cast<size_t>(operand)] = true;
    emitter_ = std::make_unique<ElementEmitter>(function_, b_, context_, streamed);
    for (const auto& [value, operand] : spec.operand_of) {
        // Roots are computed here, and written; everything else is read.
        if (std::ranges::find(group_.roots, value) != group_.roots.end()) continue;
        emitter_->bindBuffer(value, operands_[static_cast<size_t>(operand)], layoutOf(value));
    }
}

BufferRef KernelBuilder::bufferOf(const Value* value) const {
    return operands_[static_cast<size_t>(spec_.operand_of.at(value))];
}

std::vector<int64_t> KernelBuilder::layoutOf(const Value* value) const {
    std::vector<int64_t> dims = dimsOf(*value);
    const auto stride = spec_.row_strides.find(value);
    if (stride != spec_.row_strides.end()) dims.back() = stride->second;
    return dims;
}

void KernelBuilder::overColumns(const std::function<void()>& body) {
    if (spec_.column_count < 0) return emitter_->loopsOver(spec_.schedule.inner, body);
    llvm::Value* count =
        b_.CreateLoad(b_.getInt64Ty(), operands_[static_cast<size_t>(spec_.column_count)].base);
    emitter_->loop(b_.getInt64(0), count, [&](llvm::Value* column) {
        emitter_->bindIndex(spec_.schedule.inner.front(), column);
        body();
    });
}

void KernelBuilder::bindDigits(std::span<const IndexExpr> variables, llvm::Value* number) {
    for (size_t i = variables.size(); i-- > 0;) {
        if (i == 0) {
            emitter_->bindIndex(variables[0], number);
            return;
        }
        llvm::Value* size = b_.getInt64(static_cast<uint64_t>(sizeOf(variables[i])));
        emitter_->bindIndex(variables[i], b_.CreateURem(number, size));
        number = b_.CreateUDiv(number, size);
    }
}

void KernelBuilder::nest(const std::function<void()>& body) {
    const Schedule& schedule = spec_.schedule;
    const std::span<const IndexExpr> variables(schedule.variables);
    if (schedule.block == 0) {
        emitter_->loop(begin_, end_, [&](llvm::Value* p) {
            bindDigits(variables.subspan(0, schedule.parallel), p);
            emitter_->loopsOver(variables.subspan(schedule.parallel), body);
        });
        return;
    }
    const IndexExpr& last = variables.back();
    const int64_t size = sizeOf(last);
    const int64_t blocks = (size + schedule.block - 1) / schedule.block;
    emitter_->loop(begin_, end_, [&](llvm::Value* p) {
        llvm::Value* count = b_.getInt64(static_cast<uint64_t>(blocks));
        bindDigits(variables.subspan(0, schedule.parallel), b_.CreateUDiv(p, count));
        llvm::Value* low =
            b_.CreateMul(b_.CreateURem(p, count), b_.getInt64(static_cast<uint64_t>(schedule.block)));
        llvm::Value* high = b_.CreateAdd(low, b_.getInt64(static_cast<uint64_t>(schedule.block)));
        high =
            b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, high, b_.getInt64(static_cast<uint64_t>(size)));
        emitter_->loop(low, high, [&](llvm::Value* i) {
            emitter_->bindIndex(last, i);
            body();
        });
    });
}

void KernelBuilder::storeRoots() {
    // All loads come before the stores: a root may take the memory of something that is read.
    std::vector<Scalar> values;
    for (const Value* root : group_.roots) values.push_back(emitter_->emit(root, spec_.schedule.index));
    for (size_t i = 0; i < values.size(); ++i) {
        const Value* root = group_.roots[i];
        llvm::Value* position = emitter_->emit(context_.linear(spec_.schedule.index, dimsOf(*root)));
        emitter_->store(bufferOf(root), root->tensor().element(), position, values[i]);
    }
}

void KernelBuilder::emitLoops() {
    nest([&] { storeRoots(); });
}

void emitKernel(llvm::Module& module, const std::string& name, const KernelSpec& spec) {
    KernelBuilder kernel(module, name, spec);
    switch (spec.group->kind) {
        case GroupKind::kLoop:
            if (spec.group->reductions.empty() && spec.group->columns.empty())
                kernel.emitLoops();
            else
                kernel.emitRows();
            break;
        case GroupKind::kColumns:
            kernel.emitColumns();
            break;
        default:
            switch (spec.group->op->kind()) {
                case OpKind::kDynamicUpdateSlice:
                    kernel.emitDynamicUpdateSlice();
                    break;
                case OpKind::kScatter:
                    kernel.emitScatter();
                    break;
                default:
                    kernel.emitSelectAndScatter();
                    break;
            }
    }
    kernel.finish();
}

void emitComparator(llvm::Module& module, const std::string& name, const Operation& sort) {
    llvm::IRBuilder<> b(module.getContext());
    llvm::Type* pointer = b.getPtrTy();
    auto* type = llvm::FunctionType::get(b.getInt8Ty(), {pointer, pointer}, false);
    auto* function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
    function->addFnAttr(llvm::Attribute::NoUnwind);
    b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", function));
    IndexContext context;
    ElementEmitter emitter(function, b, context, {});
    const auto pointer_at = [&](unsigned argument, size_t i) {
        return b.CreateLoad(pointer, b.CreateConstInBoundsGEP1_64(pointer, function->getArg(argument), i));
    };
    const std::vector<Value*> captured = capturedValues(sort);
    size_t position = 0;
    for (const Value* value : captured) {
        if (value->definition() != nullptr && fusionRole(*value->definition()) == FusionRole::kSource)
            continue;
        emitter.bindBuffer(value, {pointer_at(1, position++), -1});
    }
    const Block& block = body(sort);
    std::vector<Scalar> arguments;
    for (size_t i = 0; i < block.argumentCount(); ++i) {
        arguments.push_back(
            emitter.load({pointer_at(0, i), -1}, block.argument(i)->tensor().element(), b.getInt64(0)));
    }
    const std::vector<Scalar> result = emitter.region(block, arguments);
    b.CreateRet(b.CreateZExt(result[0].re, b.getInt8Ty()));
}

}  // namespace optirs::plugin
