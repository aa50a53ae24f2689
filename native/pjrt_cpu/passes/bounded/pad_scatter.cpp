// scatter: updates past their sizes are none.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

class Scatter {
 public:
    explicit Scatter(BoundedOp& op) : op_(op), numbers_(scatterDimensions(op.op)), count_(tupleSize(op.op)) {}

    /// What is written past the sizes of the inputs stays there.
    void run() {
        alignMemory();
        const std::vector<int64_t> dims = op_.dims(count_ + 1);
        Value* is_update = op_.inside(dims, update_sizes_, iotaList(0, static_cast<int64_t>(dims.size())));
        if (is_update == nullptr) {
            for (size_t i = 0; i < count_; ++i) op_.give(op_.dims(i), sizes_, i);
            return;
        }
        flagUpdates(is_update);
    }

 private:
    static std::vector<size_t> range(size_t begin, size_t end) {
        std::vector<size_t> out;
        for (size_t i = begin; i < end; ++i) out.push_back(i);
        return out;
    }

    /// Dimensions that inputs, indices and updates share take the same memory.
    void alignMemory() {
        const std::vector<size_t> inputs = range(0, count_);
        const std::vector<size_t> updates = range(count_ + 1, op_.op.operandCount());
        std::vector<int64_t> input;
        std::vector<int64_t> update;
        op_.merge(inputs, input, sizes_);
        op_.merge(updates, update, update_sizes_);
        std::vector<int64_t> places = op_.dims(count_);
        Sizes place_sizes = op_.sizesOf(op_.operand(count_));
        for (size_t i = 0; i < numbers_.input_batching_dims.size(); ++i) {
            const auto a = static_cast<size_t>(numbers_.input_batching_dims[i]);
            const auto b = static_cast<size_t>(numbers_.scatter_indices_batching_dims[i]);
            input[a] = places[b] = std::min(input[a], places[b]);
            if (place_sizes[b] == nullptr) place_sizes[b] = sizes_[a];
        }
        size_t next = 0;
        for (size_t d = 0; d < update.size(); ++d) {
            if (std::ranges::find(numbers_.update_window_dims, static_cast<int64_t>(d)) !=
                numbers_.update_window_dims.end())
                continue;
            if (static_cast<int64_t>(next) == numbers_.index_vector_dim) ++next;
            update[d] = places[next] = std::min(update[d], places[next]);
            if (update_sizes_[d] == nullptr) update_sizes_[d] = place_sizes[next];
            ++next;
        }
        shrinkBatches(input, places);
        limitWindows(input, update);
        op_.fitOperands(inputs, input);
        op_.op.setOperand(count_, op_.fit(op_.operand(count_), places));
        op_.fitOperands(updates, update);
    }

    void shrinkBatches(std::vector<int64_t>& input, const std::vector<int64_t>& places) const {
        for (size_t i = 0; i < numbers_.input_batching_dims.size(); ++i)
            input[static_cast<size_t>(numbers_.input_batching_dims[i])] =
                places[static_cast<size_t>(numbers_.scatter_indices_batching_dims[i])];
    }

    /// A window that is larger than the memory of the input has a size that is not.
    void limitWindows(const std::vector<int64_t>& input, std::vector<int64_t>& update) const {
        size_t dim = 0;
        const auto is_removed = [this](size_t d) {
            const auto at = static_cast<int64_t>(d);
            return std::ranges::find(numbers_.inserted_window_dims, at) !=
                       numbers_.inserted_window_dims.end() ||
                   std::ranges::find(numbers_.input_batching_dims, at) != numbers_.input_batching_dims.end();
        };
        for (const int64_t d : numbers_.update_window_dims) {
            while (is_removed(dim)) ++dim;
            int64_t& size = update[static_cast<size_t>(d)];
            size = std::min(size, input[dim++]);
        }
    }

    /// One more input says for each update whether it is one: others leave the result as it is.
    void flagUpdates(Value* is_update) {
        const TensorType flag(ElementType::kI1, {});
        std::vector<Value*> operands = op_.op.operands();
        Value* none = op_.build.constant(Literal::splatInteger(flag, 0));
        operands.insert(operands.begin() + static_cast<std::ptrdiff_t>(count_),
                        op_.spread(none, op_.dims(0)));
        operands.push_back(is_update);
        std::vector<Type> types;
        for (size_t i = 0; i < count_; ++i)
            types.push_back(TensorType(op_.op.result(i)->tensor().element(), op_.dims(i)));
        types.push_back(TensorType(ElementType::kI1, op_.dims(0)));
        Operation& made = *op_.build.create(OpKind::kScatter, operands, types, op_.op.attributes(), 1);
        flagBody(body(op_.op), made.region(0).addBlock(), types);
        op_.replaceAll(resultsOf(made), std::vector<Sizes>(count_, sizes_));
    }

    /// The computation with a flag behind the old values and one behind the updates.
    void flagBody(Block& from, Block& to, const std::vector<Type>& types) const {
        for (size_t i = 0; i < 2 * types.size(); ++i)
            to.addArgument(types[i % types.size()].tensor().withDims({}));
        for (size_t i = 0; i < 2 * count_; ++i)
            from.argument(i)->replaceAllUsesWith(to.argument(i < count_ ? i : i + 1));
        while (Operation* first = from.first()) to.insert(first->detach());
        Operation& end = *to.last();
        Builder build(end);
        Value* const is_update = to.argument(2 * count_ + 1);
        std::vector<Value*> returned = end.operands();
        for (size_t i = 0; i < count_; ++i)
            returned[i] = build.select(is_update, returned[i], to.argument(i));
        returned.push_back(build.binary(OpKind::kOr, to.argument(count_), is_update));
        end.setOperands(returned);
    }

    BoundedOp& op_;
    const ScatterDimensions numbers_;
    const size_t count_;
    Sizes sizes_;
    Sizes update_sizes_;
};

}  // namespace

void padScatter(BoundedOp& op) { Scatter(op).run(); }

}  // namespace optirs::plugin
