// chlo.scan: a loop over one dimension. The body takes the inputs' slices at a position and the carried
// values, and gives the outputs' slices there and the next carried values.
#include <unordered_map>

#include "pjrt_cpu/passes/counted_loop.h"
#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

const TensorType counter_type(ElementType::kI64, {});

class Scan {
 public:
    explicit Scan(Operation& op) : op_(op), dimension_(integerAttribute(op, "dimension")) {
        const auto segments = integersAttribute(op, "operandSegmentSizes");
        inputs_ = static_cast<size_t>(segments[0]);
        carries_ = op.operandCount() - inputs_;
        const Block& block = body(op);
        if (block.argumentCount() != op.operandCount() || block.last()->operandCount() != op.resultCount())
            throw invalidOperation(
                op,
                "the body should take a slice of each input and each carried value, and give a "
                "slice of each output and each carried value");
        outputs_ = op.resultCount() - carries_;
        length_ = -1;
        for (size_t i = 0; i < inputs_ + outputs_; ++i) {
            const Value* value = i < inputs_ ? op.operand(i) : op.result(i - inputs_);
            const Value* slice = i < inputs_ ? block.argument(i) : block.last()->operand(i - inputs_);
            const TensorType& type = value->tensor();
            std::vector<int64_t> rest = dimsOf(value);
            rest.erase(rest.begin() + dimension_);
            if (rest != dimsOf(slice) || slice->tensor().element() != type.element() ||
                (length_ >= 0 && type.dim(dimension_) != length_))
                throw invalidOperation(op, "slices of " + type.toString() + " along dimension " +
                                               std::to_string(dimension_) + " do not fit the body's " +
                                               slice->tensor().toString());
            length_ = type.dim(dimension_);
        }
        if (length_ < 0) length_ = integerAttribute(op, "scan_dim_size");
    }

    std::vector<Value*> expand(Value* length) {
        Builder builder(op_);
        if (length == nullptr) length = builder.constant(counter_type, static_cast<double>(length_));
        std::vector<Value*> start;
        for (size_t i = 0; i < outputs_; ++i) start.push_back(builder.constant(op_.result(i)->tensor(), 0));
        for (size_t i = 0; i < carries_; ++i) start.push_back(op_.operand(inputs_ + i));
        return countedLoop(
            builder, length, start,
            [&](Builder& inner, Block& block, Value* position, std::span<Value* const> carried) {
                if (boolAttribute(op_, "is_reverse")) {
                    Value* last = inner.binary(OpKind::kSubtract, length, inner.constant(counter_type, 1));
                    position = inner.binary(OpKind::kSubtract, last, position);
                }
                return round(inner, block, position, carried);
            });
    }

 private:
    std::vector<Value*> round(Builder& inner, Block& block, Value* at, std::span<Value* const> carried) {
        Block& source = body(op_);
        std::unordered_map<Value*, Value*> map;
        for (size_t i = 0; i < inputs_; ++i) {
            Value* slice = sliceAt(inner, op_.operand(i), dimension_, at);
            map[source.argument(i)] = inner.reshape(slice, dimsOf(source.argument(i)));
        }
        for (size_t i = 0; i < carries_; ++i) map[source.argument(inputs_ + i)] = carried[outputs_ + i];
        const auto mapped = [&](Value* value) {
            const auto found = map.find(value);
            return found == map.end() ? value : found->second;
        };
        for (Operation& each : source) {
            if (&each == source.last()) break;
            block.insert(cloneOperation(each, mapped, [&](Value* old, Value* made) { map[old] = made; }),
                         nullptr);
        }
        std::vector<Value*> returned;
        for (size_t i = 0; i < op_.resultCount(); ++i) {
            Value* value = mapped(source.last()->operand(i));
            if (i < outputs_) {
                Value* whole = carried[i];
                std::vector<int64_t> dims = dimsOf(whole);
                dims[static_cast<size_t>(dimension_)] = 1;
                const Type type = whole->type();
                std::vector<Value*> operands = {whole, inner.reshape(value, dims)};
                Value* zero = inner.constant(counter_type, 0);
                for (int64_t d = 0; d < whole->tensor().rank(); ++d)
                    operands.push_back(d == dimension_ ? at : zero);
                value = inner.create(OpKind::kDynamicUpdateSlice, operands, {&type, 1})->result();
            }
            returned.push_back(value);
        }
        return returned;
    }

    Operation& op_;
    int64_t dimension_;
    size_t inputs_ = 0, outputs_ = 0, carries_ = 0;
    int64_t length_ = 0;
};

}  // namespace

std::vector<Value*> expandScan(Operation& op, Value* length) { return Scan(op).expand(length); }

}  // namespace optirs::plugin
