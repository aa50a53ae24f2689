// Contractions and the row-wise nest between them, as one step.
#include <algorithm>
#include <memory>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/codegen/plan/tiles.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/row_tiles.h"

namespace optirs::plugin {
namespace {

using Matrix = RowTileSpec::Matrix;
using Role = TileContraction::Role;
using Dim = ContractionSpec::Dim;

/// The operand of a contraction on `side` as a matrix over two of its dimensions.
Matrix operandMatrix(const ContractionSpec& spec, const TileContraction& fit, int side, const Dim& row,
                     const Dim& column) {
    const auto stride = [&](const Dim& dim) { return side == 0 ? dim.lhs_stride : dim.rhs_stride; };
    Matrix matrix;
    matrix.offset = side == 0 ? spec.lhs_offset : spec.rhs_offset;
    for (const Dim& dim : fit.batch) matrix.batch_strides.push_back(stride(dim));
    matrix.row_stride = stride(row);
    matrix.column_stride = stride(column);
    return matrix;
}

Matrix resultMatrix(const TileContraction& fit, const Dim& row, const Dim& column) {
    Matrix matrix;
    for (const Dim& dim : fit.batch) matrix.batch_strides.push_back(dim.out_stride);
    matrix.row_stride = row.out_stride;
    matrix.column_stride = column.out_stride;
    return matrix;
}

}  // namespace

std::vector<const Value*> Lowering::tileOperands(const Group& group, const Scope& scope) const {
    std::vector<const Value*> values;
    const auto add = [&](const Value* value) {
        if (!group.tiles.contains(value)) values.push_back(value);
    };
    for (const Group& part : group.parts) {
        if (part.kind == GroupKind::kLibrary) {
            for (const View& view : scope.plan->views.at(part.op)) add(view.base);
        } else {
            for (const Value* value : valuesRead(part, [this](const Value* v) { return inMemory(v); }))
                add(value);
        }
    }
    return values;
}

void Lowering::lowerTiles(Group& group, Scope& scope) {
    auto spec = std::make_shared<RowTileSpec>();
    const size_t rank = group.shape.size();
    for (size_t d = 0; d + 2 < rank; ++d) {
        if (group.shape[d] != 1) spec->batch.push_back(group.shape[d]);
    }
    spec->rows = group.shape[rank - 2];
    spec->columns = group.shape[rank - 1];
    spec->zeros_from = group.zeros_from;
    std::map<const Value*, int32_t> tile_of;
    for (const Group& part : group.parts) {
        for (const Value* root : part.roots) {
            if (!group.tiles.contains(root)) continue;
            tile_of[root] = static_cast<int32_t>(spec->tiles.size());
            spec->tiles.push_back(root->tensor().element());
        }
    }
    Group* nest = nullptr;
    for (Group& part : group.parts) {
        if (part.kind == GroupKind::kLoop) {
            nest = &part;
            continue;
        }
        const std::vector<View>& views = scope.plan->views.at(part.op);
        const ContractionSpec product = contractionSpec(*part.op, views, part.roots[0]);
        TileContraction fit;
        const auto allocation = [&](int side) { return read(views[static_cast<size_t>(side)].base); };
        if (tile_of.contains(part.roots[0])) {
            if (!fitTile(product, group.shape, Role::kProducer, 0, fit))
                fitTile(product, group.shape, Role::kProducer, 1, fit);
            RowTileSpec::Producer producer;
            producer.tile = tile_of[part.roots[0]];
            producer.depth = fit.size;
            producer.type = product.lhs;
            producer.left = operandMatrix(product, fit, fit.side, fit.rows, fit.other);
            producer.left.allocation = allocation(fit.side);
            producer.right = operandMatrix(product, fit, 1 - fit.side, fit.other, fit.columns);
            producer.right.allocation = allocation(1 - fit.side);
            spec->producers.push_back(std::move(producer));
            continue;
        }
        const int side = tile_of.contains(views[0].base) ? 0 : 1;
        const int32_t tile = tile_of.at(views[static_cast<size_t>(side)].base);
        const int32_t out = makeSlot(part.roots[0], scope);
        if (fitTile(product, group.shape, Role::kRowConsumer, side, fit)) {
            RowTileSpec::RowConsumer consumer;
            consumer.tile = tile;
            consumer.width = fit.size;
            consumer.out_type = product.out;
            consumer.right = operandMatrix(product, fit, 1 - side, fit.columns, fit.other);
            consumer.right.allocation = allocation(1 - side);
            consumer.out = resultMatrix(fit, fit.rows, fit.other);
            consumer.out.allocation = out;
            spec->row_consumers.push_back(std::move(consumer));
        } else {
            fitTile(product, group.shape, Role::kColumnConsumer, side, fit);
            RowTileSpec::ColumnConsumer consumer;
            consumer.tile = tile;
            consumer.width = fit.size;
            consumer.out_type = product.out;
            consumer.left = operandMatrix(product, fit, 1 - side, fit.other, fit.rows);
            consumer.left.allocation = allocation(1 - side);
            consumer.out = resultMatrix(fit, fit.other, fit.columns);
            consumer.out.allocation = out;
            spec->column_consumers.push_back(std::move(consumer));
        }
    }
    const InMemory in_memory = [this](const Value* v) { return inMemory(v); };
    KernelSpec kernel;
    kernel.group = nest;
    kernel.schedule = makeSchedule(*nest, in_memory);
    const auto bind = [&](const Value* value) {
        RowTileSpec::Operand operand;
        const auto tile = tile_of.find(value);
        if (tile != tile_of.end()) {
            operand = {RowTileSpec::Operand::Kind::kTile, tile->second};
            kernel.row_strides[value] = rowTileStride(value->tensor().element(), spec->columns);
        } else {
            operand.index = slotOf(value);
        }
        const auto same = std::ranges::find_if(spec->operands, [&](const RowTileSpec::Operand& other) {
            return other.kind == operand.kind && other.index == operand.index;
        });
        kernel.operand_of[value] = static_cast<int32_t>(same - spec->operands.begin());
        if (same == spec->operands.end()) spec->operands.push_back(operand);
    };
    for (const Value* value : valuesRead(*nest, in_memory)) {
        if (!tile_of.contains(value)) read(value);
        bind(value);
    }
    for (const Value* root : nest->roots) {
        if (!tile_of.contains(root)) makeSlot(root, scope);
        bind(root);
    }
    if (kernel.schedule.inner.size() != 1) spec->zeros_from = INT64_MAX;
    if (spec->zeros_from != INT64_MAX) {
        kernel.column_count = static_cast<int32_t>(spec->operands.size());
        spec->operands.push_back({RowTileSpec::Operand::Kind::kColumnCount, 0});
    }
    kernel.operand_count = static_cast<int32_t>(spec->operands.size());
    kernels_.add(std::move(kernel), [spec](KernelFunction function) { spec->kernel = function; });
    scope.steps->push_back(makeRowTileStep(spec));
}

}  // namespace optirs::plugin
