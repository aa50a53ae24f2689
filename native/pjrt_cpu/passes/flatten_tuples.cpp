// Tuples become their elements: operations, regions and the function itself take and give the elements one by
// one, in order, those of inner tuples in the place of the inner tuple. A token that the entry takes or
// returns becomes an empty tensor, which is what clients can hold.
#include <algorithm>
#include <unordered_map>

#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

// A tuple may nest; its elements are counted, so that a type of a few characters cannot ask for everything.
constexpr size_t kMaxElements = size_t{1} << 20;

void appendLeaves(const Type& type, std::vector<Type>& out) {
    const TupleType* tuple = type.tupleOrNull();
    if (tuple == nullptr) {
        if (out.size() >= kMaxElements)
            throw resourceExhausted("tuples of more than " + std::to_string(kMaxElements) + " elements");
        out.push_back(type);
        return;
    }
    for (const Type& element : tuple->elements) appendLeaves(element, out);
}

std::vector<Type> leavesOf(const Type& type) {
    std::vector<Type> out;
    appendLeaves(type, out);
    return out;
}

bool anyTuple(std::span<const Type> types) {
    return std::ranges::any_of(types, [](const Type& type) { return type.isTuple(); });
}

bool usesTuples(const Block& block) {
    bool found = false;
    const auto is_tuple = [](const Value& value) { return value.type().isTuple(); };
    for (const auto& argument : block.arguments()) found = found || is_tuple(*argument);
    walk(block, [&](const Operation& op) {
        for (const Value& result : op.results()) found = found || is_tuple(result);
        for (size_t i = 0; i < op.regionCount() && !found; ++i) {
            for (const auto& inner : op.region(i).blocks()) {
                for (const auto& argument : inner->arguments()) found = found || is_tuple(*argument);
            }
        }
    });
    return found;
}

class Flattener {
 public:
    void flatten(Block& block) {
        const size_t old_arguments = flattenArguments(block);
        std::vector<Operation*> dead;
        for (Operation* op = block.first(); op != nullptr;) {
            Operation* next = op->next();
            if (flatten(*op)) dead.push_back(op);
            op = next;
        }
        // Users come after what they use.
        for (auto op = dead.rbegin(); op != dead.rend(); ++op) (*op)->erase();
        for (size_t i = 0; i < old_arguments; ++i) block.eraseArgument(0);
    }

 private:
    /// New arguments behind the old ones, when there is a tuple among them. @returns how many old ones have
    /// to go once nothing uses them
    size_t flattenArguments(Block& block) {
        const size_t count = block.argumentCount();
        const auto is_tuple = [](const auto& argument) { return argument->type().isTuple(); };
        if (!std::ranges::any_of(block.arguments(), is_tuple)) return 0;
        for (size_t i = 0; i < count; ++i) {
            Value* old = block.argument(i);
            std::vector<Value*> values;
            for (const Type& type : leavesOf(old->type())) values.push_back(block.addArgument(type));
            if (old->type().isTuple()) {
                leaves_[old] = std::move(values);
            } else {
                old->replaceAllUsesWith(values[0]);
            }
        }
        return count;
    }

    const std::vector<Value*>& leaves(const Operation& op, const Value* tuple) const {
        const auto found = leaves_.find(tuple);
        if (found == leaves_.end()) throw unimplementedOperation(op, "a tuple of unknown elements");
        return found->second;
    }

    void appendValues(const Operation& op, Value* value, std::vector<Value*>& out) const {
        if (!value->type().isTuple()) {
            out.push_back(value);
            return;
        }
        const std::vector<Value*>& values = leaves(op, value);
        if (out.size() + values.size() > kMaxElements)
            throw resourceExhausted("tuples of more than " + std::to_string(kMaxElements) + " elements");
        out.insert(out.end(), values.begin(), values.end());
    }

    std::vector<Value*> flatOperands(const Operation& op) const {
        std::vector<Value*> out;
        for (Value* operand : op.operands()) appendValues(op, operand, out);
        return out;
    }

    void selectElement(const Operation& op) {
        const TupleType& tuple = *op.operand(0)->type().tupleOrNull();
        const auto index = static_cast<size_t>(integerAttribute(op, "index"));
        if (index >= tuple.elements.size())
            throw invalidOperation(op, "there is no element " + std::to_string(index));
        const std::vector<Value*>& values = leaves(op, op.operand(0));
        size_t begin = 0;
        for (size_t i = 0; i < index; ++i) begin += leavesOf(tuple.elements[i]).size();
        if (tuple.elements[index].isTuple()) {
            const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin);
            const auto count = static_cast<std::ptrdiff_t>(leavesOf(tuple.elements[index]).size());
            std::vector<Value*> part(first, first + count);
            leaves_[op.result()] = std::move(part);
        } else {
            op.result()->replaceAllUsesWith(values[begin]);
        }
    }

    /// The operation again, over elements.
    void rebuild(Operation& op, const std::vector<Value*>& operands) {
        std::vector<Type> types;
        for (const Type& type : op.resultTypes()) appendLeaves(type, types);
        Builder builder(op);
        Operation* flat = builder.create(op.kind(), operands, types, op.attributes());
        if (op.kind() == OpKind::kUnknown) flat->setUnknownName(std::string(op.name()));
        for (size_t i = 0; i < op.regionCount(); ++i) {
            Region& region = flat->addRegion();
            for (auto& block : op.region(i).takeBlocks()) region.adopt(std::move(block));
        }
        size_t next = 0;
        for (Value& result : op.results()) {
            if (!result.type().isTuple()) {
                result.replaceAllUsesWith(flat->result(next++));
                continue;
            }
            std::vector<Value*>& values = leaves_[&result];
            for (size_t n = leavesOf(result.type()).size(); n > 0; --n)
                values.push_back(flat->result(next++));
        }
        flattenRegions(*flat);
    }

    void flattenRegions(Operation& op) {
        for (size_t i = 0; i < op.regionCount(); ++i) {
            for (const auto& block : op.region(i).blocks()) flatten(*block);
        }
    }

    /// @returns whether the operation is to be erased
    bool flatten(Operation& op) {
        if (op.kind() == OpKind::kTuple) {
            leaves_[op.result()] = flatOperands(op);
            return true;
        }
        if (op.kind() == OpKind::kGetTupleElement) {
            selectElement(op);
            return true;
        }
        bool has_tuples = anyTuple(op.resultTypes());
        for (const Value* operand : op.operands()) has_tuples = has_tuples || operand->type().isTuple();
        if (!has_tuples) {
            flattenRegions(op);
            return false;
        }
        rebuild(op, flatOperands(op));
        return true;
    }

    std::unordered_map<const Value*, std::vector<Value*>> leaves_;
};

/// Attributes of one argument or result for each of its elements; those that name an output by number follow
/// it.
std::vector<NamedAttributes> flatAttributes(std::span<const Type> types,
                                            const std::vector<NamedAttributes>& attributes,
                                            std::span<const Type> results) {
    std::vector<NamedAttributes> out;
    for (size_t i = 0; i < types.size(); ++i) {
        NamedAttributes each = i < attributes.size() ? attributes[i] : NamedAttributes();
        const Attribute* alias = each.find("tf.aliasing_output");
        const auto* number = alias != nullptr ? alias->get<IntegerAttribute>() : nullptr;
        if (number != nullptr && number->value >= 0 && number->value < static_cast<int64_t>(results.size())) {
            int64_t position = 0;
            for (int64_t r = 0; r < number->value; ++r)
                position += static_cast<int64_t>(leavesOf(results[static_cast<size_t>(r)]).size());
            each.set("tf.aliasing_output", Attribute::integer(position, number->type));
        }
        const size_t count = leavesOf(types[i]).size();
        // What is said of a tuple as a whole is not known of its elements.
        for (size_t n = 0; n < count; ++n) out.push_back(types[i].isTuple() ? NamedAttributes() : each);
    }
    return out;
}

void updateSignature(Function& function) {
    const FunctionType old = function.type();
    FunctionType type;
    for (const auto& argument : function.body().arguments()) type.inputs.push_back(argument->type());
    for (const Value* value : function.returned()) type.results.push_back(value->type());
    function.argumentAttributes() = flatAttributes(old.inputs, function.argumentAttributes(), old.results);
    function.resultAttributes() = flatAttributes(old.results, function.resultAttributes(), old.results);
    function.setType(std::move(type));
}

bool replaceTokens(Function& function) {
    const TensorType empty(ElementType::kI1, {0});
    Block& block = function.body();
    bool changed = false;
    for (const auto& argument : block.arguments()) {
        if (!argument->type().isToken()) continue;
        changed = true;
        if (argument->hasUses()) {
            Builder builder(*block.first());
            argument->replaceAllUsesWith(builder.create(OpKind::kCreateToken, {}, Type(TokenType())));
        }
        argument->setType(empty);
    }
    Operation& end = *block.last();
    for (size_t i = 0; i < end.operandCount(); ++i) {
        if (!end.operand(i)->type().isToken()) continue;
        changed = true;
        Builder builder(end);
        end.setOperand(i, builder.constant(Literal(empty, {})));
    }
    return changed;
}

}  // namespace

bool flattenTuples(Function& function) {
    if (function.isDeclaration()) return false;
    bool changed = false;
    if (usesTuples(function.body()) || anyTuple(function.type().inputs)) {
        Flattener().flatten(function.body());
        changed = true;
    }
    changed |= replaceTokens(function);
    if (changed) updateSignature(function);
    return changed;
}

}  // namespace optirs::plugin
