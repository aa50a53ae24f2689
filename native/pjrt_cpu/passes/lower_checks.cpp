// The operations of the check dialect, and what test programs record, become custom calls of the targets in
// runtime/check_calls.h. They have effects, also where the program does not say so: a check whose result
// nobody reads is still a check.
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

bool isCheck(OpKind kind) {
    switch (kind) {
        case OpKind::kCheckExpectAlmostEq:
        case OpKind::kCheckExpectAlmostEqConst:
        case OpKind::kCheckExpectClose:
        case OpKind::kCheckExpectEq:
        case OpKind::kCheckExpectEqConst:
        case OpKind::kCheckExpectSerializedEq:
        case OpKind::kInterpreterPrint:
        case OpKind::kInterpreterProbe:
            return true;
        default:
            return false;
    }
}

bool rewrite(Operation& op) {
    if (op.kind() == OpKind::kCustomCall && callee(op).starts_with("check.") &&
        !boolAttribute(op, "has_side_effect")) {
        op.setAttribute("has_side_effect", Attribute(true));
        return true;
    }
    if (!isCheck(op.kind())) return false;
    Builder builder(op);
    std::vector<Value*> operands = op.operands();
    NamedAttributes attributes = op.attributes();
    if (op.kind() == OpKind::kCheckExpectEqConst || op.kind() == OpKind::kCheckExpectAlmostEqConst) {
        operands.push_back(builder.constant(literalAttribute(op, "value")));
        attributes.erase("value");
    }
    attributes.set("call_target_name", Attribute(std::string(op.name())));
    attributes.set("has_side_effect", Attribute(true));
    Operation* call = builder.create(OpKind::kCustomCall, operands, op.resultTypes(), std::move(attributes));
    for (size_t i = 0; i < op.resultCount(); ++i) op.result(i)->replaceAllUsesWith(call->result(i));
    op.erase();
    return true;
}

}  // namespace

bool lowerChecks(Function& function) { return rewriteAll(function, rewrite); }

}  // namespace optirs::plugin
