// Custom calls that sort by a comparison of the program's own and keep what comes first: XLA's `TopK`, and
// JAX's `ApproxTopK`, which is allowed to be exact.
#include <optional>

#include "pjrt_cpu/ir/text_cursor.h"
#include "pjrt_cpu/passes/named_calls.h"
#include "pjrt_cpu/passes/rewrite.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

/// Sorts `tensors` with the body of the call as comparison, and uses the first slices for its results.
void sortAndKeepFirst(Operation& call, std::span<Value* const> tensors, int64_t dimension) {
    Builder builder(call);
    std::vector<Type> types;
    for (const Value* tensor : tensors) types.push_back(tensor->type());
    NamedAttributes attributes;
    attributes.set("dimension", Attribute::integer(dimension));
    attributes.set("is_stable", Attribute(true));
    Operation& sort = *builder.create(OpKind::kSort, tensors, types, std::move(attributes), 1);
    for (auto& block : call.region(0).takeBlocks()) sort.region(0).adopt(std::move(block));
    inferTypes(sort);
    for (size_t i = 0; i < tensors.size(); ++i) {
        std::vector<int64_t> limit = dimsOf(tensors[i]);
        const Type& wanted = call.result(i)->type();
        const TensorType* tensor = wanted.tensorOrNull();
        if (tensor != nullptr && static_cast<size_t>(tensor->rank()) == limit.size())
            limit[static_cast<size_t>(dimension)] = tensor->dim(dimension);
        NamedAttributes slice;
        slice.set("start_indices", Attribute::integers(std::vector<int64_t>(limit.size(), 0)));
        slice.set("strides", Attribute::integers(std::vector<int64_t>(limit.size(), 1)));
        slice.set("limit_indices", Attribute::integers(limit));
        Value* first = builder.create(OpKind::kSlice, {sort.result(i)}, wanted, std::move(slice));
        const Type inferred = inferTypes(*first->definition()).front();
        if (inferred != wanted) {
            throw invalidOperation(call, "result " + std::to_string(i) + " should be " + inferred.toString());
        }
        call.result(i)->replaceAllUsesWith(first);
    }
    call.erase();
}

/// Of an object in JSON, which is how HLO modules say it.
std::optional<int64_t> reductionDimensionIn(const std::string& json) {
    TextCursor in(json, "the backend_config of ApproxTopK");
    std::optional<int64_t> found;
    in.expect("{");
    in.list("}", [&] {
        const std::string name = in.quoted();
        in.expect(":");
        if (name == "reduction_dim")
            found = in.integer();
        else if (in.next("\""))
            in.quoted();
        else
            in.word();
    });
    return found;
}

int64_t reductionDimension(const Operation& call) {
    for (const char* place : {"mhlo.backend_config", "backend_config"}) {
        const Attribute* config = call.attribute(place);
        if (config == nullptr) continue;
        if (const auto* json = config->get<std::string>()) {
            if (const auto dimension = reductionDimensionIn(*json)) return *dimension;
        }
        const auto* entries = config->get<NamedAttributes>();
        const Attribute* dimension = entries != nullptr ? entries->find("reduction_dim") : nullptr;
        const auto* number = dimension != nullptr ? dimension->get<IntegerAttribute>() : nullptr;
        if (number != nullptr) return number->value;
    }
    throw invalidOperation(call, "backend_config should have an integer reduction_dim");
}

/// Of two numbers, largest first, in the total order.
void addDescendingOrder(Operation& call, ElementType element) {
    Block& block = call.addRegion().addBlock();
    for (int i = 0; i < 2; ++i) block.addArgument(TensorType(element, {}));
    Builder inner(block);
    inner.setLocation(call.location());
    Value* before = inner.compare("GT", block.argument(0), block.argument(1));
    if (isFloat(element))
        before->definition()->setAttribute("compare_type", EnumAttribute{"comparison_type", "TOTALORDER"});
    inner.create(OpKind::kReturn, std::span<Value* const>(&before, 1), {});
}

}  // namespace

// One tensor, of whose last dimension the results keep as much as they have room for, with the indices. The
// comparison is the one of a sort of the values with their indices, or of the values alone.
void expandTopKCall(Operation& call) {
    const TensorType* type = call.operandCount() == 1 ? call.operand(0)->type().tensorOrNull() : nullptr;
    if (type == nullptr || type->rank() == 0 || !type->isStatic() || call.resultCount() != 2 ||
        call.regionCount() > 1)
        throw invalidOperation(
            call, "operand should be a tensor with a last dimension, results values and indices");
    const TensorType indices = type->withElement(ElementType::kI32);
    if (call.regionCount() == 0) addDescendingOrder(call, type->element());
    Block& comparison = body(call);
    constexpr size_t kOfValues = 2;
    if (comparison.argumentCount() == kOfValues) {
        for (size_t i = 0; i < kOfValues; ++i) comparison.addArgument(indices.withDims({}));
    }
    const int64_t dimension = type->rank() - 1;
    NamedAttributes iota;
    iota.set("iota_dimension", Attribute::integer(dimension));
    Value* const tensors[] = {call.operand(0),
                              Builder(call).create(OpKind::kIota, {}, indices, std::move(iota))};
    sortAndKeepFirst(call, tensors, dimension);
}

// Operands are the tensors, then what pads each; the results are what comes first in the order of the body.
void expandApproxTopKCall(Operation& call) {
    const size_t n = call.resultCount();
    if (n == 0 || call.operandCount() != 2 * n || call.regionCount() != 1)
        throw invalidOperation(call, "operands should be N tensors and N initial values, for N results");
    const std::vector<Value*> operands = call.operands();
    const int64_t rank = operands[0]->tensor().rank();
    const int64_t given = reductionDimension(call);
    const int64_t dimension = given < 0 ? given + rank : given;
    if (dimension < 0 || dimension >= rank)
        throw invalidOperation(call, "reduction_dim " + std::to_string(given) + " is not a dimension");
    sortAndKeepFirst(call, std::span(operands).first(n), dimension);
}

}  // namespace optirs::plugin
