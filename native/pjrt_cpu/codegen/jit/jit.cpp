#include "pjrt_cpu/codegen/jit/jit.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "pjrt_cpu/codegen/jit/host_functions.h"
#include "pjrt_cpu/codegen/jit/identity.h"
#include "pjrt_cpu/codegen/jit/optimise.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

template <typename T>
T check(llvm::Expected<T> value) {
    if (!value) throw internalError("LLVM: " + llvm::toString(value.takeError()));
    return std::move(*value);
}

void check(llvm::Error error) {
    if (error) throw internalError("LLVM: " + llvm::toString(std::move(error)));
}

void dump(const llvm::Module& module, const std::string& folder, const std::string& name) {
    if (folder.empty()) return;
    std::error_code code;
    llvm::raw_fd_ostream out(folder + "/" + name, code);
    if (!code) module.print(out, nullptr);
}

/// One module: emit, optimise, compile. Returns the object file.
std::string compileModule(const ModuleSource& source, llvm::TargetMachine& machine,
                          const std::string& dump_folder, size_t number) {
    llvm::LLVMContext context;
    const std::string name = "module" + std::to_string(number);
    llvm::Module module(name, context);
    module.setDataLayout(machine.createDataLayout());
    module.setTargetTriple(machine.getTargetTriple().str());
    source.emit(module);
    dump(module, dump_folder, name + ".ll");
    optimise(module, machine);
    dump(module, dump_folder, name + ".opt.ll");
    llvm::SmallVector<char, 0> object;
    llvm::raw_svector_ostream stream(object);
    llvm::legacy::PassManager passes;
    if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) {
        throw internalError("LLVM cannot write object files for this machine");
    }
    passes.run(module);
    return {object.data(), object.size()};
}

}  // namespace

struct MachineCode::State {
    std::unique_ptr<llvm::orc::LLJIT> jit;
};

MachineCode::MachineCode() : state_(std::make_unique<State>()) {
    const auto machine = makeHostMachine();
    llvm::orc::JITTargetMachineBuilder builder(machine->getTargetTriple());
    state_->jit = check(llvm::orc::LLJITBuilder()
                            .setJITTargetMachineBuilder(std::move(builder))
                            .setLinkProcessSymbolsByDefault(false)
                            .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                            .create());
    llvm::orc::SymbolMap symbols;
    for (const HostFunction& host : hostFunctions()) {
        symbols[state_->jit->mangleAndIntern(host.name)] = {
            llvm::orc::ExecutorAddr::fromPtr(host.address),
            llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
    }
    check(state_->jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(symbols))));
}

MachineCode::~MachineCode() = default;

void MachineCode::compile(const std::vector<ModuleSource>& modules, const ObjectFiles& known,
                          const std::string& dump_folder) {
    std::vector<std::string> digests;
    std::vector<size_t> missing;
    for (size_t i = 0; i < modules.size(); ++i) {
        digests.push_back(contentDigest(modules[i].content));
        const auto found = known.find(digests.back());
        if (found != known.end()) {
            objects_.insert(*found);
        } else {
            missing.push_back(i);
        }
    }
    std::vector<std::string> compiled(missing.size());
    std::atomic<size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto work = [&] {
        try {
            const auto machine = makeHostMachine();
            for (size_t i = next++; i < missing.size(); i = next++) {
                compiled[i] = compileModule(modules[missing[i]], *machine, dump_folder, missing[i]);
            }
        } catch (...) {
            const std::lock_guard lock(failure_mutex);
            failure = std::current_exception();
        }
    };
    const size_t cores = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (size_t i = 1; i < std::min(cores, missing.size()); ++i) threads.emplace_back(work);
    if (!missing.empty()) work();
    for (std::thread& thread : threads) thread.join();
    if (failure) std::rethrow_exception(failure);
    for (size_t i = 0; i < missing.size(); ++i) {
        objects_.insert_or_assign(digests[missing[i]],
                                  std::make_shared<const std::string>(std::move(compiled[i])));
    }
    compiled_modules_ += static_cast<int64_t>(missing.size());
    for (const std::string& digest : digests) {
        const std::string& object = *objects_.at(digest);
        code_bytes_ += static_cast<int64_t>(object.size());
        check(state_->jit->addObjectFile(llvm::MemoryBuffer::getMemBuffer(object, digest, false)));
    }
}

void* MachineCode::function(const std::string& name) const {
    return check(state_->jit->lookup(name)).toPtr<void*>();
}

}  // namespace optirs::plugin
