#include "pjrt_cpu/codegen/plan/readers.h"

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

constexpr int32_t kNobody = -2;

template <typename T>
T& at(std::vector<T>& list, int32_t index, const T& missing) {
    const auto i = static_cast<size_t>(index);
    if (i >= list.size()) list.resize(i + 1, missing);
    return list[i];
}

}  // namespace

const std::vector<int32_t>& Reads::of(const Group& group) {
    if (group.kind == GroupKind::kTiles || group.roots.empty()) {
        passing_ = numbered(operandsOf(group));
        return passing_;
    }
    const auto [entry, added] = known_.try_emplace(group.roots[0]);
    if (added) entry->second = numbered(operandsOf(group));
    return entry->second;
}

std::vector<int32_t> Reads::numbered(const std::vector<const Value*>& values) {
    std::vector<int32_t> out;
    for (const Value* value : values) {
        out.push_back(number(value));
        for (auto next = plan_.alias_of.find(value); next != plan_.alias_of.end();
             next = plan_.alias_of.find(next->second))
            out.push_back(number(next->second));
    }
    return out;
}

bool Reads::inMemory(const Value* value) const {
    if (plan_.in_memory.contains(value)) return true;
    const Operation* op = value->definition();
    if (op == nullptr || op->block() != &block_) return true;
    return op->kind() == OpKind::kConstant && fusionRole(*op) == FusionRole::kNone;
}

std::vector<const Value*> Reads::operandsOf(const Group& group) const {
    std::vector<const Value*> values;
    if (group.kind == GroupKind::kLibrary && plan_.views.contains(group.op)) {
        for (const View& view : plan_.views.at(group.op)) values.push_back(view.base);
        return values;
    }
    if (group.kind == GroupKind::kLibrary || group.kind == GroupKind::kControl) {
        for (const Value* operand : group.op->operands()) values.push_back(operand);
        for (const Value* captured : capturedValues(*group.op)) values.push_back(captured);
        return values;
    }
    values = valuesRead(group, [this](const Value* v) { return inMemory(v); });
    if (group.kind == GroupKind::kScatter) {
        for (size_t i = 0; i < copiedOperands(*group.op); ++i) values.push_back(group.op->operand(i));
    }
    return values;
}

Readers::Readers(const Plan& plan, const Block& block, Reads& reads) : reads_(reads) {
    const auto count = static_cast<int32_t>(plan.groups.size());
    before_.resize(plan.groups.size());
    for (int32_t g = 0; g < count; ++g) {
        for (const Value* root : plan.groups[static_cast<size_t>(g)].roots)
            at(maker_, reads.number(root), kNobody) = g;
    }
    for (int32_t g = 0; g < count; ++g) {
        for (const int32_t value : reads.of(plan.groups[static_cast<size_t>(g)])) {
            note(value, g);
            const int32_t made = at(maker_, value, kNobody);
            if (made != kNobody && made != g) before_[static_cast<size_t>(g)].push_back(made);
        }
    }
    std::vector<const Value*> returned;
    for (const Value* value : block.last()->operands()) returned.push_back(value);
    for (const int32_t value : reads.numbered(returned)) note(value, kReturned);
}

const std::vector<int32_t>& Readers::of(const Value* value) const {
    static const std::vector<int32_t> none;
    const auto number = static_cast<size_t>(reads_.find(value));
    return number < readers_.size() ? readers_[number] : none;
}

std::optional<int32_t> Readers::maker(const Value* value) const {
    const auto number = static_cast<size_t>(reads_.find(value));
    return number < maker_.size() && maker_[number] != kNobody ? std::optional(maker_[number]) : std::nullopt;
}

void Readers::note(int32_t value, int32_t reader) {
    std::vector<int32_t>& readers = at(readers_, value, {});
    if (readers.empty() || readers.back() != reader) readers.push_back(reader);
}

}  // namespace optirs::plugin
