#include "pjrt_cpu/codegen/jit/stream.h"

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/Analysis/ScopedNoAliasAA.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace optirs::plugin {
namespace {

/// What pieces of kernels begin at, where they do not begin anywhere, and how buffers are aligned, in bytes.
constexpr uint64_t kPieceMultiple = 64;
constexpr uint64_t kBufferAlignment = 64;

bool isStreamed(const llvm::Instruction& instruction) {
    const llvm::MDNode* scopes = instruction.getMetadata(llvm::LLVMContext::MD_alias_scope);
    if (scopes == nullptr || scopes->getNumOperands() != 1) return false;
    const auto* scope = llvm::dyn_cast<llvm::MDNode>(scopes->getOperand(0));
    return scope != nullptr && llvm::AliasScopeNode(scope).getName() == kStreamScope;
}

/// Bytes of the vector that is stored, where the machine has an instruction for it; else 0.
uint64_t streamableBytes(const llvm::StoreInst& store) {
    auto* type = llvm::dyn_cast<llvm::FixedVectorType>(store.getValueOperand()->getType());
    if (type == nullptr || !store.isSimple()) return 0;
    const uint64_t bytes = store.getDataLayout().getTypeStoreSize(type);
    return bytes == 16 || bytes == 32 || bytes == 64 ? bytes : 0;
}

/// Finds the stores of a kernel that are aligned whenever its buffers are, and its piece begins where most
/// do.
class AlignedStores {
 public:
    explicit AlignedStores(llvm::Function& function)
        : function_(function),
          dominators_(function),
          loops_(dominators_),
          assumptions_(function),
          library_table_(llvm::Triple(function.getParent()->getTargetTriple())),
          library_(library_table_),
          evolution_(function, library_, assumptions_, dominators_, loops_) {
        for (llvm::BasicBlock& block : function) {
            for (llvm::Instruction& instruction : block) {
                auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
                if (store != nullptr && isStreamed(*store)) consider(*store);
            }
        }
    }

    const std::vector<llvm::StoreInst*>& stores() const { return stores_; }
    /// Offsets in the array of buffers of those that must be aligned.
    const std::set<int64_t>& buffers() const { return buffers_; }
    bool needsPieceMultiple() const { return needs_piece_multiple_; }

 private:
    void consider(llvm::StoreInst& store) {
        const uint64_t bytes = streamableBytes(store);
        if (bytes == 0) return;
        const llvm::SCEV* address = evolution_.getSCEV(store.getPointerOperand());
        const auto* base = llvm::dyn_cast<llvm::SCEVUnknown>(evolution_.getPointerBase(address));
        const std::optional<int64_t> buffer = base == nullptr ? std::nullopt : bufferOffset(base->getValue());
        if (!buffer) return;
        const llvm::SCEV* offset = evolution_.removePointerBase(address);
        const bool always = isMultiple(offset, bytes);
        if (!always && !isMultiple(fromPieceMultiple(offset), bytes)) return;
        needs_piece_multiple_ = needs_piece_multiple_ || !always;
        buffers_.insert(*buffer);
        stores_.push_back(&store);
    }

    /// Where in the array of buffers `base` was loaded from.
    std::optional<int64_t> bufferOffset(llvm::Value* base) const {
        const auto* load = llvm::dyn_cast<llvm::LoadInst>(base);
        if (load == nullptr) return std::nullopt;
        const llvm::DataLayout& layout = function_.getDataLayout();
        llvm::APInt offset(layout.getIndexTypeSizeInBits(load->getPointerOperandType()), 0);
        const llvm::Value* array =
            load->getPointerOperand()->stripAndAccumulateConstantOffsets(layout, offset, true);
        return array == function_.getArg(0) ? std::optional(offset.getSExtValue()) : std::nullopt;
    }

    bool isMultiple(const llvm::SCEV* value, uint64_t of) {
        return evolution_.getConstantMultiple(value).urem(of) == 0;
    }

    /// `value` with the begin of the piece replaced by kPieceMultiple times something.
    const llvm::SCEV* fromPieceMultiple(const llvm::SCEV* value) {
        llvm::Value* begin = function_.getArg(1);
        llvm::ValueToSCEVMapTy map;
        map[begin] = evolution_.getMulExpr(evolution_.getConstant(begin->getType(), kPieceMultiple),
                                           evolution_.getSCEV(begin));
        return llvm::SCEVParameterRewriter::rewrite(value, evolution_, map);
    }

    llvm::Function& function_;
    llvm::DominatorTree dominators_;
    llvm::LoopInfo loops_;
    llvm::AssumptionCache assumptions_;
    llvm::TargetLibraryInfoImpl library_table_;
    llvm::TargetLibraryInfo library_;
    llvm::ScalarEvolution evolution_;
    std::vector<llvm::StoreInst*> stores_;
    std::set<int64_t> buffers_;
    bool needs_piece_multiple_ = false;
};

llvm::Function* copyOf(llvm::Function& function, const char* suffix, llvm::ValueToValueMapTy& values) {
    llvm::Function* copy = llvm::CloneFunction(&function, values);
    copy->setName(function.getName() + suffix);
    copy->setLinkage(llvm::GlobalValue::InternalLinkage);
    return copy;
}

void stream(llvm::StoreInst& store) {
    llvm::LLVMContext& context = store.getContext();
    store.setAlignment(llvm::Align(streamableBytes(store)));
    auto* one = llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), 1);
    store.setMetadata(llvm::LLVMContext::MD_nontemporal,
                      llvm::MDNode::get(context, {llvm::ConstantAsMetadata::get(one)}));
}

/// Streamed stores are ordered with nothing: without a fence another thread could read old values.
void fenceReturns(llvm::Function& function) {
    for (llvm::BasicBlock& block : function) {
        if (auto* end = llvm::dyn_cast<llvm::ReturnInst>(block.getTerminator()))
            llvm::IRBuilder<>(end).CreateIntrinsic(llvm::Intrinsic::x86_sse_sfence, {}, {});
    }
}

}  // namespace

void streamStores(llvm::Function& function) {
    // Elsewhere LLVM has no fence for it.
    if (!llvm::Triple(function.getParent()->getTargetTriple()).isX86()) return;
    std::set<int64_t> buffers;
    bool needs_piece_multiple = false;
    llvm::ValueToValueMapTy values;
    llvm::Function* streaming = nullptr;
    {
        const AlignedStores aligned(function);
        if (aligned.stores().empty()) return;
        streaming = copyOf(function, ".stream", values);
        for (llvm::StoreInst* store : aligned.stores()) stream(*llvm::cast<llvm::StoreInst>(values[store]));
        buffers = aligned.buffers();
        needs_piece_multiple = aligned.needsPieceMultiple();
    }
    fenceReturns(*streaming);
    llvm::ValueToValueMapTy plain_values;
    llvm::Function* plain = copyOf(function, ".plain", plain_values);

    // The function itself only chooses.
    function.deleteBody();
    llvm::LLVMContext& context = function.getContext();
    llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "entry", &function));
    llvm::Value* bits = needs_piece_multiple ? b.CreateAnd(function.getArg(1), b.getInt64(kPieceMultiple - 1))
                                             : b.getInt64(0);
    for (const int64_t offset : buffers) {
        llvm::Value* place =
            b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), function.getArg(0), static_cast<uint64_t>(offset));
        llvm::Value* address = b.CreatePtrToInt(b.CreateLoad(b.getPtrTy(), place), b.getInt64Ty());
        bits = b.CreateOr(bits, b.CreateAnd(address, b.getInt64(kBufferAlignment - 1)));
    }
    llvm::BasicBlock* then_block = llvm::BasicBlock::Create(context, "aligned", &function);
    llvm::BasicBlock* else_block = llvm::BasicBlock::Create(context, "unaligned", &function);
    b.CreateCondBr(b.CreateICmpEQ(bits, b.getInt64(0)), then_block, else_block,
                   llvm::MDBuilder(context).createBranchWeights(1000, 1));
    for (const auto& [block, callee] : {std::pair(then_block, streaming), std::pair(else_block, plain)}) {
        b.SetInsertPoint(block);
        std::vector<llvm::Value*> arguments;
        for (llvm::Argument& argument : function.args()) arguments.push_back(&argument);
        b.CreateCall(callee, arguments)->setTailCall();
        b.CreateRetVoid();
    }
}

}  // namespace optirs::plugin
