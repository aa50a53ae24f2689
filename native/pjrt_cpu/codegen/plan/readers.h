/// @file
/// Who reads what, and who makes it, among the groups of a plan that is still being put together.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pjrt_cpu/codegen/plan/group.h"

namespace optirs::plugin {

/// What the groups of a plan read, with the values that those are aliases of, by number. Joining groups
/// changes nothing of what the others read.
class Reads {
 public:
    Reads(const Plan& plan, const Block& block) : plan_(plan), block_(block) {}

    int32_t number(const Value* value) {
        return numbers_.try_emplace(value, static_cast<int32_t>(numbers_.size())).first->second;
    }
    /// -1: nobody reads or makes it.
    int32_t find(const Value* value) const {
        const auto found = numbers_.find(value);
        return found == numbers_.end() ? -1 : found->second;
    }
    /// Valid until the next call.
    const std::vector<int32_t>& of(const Group& group);
    std::vector<int32_t> numbered(const std::vector<const Value*>& values);

    bool inMemory(const Value* value) const;

 private:
    std::vector<const Value*> operandsOf(const Group& group) const;

    const Plan& plan_;
    const Block& block_;
    std::unordered_map<const Value*, int32_t> numbers_;
    std::unordered_map<const Value*, std::vector<int32_t>> known_;  // by the group's first root
    std::vector<int32_t> passing_;
};

/// The same seen from the values, for the groups as they stand.
class Readers {
 public:
    Readers(const Plan& plan, const Block& block, Reads& reads);

    static constexpr int32_t kReturned = -1;

    /// In the order of the groups, kReturned last.
    const std::vector<int32_t>& of(const Value* value) const;
    std::optional<int32_t> maker(const Value* value) const;
    /// Groups that must run before a group.
    const std::vector<int32_t>& before(int32_t group) const { return before_[static_cast<size_t>(group)]; }

    bool inMemory(const Value* value) const { return reads_.inMemory(value); }

 private:
    void note(int32_t value, int32_t reader);

    const Reads& reads_;
    std::vector<std::vector<int32_t>> readers_;  // by the number of the value
    std::vector<int32_t> maker_;                 // by the number of the value
    std::vector<std::vector<int32_t>> before_;   // by group
};

}  // namespace optirs::plugin
