#include "pjrt_cpu/codegen/plan/split_reductions.h"

#include <limits>
#include <optional>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kLarge = int64_t{1} << 16;
constexpr int64_t kMostParts = 64;

/// What the operation leaves unchanged when combined with anything.
std::optional<double> identityOf(OpKind kind, ElementType type) {
    if (!isFloat(type)) return kind == OpKind::kAdd ? std::optional<double>(0) : std::nullopt;
    switch (kind) {
        case OpKind::kAdd:
            return 0;
        case OpKind::kMultiply:
            return 1;
        case OpKind::kMaximum:
            return -std::numeric_limits<double>::infinity();
        case OpKind::kMinimum:
            return std::numeric_limits<double>::infinity();
        default:
            return std::nullopt;
    }
}

void split(Operation& op) {
    if (op.kind() != OpKind::kReduce || tupleSize(op) != 1 || !op.result()->tensor().isScalar()) return;
    const TensorType& type = op.operand(0)->tensor();
    if (!isFloat(type.element()) && !isInteger(type.element())) return;
    const OpKind kind = reducerKind(body(op));
    const auto identity = identityOf(kind, type.element());
    const int64_t count = type.elementCount();
    if (!identity || count < kLarge) return;
    int64_t parts = kMostParts;
    while (count % parts != 0) --parts;
    if (parts < 8) return;
    Builder builder(op);
    Value* rows = builder.reshape(op.operand(0), {parts, count / parts});
    Value* start = builder.constant(TensorType(type.element(), {}), *identity);
    Value* partial = builder.reduce(kind, rows, start, {1});
    op.result()->replaceAllUsesWith(builder.reduce(kind, partial, op.operand(1), {0}));
    op.erase();
}

}  // namespace

void splitLargeReductions(Function& function) { walk(function.body(), split); }

}  // namespace optirs::plugin
