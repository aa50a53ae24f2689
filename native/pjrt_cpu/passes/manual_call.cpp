#include "pjrt_cpu/passes/manual_call.h"

#include <string>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/sharding.h"

namespace optirs::plugin {
namespace {

bool isCallTo(const Operation* op, std::string_view target) {
    return op != nullptr && op->kind() == OpKind::kCustomCall && callee(*op) == target;
}

/// The custom call that takes the operands in; null: there is none. Constants may stand for empty operands.
const Operation* entryOf(const Operation& call) {
    for (const Value* operand : call.operands()) {
        if (isCallTo(operand->definition(), kGlobalToLocalShape)) return operand->definition();
    }
    return nullptr;
}

const Operation* exitOf(const Operation& call) {
    for (const Value& result : call.results()) {
        for (const Use* use = result.firstUse(); use != nullptr; use = use->next()) {
            if (isCallTo(use->owner(), kLocalToGlobalShape)) return use->owner();
        }
    }
    return nullptr;
}

/// The counterpart of `other`, over the same axes, without values.
void create(Builder builder, std::string_view target, std::string_view shardings, const Operation& other) {
    NamedAttributes attributes;
    for (const std::string_view same : {"mhlo.frontend_attributes", "manual_axes"}) {
        if (const Attribute* attribute = other.attribute(same)) attributes.set(std::string(same), *attribute);
    }
    attributes.set("call_target_name", Attribute(std::string(target)));
    attributes.set("has_side_effect", Attribute(true));
    attributes.set(std::string(shardings), Attribute(std::string("#sdy.sharding_per_value<[]>")));
    builder.create(OpKind::kCustomCall, std::span<Value* const>(), std::span<const Type>(),
                   std::move(attributes));
}

}  // namespace

void delimitManualCall(Operation& call) {
    const Operation* entry = entryOf(call);
    const Operation* exit = exitOf(call);
    if (entry == nullptr && exit != nullptr)
        create(Builder(call), kGlobalToLocalShape, "in_shardings", *exit);
    if (entry != nullptr && exit == nullptr && call.resultCount() == 0)
        create(Builder(*call.next()), kLocalToGlobalShape, "out_shardings", *entry);
}

}  // namespace optirs::plugin
