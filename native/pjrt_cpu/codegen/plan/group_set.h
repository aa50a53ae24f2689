#pragma once

#include <llvm/ADT/SmallVector.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>

namespace optirs::plugin {

/// Numbers of groups in ascending order: one or two, mostly.
class GroupSet {
 public:
    GroupSet() = default;
    GroupSet(std::initializer_list<int32_t> groups) {
        for (const int32_t group : groups) insert(group);
    }

    void insert(int32_t group) {
        auto* const at = std::ranges::lower_bound(groups_, group);
        if (at == groups_.end() || *at != group) groups_.insert(at, group);
    }
    void insert(const GroupSet& others) {
        for (const int32_t group : others) insert(group);
    }
    bool contains(int32_t group) const { return std::ranges::binary_search(groups_, group); }

    const int32_t* begin() const { return groups_.begin(); }
    const int32_t* end() const { return groups_.end(); }
    size_t size() const { return groups_.size(); }
    bool empty() const { return groups_.empty(); }

 private:
    llvm::SmallVector<int32_t, 4> groups_;
};

}  // namespace optirs::plugin
