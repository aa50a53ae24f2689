// Which memory each value has.
#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

int32_t Lowering::newTemporary(int64_t bytes) {
    Allocation allocation;
    allocation.kind = Allocation::Kind::kTemp;
    allocation.bytes = bytes;
    program_.allocations.push_back(allocation);
    return static_cast<int32_t>(program_.allocations.size() - 1);
}

int32_t Lowering::constantSlot(const Literal& literal) {
    std::vector<std::byte> bytes = literal.expandedBytes();
    const auto key = std::pair{literal.type().toString(), bytes};
    const auto [entry, added] =
        constant_slots_.try_emplace(key, static_cast<int32_t>(program_.allocations.size()));
    if (added) {
        // Kernels may read whole vectors only inside the array; the runtime's libraries ask for some slack.
        Allocation allocation;
        allocation.kind = Allocation::Kind::kConstant;
        allocation.bytes = static_cast<int64_t>(bytes.size());
        bytes.resize(bytes.size() + 128);
        constants_.push_back(std::make_unique<std::vector<std::byte>>(std::move(bytes)));
        std::vector<std::byte>& kept = *constants_.back();
        // Aligned to 64 inside its vector.
        const auto address = reinterpret_cast<uintptr_t>(kept.data());
        const size_t shift = (64 - address % 64) % 64;
        std::copy_backward(kept.begin(), kept.begin() + allocation.bytes,
                           kept.begin() + allocation.bytes + static_cast<std::ptrdiff_t>(shift));
        allocation.constant_data = kept.data() + shift;
        program_.constant_bytes += allocation.bytes;
        program_.allocations.push_back(allocation);
    }
    return entry->second;
}

const Value* Lowering::base(const Value* value) const {
    for (auto found = alias_of_.find(value); found != alias_of_.end(); found = alias_of_.find(value))
        value = found->second;
    return value;
}

bool Lowering::inMemory(const Value* value) const {
    if (in_memory_.contains(value)) return true;
    const Operation* op = value->definition();
    return op != nullptr && op->kind() == OpKind::kConstant && fusionRole(*op) == FusionRole::kNone;
}

int32_t Lowering::slotOf(const Value* value) {
    const Value* root = base(value);
    const auto found = slots_.find(root);
    if (found != slots_.end()) return found->second;
    if (const Literal* literal = constantOrNull(root)) return constantSlot(*literal);
    throw internalError("a value of " + root->tensor().toString() + " has no memory");
}

int32_t Lowering::makeSlot(const Value* root, Scope& scope) {
    const auto wanted = scope.wanted.find(root);
    const int32_t slot =
        wanted != scope.wanted.end() ? wanted->second : newTemporary(root->tensor().byteCount());
    slots_[root] = slot;
    touch(slot);
    return slot;
}

void Lowering::touch(int32_t slot) {
    if (program_.allocations[static_cast<size_t>(slot)].kind == Allocation::Kind::kTemp)
        arena_.touch(slot, position_);
}

int32_t Lowering::read(const Value* value) {
    const int32_t slot = slotOf(value);
    touch(slot);
    return slot;
}

int32_t Lowering::dyingSlot(const Value* value, const Scope& scope) {
    const Value* root = base(value);
    const auto slot = slots_.find(root);
    if (slot == slots_.end() || root->definition() == nullptr) return -1;
    // What a body takes from outside may be needed in its next round, and after it.
    if (root->definition()->block() != scope.block) return -1;
    if (program_.allocations[static_cast<size_t>(slot->second)].kind != Allocation::Kind::kTemp) return -1;
    const auto last = scope.last_use.find(root);
    if (last == scope.last_use.end() || last->second != scope.group) return -1;
    // Another value may live in the same slot (a loop's carried value and its result): it must be dead as
    // well.
    for (const auto& [other, other_slot] : slots_) {
        if (other_slot != slot->second || other == root) continue;
        const auto other_last = scope.last_use.find(other);
        if (other_last == scope.last_use.end() || other_last->second > scope.group) return -1;
    }
    return slot->second;
}

void Lowering::place() {
    std::vector<int64_t> bytes;
    bytes.reserve(program_.allocations.size());
    for (const Allocation& allocation : program_.allocations) bytes.push_back(allocation.bytes);
    const Arena::Placement placement = arena_.place(bytes);
    program_.arena_bytes = placement.bytes;
    arena_lower_bound_ = placement.lower_bound;
    for (size_t i = 0; i < placement.offsets.size(); ++i) {
        Allocation& allocation = program_.allocations[i];
        if (allocation.kind == Allocation::Kind::kTemp)
            allocation.offset = std::max<int64_t>(placement.offsets[i], 0);
    }
    // Slack behind the last one, for libraries that read whole vectors.
    program_.arena_bytes = (program_.arena_bytes + 127) / 64 * 64;
}

}  // namespace optirs::plugin
