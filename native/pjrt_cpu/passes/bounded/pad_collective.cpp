// Exchange between devices, each of which has sizes of its own.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

/// What comes from another device has the size that it has there: sizes go the same way as the data.
void sendAlong(BoundedOp& op) {
    std::vector<Sizes> sizes;
    std::vector<Value*> sent = op.op.operands();
    for (size_t i = 0; i < op.op.resultCount(); ++i) sizes.push_back(op.sizesOf(op.operand(i)));
    for (size_t i = 0; i < sizes.size(); ++i) {
        for (Value*& size : sizes[i]) {
            if (size == nullptr) continue;
            std::vector<Value*> operands = {size};
            // A root that is chosen at run time.
            operands.insert(operands.end(), sent.begin() + static_cast<std::ptrdiff_t>(sizes.size()),
                            sent.end());
            const Type type = size->type();
            size = op.build.create(op.op.kind(), operands, {&type, 1}, op.op.attributes())->result();
        }
        op.give(op.dims(i), sizes[i], i);
    }
}

void refuseAlong(const BoundedOp& op, size_t operand, const char* attribute) {
    const int64_t dim = integerAttribute(op.op, attribute);
    if (op.sizeOf(op.operand(operand), dim) != nullptr)
        op.refuse(dim, "is the one along which devices join or divide the data",
                  "exchange it at its bound, with the sizes beside it");
}

}  // namespace

/// Devices agree in the sizes of what they combine.
void padCollective(BoundedOp& op) {
    const OpKind kind = op.op.kind();
    if (kind == OpKind::kCollectivePermute || kind == OpKind::kCollectiveBroadcast) return sendAlong(op);
    for (size_t i = 0; i < op.op.resultCount(); ++i) {
        if (kind == OpKind::kAllGather) refuseAlong(op, i, "all_gather_dim");
        if (kind == OpKind::kReduceScatter) refuseAlong(op, i, "scatter_dimension");
        if (kind == OpKind::kAllToAll) {
            refuseAlong(op, i, "split_dimension");
            refuseAlong(op, i, "concat_dimension");
        }
        std::vector<int64_t> dims = boundsOf(op.op.result(i)->tensor());
        const Sizes sizes = op.sizesOf(op.operand(i));
        for (size_t d = 0; d < dims.size(); ++d) {
            if (sizes[d] != nullptr) dims[d] = op.dims(i)[d];
        }
        op.give(std::move(dims), sizes, i);
    }
}

}  // namespace optirs::plugin
