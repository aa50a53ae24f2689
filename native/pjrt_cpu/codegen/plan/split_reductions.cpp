#include "pjrt_cpu/codegen/plan/split_reductions.h"

#include <algorithm>
#include <optional>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/reducer.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kLarge = int64_t{1} << 16;
constexpr int64_t kMostParts = 64;
constexpr int64_t kColumnParts = 32;

/// The most parts of at most `wanted` that `size` divides into evenly.
int64_t evenParts(int64_t size, int64_t wanted) {
    int64_t parts = std::min(size, wanted);
    while (size % parts != 0) --parts;
    return parts;
}

/// A sum over everything becomes a sum over rows, and the sum of those.
void splitWhole(Operation& op, OpKind kind, const Literal& identity) {
    const int64_t count = op.operand(0)->tensor().elementCount();
    const int64_t parts = evenParts(count, kMostParts);
    if (parts < 8) return;
    Builder builder(op);
    Value* rows = builder.reshape(op.operand(0), {parts, count / parts});
    Value* start = builder.constant(identity);
    Value* partial = builder.reduce(kind, rows, start, {1});
    op.result()->replaceAllUsesWith(builder.reduce(kind, partial, op.operand(1), {0}));
    op.erase();
}

/// A sum of rows becomes sums of parts of the rows, each part read through once from end to end, and the sum
/// of those: threads share the rows, not the columns.
void splitColumns(Operation& op, OpKind kind, const Literal& identity) {
    const std::vector<int64_t> dims = dimsOf(*op.operand(0));
    const size_t reduced = dimensions(op).size();
    std::vector<int64_t> finer;
    int64_t parts = 1;
    for (size_t d = 0; d < reduced; ++d) {
        if (parts * dims[d] <= kColumnParts) {
            parts *= dims[d];
            finer.push_back(dims[d]);
            continue;
        }
        const int64_t more = evenParts(dims[d], kColumnParts / parts);
        if (more > 1) finer.push_back(more);
        parts *= more;
        const size_t outer = finer.size();
        if (parts < 4 || outer == 0) return;
        int64_t rest = dims[d] / more;
        for (size_t i = d + 1; i < reduced; ++i) rest *= dims[i];
        if (rest < 4) return;
        finer.push_back(dims[d] / more);
        finer.insert(finer.end(), dims.begin() + static_cast<std::ptrdiff_t>(d) + 1, dims.end());
        Builder builder(op);
        Value* rows = builder.reshape(op.operand(0), finer);
        Value* start = builder.constant(identity);
        std::vector<int64_t> inner;
        for (size_t i = outer; i < outer + reduced - d; ++i) inner.push_back(static_cast<int64_t>(i));
        Value* partial = builder.reduce(kind, rows, start, inner);
        std::vector<int64_t> leading;
        for (size_t i = 0; i < outer; ++i) leading.push_back(static_cast<int64_t>(i));
        op.result()->replaceAllUsesWith(builder.reduce(kind, partial, op.operand(1), leading));
        op.erase();
        return;
    }
}

void split(Operation& op) {
    if (op.kind() != OpKind::kReduce || tupleSize(op) != 1) return;
    const TensorType& type = op.operand(0)->tensor();
    if (!isFloat(type.element()) && !isInteger(type.element())) return;
    const OpKind kind = reducerKind(body(op));
    if (type.elementCount() < kLarge) return;
    const auto identity = reducerIdentity(kind, TensorType(type.element(), {}));
    if (!identity) return;
    if (op.result()->tensor().isScalar()) return splitWhole(op, kind, *identity);
    // Partial sums of narrow floats would be rounded once more than the sum itself.
    if (isFloat(type.element()) && byteWidth(type.element()) < 4) return;
    const auto reduced = dimensions(op);
    for (size_t d = 0; d < reduced.size(); ++d) {
        if (reduced[d] != static_cast<int64_t>(d)) return;
    }
    if (type.dim(type.rank() - 1) >= 8) splitColumns(op, kind, *identity);
}

}  // namespace

void splitLargeReductions(Function& function) { walk(function.body(), split); }

}  // namespace optirs::plugin
