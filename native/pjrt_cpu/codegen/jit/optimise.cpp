#include "pjrt_cpu/codegen/jit/optimise.h"

#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Linker/Linker.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>

#include <mutex>
#include <string>

#include "pjrt_cpu/codegen/jit/identity.h"
#include "pjrt_cpu/codegen/jit/interleave.h"
#include "pjrt_cpu/codegen/jit/pair_bf16.h"
#include "pjrt_cpu/codegen/jit/stream.h"
#include "pjrt_cpu/codegen/math/embedded.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

void linkMathLibrary(llvm::Module& module) {
    const llvm::MemoryBufferRef buffer(llvm::StringRef(mathBitcode().data(), mathBitcode().size()), "math");
    auto math = llvm::parseBitcodeFile(buffer, module.getContext());
    if (!math)
        throw internalError("the embedded math library is damaged: " + llvm::toString(math.takeError()));
    for (llvm::Function& function : **math) {
        // They take the features of the kernels they are inlined into.
        function.removeFnAttr("target-cpu");
        function.removeFnAttr("target-features");
        function.removeFnAttr("tune-cpu");
        function.removeFnAttr("min-legal-vector-width");
    }
    // `used` kept them alive in the C compiler; here only the callers count.
    if (auto* used = (*math)->getNamedGlobal("llvm.used")) used->eraseFromParent();
    if (auto* used = (*math)->getNamedGlobal("llvm.compiler.used")) used->eraseFromParent();
    (*math)->setDataLayout(module.getDataLayout());
    (*math)->setTargetTriple(module.getTargetTriple());
    if (llvm::Linker::linkModules(module, std::move(*math), llvm::Linker::LinkOnlyNeeded)) {
        throw internalError("the math library does not link");
    }
    for (llvm::Function& function : module) {
        if (!function.isDeclaration() && function.getName().starts_with("optirs_")) {
            function.setLinkage(llvm::GlobalValue::InternalLinkage);
        }
    }
}

}  // namespace

std::unique_ptr<llvm::TargetMachine> makeHostMachine() {
    static std::once_flag once;
    std::call_once(once, [] {
        llvm::InitializeNativeTarget();
        llvm::InitializeNativeTargetAsmPrinter();
    });
    const std::string triple = llvm::sys::getProcessTriple();
    std::string message;
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, message);
    if (target == nullptr) throw internalError("no code generator for " + triple + ": " + message);
    llvm::TargetOptions options;
    return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
        triple, llvm::sys::getHostCPUName(), hostFeatures(), options, llvm::Reloc::PIC_,
        llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default, /*JIT=*/true));
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
    std::string message;
    llvm::raw_string_ostream stream(message);
    if (llvm::verifyModule(module, &stream))
        throw internalError("code generation made invalid LLVM IR: " + message);
    const bool wide = machine.getTargetFeatureString().contains("+avx512f");
    for (llvm::Function& function : module) {
        if (function.isDeclaration()) continue;
        pairBf16(function);
        interleaveLongChains(function, wide ? 16 : 8);
    }
    linkMathLibrary(module);
    for (llvm::Function& function : module) {
        if (function.isDeclaration()) continue;
        function.addFnAttr("target-cpu", machine.getTargetCPU());
        function.addFnAttr("target-features", machine.getTargetFeatureString());
        if (wide) function.addFnAttr("prefer-vector-width", "512");
    }
    llvm::PipelineTuningOptions tuning;
    tuning.LoopVectorization = true;
    tuning.LoopInterleaving = true;
    tuning.SLPVectorization = true;
    llvm::PassBuilder builder(&machine, tuning);
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager components;
    llvm::ModuleAnalysisManager modules;
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
    std::vector<llvm::Function*> kernels;
    for (llvm::Function& function : module) {
        if (!function.isDeclaration()) kernels.push_back(&function);
    }
    for (llvm::Function* kernel : kernels) streamStores(*kernel);
}

}  // namespace optirs::plugin
