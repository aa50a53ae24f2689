#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/codegen/lower/arena.h"
#include "pjrt_cpu/codegen/lower/kernel_batch.h"
#include "pjrt_cpu/codegen/lower/steps.h"
#include "pjrt_cpu/codegen/plan/group.h"

namespace optirs::plugin {

/// Where a block's results shall end up.
struct Target {
    int32_t slot = -1;
    /// The value that lives in the slot until then (a donated argument, a loop's carried value); null: none.
    const Value* overwrites = nullptr;
};

/// Turns plans into steps and allocations. A slot is an entry of Program::allocations.
class Lowering {
 public:
    Lowering(const Function& entry, const CompileOptions& options, Program& program);
    void run(const std::string& dump_folder);

 private:
    /// One block being lowered.
    struct Scope {
        Plan* plan = nullptr;
        Steps* steps = nullptr;
        /// Number of the last group that reads the bytes a value is in; INT32_MAX: after the end of the
        /// block.
        std::map<const Value*, int32_t> last_use;
        /// Slots that results of the block want.
        std::map<const Value*, int32_t> wanted;
        int32_t group = 0;
    };

    // program.cpp
    std::map<int64_t, int32_t> declareArguments();
    std::vector<Target> declareOutputs(const std::map<int64_t, int32_t>& argument_of_output);
    void dumpPlan(const std::string& folder) const;
    void addCost(const Group& group);

    // lowering.cpp
    void lowerBlock(Block& block, const std::vector<Target>& targets, Steps& steps);
    void lowerGroup(Group& group, Scope& scope);
    void lowerKernel(Group& group, Scope& scope);
    void chooseTargets(Block& block, const std::vector<Target>& targets, Scope& scope);
    bool mayOverwrite(const Value* root, const Value* old, size_t writer, const Scope& scope) const;
    void copyToTargets(Block& block, const std::vector<Target>& targets, Steps& steps);
    void findLastUses(Block& block, Scope& scope);

    // slots.cpp
    int32_t newTemporary(int64_t bytes);
    int32_t constantSlot(const Literal& literal);
    /// The value whose bytes `value` is.
    const Value* base(const Value* value) const;
    int32_t slotOf(const Value* value);
    int32_t makeSlot(const Value* root, Scope& scope);
    int32_t read(const Value* value);
    void touch(int32_t slot);
    bool inMemory(const Value* value) const;
    /// The slot of a value that nobody reads after this group, for a result to take over; -1 when there is
    /// none.
    int32_t dyingSlot(const Value* value, const Scope& scope);
    void place();

    // library_steps.cpp
    void lowerLibrary(Group& group, Scope& scope);
    void lowerContraction(Group& group, Scope& scope);
    void lowerConvolution(Group& group, Scope& scope);
    void lowerSort(Group& group, Scope& scope);
    void lowerCustomCall(Group& group, Scope& scope);

    // control_steps.cpp
    void lowerWhile(Group& group, Scope& scope);
    void lowerBranches(Group& group, Scope& scope);

    const Function& entry_;
    const CompileOptions& options_;
    Program& program_;
    KernelBatch kernels_;
    Arena arena_;
    std::vector<std::unique_ptr<Plan>> plans_;
    std::map<const Value*, const Value*> alias_of_;
    std::map<const Value*, int32_t> slots_;
    std::set<const Value*> in_memory_;
    std::vector<std::unique_ptr<std::vector<std::byte>>> constants_;
    std::map<std::pair<std::string, std::vector<std::byte>>, int32_t> constant_slots_;
    int64_t position_ = 0;
};

/// stablehlo.rng_bit_generator by the runtime. (A file of its own: the IR and the runtime each have an
/// enumeration of this name.)
std::unique_ptr<Step> makeRngStep(const Operation& op, int32_t state, int32_t out_state, int32_t out);

}  // namespace optirs::plugin
