#include "pjrt_cpu/codegen/plan/split_concatenations.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

Value* join(Builder& builder, const Operation& op, std::span<Value* const> parts) {
    if (parts.size() == 1) return parts[0];
    const auto along = static_cast<size_t>(dimension(op));
    std::vector<int64_t> dims = dimsOf(*op.result());
    dims[along] = 0;
    for (const Value* part : parts) dims[along] += part->tensor().dim(dimension(op));
    const Type type = op.result()->tensor().withDims(dims);
    return builder.create(OpKind::kConcatenate, parts, {&type, 1}, op.attributes())->result();
}

void split(Operation& op) {
    if (op.kind() != OpKind::kConcatenate || op.operandCount() <= kMostAlternatives) return;
    Builder builder(op);
    std::vector<Value*> parts = op.operands();
    while (parts.size() > 1) {
        std::vector<Value*> joined;
        for (std::span<Value* const> rest = parts; !rest.empty();) {
            const size_t count = std::min(rest.size(), kMostAlternatives);
            joined.push_back(join(builder, op, rest.first(count)));
            rest = rest.subspan(count);
        }
        parts = std::move(joined);
    }
    op.result()->replaceAllUsesWith(parts[0]);
    op.erase();
}

}  // namespace

void splitWideConcatenations(Function& function) { walk(function.body(), split); }

}  // namespace optirs::plugin
