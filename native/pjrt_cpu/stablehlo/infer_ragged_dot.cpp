// chlo.ragged_dot: a dot_general whose ragged dimension falls into consecutive groups of sizes that an
// operand gives. What the groups choose depends on which kind of dimension is ragged.
#include <algorithm>

#include "pjrt_cpu/ir/ragged_dot.h"
#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

bool contains(const std::vector<int64_t>& values, int64_t value) {
    return std::ranges::find(values, value) != values.end();
}

/// Dimensions of the operand that are neither batching, contracting nor the group's.
std::vector<int64_t> freeDimensions(const Rule& rule, const TensorType& type,
                                    std::initializer_list<std::vector<int64_t>> used, const char* name) {
    std::vector<int64_t> all;
    for (const auto& list : used) all.insert(all.end(), list.begin(), list.end());
    rule.requireDimensions(all, type.rank(), name);
    std::vector<int64_t> free;
    for (int64_t i = 0; i < type.rank(); ++i) {
        if (!contains(all, i)) free.push_back(i);
    }
    return free;
}

/// Sizes of the left operand's dimensions that come before the ragged one where its kind is iterated.
std::vector<int64_t> prefixSizes(const TensorType& lhs, const std::vector<int64_t>& before, int64_t ragged) {
    std::vector<int64_t> sizes;
    for (const int64_t dim : before) {
        if (dim == ragged) break;
        sizes.push_back(lhs.dim(dim));
    }
    return sizes;
}

}  // namespace

std::vector<Type> inferRaggedDot(const Rule& rule) {
    const TensorType& lhs = rule.operand(0);
    const TensorType& rhs = rule.operand(1);
    const TensorType& sizes = rule.operand(2);
    const RaggedDotDimensions d = raggedDotDimensions(rule.op());
    rule.requireCount(d.lhs_ragged, 1, "lhs_ragged_dimensions");
    rule.requireCount(d.dot.rhs_batch, static_cast<int64_t>(d.dot.lhs_batch.size()),
                      "rhs_batching_dimensions");
    rule.requireCount(d.dot.rhs_contracting, static_cast<int64_t>(d.dot.lhs_contracting.size()),
                      "rhs_contracting_dimensions");
    const int64_t ragged = d.lhs_ragged[0];
    rule.requireInRange(ragged, 0, lhs.rank(), "lhs_ragged_dimensions");
    const auto lhs_free =
        freeDimensions(rule, lhs, {d.dot.lhs_batch, d.dot.lhs_contracting}, "lhs dimension");
    const auto rhs_free =
        freeDimensions(rule, rhs, {d.dot.rhs_batch, d.dot.rhs_contracting, d.rhs_group}, "rhs dimension");
    for (size_t i = 0; i < d.dot.lhs_batch.size(); ++i)
        rule.requireSameSize(lhs.dim(d.dot.lhs_batch[i]), rhs.dim(d.dot.rhs_batch[i]), "batching dimensions");
    for (size_t i = 0; i < d.dot.lhs_contracting.size(); ++i)
        rule.requireSameSize(lhs.dim(d.dot.lhs_contracting[i]), rhs.dim(d.dot.rhs_contracting[i]),
                             "contracting dimensions");
    rule.require(sizes.rank() >= 1 && isInteger(sizes.element()),
                 "group sizes should be integers of rank 1 or more, got " + sizes.toString());
    const int64_t groups = sizes.dim(sizes.rank() - 1);

    const bool is_batch = contains(d.dot.lhs_batch, ragged);
    const bool is_contracting = contains(d.dot.lhs_contracting, ragged);
    std::vector<int64_t> before = d.dot.lhs_batch;
    if (is_contracting)
        before.insert(before.end(), d.dot.lhs_contracting.begin(), d.dot.lhs_contracting.end());
    if (!is_batch && !is_contracting) before.insert(before.end(), lhs_free.begin(), lhs_free.end());
    std::vector<int64_t> wanted = prefixSizes(lhs, before, ragged);
    wanted.push_back(groups);
    rule.require(
        sizes.rank() == 1 || compatibleShapes(sizes.dims(), wanted),
        "group sizes should have the shape " + listToString(wanted) + " or rank 1, got " + sizes.toString());
    if (is_batch || is_contracting) {
        rule.require(
            d.rhs_group.empty(),
            "rhs_group_dimensions should be empty when a batching or contracting dimension is ragged");
    } else {
        rule.requireCount(d.rhs_group, 1, "rhs_group_dimensions");
        rule.requireSameSize(rhs.dim(d.rhs_group[0]), groups, "the group dimension and the group sizes");
    }

    std::vector<int64_t> dims;
    if (is_contracting) dims.push_back(groups);
    for (const int64_t dim : d.dot.lhs_batch) dims.push_back(lhs.dim(dim));
    for (const int64_t dim : lhs_free) dims.push_back(lhs.dim(dim));
    for (const int64_t dim : rhs_free) dims.push_back(rhs.dim(dim));
    return {rule.typed(lhs.withDims(std::move(dims)).withElement(rule.result().element()))};
}

}  // namespace optirs::plugin
