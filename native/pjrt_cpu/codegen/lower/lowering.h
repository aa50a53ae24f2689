#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/codegen/dump.h"
#include "pjrt_cpu/codegen/lower/arena.h"
#include "pjrt_cpu/codegen/lower/kernel_batch.h"
#include "pjrt_cpu/codegen/lower/steps.h"
#include "pjrt_cpu/codegen/plan/group.h"
#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

class CollectiveStep;

/// Where a block's results shall end up.
struct Target {
    int32_t slot = -1;
    /// The value that lives in the slot until then (a donated argument, a loop's carried value); null: none.
    const Value* overwrites = nullptr;
};

/// Turns plans into steps and allocations. A slot is an entry of Program::allocations.
class Lowering {
 public:
    /// `module` has the functions that operations name.
    Lowering(const Module& module, const Function& entry, const CompileOptions& options, Program& program);
    void run(const Dump& dump);

 private:
    /// One block being lowered.
    struct Scope {
        const Block* block = nullptr;
        Plan* plan = nullptr;
        Steps* steps = nullptr;
        /// Number of the last group that reads the bytes a value is in; INT32_MAX: after the end of the
        /// block.
        std::map<const Value*, int32_t> last_use;
        /// What kernels read, by the number of their group; nothing for other groups.
        std::vector<std::vector<const Value*>> reads;
        /// What loop nests read at other elements than the one they are at, by the number of their group;
        /// found out when it is asked for.
        std::map<size_t, std::unordered_set<const Value*>> reads_elsewhere;
        /// Slots that results of the block want.
        std::map<const Value*, int32_t> wanted;
        int32_t group = 0;
    };

    // program.cpp
    std::map<int64_t, int32_t> declareArguments();
    std::vector<Target> declareOutputs(const std::map<int64_t, int32_t>& argument_of_output);
    void unpackArguments();
    void packOutputs(const std::vector<Target>& targets);
    std::string describePlan() const;
    void addBytesAccessed(const Group& group, const Scope& scope);

    // lowering.cpp
    void lowerBlock(Block& block, const std::vector<Target>& targets, Steps& steps);
    void lowerGroup(Group& group, Scope& scope);
    void lowerKernel(Group& group, Scope& scope);
    void chooseTargets(Block& block, const std::vector<Target>& targets, Scope& scope);
    bool mayOverwrite(const Value* root, const Value* old, size_t writer, Scope& scope) const;
    bool readsInPlace(const Value* value, const Value* root, size_t writer, Scope& scope) const;
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

    // tile_steps.cpp
    void lowerTiles(Group& group, Scope& scope);
    /// Values that the parts of a kTiles group read from memory.
    std::vector<const Value*> tileOperands(const Group& group, const Scope& scope) const;

    // linear_algebra_steps.cpp
    void lowerFft(Group& group, Scope& scope);
    void lowerCholesky(Group& group, Scope& scope);
    void lowerTriangularSolve(Group& group, Scope& scope);
    void lowerRandomNumbers(Group& group, Scope& scope);

    // collective_steps.cpp
    void lowerCollective(Group& group, Scope& scope);
    void lowerMessage(Group& group, Scope& scope);
    void lowerFeed(Group& group, Scope& scope);
    void addReducer(const Operation& op, size_t k, CollectiveStep& step);
    void addElementwiseKernel(const std::vector<TensorType>& arguments, bool in_place,
                              const std::function<Value*(Builder&, Block&)>& build,
                              std::function<void(KernelFunction)> receive);

    // run_parallel_step.cpp
    void lowerRunParallel(Group& group, Scope& scope);
    std::shared_ptr<const Program> compileProcess(const Operation& op, const std::string& name,
                                                  const CompileOptions& options);

    // control_steps.cpp
    void lowerWhile(Group& group, Scope& scope);
    void lowerBranches(Group& group, Scope& scope);

    const Module& module_;
    const Function& entry_;
    const CompileOptions& options_;
    Program& program_;
    KernelBatch kernels_;
    Arena arena_;
    int64_t arena_lower_bound_ = 0;
    std::vector<std::unique_ptr<Plan>> plans_;
    std::map<const Value*, const Value*> alias_of_;
    std::map<const Value*, int32_t> slots_;
    std::unordered_set<const Value*> in_memory_;
    std::vector<std::unique_ptr<std::vector<std::byte>>> constants_;
    std::map<std::pair<std::string, std::vector<std::byte>>, int32_t> constant_slots_;
    int64_t position_ = 0;
    /// Kernels that no group of the program's own asks for.
    std::vector<std::unique_ptr<Region>> own_regions_;
    std::vector<std::unique_ptr<Group>> own_groups_;
    int32_t collective_count_ = 0;
    /// It is one of the programs of run_parallel.
    bool is_process_ = false;
    /// Slot of the state of stablehlo.rng; -1 when the program has none.
    int32_t random_state_ = -1;
};

/// stablehlo.rng_bit_generator by the runtime. (A file of its own: the IR and the runtime each have an
/// enumeration of this name.)
std::unique_ptr<Step> makeRngStep(const Operation& op, int32_t state, int32_t out_state, int32_t out);

}  // namespace optirs::plugin
