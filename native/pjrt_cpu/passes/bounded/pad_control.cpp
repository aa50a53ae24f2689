// while, if, case: a value with sizes is a value and its sizes, which are carried and returned beside it.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

/// One value that crosses the edge of a region, by its declared type.
struct Crossing {
    std::vector<int64_t> dims;     ///< its memory
    std::vector<int64_t> unknown;  ///< the dimensions that have a size
};

class Crossings {
 public:
    explicit Crossings(BoundedOp& bounded) {
        const Operation& op = bounded.op;
        for (size_t i = 0; i < op.resultCount(); ++i) {
            Crossing& each = all_.emplace_back();
            if (!op.result(i)->type().isTensor()) continue;
            if (!hasBound(op.result(i)->type())) {
                const auto dims = op.result(i)->tensor().dims();
                each.dims.assign(dims.begin(), dims.end());
                continue;
            }
            each.dims = bounded.declaredDims(i);
            for (int64_t d = 0; d < op.result(i)->tensor().rank(); ++d) {
                if (bounded.isUnknown(d, i)) each.unknown.push_back(d);
            }
        }
    }

    const Crossing& operator[](size_t i) const { return all_[i]; }
    size_t count() const { return all_.size(); }

    std::vector<Type> types(const Operation& op) const {
        std::vector<Type> out;
        for (size_t i = 0; i < all_.size(); ++i) {
            const Type& type = op.result(i)->type();
            out.push_back(all_[i].unknown.empty() ? type : TensorType(type.tensor().element(), all_[i].dims));
        }
        const TensorType size(ElementType::kI32, {});
        for (const Crossing& each : all_) out.insert(out.end(), each.unknown.size(), size);
        return out;
    }

    /// The values in their memory, then their sizes; made before the operation of `at`.
    std::vector<Value*> values(BoundedOp& at, const std::vector<Value*>& given) const {
        std::vector<Value*> out;
        for (size_t i = 0; i < all_.size(); ++i) {
            const bool fits =
                !isStatic(given[i]) || std::ranges::find(all_[i].dims, kDynamic) != all_[i].dims.end();
            if (fits && !all_[i].unknown.empty())
                throw unimplementedOperation(
                    at.op, "value " + std::to_string(i) + " has a dimension without a bound");
            out.push_back(fits ? given[i] : at.fit(given[i], all_[i].dims));
        }
        for (size_t i = 0; i < all_.size(); ++i) {
            for (const int64_t dim : all_[i].unknown) out.push_back(at.extentOf(given[i], dim));
        }
        return out;
    }

    /// Tells the values from their sizes: `all` is what values() put together, seen from the other side.
    void receive(Padder& padder, const std::vector<Value*>& all) const {
        size_t next = all_.size();
        for (size_t i = 0; i < all_.size(); ++i) {
            if (!all[i]->type().isTensor()) continue;
            Sizes sizes(static_cast<size_t>(all[i]->tensor().rank()));
            for (const int64_t dim : all_[i].unknown) sizes[static_cast<size_t>(dim)] = all[next++];
            padder.setSizes(all[i], std::move(sizes));
        }
    }

 private:
    static bool isStatic(const Value* value) {
        return value->type().isTensor() && value->tensor().isStatic();
    }

    std::vector<Crossing> all_;
};

void moveRegion(Operation& from, Operation& to, size_t i) {
    for (auto& block : from.region(i).takeBlocks()) to.region(i).adopt(std::move(block));
}

void padReturn(Padder& padder, Block& block, const Crossings& crossings) {
    Operation& end = *block.last();
    BoundedOp at(padder, end);
    end.setOperands(crossings.values(at, end.operands()));
}

/// `made` is the operation with sizes; what used the old results uses its.
void replaceControl(Padder& padder, Operation& op, Operation& made, const Crossings& crossings) {
    crossings.receive(padder, resultsOf(made));
    for (size_t i = 0; i < op.resultCount(); ++i) op.result(i)->replaceAllUsesWith(made.result(i));
    padder.forget(op);
    op.erase();
}

void padWhile(Padder& padder, Operation& op) {
    BoundedOp bounded(padder, op);
    const Crossings crossings(bounded);
    const std::vector<Type> types = crossings.types(op);
    const std::vector<Value*> operands = crossings.values(bounded, op.operands());
    Operation& made = *bounded.build.create(OpKind::kWhile, operands, types, op.attributes(), 2);
    for (size_t i = 0; i < 2; ++i) {
        moveRegion(op, made, i);
        Block& block = body(made, i);
        std::vector<Value*> arguments;
        for (size_t k = 0; k < types.size(); ++k) {
            const bool is_size = k >= crossings.count();
            arguments.push_back(is_size ? block.addArgument(types[k]) : block.argument(k));
            if (!is_size && !crossings[k].unknown.empty()) arguments.back()->setType(types[k]);
        }
        crossings.receive(padder, arguments);
        padder.visit(block);
    }
    padReturn(padder, body(made, 1), crossings);
    replaceControl(padder, op, made, crossings);
}

void padBranches(Padder& padder, Operation& op) {
    BoundedOp bounded(padder, op);
    const Crossings crossings(bounded);
    const std::vector<Type> types = crossings.types(op);
    Operation& made =
        *bounded.build.create(op.kind(), op.operands(), types, op.attributes(), op.regionCount());
    for (size_t i = 0; i < op.regionCount(); ++i) {
        moveRegion(op, made, i);
        padder.visit(body(made, i));
        padReturn(padder, body(made, i), crossings);
    }
    replaceControl(padder, op, made, crossings);
}

}  // namespace

bool padControl(Padder& padder, Operation& op) {
    switch (op.kind()) {
        case OpKind::kWhile:
            padWhile(padder, op);
            return true;
        case OpKind::kIf:
        case OpKind::kCase:
            padBranches(padder, op);
            return true;
        default:
            return false;
    }
}

}  // namespace optirs::plugin
