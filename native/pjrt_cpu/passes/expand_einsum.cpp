// einsum: "ab,bc->ac". Letters of both operands and the result are batch, of both but not the result
// contracted, of one only free or, when not in the result either, summed beforehand. `...` stands for
// leading dimensions that the letters do not name.
#include <algorithm>
#include <optional>
#include <string>

#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

bool has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }

// Replaces `...` by `count` labels that no letter uses.
std::string expandEllipsis(const Operation& op, std::string labels, int64_t rank, int64_t* width) {
    const size_t dots = labels.find("...");
    if (dots == std::string::npos) return labels;
    const int64_t count = rank >= 0 ? rank - static_cast<int64_t>(labels.size() - 3) : *width;
    if (count < 0) throw invalidOperation(op, "einsum_config names more dimensions than an operand has");
    if (rank >= 0) *width = std::max(*width, count);
    std::string fill;
    // Aligned at the right, as NumPy broadcasts.
    for (int64_t i = 0; i < count; ++i) fill += static_cast<char>('\x01' + (count - 1 - i));
    return labels.replace(dots, 3, fill);
}

void requireLabels(const Operation& op, const std::string& labels, int64_t rank) {
    if (static_cast<int64_t>(labels.size()) != rank) {
        throw invalidOperation(op, "einsum_config names " + std::to_string(labels.size()) +
                                       " dimensions of an operand with " + std::to_string(rank));
    }
    for (size_t i = 0; i < labels.size(); ++i) {
        if (labels.find(labels[i], i + 1) != std::string::npos) {
            throw unimplementedOperation(op, "a label that repeats within one operand (a diagonal)");
        }
    }
}

// Sums over the labels that appear nowhere else.
Value* sumOut(Builder& builder, Value* operand, std::string& labels, const std::string& elsewhere) {
    std::vector<int64_t> dims;
    std::string kept;
    for (size_t i = 0; i < labels.size(); ++i) {
        if (has(elsewhere, labels[i])) {
            kept += labels[i];
        } else {
            dims.push_back(static_cast<int64_t>(i));
        }
    }
    if (dims.empty()) return operand;
    labels = kept;
    Value* zero = builder.constant(operand->tensor().withDims({}), 0);
    return builder.reduce(OpKind::kAdd, operand, zero, std::move(dims));
}

// Brings dimensions labelled `from` into the order of `to`; each of `to` is in `from`.
Value* reorder(const Operation& op, Builder& builder, Value* value, const std::string& from,
               const std::string& to) {
    std::vector<int64_t> order;
    for (const char label : to) {
        const size_t at = from.find(label);
        if (at == std::string::npos)
            throw invalidOperation(op, "einsum_config gives a result label that no operand has");
        order.push_back(static_cast<int64_t>(at));
    }
    if (order.size() != from.size()) throw invalidOperation(op, "einsum_config names a result label twice");
    return builder.transpose(value, std::move(order));
}

}  // namespace

std::vector<Value*> expandEinsum(Operation& op) {
    std::string config;
    for (const char c : stringAttribute(op, "einsum_config")) {
        if (c != ' ') config += c;
    }
    const size_t arrow = config.find("->");
    if (arrow == std::string::npos)
        throw invalidOperation(op, "einsum_config " + quoted(config) + " has no ->");
    std::string result = config.substr(arrow + 2);
    const std::string inputs = config.substr(0, arrow);
    const size_t comma = inputs.find(',');
    const bool binary = op.kind() == OpKind::kEinsum;
    if (binary != (comma != std::string::npos)) {
        throw invalidOperation(op, "einsum_config " + quoted(config) + " is for another number of operands");
    }
    int64_t width = 0;
    Builder builder(op);
    Value* lhs = op.operand(0);
    std::string lhs_labels = expandEllipsis(op, inputs.substr(0, comma), lhs->tensor().rank(), &width);
    requireLabels(op, lhs_labels, lhs->tensor().rank());
    if (!binary) {
        result = expandEllipsis(op, result, -1, &width);
        lhs = sumOut(builder, lhs, lhs_labels, result);
        return {reorder(op, builder, lhs, lhs_labels, result)};
    }
    Value* rhs = op.operand(1);
    std::string rhs_labels = expandEllipsis(op, inputs.substr(comma + 1), rhs->tensor().rank(), &width);
    requireLabels(op, rhs_labels, rhs->tensor().rank());
    result = expandEllipsis(op, result, -1, &width);
    lhs = sumOut(builder, lhs, lhs_labels, rhs_labels + result);
    rhs = sumOut(builder, rhs, rhs_labels, lhs_labels + result);
    DotDimensions numbers;
    std::string batch;
    std::string lhs_free;
    std::string rhs_free;
    std::vector<int64_t> batch_dims;
    for (size_t i = 0; i < lhs_labels.size(); ++i) {
        const char label = lhs_labels[i];
        const size_t other = rhs_labels.find(label);
        const auto dim = static_cast<int64_t>(i);
        if (other == std::string::npos) {
            lhs_free += label;
        } else if (has(result, label)) {
            batch += label;
            numbers.lhs_batch.push_back(dim);
            numbers.rhs_batch.push_back(static_cast<int64_t>(other));
        } else {
            numbers.lhs_contracting.push_back(dim);
            numbers.rhs_contracting.push_back(static_cast<int64_t>(other));
        }
    }
    for (const char label : rhs_labels) {
        if (!has(lhs_labels, label)) rhs_free += label;
    }
    const std::string product = batch + lhs_free + rhs_free;
    std::vector<int64_t> dims;
    for (const char label : product) {
        const size_t at = lhs_labels.find(label);
        dims.push_back(at != std::string::npos ? lhs->tensor().dims()[at]
                                               : rhs->tensor().dims()[rhs_labels.find(label)]);
    }
    for (size_t i = 0; i < numbers.lhs_batch.size() + numbers.lhs_contracting.size(); ++i) {
        const bool is_batch = i < numbers.lhs_batch.size();
        const size_t k = is_batch ? i : i - numbers.lhs_batch.size();
        const int64_t a = lhs->tensor().dim((is_batch ? numbers.lhs_batch : numbers.lhs_contracting)[k]);
        const int64_t b = rhs->tensor().dim((is_batch ? numbers.rhs_batch : numbers.rhs_contracting)[k]);
        if (a != b) {
            throw invalidOperation(op, "einsum_config " + quoted(config) + " gives one label to sizes " +
                                           std::to_string(a) + " and " + std::to_string(b));
        }
    }
    NamedAttributes attributes = op.attributes();
    attributes.erase("einsum_config");
    attributes.set("dot_dimension_numbers", std::move(numbers));
    const TensorType type = op.result()->tensor().withDims(std::move(dims));
    Value* dot = builder.create(OpKind::kDotGeneral, {lhs, rhs}, type, std::move(attributes));
    Value* out = reorder(op, builder, dot, product, result);
    if (!isCompatible(out->type(), op.result()->type())) {
        throw invalidOperation(op, "einsum_config " + quoted(config) + " gives " + out->type().toString() +
                                       ", the result says " + op.result()->type().toString());
    }
    return {out};
}

}  // namespace optirs::plugin
