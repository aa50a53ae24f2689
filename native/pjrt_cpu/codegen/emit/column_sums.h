#pragma once

#include <functional>
#include <map>

#include "pjrt_cpu/codegen/emit/element.h"
#include "pjrt_cpu/codegen/plan/schedule.h"

namespace optirs::plugin {

/// The sums of Group::columns that a row nest takes on its way: an array of accumulators each, as long as a
/// row, for one part of the rows.
class ColumnSums {
 public:
    ColumnSums(ElementEmitter& emitter, const Group& group, const Schedule& schedule);

    /// Before the first row of a part.
    void begin();
    /// The sums' operands at the current element. To be evaluated before anything is stored.
    Scalar evaluate(const Operation& op) { return emitter_.emit(op.operand(0), schedule_.finer); }
    /// Adds to the current column.
    void add(const Operation& op, const Scalar& value);
    /// After the last row of a part: `store` writes a sum of the part.
    void end(const std::function<void(const Value*, const Index&, const Scalar&)>& store);

 private:
    ElementEmitter::Cell cellOf(const Operation& op);
    void overColumns(const std::function<void()>& body) { emitter_.loopsOver(schedule_.inner, body); }

    ElementEmitter& emitter_;
    const Group& group_;
    const Schedule& schedule_;
    std::map<const Operation*, llvm::Value*> arrays_;
};

}  // namespace optirs::plugin
