#include "pjrt_cpu/codegen/emit/column_sums.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

ColumnSums::ColumnSums(ElementEmitter& emitter, const Group& group, const Schedule& schedule)
    : emitter_(emitter), group_(group), schedule_(schedule) {
    for (const Operation* op : group_.columns) {
        const ElementType type = op->operand(0)->tensor().element();
        arrays_[op] = emitter_.makeArray(emitter_.scalars().computeType(type), group_.finer.back());
    }
}

ElementEmitter::Cell ColumnSums::cellOf(const Operation& op) {
    ElementEmitter::Cell cell;
    cell.type = emitter_.scalars().computeType(op.operand(0)->tensor().element());
    cell.re = emitter_.builder().CreateInBoundsGEP(cell.type, arrays_.at(&op),
                                                   emitter_.emit(schedule_.finer.back()));
    return cell;
}

void ColumnSums::begin() {
    overColumns([&] {
        for (const Operation* op : group_.columns)
            emitter_.write(cellOf(*op), emitter_.emit(op->operand(1), {}));
    });
}

void ColumnSums::add(const Operation& op, const Scalar& value) {
    const ElementEmitter::Cell cell = cellOf(op);
    const Scalar accumulated[] = {emitter_.read(cell)};
    const Scalar values[] = {value};
    emitter_.write(cell, emitter_.combine(op, accumulated, values).front());
}

void ColumnSums::end(const std::function<void(const Value*, const Index&, const Scalar&)>& store) {
    if (group_.columns.empty()) return;
    Index part(schedule_.finer.begin(),
               schedule_.finer.end() - 1 - static_cast<ptrdiff_t>(dimensions(*group_.columns[0]).size()));
    part.push_back(schedule_.finer.back());
    overColumns([&] {
        for (const Operation* op : group_.columns) {
            const Value* sum = op->result();
            if (std::ranges::find(group_.roots, sum) == group_.roots.end()) continue;
            store(sum, part, emitter_.finishReduction(emitter_.read(cellOf(*op)), sum->tensor().element()));
        }
    });
}

}  // namespace optirs::plugin
