#include "pjrt_cpu/passes/counted_loop.h"

namespace optirs::plugin {

std::vector<Value*> countedLoop(Builder& builder, Value* count, std::span<Value* const> start,
                                LoopRound round) {
    const TensorType counter(ElementType::kI64, {});
    std::vector<Value*> operands = {builder.constant(counter, 0)};
    operands.insert(operands.end(), start.begin(), start.end());
    std::vector<Type> types;
    for (const Value* value : operands) types.push_back(value->type());
    Operation* loop = builder.create(OpKind::kWhile, operands, types, {}, 2);
    for (size_t r = 0; r < 2; ++r) {
        Block& block = loop->region(r).addBlock();
        std::vector<Value*> carried;
        for (const Type& type : types) carried.push_back(block.addArgument(type));
        Builder inner(block);
        inner.setLocation(builder.location());
        std::vector<Value*> returned;
        if (r == 0) {
            returned = {inner.compare("LT", carried[0], count)};
        } else {
            returned = round(inner, block, carried[0], std::span(carried).subspan(1));
            returned.insert(returned.begin(),
                            inner.binary(OpKind::kAdd, carried[0], inner.constant(counter, 1)));
        }
        inner.create(OpKind::kReturn, returned, {});
    }
    std::vector<Value*> results;
    for (size_t i = 1; i < operands.size(); ++i) results.push_back(loop->result(i));
    return results;
}

Value* sliceAt(Builder& builder, Value* value, int64_t dim, Value* position) {
    std::vector<int64_t> sizes = dimsOf(value);
    sizes[static_cast<size_t>(dim)] = 1;
    std::vector<Value*> operands = {value};
    Value* zero = builder.constant(TensorType(ElementType::kI64, {}), 0);
    for (int64_t d = 0; d < value->tensor().rank(); ++d) operands.push_back(d == dim ? position : zero);
    NamedAttributes attributes;
    attributes.set("slice_sizes", Attribute::integers(sizes));
    const Type type = value->tensor().withDims(sizes);
    return builder.create(OpKind::kDynamicSlice, operands, {&type, 1}, std::move(attributes))->result();
}

}  // namespace optirs::plugin
