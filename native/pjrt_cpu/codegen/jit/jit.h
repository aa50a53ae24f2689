/// @file
/// LLVM modules -> machine code of this process. The only place, beside emit/, that knows LLVM.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class Module;
}

namespace optirs::plugin {

/// Fills an empty module. Called on any thread, once.
using ModuleEmitter = std::function<void(llvm::Module&)>;

/// Compiled functions; the code lives as long as this object. Thread-safe.
class MachineCode {
 public:
    MachineCode();
    ~MachineCode();
    MachineCode(const MachineCode&) = delete;
    MachineCode& operator=(const MachineCode&) = delete;

    /// Optimises and compiles the modules, several at a time, for the CPU of this machine. The math library
    /// is linked into each. `dump_folder` (may be empty) receives the LLVM IR of each module before and after
    /// optimisation.
    /// @throws Error INTERNAL with LLVM's message.
    void compile(const std::vector<ModuleEmitter>& modules, const std::string& dump_folder);

    /// Address of a compiled function. @throws Error INTERNAL when there is none.
    void* function(const std::string& name) const;

    /// Bytes of the object files.
    int64_t codeBytes() const { return code_bytes_; }

 private:
    struct State;
    std::unique_ptr<State> state_;
    int64_t code_bytes_ = 0;
};

}  // namespace optirs::plugin
