// chlo.scan along a dimension that has a size: a loop of as many rounds.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"
#include "pjrt_cpu/passes/expand.h"

namespace optirs::plugin {
namespace {

void requireWhole(const BoundedOp& op, const Value* value, int64_t scanned) {
    if (!value->type().isTensor()) return;
    const Sizes sizes = op.sizesOf(value);
    for (size_t d = 0; d < sizes.size(); ++d) {
        const auto dim = static_cast<int64_t>(d);
        if (sizes[d] != nullptr && dim != scanned)
            op.refuse(dim, "is not the one that is scanned",
                      "pad it to its bound and mask what is past the size");
    }
}

}  // namespace

void padScan(BoundedOp& op) {
    const int64_t dim = integerAttribute(op.op, "dimension");
    const auto inputs = static_cast<size_t>(integersAttribute(op.op, "operandSegmentSizes")[0]);
    Value* size = nullptr;
    int64_t memory = INT64_MAX;
    for (size_t i = 0; i < op.op.operandCount(); ++i) {
        requireWhole(op, op.operand(i), i < inputs ? dim : -1);
        if (i >= inputs) continue;
        memory = std::min(memory, op.operand(i)->tensor().dim(dim));
        if (size == nullptr) size = op.sizeOf(op.operand(i), dim);
    }
    for (const Value* returned : body(op.op).last()->operands()) requireWhole(op, returned, -1);
    if (inputs == 0)
        throw unimplementedOperation(
            op.op, "a result whose size no input gives; set it with stablehlo.set_dimension_size");
    for (size_t i = 0; i < inputs; ++i) {
        std::vector<int64_t> dims = op.dims(i);
        dims[static_cast<size_t>(dim)] = memory;
        op.op.setOperand(i, op.fit(op.operand(i), dims));
    }
    const size_t outputs = op.op.resultCount() - (op.op.operandCount() - inputs);
    std::vector<Sizes> sizes;
    for (size_t i = 0; i < op.op.resultCount(); ++i) {
        std::vector<int64_t> dims = boundsOf(op.op.result(i)->tensor());
        Sizes& each = sizes.emplace_back(dims.size());
        if (i < outputs) {
            dims[static_cast<size_t>(dim)] = memory;
            each[static_cast<size_t>(dim)] = size;
        }
        op.give(std::move(dims), each, i);
    }
    Value* const length = size != nullptr ? size : op.number(memory);
    op.replaceAll(expandScan(op.op, op.build.convert(length, ElementType::kI64)), sizes);
}

}  // namespace optirs::plugin
