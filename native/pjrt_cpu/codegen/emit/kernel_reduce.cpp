// Kernels around reductions.
#include <llvm/IR/Module.h>

#include <algorithm>

#include "pjrt_cpu/codegen/emit/column_sums.h"
#include "pjrt_cpu/codegen/emit/kernel_builder.h"
#include "pjrt_cpu/codegen/plan/reads.h"

namespace optirs::plugin {
namespace {

/// How many reductions of the group must be done before a value can be computed.
class Levels {
 public:
    explicit Levels(const Group& group) : group_(group) {}

    int32_t of(const Value* value, const ElementEmitter& emitter) {
        if (emitter.bufferOf(value) != nullptr) return 0;
        const Operation* op = value->definition();
        if (op == nullptr) return 0;
        const auto [entry, added] = known_.try_emplace(op, 0);
        if (!added) return entry->second;
        int32_t level = 0;
        for (const Value* operand : op->operands()) level = std::max(level, of(operand, emitter));
        if (std::ranges::find(group_.reductions, op) != group_.reductions.end()) ++level;
        known_[op] = level;
        return level;
    }

 private:
    const Group& group_;
    std::map<const Operation*, int32_t> known_;
};

/// Dear operations that `value` needs at the index of the loops, reductions not entered.
void collectDear(const Value* value, const Group& group, const ElementEmitter& emitter,
                 std::set<const Value*>& seen, std::vector<const Value*>& dear) {
    if (emitter.bufferOf(value) != nullptr || !seen.insert(value).second) return;
    const Operation* op = value->definition();
    if (op == nullptr || std::ranges::find(group.reductions, op) != group.reductions.end()) return;
    if (fusionRole(*op) != FusionRole::kElementwise || dimsOf(*value) != group.shape) return;
    for (const Value* operand : op->operands()) collectDear(operand, group, emitter, seen, dear);
    if (isExpensive(*op)) dear.push_back(value);
}

}  // namespace

/// Rows one by one. A row takes several passes over its columns: a reduction that needs another one's result
/// waits for the next pass. What is dear and needed in two passes is kept in an array the length of a row.
void KernelBuilder::emitRows() {
    const Schedule& schedule = spec_.schedule;
    const Index& full = schedule.index;
    const Index row(full.begin(), full.begin() + group_.row_rank);
    const std::vector<int64_t> column_dims(group_.shape.begin() + group_.row_rank, group_.shape.end());
    const Index column(full.begin() + group_.row_rank, full.end());
    int64_t columns = 1;
    for (const int64_t size : column_dims) columns *= size;
    Levels levels(group_);
    std::vector<const Value*> roots;
    int32_t last = 0;
    for (const Value* root : group_.roots) {
        if (!isReduced(group_, *root->definition()) && dimsOf(*root) == group_.shape) roots.push_back(root);
    }
    for (const Value* root : roots) last = std::max(last, levels.of(root, *emitter_));
    for (const Operation* op : group_.reductions)
        last = std::max(last, levels.of(op->result(), *emitter_) - 1);
    for (const Operation* op : group_.columns) last = std::max(last, levels.of(op->operand(0), *emitter_));
    const auto sums_in = [&](int32_t pass) {
        std::vector<const Operation*> sums;
        for (const Operation* op : group_.columns) {
            if (levels.of(op->operand(0), *emitter_) == pass) sums.push_back(op);
        }
        return sums;
    };
    const auto in_pass = [&](int32_t pass) {
        std::vector<const Value*> needed;
        for (const Value* root : roots) {
            if (levels.of(root, *emitter_) == pass) needed.push_back(root);
        }
        for (const Operation* op : group_.reductions) {
            if (levels.of(op->result(), *emitter_) - 1 != pass) continue;
            for (size_t i = 0; i < tupleSize(*op); ++i) needed.push_back(op->operand(i));
        }
        for (const Operation* op : sums_in(pass)) needed.push_back(op->operand(0));
        return needed;
    };
    // Dear values of each pass; those of two passes get an array.
    std::map<const Value*, int32_t> first_pass;
    std::map<const Value*, BufferRef> kept;
    for (int32_t pass = 0; pass <= last; ++pass) {
        std::set<const Value*> seen;
        std::vector<const Value*> dear;
        for (const Value* value : in_pass(pass)) collectDear(value, group_, *emitter_, seen, dear);
        for (const Value* value : dear) {
            const auto [entry, added] = first_pass.try_emplace(value, pass);
            const ElementType type = value->tensor().element();
            if (added || isComplex(type) || columns > 16384) continue;
            if (!kept.contains(value)) {
                kept[value] = {emitter_->makeArray(emitter_->scalars().storageType(type), columns), -1};
            }
        }
    }
    std::map<const Operation*, std::vector<ElementEmitter::Cell>> cells;
    for (const Operation* op : group_.reductions) {
        for (size_t i = 0; i < tupleSize(*op); ++i) {
            cells[op].push_back(emitter_->makeCell(op->operand(i)->tensor().element()));
        }
    }
    ColumnSums sums(*emitter_, group_, schedule);
    const auto emit_row = [&] {
        for (int32_t pass = 0; pass <= last; ++pass) {
            std::vector<const Operation*> reductions;
            for (const Operation* op : group_.reductions) {
                if (levels.of(op->result(), *emitter_) - 1 == pass) reductions.push_back(op);
            }
            std::ranges::reverse(reductions);
            for (const Operation* op : reductions) {
                const size_t n = tupleSize(*op);
                for (size_t i = 0; i < n; ++i)
                    emitter_->write(cells[op][i], emitter_->emit(op->operand(n + i), {}));
            }
            overColumns([&] {
                for (const auto& [value, array] : kept) {
                    if (first_pass[value] != pass) continue;
                    const Scalar scalar = emitter_->emit(value, full);
                    emitter_->store(array, value->tensor().element(),
                                    emitter_->emit(context_.linear(column, column_dims)), scalar);
                }
                std::vector<std::pair<const Value*, Scalar>> stored;
                for (const Value* root : roots) {
                    if (levels.of(root, *emitter_) == pass)
                        stored.emplace_back(root, emitter_->emit(root, full));
                }
                for (const Operation* op : reductions) {
                    std::vector<Scalar> accumulated;
                    std::vector<Scalar> values;
                    for (size_t i = 0; i < cells[op].size(); ++i)
                        values.push_back(emitter_->emit(op->operand(i), full));
                    for (const auto& cell : cells[op]) accumulated.push_back(emitter_->read(cell));
                    const std::vector<Scalar> combined = emitter_->combine(*op, accumulated, values);
                    for (size_t i = 0; i < cells[op].size(); ++i) emitter_->write(cells[op][i], combined[i]);
                }
                std::vector<std::pair<const Operation*, Scalar>> added;
                for (const Operation* op : sums_in(pass)) added.emplace_back(op, sums.evaluate(*op));
                for (const auto& [op, scalar] : added) sums.add(*op, scalar);
                for (const auto& [root, scalar] : stored) {
                    llvm::Value* position = emitter_->emit(context_.linear(full, layoutOf(root)));
                    emitter_->store(bufferOf(root), root->tensor().element(), position, scalar);
                }
            });
            for (const Operation* op : reductions) {
                for (size_t i = 0; i < cells[op].size(); ++i) {
                    const Scalar total = emitter_->finishReduction(emitter_->read(cells[op][i]),
                                                                   op->operand(i)->tensor().element());
                    emitter_->bindScalar(op->result(i), total);
                }
            }
            for (const auto& [value, array] : kept) {
                if (first_pass[value] == pass)
                    emitter_->bindRow(value, array, full, context_.linear(column, column_dims));
            }
        }
        storeRowRoots();
        for (const auto& [value, array] : kept) emitter_->unbindRow(value);
    };
    const std::span<const IndexExpr> variables(schedule.variables);
    emitter_->loop(begin_, end_, [&](llvm::Value* p) {
        bindDigits(variables.first(schedule.parallel), p);
        if (!group_.columns.empty()) sums.begin();
        emitter_->loopsOver(variables.subspan(schedule.parallel), emit_row);
        sums.end([&](const Value* sum, const Index& part, const Scalar& scalar) {
            emitter_->store(bufferOf(sum), sum->tensor().element(),
                            emitter_->emit(context_.linear(part, dimsOf(*sum))), scalar);
        });
    });
}

void KernelBuilder::storeRowRoots() {
    const Index& full = spec_.schedule.index;
    for (const Value* root : group_.roots) {
        const bool is_sum = std::ranges::find(group_.columns, root->definition()) != group_.columns.end();
        const bool reduced =
            std::ranges::find(group_.reductions, root->definition()) != group_.reductions.end();
        if (is_sum || (!reduced && dimsOf(*root) == group_.shape)) continue;
        Index at(full.begin(), full.begin() + group_.row_rank);
        at.resize(static_cast<size_t>(root->tensor().rank()));
        const Scalar scalar = emitter_->emit(root, at);
        llvm::Value* position = emitter_->emit(context_.linear(at, dimsOf(*root)));
        emitter_->store(bufferOf(root), root->tensor().element(), position, scalar);
    }
}

/// Adds rows into a block of accumulators, one per column: the innermost loop runs along memory and
/// vectorises, and the order of the additions does not depend on the number of threads.
void KernelBuilder::emitColumns() {
    const Schedule& schedule = spec_.schedule;
    const IndexExpr& last = schedule.variables.back();
    const std::span<const IndexExpr> outer(schedule.variables.data(), schedule.variables.size() - 1);
    const int64_t size = sizeOf(last);
    const int64_t blocks = (size + schedule.block - 1) / schedule.block;
    struct Accumulators {
        const Operation* op;
        std::vector<std::pair<llvm::Value*, llvm::Value*>> arrays;
    };
    std::vector<Accumulators> all;
    for (const Operation* op : group_.reductions) {
        Accumulators one{op, {}};
        for (size_t i = 0; i < tupleSize(*op); ++i) {
            const ElementType type = op->operand(i)->tensor().element();
            llvm::Type* part = emitter_->scalars().computeType(type);
            if (part->isIntegerTy(1)) part = b_.getInt1Ty();
            one.arrays.emplace_back(emitter_->makeArray(part, schedule.block),
                                    isComplex(type) ? emitter_->makeArray(part, schedule.block) : nullptr);
        }
        all.push_back(std::move(one));
    }
    emitter_->loop(begin_, end_, [&](llvm::Value* p) {
        llvm::Value* count = b_.getInt64(static_cast<uint64_t>(blocks));
        bindDigits(outer, b_.CreateUDiv(p, count));
        llvm::Value* low =
            b_.CreateMul(b_.CreateURem(p, count), b_.getInt64(static_cast<uint64_t>(schedule.block)));
        llvm::Value* width = b_.getInt64(static_cast<uint64_t>(schedule.block));
        if (size % schedule.block != 0) {
            width = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, width,
                                             b_.CreateSub(b_.getInt64(static_cast<uint64_t>(size)), low));
        }
        const auto over_columns =
            [&](const std::function<void(const ElementEmitter::Cell&, const Operation&, size_t)>& visit) {
                emitter_->loop(b_.getInt64(0), width, [&](llvm::Value* c) {
                    emitter_->bindIndex(last, b_.CreateNSWAdd(low, c));
                    for (const Accumulators& one : all) {
                        for (size_t i = 0; i < one.arrays.size(); ++i) {
                            ElementEmitter::Cell cell;
                            cell.type =
                                emitter_->scalars().computeType(one.op->operand(i)->tensor().element());
                            cell.re = b_.CreateInBoundsGEP(cell.type, one.arrays[i].first, c);
                            if (one.arrays[i].second != nullptr)
                                cell.im = b_.CreateInBoundsGEP(cell.type, one.arrays[i].second, c);
                            visit(cell, *one.op, i);
                        }
                    }
                });
            };
        over_columns([&](const ElementEmitter::Cell& cell, const Operation& op, size_t i) {
            emitter_->write(cell, emitter_->emit(op.operand(tupleSize(op) + i), {}));
        });
        emitter_->loopsOver(schedule.inner, [&] {
            std::vector<ElementEmitter::Cell> cells;
            std::vector<Scalar> values;
            over_columns([&](const ElementEmitter::Cell& cell, const Operation& op, size_t i) {
                cells.push_back(cell);
                values.push_back(emitter_->emit(op.operand(i), schedule.index));
                if (i + 1 < tupleSize(op)) return;
                std::vector<Scalar> accumulated;
                for (const auto& one : cells) accumulated.push_back(emitter_->read(one));
                const std::vector<Scalar> combined = emitter_->combine(op, accumulated, values);
                for (size_t k = 0; k < cells.size(); ++k) emitter_->write(cells[k], combined[k]);
                cells.clear();
                values.clear();
            });
        });
        over_columns([&](const ElementEmitter::Cell& cell, const Operation& op, size_t i) {
            const Value* root = op.result(i);
            if (std::ranges::find(group_.roots, root) == group_.roots.end()) return;
            Index at;
            const auto reduced = dimensions(op);
            for (size_t d = 0; d < group_.shape.size(); ++d) {
                if (std::ranges::find(reduced, static_cast<int64_t>(d)) == reduced.end())
                    at.push_back(schedule.index[d]);
            }
            const Scalar total = emitter_->finishReduction(emitter_->read(cell), root->tensor().element());
            emitter_->store(bufferOf(root), root->tensor().element(),
                            emitter_->emit(context_.linear(at, dimsOf(*root))), total);
        });
    });
}

}  // namespace optirs::plugin
