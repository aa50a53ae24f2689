// reduce, reduce_window, select_and_scatter, map, sort.
#include <algorithm>

#include "pjrt_cpu/stablehlo/shape_rules.h"
#include "pjrt_cpu/stablehlo/verify_attributes.h"

namespace optirs::plugin {
namespace {

// N inputs of one shape, N scalar initial values; a body of 2N scalars that gives N.
// Element types of the results are the body's.
std::vector<TensorType> checkReducer(const Rule& rule) {
    const Operation& op = rule.op();
    rule.require(op.operandCount() % 2 == 0 && op.operandCount() > 0,
                 "operands should be N inputs and N initial values");
    const size_t n = tupleSize(op);
    rule.require(op.resultCount() == n, "results should be as many as inputs");
    std::vector<TensorType> scalars;
    for (size_t i = 0; i < n; ++i) {
        rule.requireSameShape(rule.operand(0), rule.operand(i), "inputs");
        rule.requireRank(n + i, 0);
        rule.requireSameElement(rule.operand(i), rule.operand(n + i), "input and initial value");
        scalars.push_back(rule.result(i).withDims({}));
        rule.require(isPromotable(rule.operand(i), scalars.back()),
                     "a reduction promotes numbers to wider ones of their kind, not " +
                         std::string(elementTypeName(rule.operand(i).element())) + " to " +
                         std::string(elementTypeName(scalars.back().element())));
    }
    std::vector<TensorType> arguments = scalars;
    arguments.insert(arguments.end(), scalars.begin(), scalars.end());
    rule.requireRegion(0, arguments, scalars, "reducer");
    return scalars;
}

std::vector<Type> inferReduce(const Rule& rule) {
    const std::vector<TensorType> scalars = checkReducer(rule);
    const auto reduced = dimensions(rule.op());
    const int64_t rank = rule.operand(0).rank();
    rule.requireDimensions(reduced, rank, "dimensions");
    std::vector<int64_t> dims;
    for (int64_t i = 0; i < rank; ++i) {
        if (std::find(reduced.begin(), reduced.end(), i) != reduced.end()) continue;
        int64_t size = kDynamic;
        for (size_t k = 0; k < scalars.size(); ++k) size = mergeSize(size, rule.operand(k).dim(i));
        dims.push_back(size);
    }
    std::vector<Type> out;
    for (size_t i = 0; i < scalars.size(); ++i) out.push_back(rule.typed(scalars[i].withDims(dims), i));
    return out;
}

std::vector<int64_t> windowedShape(const Rule& rule, const TensorType& from,
                                   const std::vector<WindowDimension>& windows) {
    if (static_cast<int64_t>(windows.size()) != from.rank()) {
        rule.fail("window_dimensions should have " + std::to_string(from.rank()) + " values for " +
                  from.toString());
    }
    std::vector<int64_t> dims;
    for (size_t i = 0; i < windows.size(); ++i) {
        const WindowDimension& w = windows[i];
        rule.require(w.size >= 1 && w.stride >= 1 && w.base_dilation >= 1 && w.window_dilation >= 1,
                     "window sizes, strides and dilations should be positive");
        dims.push_back(windowedSize(from.dims()[i], w));
    }
    return dims;
}

std::vector<Type> inferReduceWindow(const Rule& rule) {
    const std::vector<TensorType> scalars = checkReducer(rule);
    const std::vector<int64_t> dims = windowedShape(rule, rule.operand(0), window(rule.op()));
    std::vector<Type> out;
    for (size_t i = 0; i < scalars.size(); ++i) out.push_back(rule.typed(scalars[i].withDims(dims), i));
    return out;
}

std::vector<Type> inferSelectAndScatter(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const TensorType& source = rule.operand(1);
    rule.requireRank(2, 0);
    rule.requireSameElement(from, source, "operand and source");
    rule.requireSameElement(from, rule.operand(2), "operand and initial value");
    const TensorType windows(source.element(), windowedShape(rule, from, window(rule.op())));
    rule.requireSameShape(windows, source, "the windows of the operand and the source");
    const TensorType compared = from.withDims({});
    const TensorType added = rule.result().withDims({});
    const TensorType predicate(ElementType::kI1, {});
    const TensorType selected[] = {compared, compared};
    rule.requireRegion(0, selected, {&predicate, 1}, "select function");
    const TensorType scattered[] = {added, added};
    rule.requireRegion(1, scattered, {&added, 1}, "scatter function");
    return {rule.typed(from.withElement(added.element()))};
}

std::vector<Type> inferSort(const Rule& rule) {
    const Operation& op = rule.op();
    rule.require(op.operandCount() > 0, "at least one operand is needed");
    rule.require(op.operandCount() == op.resultCount(), "results should be as many as operands");
    const int64_t rank = rule.operand(0).rank();
    const int64_t along = integerAttributeOr(op, "dimension", -1);
    rule.requireInRange(along, -rank, std::max<int64_t>(rank, 1), "dimension");
    std::vector<TensorType> arguments;
    std::vector<Type> out;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        rule.requireSameShape(rule.operand(0), rule.operand(i), "operands");
        arguments.push_back(rule.operand(i).withDims({}));
        arguments.push_back(rule.operand(i).withDims({}));
        out.push_back(rule.typed(rule.operand(i), i));
    }
    const TensorType predicate(ElementType::kI1, {});
    rule.requireRegion(0, arguments, {&predicate, 1}, "comparator");
    return out;
}

std::vector<Type> inferMap(const Rule& rule) {
    const Operation& op = rule.op();
    rule.require(op.operandCount() > 0, "at least one operand is needed");
    const TensorType& first = rule.operand(0);
    const auto mapped = dimensions(op);
    rule.requireCount(mapped, first.rank(), "dimensions");
    for (size_t i = 0; i < mapped.size(); ++i)
        rule.require(mapped[i] == static_cast<int64_t>(i),
                     "dimensions should be 0, 1, ..., got " + listToString(mapped));
    std::vector<TensorType> arguments;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        rule.requireSameShape(first, rule.operand(i), "operands");
        arguments.push_back(rule.operand(i).withDims({}));
    }
    const TensorType returned = rule.result().withDims({});
    rule.requireRegion(0, arguments, {&returned, 1}, "computation");
    return {rule.typed(first.withElement(returned.element()))};
}

}  // namespace

std::vector<Type> inferReduction(const Rule& rule) {
    switch (rule.op().kind()) {
        case OpKind::kReduce:
            return inferReduce(rule);
        case OpKind::kReduceWindow:
            return inferReduceWindow(rule);
        case OpKind::kSelectAndScatter:
            return inferSelectAndScatter(rule);
        case OpKind::kSort:
            return inferSort(rule);
        case OpKind::kMap:
            return inferMap(rule);
        default:
            return {};
    }
}

}  // namespace optirs::plugin
