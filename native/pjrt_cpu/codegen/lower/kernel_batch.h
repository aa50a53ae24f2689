#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pjrt_cpu/codegen/emit/kernel.h"
#include "pjrt_cpu/codegen/jit/jit.h"
#include "pjrt_cpu/codegen/lower/steps.h"

namespace optirs::plugin {

/// The kernels of a program. Equal ones are compiled once.
class KernelBatch {
 public:
    /// `step` receives the function when compile() has run. The group must live until then.
    void add(KernelSpec spec, KernelStep* step);
    void add(KernelSpec spec, std::function<void(KernelFunction)> receive);
    /// Calls `receive` with the comparator of a sort.
    void addComparator(const Operation& sort, std::function<void(void*)> receive);
    /// Compiles everything that `known` has not, and hands the functions out.
    void compile(MachineCode& code, const ObjectFiles& known, const std::string& dump_folder);

    size_t uniqueCount() const { return specs_.size(); }

 private:
    ModuleSource kernelModule(size_t begin, size_t end) const;
    ModuleSource comparatorModule() const;

    std::vector<KernelSpec> specs_;
    std::unordered_map<std::string, size_t> by_text_;
    std::vector<const std::string*> texts_;  ///< of each spec: keys of by_text_, which stay where they are
    std::vector<std::pair<size_t, std::function<void(KernelFunction)>>> receivers_;
    std::vector<std::pair<const Operation*, std::function<void(void*)>>> comparators_;
};

/// A text that is equal for two kernels exactly when the same function serves both.
std::string fingerprint(const KernelSpec& spec);

}  // namespace optirs::plugin
