#pragma once

#include <memory>

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace optirs::plugin {

/// A target machine for the CPU this runs on, with all its features. One per thread: it is not thread-safe.
std::unique_ptr<llvm::TargetMachine> makeHostMachine();

/// Links what the module uses of the math library, then inlines, vectorises and cleans up.
void optimise(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace optirs::plugin
