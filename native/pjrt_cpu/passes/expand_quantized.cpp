// Quantized tensors become tensors of their storage integers. What computes with them computes with what they
// express (StableHLO specification, "Quantization computations"): operands are dequantized, results
// quantized. What only moves elements moves the integers. Reductions and the like work on the integers; the
// operations in their regions are rewritten like any others.
#include <unordered_map>

#include "pjrt_cpu/passes/formula.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/quantized_kinds.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

/// An integer type in which a stored number less a zero point fits.
ElementType wideType(const QuantizedType& type) {
    return bitWidth(type.storage) <= 16 ? ElementType::kI32 : ElementType::kI64;
}

class Expander {
 public:
    explicit Expander(Function& function) : function_(function) {}

    bool run() {
        if (function_.isDeclaration()) return false;
        collect(function_.body());
        if (types_.empty()) return false;
        walk(function_.body(), [this](Operation& op) { rewrite(op); });
        for (const auto& [value, type] : types_) value->setType(type.withElement(type.quantized()->storage));
        updateSignature();
        return true;
    }

 private:
    void collect(Value& value) {
        const TensorType* type = value.type().tensorOrNull();
        if (type == nullptr || type->quantized() == nullptr) return;
        checkParameters(value, *type);
        types_.emplace(&value, *type);
    }

    void collect(const Block& block) {
        for (const auto& argument : block.arguments()) collect(*argument);
        for (Operation& op : block) {
            for (Value& result : op.results()) collect(result);
            for (size_t i = 0; i < op.regionCount(); ++i) {
                for (const auto& inner : op.region(i).blocks()) collect(*inner);
            }
        }
    }

    static void checkParameters(const Value& value, const TensorType& type) {
        const QuantizedType& q = *type.quantized();
        const auto refuse = [&](const std::string& what) {
            const std::string message = type.toString() + ": " + what;
            return value.definition() != nullptr ? invalidOperation(*value.definition(), message)
                                                 : invalidArgument(message);
        };
        for (const double scale : q.scales) {
            if (!(scale > 0) || scale > 1e308) throw refuse("a scale is not positive and finite");
        }
        for (const int64_t zero : q.zero_points) {
            if (zero < q.storage_min || zero > q.storage_max)
                throw refuse("a zero point is not between the least and the greatest stored number");
        }
        if (q.axis < 0) return;
        if (q.axis >= type.rank()) throw refuse("there is no dimension " + std::to_string(q.axis));
        if (type.dim(q.axis) != static_cast<int64_t>(q.scales.size()))
            throw refuse("the quantized dimension has another size than the list of scales");
    }

    const TensorType* quantizedType(const Value* value) const {
        const auto found = types_.find(const_cast<Value*>(value));  // NOLINT: only looked up
        return found == types_.end() ? nullptr : &found->second;
    }

    /// The numbers of a type as a constant that fits `shape`: one, or one for each index of the axis.
    template <typename Number>
    static Value* perAxis(Builder& builder, const QuantizedType& q, const TensorType& shape,
                          const std::vector<Number>& numbers) {
        if (q.axis < 0) return builder.constant(shape, static_cast<double>(numbers[0]));
        const ElementType element = shape.element();
        std::vector<std::byte> bytes(numbers.size() * static_cast<size_t>(byteWidth(element)));
        for (size_t i = 0; i < numbers.size(); ++i)
            storeReal(static_cast<double>(numbers[i]), element,
                      bytes.data() + i * static_cast<size_t>(byteWidth(element)));
        const TensorType row(element, {static_cast<int64_t>(numbers.size())});
        Value* constant = builder.constant(Literal(row, std::move(bytes)));
        return builder.broadcastInDim(constant, {shape.dims().begin(), shape.dims().end()}, {q.axis});
    }

    void requireStatic(const Operation& op, const TensorType& type) const {
        if (!type.isStatic())
            throw unimplementedOperation(op, "the shape of the quantized " + type.toString() + " is dynamic");
    }

    /// (stored - zero point) * scale.
    Value* dequantize(Builder& builder, const Operation& op, Value* stored, const TensorType& type) {
        requireStatic(op, type);
        const QuantizedType& q = *type.quantized();
        const ElementType wide = wideType(q);
        // The value still has its quantized type; the conversion reads the integers.
        Value* integers = builder.create(OpKind::kConvert, {stored}, type.withElement(wide));
        Value* zero = perAxis(builder, q, type.withElement(wide), q.zero_points);
        const Term difference(builder, builder.binary(OpKind::kSubtract, integers, zero));
        Value* scale = perAxis(builder, q, type.withElement(q.expressed), q.scales);
        return (difference.convert(q.expressed) * Term(builder, scale)).value();
    }

    /// round(clamp(x / scale + zero point)), ties to even.
    Value* quantize(Builder& builder, const Operation& op, Value* expressed, const TensorType& type) {
        requireStatic(op, type);
        const QuantizedType& q = *type.quantized();
        const TensorType real = type.withElement(q.expressed);
        const Term scaled = Term(builder, expressed) / Term(builder, perAxis(builder, q, real, q.scales));
        const Term shifted = scaled + Term(builder, perAxis(builder, q, real, q.zero_points));
        const auto least = static_cast<double>(q.storage_min);
        const auto greatest = static_cast<double>(q.storage_max);
        Value* clamped = builder.create(
            OpKind::kClamp,
            {builder.constant(real, least), shifted.value(), builder.constant(real, greatest)}, real);
        // The bounds may not be numbers of the expressed type: integers are clamped once more.
        const Term rounded = Term(builder, clamped).apply(OpKind::kRoundNearestEven).convert(wideType(q));
        const TensorType wide = type.withElement(wideType(q));
        Value* bounded =
            builder.create(OpKind::kClamp,
                           {builder.constant(Literal::splatInteger(wide, q.storage_min)), rounded.value(),
                            builder.constant(Literal::splatInteger(wide, q.storage_max))},
                           wide);
        return builder.convert(bounded, q.storage);
    }

    /// Uses `stored`, of the storage type, for a quantized result.
    void replace(Value* result, Value* stored) {
        const TensorType type = types_.at(result);
        types_.erase(result);
        types_.emplace(stored, type);
        result->replaceAllUsesWith(stored);
    }

    Value* expressedOperand(Builder& builder, const Operation& op, size_t i) {
        Value* operand = op.operand(i);
        const TensorType* type = quantizedType(operand);
        return type == nullptr ? operand : dequantize(builder, op, operand, *type);
    }

    void rewriteConstant(Operation& op) {
        const Literal& literal = constantValue(op);
        const QuantizedType& q = *types_.at(op.result()).quantized();
        // It may be written as a tensor of the integers, too.
        const QuantizedType* written = literal.type().quantized();
        if ((written != nullptr ? written->storage : literal.type().element()) != q.storage)
            throw invalidOperation(op,
                                   "the value " + literal.type().toString() + " is not of the result's type");
        const TensorType type = literal.type().withElement(q.storage);
        Value* stored = Builder(op).constant(literal.reshaped(type));
        replace(op.result(), stored);
        op.erase();
    }

    /// uniform_quantize and uniform_dequantize: the ends of the computation below.
    void rewriteConversion(Operation& op) {
        Builder builder(op);
        Value* expressed = expressedOperand(builder, op, 0);
        const TensorType* type = quantizedType(op.result());
        if (type == nullptr) {
            op.result()->replaceAllUsesWith(expressed);
        } else {
            replace(op.result(), quantize(builder, op, expressed, *type));
        }
        op.erase();
    }

    void rewriteComputation(Operation& op) {
        if (op.regionCount() > 0) throw unimplementedOperation(op, "quantized operands");
        Builder builder(op);
        std::vector<Value*> operands;
        for (size_t i = 0; i < op.operandCount(); ++i) operands.push_back(expressedOperand(builder, op, i));
        std::vector<Type> types;
        for (Value& result : op.results()) {
            const TensorType* type = quantizedType(&result);
            types.push_back(type == nullptr ? result.type()
                                            : Type(type->withElement(type->quantized()->expressed)));
        }
        Operation* computed = builder.create(op.kind(), operands, types, op.attributes());
        for (size_t i = 0; i < op.resultCount(); ++i) {
            const TensorType* type = quantizedType(op.result(i));
            if (type == nullptr) {
                op.result(i)->replaceAllUsesWith(computed->result(i));
            } else {
                replace(op.result(i), quantize(builder, op, computed->result(i), *type));
            }
        }
        op.erase();
    }

    void checkMovement(const Operation& op) const {
        const TensorType* first = nullptr;
        const auto check = [&](const Value* value) {
            const TensorType* type = quantizedType(value);
            if (type == nullptr) return;
            if (first != nullptr && !sameMeaning(*first->quantized(), *type->quantized())) {
                throw invalidOperation(op, "moves quantized elements unchanged, but " + first->toString() +
                                               " and " + type->toString() +
                                               " give them other meanings; use uniform_quantize");
            }
            first = type;
        };
        for (const Value* operand : op.operands()) check(operand);
        for (const Value& result : op.results()) check(&result);
    }

    /// A reduction may gather in a wider type than its operands: they are brought to it first.
    void widenReduced(Operation& op) {
        const Block& block = body(op);
        for (size_t i = 0; i < op.operandCount() && i < block.argumentCount(); ++i) {
            const TensorType* from = quantizedType(op.operand(i));
            const TensorType* to = quantizedType(block.argument(i));
            if (from == nullptr || to == nullptr || sameMeaning(*from->quantized(), *to->quantized()))
                continue;
            if (to->quantized()->axis >= 0)
                throw unimplementedOperation(op, "a reduction of elements that are quantized by dimension");
            TensorType target = *from;
            target.setQuantized(std::make_shared<QuantizedType>(*to->quantized()));
            Builder builder(op);
            Value* widened = quantize(builder, op, dequantize(builder, op, op.operand(i), *from), target);
            types_.emplace(widened, target);
            op.setOperand(i, widened);
        }
    }

    void rewrite(Operation& op) {
        bool touched = false;
        for (const Value* operand : op.operands()) touched = touched || quantizedType(operand) != nullptr;
        for (const Value& result : op.results()) touched = touched || quantizedType(&result) != nullptr;
        if (!touched) return;
        if (op.kind() == OpKind::kConstant) return rewriteConstant(op);
        if (op.kind() == OpKind::kUniformQuantize || op.kind() == OpKind::kUniformDequantize)
            return rewriteConversion(op);
        if (!worksOnStorage(op.kind())) return rewriteComputation(op);
        if (keepsMeaning(op.kind())) checkMovement(op);
        if (op.kind() == OpKind::kReduce || op.kind() == OpKind::kReduceWindow) widenReduced(op);
    }

    void updateSignature() {
        FunctionType type = function_.type();
        for (size_t i = 0; i < type.inputs.size(); ++i) type.inputs[i] = function_.body().argument(i)->type();
        const std::vector<Value*> returned = function_.returned();
        for (size_t i = 0; i < returned.size(); ++i) type.results[i] = returned[i]->type();
        function_.setType(std::move(type));
    }

    Function& function_;
    /// The quantized types of the values that have, or had, one.
    std::unordered_map<Value*, TensorType> types_;
};

}  // namespace

bool expandQuantized(Function& function) { return Expander(function).run(); }

}  // namespace optirs::plugin
