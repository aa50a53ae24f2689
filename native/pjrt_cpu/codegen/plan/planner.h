#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/group.h"
#include "pjrt_cpu/codegen/plan/group_set.h"

namespace optirs::plugin {

/// Visits the operations of a block from the last to the first, so that all consumers of a value have their
/// groups when the value's own fate is decided: evaluated inside its consumers, or left in memory by a group
/// that it joins or starts.
class Planner {
 public:
    /// `forced`: values that an earlier attempt evaluated more than once.
    Planner(Block& block, const std::set<const Value*>& forced) : block_(block), forced_(forced) {}
    Plan run();

 private:
    /// What is known of a value from its consumers.
    struct Demand {
        bool memory = false;              ///< someone needs its bytes
        GroupSet readers;                 ///< groups that need its bytes
        GroupSet evaluators;              ///< groups whose loops evaluate a consumer of it
        GroupSet identity;                ///< of those: at the index of the loops
        std::map<int32_t, int64_t> rows;  ///< of those: at the row's index, with this many dimensions
        GroupSet elsewhere;               ///< of those: at another index
        bool repeated = false;            ///< a consumer reads elements more than once
    };

    Demand& demand(const Value* value) { return demands_[value]; }
    void needMemory(Value* value, int32_t reader);
    void visit(Operation& op);
    void visitInline(Operation& op);
    void visitReduce(Operation& op);
    void visitScatter(Operation& op);
    void visitWhole(Operation& op);
    void visitLibrary(Operation& op, GroupKind kind);
    void visitContraction(Operation& op);
    void visitAlias(Operation& op);
    bool writesTransposedProduct(const Operation& op) const;

    int32_t newGroup(GroupKind kind, Operation* op, std::vector<int64_t> shape);
    bool dependsOn(int32_t group, int32_t other);
    /// Whether `group` may produce the value: no other consumer has to run before it, and it does not
    /// evaluate the value elsewhere, if that is to be avoided.
    bool mayProduce(int32_t group, const Demand& wanted);
    void addRoot(int32_t group, Value* value);
    void propagate(Operation& op, const Demand& wanted);
    bool isCheap(const Operation& op) const;
    /// Operations that evaluating `op` takes when nothing below it is stored.
    int64_t chainLength(const Operation& op) const;
    /// Notes values that a kernel of their own makes, so that none grows with the program.
    void cutDeepChain(const Operation& op);
    /// Notes operands of a concatenation that a kernel of their own makes, so that none chooses between too
    /// many values.
    void cutWideChoice(const Operation& op);
    /// The values that evaluating `op` reads when nothing cheap below it is stored.
    std::vector<const Value*> leavesOf(const Operation& op) const;
    /// A group that may leave the operation's result in memory as one of its own; `as_row`: as a number of
    /// its rows. -1: none.
    int32_t groupFor(const Operation& op, const Demand& wanted, bool& as_row);
    /// A group whose loops evaluate an operand of `op` anyway, and may as well produce its result; -1: none.
    int32_t siblingOf(const Operation& op, const Demand& wanted);
    bool isLarge(const Value* value, int64_t count) const;
    void order(Plan& plan) const;

    Block& block_;
    const std::set<const Value*>& forced_;
    std::unordered_map<const Value*, Demand> demands_;
    std::unordered_map<const Operation*, int64_t> positions_;
    std::unordered_map<const Operation*, int64_t> chains_;
    std::unordered_map<const Operation*, int64_t> depths_;  ///< dependent operations, dear ones counting more
    std::unordered_map<const Operation*, size_t> alternatives_;  ///< values that evaluating chooses between
    std::set<const Value*> cuts_;
    std::unordered_map<const Operation*, std::vector<const Value*>> leaves_;
    std::unordered_map<const Operation*, Value*> product_targets_;
    /// By group: the last search that has come to it.
    std::vector<int64_t> seen_in_search_;
    int64_t search_ = 0;
    Plan plan_;
};

/// Sizes with trailing ones removed.
std::vector<int64_t> withoutTrailingOnes(std::vector<int64_t> dims);

}  // namespace optirs::plugin
