/// @file
/// LLVM modules -> machine code of this process. The only place, beside emit/, that knows LLVM.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/program.h"

namespace llvm {
class Module;
}

namespace optirs::plugin {

/// One LLVM module, to be made.
struct ModuleSource {
    /// A text that is equal for two modules of this build exactly when they compile to the same code.
    std::string content;
    /// Fills an empty module. Called on any thread, at most once.
    std::function<void(llvm::Module&)> emit;
};

/// Compiled functions; the code lives as long as this object. Thread-safe.
class MachineCode {
 public:
    MachineCode();
    ~MachineCode();
    MachineCode(const MachineCode&) = delete;
    MachineCode& operator=(const MachineCode&) = delete;

    /// Optimises and compiles the modules, several at a time, for the CPU of this machine. The math library
    /// is linked into each. What `known` has is taken from there. `dump_folder` (may be empty) receives the
    /// LLVM IR of each compiled module before and after optimisation.
    /// @throws Error INTERNAL with LLVM's message.
    void compile(const std::vector<ModuleSource>& modules, const ObjectFiles& known,
                 const std::string& dump_folder);

    /// Address of a compiled function. @throws Error INTERNAL when there is none.
    void* function(const std::string& name) const;

    /// The modules' object files.
    const ObjectFiles& objects() const { return objects_; }
    /// Bytes of them.
    int64_t codeBytes() const { return code_bytes_; }
    /// Modules that were compiled, not taken from what is known.
    int64_t compiledModules() const { return compiled_modules_; }

 private:
    struct State;
    std::unique_ptr<State> state_;
    ObjectFiles objects_;
    int64_t code_bytes_ = 0;
    int64_t compiled_modules_ = 0;
};

}  // namespace optirs::plugin
