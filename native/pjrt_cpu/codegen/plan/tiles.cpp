#include "pjrt_cpu/codegen/plan/tiles.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/index/walk.h"
#include "pjrt_cpu/codegen/plan/readers.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/tile_product.h"

namespace optirs::plugin {
namespace {

using Role = TileContraction::Role;

/// Fewer matrices than this do not keep the threads busy; smaller ones stay in the cache anyway.
constexpr int64_t kFewestMatrices = 4;
constexpr int64_t kSmallest = 64;

bool isContraction(const Plan& plan, int32_t group) {
    if (group < 0) return false;
    const Group& g = plan.groups[static_cast<size_t>(group)];
    return g.kind == GroupKind::kLibrary && g.op != nullptr && plan.views.contains(g.op);
}

bool isRowNest(const Group& group) {
    if (group.kind != GroupKind::kLoop || group.reductions.empty() || group.shape.size() < 3) return false;
    const size_t rank = group.shape.size();
    int64_t matrices = 1;
    for (size_t d = 0; d + 2 < rank; ++d) matrices *= group.shape[d];
    return group.row_rank == static_cast<int64_t>(rank) - 1 && matrices >= kFewestMatrices &&
           group.shape[rank - 2] >= kSmallest && group.shape[rank - 1] >= kSmallest &&
           group.shape[rank - 1] % 2 == 0;
}

/// Finds what belongs to one nest.
class Matcher {
 public:
    Matcher(const Plan& plan, const Readers& readers, int32_t nest)
        : plan_(plan), readers_(readers), number_(nest), nest_(plan.groups[static_cast<size_t>(nest)]) {}

    /// Numbers of the groups that become one: producers, the nest, consumers. Empty: nothing to gain.
    std::vector<int32_t> match() {
        if (!isRowNest(nest_)) return {};
        findProducers();
        if (members_.empty()) return {};
        members_.push_back(number_);
        for (const Value* root : nest_.roots) findConsumers(root);
        return members_;
    }

    const std::set<const Value*>& tiles() const { return tiles_; }

 private:
    void findProducers() {
        IndexContext context;
        Index index;
        for (const int64_t size : nest_.shape) index.push_back(context.variable(size));
        const InMemory in_memory = [this](const Value* value) { return readers_.inMemory(value); };
        const InMemory readable = readableFrom(nest_, in_memory);
        // A reduction's result is a number of the row by the time that it is used.
        AccessWalker walker(context, [&](const Value* value) {
            return std::ranges::find(nest_.reductions, value->definition()) != nest_.reductions.end() ||
                   readable(value);
        });
        visitGroup(nest_, index, walker);
        for (const Value* value : walker.readOrder()) {
            const auto maker = readers_.maker(value);
            if (!maker || !isContraction(plan_, *maker) || dimsOf(*value) != nest_.shape) continue;
            if (readers_.of(value) != std::vector<int32_t>{number_}) continue;
            const std::vector<Index>& read = walker.reads().at(value);
            if (read.size() != 1 || read.front() != index) continue;
            if (!fits(*maker, Role::kProducer, 0, value) && !fits(*maker, Role::kProducer, 1, value))
                continue;
            members_.push_back(*maker);
            tiles_.insert(value);
        }
    }

    void findConsumers(const Value* root) {
        if (dimsOf(*root) != nest_.shape || readers_.of(root).empty()) return;
        std::vector<int32_t> found;
        for (const int32_t reader : readers_.of(root)) {
            if (!isContraction(plan_, reader)) return;
            const std::vector<View>& views = plan_.views.at(plan_.groups[static_cast<size_t>(reader)].op);
            const int side = views[0].base == root ? 0 : 1;
            const View& own = views[static_cast<size_t>(side)];
            if (own.offset != 0 || tiles_.contains(views[static_cast<size_t>(1 - side)].base) ||
                readers_.maker(views[static_cast<size_t>(1 - side)].base) == number_)
                return;
            if (!fits(reader, Role::kRowConsumer, side, root) &&
                !fits(reader, Role::kColumnConsumer, side, root))
                return;
            found.push_back(reader);
        }
        for (const int32_t reader : found) {
            if (std::ranges::find(members_, reader) != members_.end()) return;
        }
        members_.insert(members_.end(), found.begin(), found.end());
        tiles_.insert(root);
    }

    bool fits(int32_t group, Role role, int side, const Value* matrix) const {
        const Group& g = plan_.groups[static_cast<size_t>(group)];
        const ContractionSpec spec = contractionSpec(*g.op, plan_.views.at(g.op), g.roots[0]);
        if (!hasTileProduct(spec.lhs) || !hasTileProduct(matrix->tensor().element())) return false;
        if (role != Role::kProducer && spec.out != ElementType::kF32 && spec.out != spec.lhs) return false;
        TileContraction fit;
        return fitTile(spec, nest_.shape, role, side, fit);
    }

    const Plan& plan_;
    const Readers& readers_;
    int32_t number_;
    const Group& nest_;
    std::vector<int32_t> members_;
    std::set<const Value*> tiles_;
};

/// The order of the groups once the members stand together (as the last of them, `place`); empty when a group
/// that needs one of them is needed by another.
std::vector<int32_t> newOrder(const Plan& plan, const Readers& readers, const std::set<int32_t>& members) {
    const auto count = static_cast<int32_t>(plan.groups.size());
    const int32_t last = *members.rbegin();
    std::set<int32_t> after;
    bool effects_before = false;
    std::vector<int32_t> order;
    std::vector<int32_t> later;
    for (int32_t g = 0; g < count; ++g) {
        const auto needs = [&](const std::set<int32_t>& groups) {
            return std::ranges::any_of(readers.before(g), [&](int32_t b) { return groups.contains(b); });
        };
        const bool waits = needs(after);
        if (members.contains(g)) {
            if (waits) return {};
            if (g != last) continue;
            order.push_back(g);
            order.insert(order.end(), later.begin(), later.end());
            continue;
        }
        if (waits || needs(members)) {
            after.insert(g);
            if (g < last) {
                const Operation* op = plan.groups[static_cast<size_t>(g)].op;
                effects_before |= op != nullptr && hasSideEffect(*op);
                later.push_back(g);
                continue;
            }
        } else if (g < last && effects_before) {
            const Operation* op = plan.groups[static_cast<size_t>(g)].op;
            if (op != nullptr && hasSideEffect(*op)) return {};
        }
        order.push_back(g);
    }
    return order;
}

void join(Plan& plan, const std::vector<int32_t>& members, const std::set<const Value*>& tiles,
          const std::vector<int32_t>& order) {
    Group tile_group;
    tile_group.kind = GroupKind::kTiles;
    tile_group.tiles = tiles;
    std::set<const Value*> made;
    for (const int32_t member : members) {
        const Group& part = plan.groups[static_cast<size_t>(member)];
        tile_group.parts.push_back(part);
        for (Value* root : part.roots) {
            if (!tiles.contains(root)) tile_group.roots.push_back(root);
        }
        if (part.kind != GroupKind::kLoop) continue;
        tile_group.shape = part.shape;
        for (const Value* root : part.roots) {
            if (tiles.contains(root)) made.insert(root);
        }
        tile_group.zeros_from = zeroColumns(part, made, tiles);
    }
    const int32_t last = *std::ranges::max_element(members);
    std::vector<Group> groups;
    plan.groups[static_cast<size_t>(last)] = std::move(tile_group);
    for (const int32_t g : order) groups.push_back(std::move(plan.groups[static_cast<size_t>(g)]));
    plan.groups = std::move(groups);
}

bool joinOne(Plan& plan, const Block& block, std::set<const Value*>& tried, Reads& reads) {
    const auto is_new = [&](const Group& group) {
        return isRowNest(group) && !tried.contains(group.roots[0]);
    };
    if (std::ranges::none_of(plan.groups, is_new)) return false;
    const Readers readers(plan, block, reads);
    for (size_t g = 0; g < plan.groups.size(); ++g) {
        if (!isRowNest(plan.groups[g]) || !tried.insert(plan.groups[g].roots[0]).second) continue;
        Matcher matcher(plan, readers, static_cast<int32_t>(g));
        const std::vector<int32_t> members = matcher.match();
        if (members.size() < 3) continue;
        const std::vector<int32_t> order =
            newOrder(plan, readers, std::set<int32_t>(members.begin(), members.end()));
        if (order.empty()) continue;
        join(plan, members, matcher.tiles(), order);
        return true;
    }
    return false;
}

}  // namespace

void groupTiles(Plan& plan, const Block& block) {
    std::set<const Value*> tried;
    Reads reads(plan, block);
    while (joinOne(plan, block, tried, reads)) {
    }
}

}  // namespace optirs::plugin
